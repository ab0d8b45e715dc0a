//! A mail relay on loopback that keeps what it is given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A relay that takes every mail, or answers each recipient with a fixed line.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    called: Arc<Notify>,
}

impl SmtpSink {
    /// A relay that takes all.
    pub async fn start() -> Self {
        Self::answering("250 fine").await
    }

    /// A relay that answers each recipient with this line, such as `550 no such mailbox`.
    pub async fn answering(recipient: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mails: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&mails);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, recipient, Arc::clone(&kept)));
            }
        });
        Self { address, mails, called: Arc::default() }
    }

    /// A relay that takes every call and never says a word.
    pub async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let called = Arc::new(Notify::new());
        let heard = Arc::clone(&called);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
                heard.notify_one();
            }
        });
        Self { address, mails: Arc::default(), called }
    }

    /// Waits until a silent relay has been called.
    pub async fn called(&self) {
        self.called.notified().await;
    }

    /// Its address as a setting.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The mails so far, headers and text.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// One conversation by RFC 5321, as far as a test needs it.
async fn converse(stream: TcpStream, recipient: &'static str, kept: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail: Option<String> = None;
    let mut answer = "220 sink";
    loop {
        if !answer.is_empty() && write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        answer = match (&mut mail, line.to_ascii_uppercase().as_str()) {
            (Some(_), ".") => {
                kept.lock().unwrap().extend(mail.take());
                "250 kept"
            }
            (Some(text), _) => {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push('\n');
                ""
            }
            (None, "DATA") => {
                mail = Some(String::new());
                "354 go on"
            }
            (None, "QUIT") => "221 bye",
            (None, command) if command.starts_with("RCPT") => recipient,
            (None, _) => "250 fine",
        };
    }
}
