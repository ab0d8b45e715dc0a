//! A folder to work in, the verbs, and a server over it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a verb said.
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with data of its own, gone when dropped.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a small demo bank in it: the quickest way to an organisation.
    pub(crate) fn with_bank() -> Self {
        let bench = Self::new();
        // so small a bank proves nothing, and says so by its exit code
        let made = bench.run(&["demo", "--no-serve", "--customers", "300"]);
        assert!(bench.folder.path().join("data/proofs.json").exists(), "{}", made.err);
        bench
    }

    /// Writes a file and answers its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A verb over the data of this folder.
    pub(crate) fn run(&self, words: &[&str]) -> Said {
        let data = self.folder.path().join("data");
        let done = Command::new(env!("CARGO_BIN_EXE_peakend"))
            .args(words)
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { ok: done.status.success(), out: text(done.stdout), err: text(done.stderr) }
    }

    /// A server over it, until it is dropped.
    pub(crate) fn serve(&self) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_peakend"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let host = lines.find_map(|line| line.unwrap().strip_prefix("listening on http://").map(ToOwned::to_owned));
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, host: host.unwrap().trim().to_owned() }
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    host: String,
}

impl Server {
    /// Status, session cookie and body of a request.
    pub(crate) fn ask(&self, method: &str, path: &str, cookie: &str, body: &Value) -> (u16, Option<String>, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let cookie = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let value = value.trim().split(';').next()?.to_owned();
            name.eq_ignore_ascii_case("set-cookie").then_some(value)
        });
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, cookie, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let order = format!("kill -TERM {}", self.child.id());
        let _told = Command::new("sh").args(["-c", &order]).status();
        let _status = self.child.wait();
    }
}
