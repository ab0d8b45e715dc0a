//! `peakend sign-in-link EMAIL`

use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use peakend_app::admin::session;
use peakend_store::admin::user;

use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// A way in for somebody who has no password (yet).
#[derive(Debug, clap::Args)]
pub(crate) struct SignInLink {
    /// E-mail of the member of staff.
    email: String,
    /// Address of the running server.
    #[arg(long, env = "PEAKEND_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    public_url: String,
    #[command(flatten)]
    data: DataOptions,
}

impl SignInLink {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let app = wiring::open_store(&self.data, self.public_url, Arc::new(SystemClock)).await?;
        let mut tx = app.store.read().await?;
        let user = user::by_email(&mut tx, &self.email.to_lowercase())
            .await?
            .with_context(|| format!("nobody signs in as {}", self.email))?;
        drop(tx);
        let link = session::make_link(&app, &user.org, &user.id, SignedDuration::from_hours(1)).await?;
        eprintln!("valid for one hour, once:");
        crate::cli::say(&link);
        Ok(())
    }
}
