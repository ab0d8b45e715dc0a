//! `peakend retention show` and `peakend retention set --voices 24 --yes`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use peakend_app::Ctx;
use peakend_app::sense::retention::{self, RetentionPreview};
use peakend_domain::sense::retention::{Retention as Keep, RetentionCounts};

use super::{say, system};
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// How long what was heard is kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Retention {
    #[command(subcommand)]
    verb: RetentionVerb,
}

#[derive(Debug, Subcommand)]
enum RetentionVerb {
    /// Say how long things are kept, and what the last run removed.
    Show {
        #[command(flatten)]
        data: DataOptions,
    },
    /// Set how long, in months; what is left out is kept for good. Without --yes it only says what would go.
    Set {
        /// Months that responses and signals are kept, with their words.
        #[arg(long)]
        voices: Option<u16>,
        /// Months that events and decisions to ask are kept.
        #[arg(long)]
        events: Option<u16>,
        /// Months that operating figures are kept.
        #[arg(long)]
        outcomes: Option<u16>,
        /// Do it: what is older goes for good.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        data: DataOptions,
    },
}

impl Retention {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.verb {
            RetentionVerb::Show { data } => {
                let app = wiring::open_store(&data, String::new(), Arc::new(SystemClock)).await?;
                let actor = system(&app).await?;
                show(&Ctx::new(&app, &actor)).await?;
                app.store.close().await;
                Ok(())
            }
            RetentionVerb::Set { voices, events, outcomes, yes, data } => {
                set(Keep { voices, events, outcomes }, yes, &data).await
            }
        }
    }
}

async fn show(ctx: &Ctx<'_>) -> anyhow::Result<()> {
    let Some(setting) = retention::find(ctx).await? else {
        say("everything is kept for good: nobody has set anything else");
        return Ok(());
    };
    say(&format!("{}; set {} by {}", words(setting.keep), setting.saved_at, setting.saved_by));
    match setting.last_run {
        Some(run) => say(&format!("last run {}: {}", run.at, removed(run.removed))),
        None => say("no run yet: the server makes one a day"),
    }
    Ok(())
}

async fn set(keep: Keep, yes: bool, data: &DataOptions) -> anyhow::Result<()> {
    // beside a running server the store is enough: the server's job removes what is older
    let (app, alone) = match wiring::open(data, String::new(), Arc::new(SystemClock), None).await {
        Ok(app) => (app, true),
        Err(_) => (wiring::open_store(data, String::new(), Arc::new(SystemClock)).await?, false),
    };
    let actor = system(&app).await?;
    let ctx = Ctx::new(&app, &actor);
    if !yes {
        if alone {
            let RetentionPreview { limits, voices, events } = retention::preview(&ctx, keep).await?;
            let day = |day: Option<peakend_domain::Day>| day.map_or_else(|| "all stay".to_owned(), |d| d.to_string());
            say(&format!("{voices} voices would go (first day that stays: {})", day(limits.voices)));
            say(&format!("{events} events would go (first day that stays: {})", day(limits.events)));
        }
        app.store.close().await;
        bail!("this cannot be undone: add --yes to remove what is older ({})", words(keep));
    }
    retention::set(&ctx, keep).await?;
    if alone {
        let gone = app.retain(ctx.org()).await?;
        say(&removed(gone));
    } else {
        say("set; the running server removes what is older now");
    }
    app.store.close().await;
    Ok(())
}

fn words(keep: Keep) -> String {
    let one = |what: &str, months: Option<u16>| match months {
        Some(months) => format!("{what} for {months} months"),
        None => format!("{what} for good"),
    };
    [one("voices", keep.voices), one("events", keep.events), one("operating figures", keep.outcomes)].join(", ")
}

fn removed(c: RetentionCounts) -> String {
    format!(
        "{} voices, {} events, {} decisions to ask, {} closed cases without words, {} log entries, {} warehouse rows \
         removed",
        c.voices, c.events, c.asks, c.cases, c.log_entries, c.warehouse_rows
    )
}
