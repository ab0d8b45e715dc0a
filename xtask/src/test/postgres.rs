//! A private PostgreSQL for the store's suite: own data folder, own port, gone at the end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::leg::{Counts, Session};
use super::rust;
use crate::run;

/// The variable in which the store's tests find the server; without it they run on SQLite alone.
const URL: &str = "PEAKEND_TEST_PG_URL";
/// How long a fresh server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The store's suite, on SQLite and on PostgreSQL.
pub(super) fn store(session: &mut Session) -> Result<Counts> {
    let programs: Vec<_> = rust::dev_programs(session)?.into_iter().filter(|p| p.package == "peakend-store").collect();
    // a server that somebody else runs will do as well
    if let Ok(url) = std::env::var(URL) {
        return rust::run_all(session, "store", programs.iter(), &[(URL, &url)]);
    }
    match Cluster::start() {
        Ok(cluster) => rust::run_all(session, "store", programs.iter(), &[(URL, &cluster.url())]),
        Err(why) => {
            println!("no PostgreSQL: {why:#}");
            let mut counts = rust::run_all(session, "store", programs.iter(), &[])?;
            counts.add(&Counts::left_out(format!("the PostgreSQL half: {why:#}")));
            Ok(counts)
        }
    }
}

/// The cluster's suite: its own processes, and servers over PostgreSQL.
pub(super) fn cluster(session: &mut Session) -> Result<Counts> {
    let programs = rust::cluster_programs(session)?;
    if let Ok(url) = std::env::var(URL) {
        return rust::run_all(session, "cluster", programs.iter(), &[(URL, &url)]);
    }
    let server = Cluster::start()?;
    rust::run_all(session, "cluster", programs.iter(), &[(URL, &server.url())])
}

/// A running server.
#[derive(Debug)]
struct Cluster {
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Installs PostgreSQL when it is missing and we may, makes a cluster and starts it.
    fn start() -> Result<Self> {
        let programs = match programs() {
            Some(found) => found,
            None => {
                run::apt_install(&["postgresql"])?;
                programs().context("postgresql is installed but its initdb is not below /usr/lib/postgresql")?
            }
        };
        let user = if run::is_root() { Some(server_user()?) } else { None };
        let folder = std::env::temp_dir().join(format!("peakend-pg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        if let Some(user) = &user {
            run::captured(Command::new("chown").arg(user).arg(&folder))?;
        }
        let as_user = |program: &str| as_user(user.as_deref(), &programs.join(program), &folder);
        let cluster_data = folder.join("cluster");
        run::captured(
            as_user("initdb")
                .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
                .arg(&cluster_data),
        )?;
        let port = free_port()?;
        let log = std::fs::File::create(folder.join("server.log")).context("make the server's log")?;
        let mut command = as_user("postgres");
        command
            .arg("-D")
            .arg(&cluster_data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"])
            .arg(&folder)
            // nothing in here outlives the run, and one connection per test adds up
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300"]);
        let server = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("share the server's log")?)
            .stderr(log)
            .spawn()
            .context("start postgres")?;
        let mut cluster = Self { folder, port, server };
        cluster.wait_until_ready(&programs)?;
        println!("PostgreSQL from {} on 127.0.0.1:{port}", programs.display());
        Ok(cluster)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let begun = Instant::now();
        loop {
            let mut ready = Command::new(programs.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ready.status().is_ok_and(|s| s.success()) {
                return Ok(());
            }
            let ended = self.server.try_wait().context("look after postgres")?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
                bail!("postgres did not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The server's address without a database: each test makes its own.
    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // TERM to the server itself: `setpriv` became it by exec, so the id is the same
        let asked = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        if !asked.is_ok_and(|s| s.success()) {
            let _ended_already = self.server.kill();
        }
        let _status = self.server.wait();
        let _gone_already = std::fs::remove_dir_all(&self.folder);
    }
}

/// The newest installed server's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
    let newest = versions
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").is_file())
        .max_by_key(number)
        .map(|path| path.join("bin"));
    newest.or_else(|| run::on_path(&["initdb"]).and_then(|p| p.parent().map(Path::to_path_buf)))
}

/// PostgreSQL refuses to run as root: the account that its package makes, or any other without rights.
fn server_user() -> Result<String> {
    for user in ["postgres", "nobody"] {
        if run::captured(Command::new("id").arg("-u").arg(user)).is_ok() {
            return Ok(user.to_owned());
        }
    }
    bail!("PostgreSQL does not run as root; type: useradd --system postgres")
}

/// A server program, as `user` when we are root; it ends when we end, however that happens.
fn as_user(user: Option<&str>, program: &Path, folder: &Path) -> Command {
    let mut command = match (user, run::on_path(&["setpriv"])) {
        (Some(user), Some(setpriv)) => {
            let mut command = Command::new(setpriv);
            command.args(["--reuid", user, "--regid", &group_of(user), "--clear-groups", "--pdeathsig", "TERM"]);
            command.arg(program);
            command
        }
        (Some(user), None) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
        (None, Some(setpriv)) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM"]).arg(program);
            command
        }
        (None, None) => Command::new(program),
    };
    command.current_dir(folder).env("LC_ALL", "C.UTF-8");
    command
}

fn group_of(user: &str) -> String {
    let id = run::captured(Command::new("id").arg("-g").arg(user)).unwrap_or_default();
    id.trim().to_owned()
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    Ok(listener.local_addr().context("read the free port")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only where PostgreSQL is installed; elsewhere the store leg says so by name.
    #[test]
    fn cluster_answers_and_leaves_nothing_behind() {
        if programs().is_none() {
            println!("skipped: no PostgreSQL below /usr/lib/postgresql");
            return;
        }
        let cluster = Cluster::start().unwrap();
        let (folder, port) = (cluster.folder.clone(), cluster.port);
        assert!(cluster.url().contains(&port.to_string()));
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(cluster);
        assert!(!folder.exists());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
