//! `peakend funnel "Fund Viewed > Fund Bought"` and `peakend cohort "Signed In"`

use std::sync::Arc;

use anyhow::Context as _;
use peakend_app::Ctx;
use peakend_app::insight::behaviour::{CohortWanted, FunnelWanted, Reached, Way, cohorts, funnel};
use peakend_app::insight::metric::Answer;
use peakend_app::insight::voice_list::period;
use peakend_domain::insight::behaviour::{COHORT, EventStep, FUNNEL, parse_within};
use peakend_domain::{Actor, Day};
use peakend_query::Grain;

use super::{say, system};
use crate::config::DataOptions;
use crate::wiring::{self, SystemClock};

/// How many persons went how far along some steps. Stop the server first, or ask it: GET /api/v1/funnel.
#[derive(Debug, clap::Args)]
pub(crate) struct Funnel {
    /// 2 to 8 events in order: "Fund Viewed > Fund Applied[version=2] > Fund Bought".
    steps: String,
    /// Longest time from first to last step: 7d, 12h, 30m or 45s.
    #[arg(long, default_value = "7d")]
    within: String,
    /// Property of the first event to count apart by, such as version.
    #[arg(long)]
    split: Option<String>,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    data: DataOptions,
}

/// Persons by when they first did something, and how many came back. Stop the server first, or ask it: GET /api/v1/cohorts.
#[derive(Debug, clap::Args)]
pub(crate) struct Cohort {
    /// Event whose first time on record makes a person belong.
    first: String,
    /// Event that counts as having come back; the same when absent.
    #[arg(long)]
    returning: Option<String>,
    /// day, week, month or quarter.
    #[arg(long, default_value = "week", value_parser = grain)]
    grain: Grain,
    /// Periods after a cohort's own.
    #[arg(long, default_value_t = 8)]
    periods: usize,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, clap::Args)]
struct Days {
    /// First day, as 2026-01-31; 90 days in all when absent.
    #[arg(long, value_parser = day)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[arg(long, value_parser = day)]
    to: Option<Day>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "write a day as 2026-01-31".to_owned())
}

fn grain(text: &str) -> Result<Grain, String> {
    match text {
        "day" => Ok(Grain::Day),
        "week" => Ok(Grain::Week),
        "month" => Ok(Grain::Month),
        "quarter" => Ok(Grain::Quarter),
        _ => Err("expected one of day, week, month, quarter".to_owned()),
    }
}

fn one(fault: peakend_domain::FieldFault) -> anyhow::Error {
    peakend_app::Error::Invalid(vec![fault]).into()
}

async fn open(data: &DataOptions) -> anyhow::Result<(Arc<peakend_app::App>, Actor)> {
    let app = wiring::open(data, String::new(), Arc::new(SystemClock), None).await;
    let app = app.context("open the data: when a server runs over it, ask the server")?;
    // what a server left in the log since it last looked
    app.pump().await?;
    let actor = system(&app).await?;
    Ok((app, actor))
}

impl Funnel {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let steps = EventStep::parse_all("steps", &self.steps).map_err(one)?;
        let within = parse_within("within", &self.within).map_err(one)?;
        let (app, actor) = open(&self.data).await?;
        let ctx = Ctx::new(&app, &actor);
        let (from, to) = period(&ctx, self.days.from, self.days.to).await?;
        let wanted = FunnelWanted { steps, within, from, to, split: self.split };
        let table = funnel(&ctx, &wanted).await?;
        app.store.close().await;
        say(&format!("{FUNNEL}, first step {from} to {to}, within {}; employees are left out", self.within));
        if table.total.steps.first().is_none_or(|first| first.persons == 0) {
            nobody(wanted.steps.first());
        }
        print(&wanted, "", &table.total);
        for row in &table.rows {
            let name = wanted.split.as_deref().unwrap_or_default();
            print(&wanted, &format!("{name} = {}", if row.key.is_empty() { "(none)" } else { &row.key }), row);
        }
        Ok(())
    }
}

/// Zeros alone do not tell a mistyped name from a quiet month.
fn nobody(step: Option<&EventStep>) {
    let name = step.map(ToString::to_string).unwrap_or_default();
    say(&format!("nobody did '{name}' in these days: check the name and the days (--from, --to)"));
}

fn print(wanted: &FunnelWanted, title: &str, way: &Way) {
    if !title.is_empty() {
        say(title);
    }
    for (step, reached) in wanted.steps.iter().zip(&way.steps) {
        let Reached { persons, of_first, median_seconds, .. } = reached;
        let share = of_first.as_ref().map(|a| format!("  {}", share(a))).unwrap_or_default();
        let time = median_seconds.map(|s| format!("  median {} after the step before", time(s))).unwrap_or_default();
        say(&format!("{persons:>12}  {step}{share}{time}"));
    }
}

fn share(answer: &Answer) -> String {
    match answer {
        Ok(shown) => {
            let (value, (low, high)) = (shown.value.unwrap_or_default(), shown.interval.unwrap_or_default());
            format!("{value:.1} % [{low:.1}, {high:.1}] of {}", shown.n)
        }
        Err(withheld) => format!("no share: fewer than {} persons", withheld.need),
    }
}

fn time(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

impl Cohort {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let first = EventStep::parse("first", &self.first).map_err(one)?;
        let returning = self.returning.as_deref().map(|text| EventStep::parse("returning", text));
        let returning = returning.transpose().map_err(one)?.unwrap_or_else(|| first.clone());
        let (app, actor) = open(&self.data).await?;
        let ctx = Ctx::new(&app, &actor);
        let (from, to) = period(&ctx, self.days.from, self.days.to).await?;
        let wanted = CohortWanted { first, returning, grain: self.grain, from, to, periods: self.periods };
        let table = cohorts(&ctx, &wanted).await?;
        app.store.close().await;
        say(&format!("{COHORT}, {} first, {} again; employees are left out", wanted.first, wanted.returning));
        if table.total.persons == 0 {
            nobody(Some(&wanted.first));
        }
        for row in table.rows.iter().chain([&table.total]) {
            let name = row.days.map_or_else(|| "all".to_owned(), |(from, _)| from.to_string());
            let cells = row.returned.iter().map(|r| match r {
                None => "       –".to_owned(),
                Some(r) => match &r.share {
                    Ok(shown) => format!("{:>7.1}%", shown.value.unwrap_or_default()),
                    Err(_) => format!("{:>4}/{:<3}", r.persons, r.of),
                },
            });
            say(&format!("{name:<10} {:>10} {}", row.persons, cells.collect::<String>()));
        }
        Ok(())
    }
}
