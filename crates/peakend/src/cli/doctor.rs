//! `peakend doctor`: what is missing or wrong here, and how to mend it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::config::{DataOptions, ServerOptions};

/// Checks of this machine and its data.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    data: DataOptions,
}

/// How a check ended.
enum Finding {
    Fine(String),
    /// Needed to develop, not to serve.
    Missing(String),
    Wrong(String),
}

impl Doctor {
    /// Exit status 1 when something needed for serving is wrong.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let checks = [
            ("data folder", folder(&self.data.data)),
            ("store", store(&self.data).await),
            ("port", port(&self.server)),
            ("memory", memory()),
            (
                "PostgreSQL (tests)",
                tool(
                    "postgres",
                    &["/usr/lib/postgresql"],
                    "apt-get install -y postgresql, or let cargo xtask test do it",
                ),
            ),
            ("Chromium (tests)", tool("chromium", &[], "apt-get install -y chromium, or let cargo xtask test do it")),
            ("Node.js (building the UI)", tool("node", &[], "install Node.js 20.19 or newer with npm")),
        ];
        let mut wrong = false;
        for (name, finding) in checks {
            let line = match finding {
                Finding::Fine(text) => format!("ok       {name}: {text}"),
                Finding::Missing(text) => format!("missing  {name}: {text}"),
                Finding::Wrong(text) => {
                    wrong = true;
                    format!("WRONG    {name}: {text}")
                }
            };
            crate::cli::say(&line);
        }
        Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The folder can be written and synced.
fn folder(path: &Path) -> Finding {
    let attempt = || -> std::io::Result<()> {
        std::fs::create_dir_all(path)?;
        let file = tempfile::NamedTempFile::new_in(path)?;
        std::fs::write(file.path(), b"peakend doctor")?;
        file.as_file().sync_all()
    };
    match attempt() {
        Ok(()) => Finding::Fine(format!("{} can be written and synced", path.display())),
        Err(e) => Finding::Wrong(format!("{}: {e}; choose another with --data", path.display())),
    }
}

/// The database opens and its schema is one this release knows.
async fn store(data: &DataOptions) -> Finding {
    match peakend_store::Store::open(&data.address()).await {
        Ok(store) => {
            store.close().await;
            Finding::Fine(format!("{:?} opens and is up to date", store.engine()))
        }
        Err(e) => {
            let cause = std::error::Error::source(&e).map(|c| format!(" ({c})")).unwrap_or_default();
            Finding::Wrong(format!("{e}{cause}; check --database and that the server is running"))
        }
    }
}

fn port(server: &ServerOptions) -> Finding {
    match TcpListener::bind(server.listen) {
        Ok(_) => Finding::Fine(format!("{} is free", server.listen)),
        Err(e) => Finding::Missing(format!("{}: {e}; a server may be running, else choose --listen", server.listen)),
    }
}

/// A question may use the configured memory; warn below 2 GiB in all.
fn memory() -> Finding {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        text.lines()
            .find_map(|l| l.strip_prefix("MemTotal:"))
            .and_then(|l| l.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()))
    });
    match total {
        Some(kib) if kib >= 2 * 1024 * 1024 => Finding::Fine(format!("{} MiB", kib / 1024)),
        Some(kib) => Finding::Wrong(format!(
            "{} MiB is little: at least 2 GiB is advised; lower --query-memory-mib otherwise",
            kib / 1024
        )),
        None => Finding::Missing("this system does not tell; at least 2 GiB is advised".to_owned()),
    }
}

fn tool(name: &str, folders: &[&str], mend: &str) -> Finding {
    if folders.iter().any(|f| Path::new(f).exists()) {
        return Finding::Fine("found".to_owned());
    }
    match Command::new(name).arg("--version").output() {
        Ok(out) if out.status.success() => {
            let text = String::from_utf8_lossy(&out.stdout);
            Finding::Fine(text.lines().next().unwrap_or("found").trim().to_owned())
        }
        _ => Finding::Missing(mend.to_owned()),
    }
}
