//! The home page: three pillars with the same depth, the loop as a funnel, what
//! waits for the reader, and what has been proven.

use jiff::ToSpan;
use peakend_domain::insight::figure::Period;
use peakend_domain::pillar::{brand, customer, employee};
use peakend_domain::value::ledger::{Proven, proven};
use peakend_domain::{Day, LocalText, Permission, Pillar};
use peakend_query::{Counting, DayRange, Dimension, Grain, Question};
use peakend_store::insight::home::{self as store, Counts, Waiting};
use peakend_store::value::ledger;

use super::figure::{FigureQuestion, FigureRow, FigureTable, answer};
use super::voice_list::{Frame, VoiceFilter, without_employees};
use crate::{Ctx, Error};

/// Days after which an initiative that went live can be judged.
const EVALUABLE_AFTER: i32 = 90;

/// The weakest touchpoint of a pillar.
#[derive(Debug, Clone, PartialEq)]
pub struct Weakest {
    /// Code.
    pub touchpoint: String,
    /// The organisation's name for it.
    pub name: Option<LocalText>,
    /// Its figure.
    pub value: f64,
    /// Answers.
    pub n: u64,
}

/// One pillar.
#[derive(Debug, Clone, PartialEq)]
pub struct PillarPulse {
    /// Which.
    pub pillar: Pillar,
    /// Its headline metric, with the period before.
    pub headline: FigureTable,
    /// The headline over time.
    pub trend: FigureTable,
    /// Other metrics.
    pub secondary: Vec<FigureTable>,
    /// The touchpoint with the lowest headline figure whose whole interval lies below the whole.
    pub weakest: Option<Weakest>,
}

/// The home page.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    /// First and last day.
    pub period: Period,
    /// One or all pillars.
    pub pillars: Vec<PillarPulse>,
    /// Voices of the public and of customers in the period; employees are not counted here.
    pub voices: u64,
    /// Counts of the loop.
    pub counts: Counts,
    /// What waits.
    pub waiting: Waiting,
    /// What the ledger has proven in its main outcome.
    pub booked: Option<Proven>,
}

/// Reads the home page.
pub async fn read(ctx: &Ctx<'_>, from: Day, to: Day, filter: &VoiceFilter) -> Result<Home, Error> {
    ctx.require(Permission::SeeFigures)?;
    let frame = Frame::open(ctx).await?;
    let period =
        Period::new(from, to).ok_or_else(|| Error::field("to", "before_from", "the period ends before it begins"))?;
    // employees are not selected by what they answered; who asks for them alone is told so
    let told = |p: &Pillar| *p != Pillar::Employee || filter.pillar.is_some() || !filter.selects_answers();
    let wanted = Pillar::ALL.into_iter().filter(|p| filter.pillar.is_none_or(|wanted| wanted == *p)).filter(told);
    let pillars =
        futures::future::try_join_all(wanted.map(|pillar| pulse(ctx, &frame, pillar, period, filter))).await?;
    let voices = ctx
        .app
        .warehouse
        .answer(&Question {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: from.0, to: to.0 },
            filter: frame.resolve(ctx, filter).await?.and(without_employees()),
            by: Vec::new(),
            grain: None,
            persons: false,
            counting: Counting::Everything,
        })
        .await?;
    let voices = voices.rows.first().map_or(0, |row| row.cell.voices);
    let mut tx = ctx.app.store.read().await?;
    let zone = peakend_store::admin::org::find(&mut tx, ctx.org())
        .await?
        .and_then(|org| jiff::tz::TimeZone::get(&org.time_zone).ok())
        .unwrap_or(jiff::tz::TimeZone::UTC);
    let instant = |day: Day| day.date().to_zoned(zone.clone()).map_or(jiff::Timestamp::UNIX_EPOCH, |z| z.timestamp());
    let pillar = filter.pillar.map_or("", Pillar::name);
    let counts = store::counts(&mut tx, ctx.scope(), pillar, instant(from), instant(Day(to.0 + 1))).await?;
    let user = ctx.actor.user().map_or("", |u| u.as_str());
    let since = ctx.now().checked_sub((7 * 24).hours()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let evaluable = frame.today.0 - EVALUABLE_AFTER;
    let waiting = store::waiting(&mut tx, ctx.scope(), user, ctx.now(), since, evaluable).await?;
    let booked = if ctx.actor.role.may(Permission::SeeValue) {
        proven(&ledger::all(&mut tx, ctx.org(), filter.pillar).await?)
    } else {
        None
    };
    Ok(Home { period, pillars, voices, counts, waiting, booked })
}

fn metrics(pillar: Pillar) -> (&'static str, [&'static str; 2]) {
    match pillar {
        Pillar::Brand => (brand::HEADLINE, ["nps", "signals"]),
        Pillar::Customer => (customer::HEADLINE, ["csat", "ces"]),
        Pillar::Employee => (employee::HEADLINE, ["csat", "responses"]),
    }
}

async fn pulse(
    ctx: &Ctx<'_>,
    frame: &Frame,
    pillar: Pillar,
    period: Period,
    filter: &VoiceFilter,
) -> Result<PillarPulse, Error> {
    let (headline, others) = metrics(pillar);
    let ask = |metric: &str, by: Vec<Dimension>, grain: Option<Grain>, compare: bool| FigureQuestion {
        metric: metric.to_owned(),
        by,
        grain,
        from: period.from,
        to: period.to,
        compare,
        filter: VoiceFilter { pillar: Some(pillar), ..filter.clone() },
    };
    let grain = if period.days() > 120 { Grain::Month } else { Grain::Week };
    let mut secondary = Vec::new();
    for metric in others {
        secondary.push(answer(ctx, frame, &ask(metric, Vec::new(), None, true)).await?);
    }
    let places = answer(ctx, frame, &ask(headline, vec![Dimension::Touchpoint], None, false)).await?;
    Ok(PillarPulse {
        pillar,
        headline: answer(ctx, frame, &ask(headline, Vec::new(), None, true)).await?,
        trend: answer(ctx, frame, &ask(headline, Vec::new(), Some(grain), false)).await?,
        secondary,
        weakest: weakest(&places),
    })
}

fn weakest(places: &FigureTable) -> Option<Weakest> {
    let whole = places.total.answer.as_ref().ok()?.value?;
    let figure = |row: &FigureRow| {
        let shown = row.answer.as_ref().ok()?;
        let (value, (_, high)) = (shown.value?, shown.interval?);
        let key = row.keys.first().filter(|k| !k.code.is_empty())?;
        (high < whole).then(|| Weakest { touchpoint: key.code.clone(), name: key.name.clone(), value, n: shown.n })
    };
    places.rows.iter().filter_map(figure).min_by(|a, b| a.value.total_cmp(&b.value))
}
