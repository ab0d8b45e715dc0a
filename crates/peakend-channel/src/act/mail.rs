//! Mail through the operator's relay (SMTP, RFC 5321).
//!
//! Sending is at least once: a process that dies between the relay's word and
//! the commit sends the same mail again, with the same `Message-ID`. Some mail
//! systems show one of the two, others both.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport as _, Message, Tokio1Executor};

/// Longest conversation with the relay, from the connection to its last word.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way out for mail.
#[derive(Debug, Clone)]
pub struct Mailer {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    patience: Duration,
}

/// One mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The one address it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same word each time the same mail is sent.
    pub key: String,
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings do not make a relay.
    #[error(
        "the mail relay `{0}` does not read: write smtp://host:25, smtp://user:password@host:587?tls=required or smtps://…"
    )]
    Relay(String),
    /// The sender is no address.
    #[error("the sender `{0}` does not read: write Name <address@example.com>")]
    Sender(String),
    /// The receiver's address is none, or the relay refuses it for good.
    #[error("the mail can never arrive: {0}")]
    Refused(String),
    /// The relay cannot be reached or asks to come again.
    #[error("the mail could not be handed over now: {0}")]
    Later(String),
}

impl Mailer {
    /// A way out through a relay (`smtp://` or `smtps://` address, which may
    /// carry user and password) under a sender. Nothing is connected yet.
    ///
    /// # Errors
    /// [`MailError::Relay`] or [`MailError::Sender`] when one does not read; the
    /// relay is named without its password.
    pub fn new(relay: &str, from: &str) -> Result<Self, MailError> {
        let shown = || relay.rsplit_once('@').map_or_else(|| relay.to_owned(), |(_, host)| format!("smtp://…@{host}"));
        let from = from.parse().map_err(|_| MailError::Sender(from.to_owned()))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(relay).map_err(|_| MailError::Relay(shown()))?;
        Ok(Self { relay: builder.timeout(Some(PATIENCE)).build(), from, patience: PATIENCE })
    }

    /// Send one mail and wait until the relay has taken it.
    ///
    /// # Errors
    /// [`MailError::Refused`] when trying again is of no use, [`MailError::Later`] otherwise.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let to: Address = mail.to.parse().map_err(|_| MailError::Refused("the address does not read".to_owned()))?;
        let domain = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{}@{domain}>", mail.key)))
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|e| MailError::Refused(e.to_string()))?;
        // the transport's own limit covers the connection alone, not a relay that falls silent
        match tokio::time::timeout(self.patience, self.relay.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(e)) if e.is_permanent() => Err(MailError::Refused(e.to_string())),
            Ok(Err(e)) => Err(MailError::Later(e.to_string())),
            Err(_) => Err(MailError::Later(format!("the relay said nothing for {} s", self.patience.as_secs()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A mailer, and the listener that it takes for its relay.
    async fn facing(scheme: &str, query: &str) -> (Mailer, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = format!("{scheme}://user:secret@{}{query}", listener.local_addr().unwrap());
        (Mailer::new(&relay, "a@bank.example").unwrap(), listener)
    }

    fn mail() -> Mail {
        let [to, subject, text, key] = ["li@example.com", "s", "t", "k"].map(str::to_owned);
        Mail { to, subject, text, key }
    }

    #[tokio::test]
    async fn a_relay_that_takes_the_call_and_says_nothing_is_left() {
        let (mut mailer, _silent) = facing("smtp", "").await;
        mailer.patience = Duration::from_millis(50);
        assert!(matches!(mailer.send(&mail()).await, Err(MailError::Later(_))));
    }

    #[tokio::test]
    async fn smtps_speaks_tls_from_the_first_byte() {
        let (mailer, listener) = facing("smtps", "").await;
        let first = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap()
        };
        let mail = mail();
        let (sent, first) = tokio::join!(mailer.send(&mail), first);
        assert_eq!(first, 0x16, "a handshake record of TLS");
        assert!(sent.is_err());
    }

    #[tokio::test]
    async fn a_relay_without_tls_gets_neither_password_nor_mail_when_tls_is_required() {
        let (mailer, listener) = facing("smtp", "?tls=required").await;
        let heard = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"220 relay\r\n").await.unwrap();
            let mut heard = vec![0; 512];
            let n = stream.read(&mut heard).await.unwrap();
            stream.write_all(b"250-relay\r\n250 AUTH PLAIN\r\n").await.unwrap();
            heard.truncate(n);
            // whatever else is said until the line is closed
            let _closed = stream.read_to_end(&mut heard).await;
            String::from_utf8(heard).unwrap()
        };
        let mail = mail();
        let (sent, heard) = tokio::join!(mailer.send(&mail), heard);
        assert!(sent.is_err());
        assert!(heard.starts_with("EHLO ") && !heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
    }

    #[test]
    fn an_unknown_word_for_tls_is_refused() {
        assert!(Mailer::new("smtp://relay.bank.example?tls=perhaps", "a@bank.example").is_err());
    }

    #[test]
    fn settings_that_do_not_read_are_named_without_the_password() {
        let relay = Mailer::new("carrier-pigeon://user:secret@loft", "Bank <a@bank.example>").unwrap_err().to_string();
        assert!(relay.contains("…@loft") && !relay.contains("secret"), "{relay}");
        assert!(Mailer::new("smtp://localhost:25", "nobody").unwrap_err().to_string().contains("`nobody`"));
        assert!(Mailer::new("smtp://localhost:25", "海港银行 <hello@bank.example>").is_ok());
    }
}
