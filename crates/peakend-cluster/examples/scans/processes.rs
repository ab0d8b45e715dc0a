//! A scheduler and executors as processes of their own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A scheduler and executors, killed when dropped.
pub(crate) struct Processes {
    /// Where the scheduler listens.
    pub(crate) scheduler: String,
    children: Vec<Child>,
    _work: tempfile::TempDir,
}

impl Processes {
    /// Start them and wait until they listen.
    pub(crate) fn start(executors: usize, cores: usize) -> anyhow::Result<Self> {
        let work = tempfile::tempdir()?;
        let port = free_port()?;
        let scheduler = format!("127.0.0.1:{port}");
        let mut all = Self { scheduler: scheduler.clone(), children: Vec::new(), _work: work };
        all.spawn(port, &["scheduler".to_owned(), "--listen".to_owned(), scheduler])?;
        for i in 0..executors {
            let (rows, tasks) = (free_port()?, free_port()?);
            let mut arguments = vec!["executor".to_owned()];
            for (option, value) in [
                ("--scheduler-port", port.to_string()),
                ("--port", rows.to_string()),
                ("--task-port", tasks.to_string()),
                ("--cores", cores.to_string()),
                ("--work", all._work.path().join(i.to_string()).display().to_string()),
            ] {
                arguments.extend([option.to_owned(), value]);
            }
            all.spawn(rows, &arguments)?;
        }
        Ok(all)
    }

    /// Process numbers: the scheduler's, then those of the executors.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.children.iter().map(Child::id).collect()
    }

    /// Start one and wait until it listens.
    fn spawn(&mut self, port: u16, arguments: &[String]) -> anyhow::Result<()> {
        // nothing is read from a bucket: the segments lie on this disk
        let bucket = ["--bucket", "unused", "--key-id", "unused", "--secret", "unused"];
        let child = Command::new(program()?)
            .args(arguments)
            .args(bucket)
            .env("RUST_MIN_STACK", "16777216")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("start peakend-cluster")?;
        self.children.push(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "peakend-cluster does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ended_already = child.kill();
            let _status = child.wait();
        }
    }
}

/// The program beside this one.
fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).context("find the folder of the build")?;
    Ok(folder.join("peakend-cluster"))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
