//! Mail through the operator's relay (SMTP, RFC 5321).
//!
//! Sending is at least once: a process that dies between the relay's word and
//! the commit sends the same mail again, with the same `Message-ID`, by which
//! mail clients show one of the two.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport as _, Message, Tokio1Executor};

/// Longest wait for the relay.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way out for mail.
#[derive(Debug, Clone)]
pub struct Mailer {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
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
        Ok(Self { relay: builder.timeout(Some(PATIENCE)).build(), from })
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
        match self.relay.send(message).await {
            Ok(_) => Ok(()),
            Err(e) if e.is_permanent() => Err(MailError::Refused(e.to_string())),
            Err(e) => Err(MailError::Later(e.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_do_not_read_are_named_without_the_password() {
        let relay = Mailer::new("carrier-pigeon://user:secret@loft", "Bank <a@bank.example>").unwrap_err().to_string();
        assert!(relay.contains("…@loft") && !relay.contains("secret"), "{relay}");
        assert!(Mailer::new("smtp://localhost:25", "nobody").unwrap_err().to_string().contains("`nobody`"));
        assert!(Mailer::new("smtp://localhost:25", "海港银行 <hello@bank.example>").is_ok());
    }
}
