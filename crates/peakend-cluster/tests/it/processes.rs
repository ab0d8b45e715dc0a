//! Schedulers, executors and servers as processes of their own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use peakend_cluster::{Ballista, ClusterWarehouse};
use peakend_warehouse::{RollupRule, Settings, SharedWarehouse};

use crate::bucket::Bucket;

/// Bounds of every warehouse in these tests.
pub(crate) const SETTINGS: Settings = Settings {
    memory_bytes: 64 << 20,
    partitions: 2,
    coded: true,
    rollup: RollupRule { rows: 100, rows_per_group: 1 },
};

/// How long a process may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is killed, not asked, when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    pub(crate) port: u16,
}

impl Process {
    fn start(log: &Path, port: u16, arguments: &[String]) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_peakend-cluster")).args(arguments), log, port)
    }

    /// Start a command that listens on this port.
    pub(crate) fn of(command: &mut Command, log: &Path, port: u16) -> Self {
        let out = File::create(log).unwrap();
        let child = command
            .env("PEAKEND_LOG", "warn,ballista_scheduler=info,ballista_executor=info")
            .env("RUST_MIN_STACK", "16777216")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let mut process = Self { child, log: log.to_owned(), port };
        process.wait();
        process
    }

    fn wait(&mut self) {
        let (begun, address) = (Instant::now(), SocketAddr::from(([127, 0, 0, 1], self.port)));
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "it did not start:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has written.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ask it to end, and wait.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success(), "it did not end well:\n{}", self.said());
    }

    /// Kill it without a word.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
        if std::thread::panicking() {
            eprintln!("---- {}\n{}", self.log.display(), tail(&self.said()));
        }
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A bucket, a scheduler, executors, and a folder for all of them.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) bucket: Bucket,
    pub(crate) scheduler: Process,
    pub(crate) executors: Vec<Process>,
    pub(crate) folder: tempfile::TempDir,
    started: usize,
}

impl Cluster {
    pub(crate) async fn start(executors: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Bucket::start(&folder.path().join("s3")).await;
        let port = free_port();
        let mut arguments = vec!["scheduler".to_owned(), "--listen".to_owned(), format!("127.0.0.1:{port}")];
        arguments.extend(["--lost-after-s".to_owned(), "10".to_owned()]);
        arguments.extend(bucket.arguments());
        let scheduler = Process::start(&folder.path().join("scheduler.log"), port, &arguments);
        let mut cluster = Self { bucket, scheduler, executors: Vec::new(), folder, started: 0 };
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    /// Kill the scheduler and start it again where it was.
    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler.kill();
        let port = self.scheduler.port;
        let mut arguments = vec!["scheduler".to_owned(), "--listen".to_owned(), format!("127.0.0.1:{port}")];
        arguments.extend(self.bucket.arguments());
        self.scheduler = Process::start(&self.folder.path().join("scheduler-again.log"), port, &arguments);
    }

    /// One more executor with one core.
    pub(crate) fn add_executor(&mut self) {
        let (port, task_port) = (free_port(), free_port());
        self.started += 1;
        let name = format!("executor-{}", self.started);
        let work = self.folder.path().join(&name);
        let mut arguments: Vec<String> = ["executor", "--cores", "1", "--memory-mib", "256"].map(str::to_owned).into();
        for (option, value) in [
            ("--scheduler-port", self.scheduler.port.to_string()),
            ("--port", port.to_string()),
            ("--task-port", task_port.to_string()),
            ("--work", work.display().to_string()),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        arguments.extend(self.bucket.arguments());
        let log = self.folder.path().join(format!("{name}.log"));
        self.executors.push(Process::start(&log, port, &arguments));
    }

    /// A server of the application, its disk in a folder of this name; asked through
    /// the scheduler, or from its own disk.
    pub(crate) fn server(&self, name: &str, database: &str, spread: bool) -> Process {
        let port = free_port();
        let mut arguments: Vec<String> = vec!["serve".to_owned()];
        for (option, value) in [
            ("--listen", format!("127.0.0.1:{port}")),
            ("--data", self.folder.path().join(name).display().to_string()),
            ("--database", database.to_owned()),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        if spread {
            arguments.extend(["--scheduler".to_owned(), format!("127.0.0.1:{}", self.scheduler.port)]);
        }
        arguments.extend(self.bucket.arguments());
        Process::start(&self.folder.path().join(format!("{name}.log")), port, &arguments)
    }

    /// A server's shared segments, its disk in a folder of this name.
    pub(crate) async fn shared(&self, name: &str, tag: u32) -> SharedWarehouse {
        let bucket = self.bucket.options().open(tag).unwrap();
        SharedWarehouse::open(&self.folder.path().join(name), SETTINGS, bucket).await.unwrap()
    }

    /// A server whose questions the executors answer.
    pub(crate) async fn warehouse(&self, name: &str, tag: u32) -> ClusterWarehouse {
        let scheduler = format!("127.0.0.1:{}", self.scheduler.port);
        ClusterWarehouse::new(
            self.shared(name, tag).await,
            Ballista::at(&scheduler, 3, Duration::from_secs(30)).await.unwrap(),
        )
    }
}
