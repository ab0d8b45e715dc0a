//! A small HTTP/1.1 client over one kept connection: enough for our own server on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Session cookie, when one was set.
    pub(crate) cookie: Option<String>,
    /// The body, `null` when empty.
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success, else an error that quotes it.
    pub(crate) fn ok(self, what: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{what}: status {}: {}", self.status, self.body)
    }
}

/// One connection; it opens anew after an error.
#[derive(Debug)]
pub(crate) struct Wire {
    host: String,
    headers: String,
    open: Option<BufReader<TcpStream>>,
}

impl Wire {
    /// To `http://host:port`, with extra header lines on every request.
    pub(crate) fn to(url: &str, headers: &[(&str, &str)]) -> Self {
        let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/').to_owned();
        let headers = headers.iter().fold(String::new(), |all, (name, value)| all + &format!("{name}: {value}\r\n"));
        Self { host, headers, open: None }
    }

    /// GET.
    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, "")
    }

    /// POST JSON.
    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, &body.to_string())
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let result = self.exchange(method, path, body);
        if result.is_err() {
            self.open = None;
        }
        result.with_context(|| format!("{method} {path}"))
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.headers,
            body.len()
        );
        let stream = match &mut self.open {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(&self.host).context("connect")?;
                stream.set_nodelay(true).context("set no delay")?;
                stream.set_read_timeout(Some(PATIENCE)).context("set a time limit")?;
                none.insert(BufReader::new(stream))
            }
        };
        stream.get_mut().write_all(request.as_bytes()).context("write the request")?;
        read(stream)
    }
}

fn read(stream: &mut BufReader<TcpStream>) -> Result<Answer> {
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status line")?;
    let (mut length, mut cookie) = (0, None);
    loop {
        let header = line(stream)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').context("a header without a colon")?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().context("read the content length")?,
            "transfer-encoding" => bail!("a chunked answer: this client reads whole ones only"),
            "set-cookie" => cookie = value.trim().split(';').next().map(ToOwned::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).context("read the body")?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).context("read JSON")? };
    Ok(Answer { status, cookie, body })
}

fn line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).context("read a line")? == 0 {
        bail!("the connection was closed");
    }
    Ok(line.trim_end().to_owned())
}
