//! `peakend demo`: the demo bank, made once, then served.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use peakend_app::App;
use peakend_app::admin::session;
use peakend_domain::{Clock as _, day_of};
use peakend_store::admin::user;

use super::say;
use super::serve::{bind, serve};
use crate::config::{DataOptions, MailOptions, ServerOptions};
use crate::demo::{Demo as Bank, OWNER, Progress};
use crate::wiring::{self, StagedClock};

/// Make a demo bank, run the loop over it, show the proofs, serve.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Start again from nothing.
    #[arg(long)]
    reset: bool,
    /// Customers of the bank.
    #[arg(long, default_value_t = 50_000)]
    customers: usize,
    /// Exit after the proofs.
    #[arg(long)]
    no_serve: bool,
    /// Print the proofs as JSON.
    #[arg(long)]
    json: bool,
    /// Port to serve on; 0 takes a free one. Overrides --listen.
    #[arg(long)]
    port: Option<u16>,
    /// Folder of the demo bank.
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    mail: MailOptions,
}

/// Written when the demo is whole; holds the proofs.
const DONE: &str = "proofs.json";

impl Demo {
    pub(crate) async fn run(mut self) -> anyhow::Result<ExitCode> {
        if let Some(port) = self.port {
            self.server.listen.set_port(port);
        }
        if self.reset || !self.data.join(DONE).exists() {
            self.wipe()?;
            self.make().await?;
        }
        let proofs: serde_json::Value = serde_json::from_slice(&std::fs::read(self.data.join(DONE))?)?;
        if self.json {
            say(&serde_json::to_string_pretty(&proofs["proofs"])?);
        } else {
            for line in proofs["lines"].as_array().into_iter().flatten().filter_map(|l| l.as_str()) {
                say(line);
            }
        }
        let honest = proofs["honest"].as_bool().unwrap_or(false);
        if self.no_serve {
            return Ok(if honest { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let listener = bind(&self.server).await?;
        let url = self.server.public_url(listener.local_addr()?);
        let app =
            wiring::open(&self.options(), url.clone(), Arc::new(wiring::SystemClock), self.mail.mailer()?).await?;
        let link = self.link(&app).await?;
        say(&format!("listening on {url}"));
        say(&format!("sign in: {link}"));
        let key = proofs["public_key"].as_str().unwrap_or_default();
        say(&format!("demo bank page: {url}/demo-bank?key={key}"));
        serve(listener, app).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// An unfinished demo is worth nothing: begin from an empty folder. Only a
    /// folder that a demo made is removed.
    fn wipe(&self) -> anyhow::Result<()> {
        if !self.data.exists() {
            return Ok(());
        }
        let ours = self.data.join("peakend-demo").exists() || self.data.read_dir()?.next().is_none();
        anyhow::ensure!(
            ours,
            "{} was not made by a demo: it is left alone; choose another folder with --data",
            self.data.display()
        );
        std::fs::remove_dir_all(&self.data).with_context(|| format!("remove {}", self.data.display()))
    }

    async fn make(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data)?;
        std::fs::write(self.data.join("peakend-demo"), "this folder is made and removed by peakend demo\n")?;
        let clock = Arc::new(StagedClock::default());
        let url = self.server.public_url(self.server.listen);
        // a history that is made must not write to anybody
        let app =
            wiring::open(&self.options(), url, Arc::clone(&clock) as Arc<dyn peakend_domain::Clock>, None).await?;
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
        let today = day_of(clock.now(), &zone);
        let proof = Bank::run(Arc::clone(&app), clock, self.customers, today, &Progress::new(!self.json)).await?;
        app.store.close().await;
        let written = serde_json::json!({ "honest": proof.is_honest(), "lines": proof.lines(), "public_key": proof.public_key, "proofs": proof });
        std::fs::write(self.data.join(DONE), serde_json::to_vec_pretty(&written)?)?;
        Ok(())
    }

    fn options(&self) -> DataOptions {
        DataOptions { data: self.data.clone(), database: None, query_memory_mib: 512 }
    }

    async fn link(&self, app: &App) -> anyhow::Result<String> {
        let mut tx = app.store.read().await?;
        let owner = user::by_email(&mut tx, OWNER).await?.context("the demo bank has lost its owner")?;
        drop(tx);
        Ok(session::make_link(app, &owner.org, &owner.id, SignedDuration::from_hours(12)).await?)
    }
}
