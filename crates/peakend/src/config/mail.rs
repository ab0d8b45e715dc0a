//! How mail leaves.

use anyhow::bail;
use peakend_channel::act::mail::Mailer;

/// Options of verbs that send mail.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct MailOptions {
    /// Mail relay: `smtp://host:25`, `smtp://user:password@host:587?tls=required` or `smtps://…`; no mail goes out when absent.
    #[arg(long, env = "PEAKEND_SMTP")]
    pub(crate) smtp: Option<String>,
    /// Sender of mail, `Harbour Bank <hello@harbour.example>`.
    #[arg(long, env = "PEAKEND_MAIL_FROM")]
    pub(crate) mail_from: Option<String>,
}

impl MailOptions {
    /// The way out, when one is named.
    pub(crate) fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        match (self.smtp.as_deref(), self.mail_from.as_deref()) {
            (Some(relay), Some(from)) => Ok(Some(Mailer::new(relay, from)?)),
            (Some(_), None) => bail!("a relay is named but no sender: add --mail-from 'Name <address@example.com>'"),
            (None, Some(_)) => bail!("a sender is named but no relay: add --smtp smtp://host:25"),
            (None, None) => Ok(None),
        }
    }
}
