//! `peakend retention show` and `peakend retention set --voices 24 --survey visit:6 --yes`

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use peakend_app::Ctx;
use peakend_app::sense::retention::{self, RetentionPreview};
use peakend_domain::sense::retention::{Retention as Keep, RetentionChange, RetentionCounts, parse_survey};

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
        /// Months that the voices of one survey are kept, as CODE:MONTHS; `CODE:` keeps them for good. Name every
        /// survey that is to have a time of its own; without this they stay as they are set.
        #[arg(long = "survey", value_name = "CODE:MONTHS", value_parser = own_time)]
        surveys: Vec<(String, Option<u16>)>,
        /// No survey has a time of its own any more.
        #[arg(long, conflicts_with = "surveys")]
        no_surveys: bool,
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
            RetentionVerb::Set { voices, events, outcomes, surveys, no_surveys, yes, data } => {
                let named = no_surveys || !surveys.is_empty();
                let surveys = named.then(|| surveys.into_iter().collect());
                set(RetentionChange { voices, events, outcomes, surveys }, yes, &data).await
            }
        }
    }
}

fn own_time(text: &str) -> Result<(String, Option<u16>), String> {
    parse_survey(text).map_err(|fault| fault.message)
}

async fn show(ctx: &Ctx<'_>) -> anyhow::Result<()> {
    let Some(setting) = retention::find(ctx).await? else {
        say("everything is kept for good: nobody has set anything else");
        return Ok(());
    };
    say(&format!("{}; set {} by {}", words(&setting.keep), setting.saved_at, setting.saved_by));
    match setting.last_run {
        Some(run) => say(&format!("last run {}: {}", run.at, removed(run.removed))),
        None => say("no run yet: the server makes one a day"),
    }
    Ok(())
}

async fn set(change: RetentionChange, yes: bool, data: &DataOptions) -> anyhow::Result<()> {
    // beside a running server the store is enough: the server's job removes what is older
    let (app, alone) = match wiring::open(data, String::new(), Arc::new(SystemClock), None).await {
        Ok(app) => (app, true),
        Err(_) => (wiring::open_store(data, String::new(), Arc::new(SystemClock)).await?, false),
    };
    let actor = system(&app).await?;
    let ctx = Ctx::new(&app, &actor);
    if !yes {
        if alone {
            let RetentionPreview { limits, voices, surveys, events } = retention::preview(&ctx, change.clone()).await?;
            let day = |day: Option<peakend_domain::Day>| day.map_or_else(|| "all stay".to_owned(), |d| d.to_string());
            say(&format!("{voices} voices would go (first day that stays: {})", day(limits.voices)));
            for one in surveys {
                let voices = one.voices.map_or_else(|| "of employees, not counted".to_owned(), |n| n.to_string());
                say(&format!("  survey {}: {voices} (first day that stays: {})", one.code, day(one.from)));
            }
            say(&format!("{events} events would go (first day that stays: {})", day(limits.events)));
        }
        let before = retention::find(&ctx).await?.map(|setting| setting.keep).unwrap_or_default();
        app.store.close().await;
        bail!("this cannot be undone: add --yes to remove what is older ({})", words(&change.after(&before)));
    }
    retention::set(&ctx, change).await?;
    if alone {
        let gone = app.retain(ctx.org()).await?;
        say(&removed(gone));
    } else {
        say("set; the running server removes what is older now");
    }
    app.store.close().await;
    Ok(())
}

fn words(keep: &Keep) -> String {
    let one = |what: &str, months: Option<u16>| match months {
        Some(months) => format!("{what} for {months} months"),
        None => format!("{what} for good"),
    };
    let all = [one("voices", keep.voices), one("events", keep.events), one("operating figures", keep.outcomes)];
    let own = keep.surveys.iter().map(|(code, months)| one(&format!("survey {code}"), *months));
    all.into_iter().chain(own).collect::<Vec<_>>().join(", ")
}

fn removed(c: RetentionCounts) -> String {
    format!(
        "{} voices, {} events, {} decisions to ask, {} closed cases without words, {} log entries, {} warehouse rows \
         removed",
        c.voices, c.events, c.asks, c.cases, c.log_entries, c.warehouse_rows
    )
}
