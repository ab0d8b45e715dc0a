//! `peakend erase --person NAME` and `peakend erasures export`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use peakend_app::Ctx;
use peakend_app::sense::erasure;
use peakend_domain::sense::erasure::{ErasureReason, ErasureState};
use peakend_domain::sense::person::AliasKind;

use super::{say, system};
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// A person to be erased for good.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// A name of the person: customer number, user id, e-mail, telephone…
    #[arg(long)]
    person: String,
    /// What kind of name it is, when several persons bear it: user_id, customer_id, employee_id, email, phone, anonymous_id.
    #[arg(long, value_parser = kind)]
    kind: Option<AliasKind>,
    /// Why: asked, withdrawn, unneeded or unlawful.
    #[arg(long, default_value = "asked", value_parser = reason)]
    reason: ErasureReason,
    /// Do it without asking again.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    data: DataOptions,
}

fn kind(text: &str) -> Result<AliasKind, String> {
    AliasKind::parse(text).ok_or_else(|| {
        let known: Vec<_> = AliasKind::ALL.iter().map(|k| k.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

fn reason(text: &str) -> Result<ErasureReason, String> {
    ErasureReason::parse(text).ok_or_else(|| {
        let known: Vec<_> = ErasureReason::ALL.iter().map(|r| r.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

impl Erase {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if !self.yes {
            bail!("this cannot be undone: add --yes to erase everything that tells of {}", self.person);
        }
        // beside a running server the store is enough: the server's job rewrites the files
        let (app, alone) = match wiring::open(&self.data, String::new(), Arc::new(SystemClock), None).await {
            Ok(app) => (app, true),
            Err(_) => (wiring::open_store(&self.data, String::new(), Arc::new(SystemClock)).await?, false),
        };
        let actor = system(&app).await?;
        let ctx = Ctx::new(&app, &actor);
        let person = erasure::named(&ctx, self.kind, &self.person).await?;
        let erased = erasure::erase(&ctx, &person, self.reason).await?;
        if alone {
            app.finish_erasures(ctx.org()).await?;
        }
        let page = erasure::list(&ctx, "", 1).await?;
        app.store.close().await;
        let line = page.items.into_iter().find(|e| e.id == erased.id).unwrap_or(erased);
        let c = line.counts;
        let state = match line.state {
            ErasureState::Done { .. } => "nothing is left but the ids that senders gave",
            ErasureState::Requested => "nobody sees them any more; the running server rewrites the files now",
        };
        say(&format!(
            "{}: {} voices, {} events, {} cases without words, {} log entries, {} warehouse rows; {state}",
            line.id, c.voices, c.events, c.cases, c.log_entries, c.warehouse_rows
        ));
        Ok(())
    }
}

/// The list of erased persons.
#[derive(Debug, clap::Args)]
pub(crate) struct Erasures {
    #[command(subcommand)]
    verb: ErasuresVerb,
}

#[derive(Debug, Subcommand)]
enum ErasuresVerb {
    /// Write the list as a file that `peakend restore --erasures` reads. Names are on it as keyed hashes; guard it all the same.
    Export {
        /// The file; standard output when absent.
        #[arg(long)]
        to: Option<PathBuf>,
        #[command(flatten)]
        data: DataOptions,
    },
}

impl Erasures {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let ErasuresVerb::Export { to, data } = self.verb;
        let app = wiring::open_store(&data, String::new(), Arc::new(SystemClock)).await?;
        let list = erasure::export(&app.store, app.now()).await?;
        app.store.close().await;
        let text = serde_json::to_string_pretty(&list)?;
        match to {
            Some(path) => {
                std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
                eprintln!("{} erasures in {}", list.len(), path.display());
            }
            None => say(&text),
        }
        Ok(())
    }
}
