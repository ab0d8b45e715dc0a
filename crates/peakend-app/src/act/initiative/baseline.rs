//! Freezing a baseline: the figure as it stands now, asked once and kept.

use peakend_domain::act::initiative::{Baseline, FrozenFigure, FrozenMonth, Initiative, Target};
use peakend_domain::insight::figure::Period;
use peakend_domain::insight::metric::{self, Metric};
use peakend_domain::pillar::employee;
use peakend_domain::{Day, Permission, Pillar, day_of};
use peakend_query::{Cell, DayRange, Dimension, Filter, Grain, Question};
use peakend_stats::figure::SHOWN_FROM;
use peakend_store::admin::org;

use super::{Seen, find, save_in};
use crate::insight::metric::{counting, figure, figure_of_employees, heard};
use crate::insight::release::{self, Asked, Told};
use crate::sense::place::Places;
use crate::{Ctx, Error};

/// Freeze the target's figure over a period, by month and over all. Once only.
/// Employee figures come through the release gate, in whole months.
pub async fn freeze(ctx: &Ctx<'_>, seen: &Seen, from: Day, to: Day) -> Result<Initiative, Error> {
    ctx.require(Permission::Improve)?;
    let mut tx = ctx.app.store.read().await?;
    let initiative = find(&mut tx, ctx, &seen.id).await?;
    let period = Period::new(from, to).filter(|p| p.days() <= 3 * 366).ok_or_else(|| {
        Error::field("to", "period_invalid", "the period ends after it begins and has at most three years")
    })?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let organisation = org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    drop(tx);
    if initiative.baseline().is_some() {
        let refusal = peakend_domain::act::initiative::InitiativeRefusal::AlreadyBaselined;
        return Err(Error::refused(refusal.code(), refusal.to_string()));
    }
    let zone = jiff::tz::TimeZone::get(&organisation.time_zone)
        .map_err(|e| Error::Fault(format!("the organisation's time zone cannot be read: {e}")))?;
    let today = day_of(ctx.now(), &zone);
    let baseline = measure(ctx, &initiative, &places, period, today).await?;
    let mut tx = ctx.app.store.begin().await?;
    let after = save_in(&mut tx, ctx, seen, initiative, "initiative.baselined", |i| i.freeze(baseline, today)).await?;
    tx.commit().await?;
    Ok(after)
}

async fn measure(
    ctx: &Ctx<'_>,
    initiative: &Initiative,
    places: &Places,
    period: Period,
    today: Day,
) -> Result<Baseline, Error> {
    let target = &initiative.target;
    let metric = metric::find(&target.metric)
        .ok_or_else(|| Error::field("target.metric", "metric_unknown", "there is no such metric"))?
        .within(Some(initiative.pillar));
    let filter = filter(initiative.pillar, target, places, today);
    let (period, overall, months) = match initiative.pillar {
        Pillar::Brand | Pillar::Customer => of_public(ctx, metric, filter, period).await?,
        Pillar::Employee => of_employees(ctx, metric, filter, period.widened_to_months()).await?,
    };
    Ok(Baseline {
        metric: metric.id.to_owned(),
        definition: metric.definition.to_owned(),
        filter: target.filter.clone(),
        from: period.from,
        to: period.to,
        overall,
        months,
        frozen_at: ctx.now(),
        frozen_by: ctx.actor.label(),
    })
}

type Frozen = (Period, FrozenFigure, Vec<FrozenMonth>);

async fn of_public(ctx: &Ctx<'_>, metric: &Metric, filter: Filter, period: Period) -> Result<Frozen, Error> {
    let question = Question {
        org: ctx.org().to_string(),
        period: DayRange { from: period.from.0, to: period.to.0 },
        filter: filter.and(heard(metric.measure)),
        by: Vec::new(),
        grain: Some(Grain::Month),
        persons: false,
        counting: counting(metric.measure),
    };
    let mut whole = Cell::default();
    let mut months = Vec::new();
    for row in ctx.app.warehouse.answer(&question).await?.rows {
        whole.merge(&row.cell);
        let from = Day(row.bucket.unwrap_or(period.from.0).max(period.from.0));
        months.push(FrozenMonth { from, figure: public(metric, &row.cell) });
    }
    Ok((period, public(metric, &whole), months))
}

fn public(metric: &Metric, cell: &Cell) -> FrozenFigure {
    let shown = figure(metric, cell, SHOWN_FROM).ok();
    let interval = shown.as_ref().and_then(|s| s.interval);
    FrozenFigure {
        n: cell.voices,
        value: shown.as_ref().and_then(|s| s.value),
        low: interval.map(|i| i.0),
        high: interval.map(|i| i.1),
        counts: serde_json::to_value(cell).unwrap_or_default(),
    }
}

async fn of_employees(ctx: &Ctx<'_>, metric: &Metric, filter: Filter, period: Period) -> Result<Frozen, Error> {
    let asked = Asked {
        measure: metric.measure,
        filter,
        from: period.from,
        to: period.to,
        by: Vec::new(),
        grain: Some(Grain::Month),
    };
    let groups = release::groups(ctx, &asked).await?;
    let months = groups.rows.iter().map(|group| FrozenMonth {
        from: Day(group.bucket.unwrap_or(period.from.0)),
        figure: of_told(metric, &group.told),
    });
    let months = months.collect();
    Ok((period, of_told(metric, &groups.total), months))
}

/// Only what the gate tells is frozen: no counts beside the figure.
fn of_told(metric: &Metric, told: &Told) -> FrozenFigure {
    let (Told::Whole(cell) | Told::AsReleased(cell)) = told else {
        return FrozenFigure { n: 0, value: None, low: None, high: None, counts: serde_json::Value::Null };
    };
    let shown = figure_of_employees(metric, cell, employee::MINIMUM_SCORES).ok();
    let interval = shown.as_ref().and_then(|s| s.interval);
    FrozenFigure {
        n: shown.as_ref().map_or(0, |s| s.n),
        value: shown.as_ref().and_then(|s| s.value),
        low: interval.map(|i| i.0),
        high: interval.map(|i| i.1),
        counts: serde_json::Value::Null,
    }
}

/// The target's filter as the warehouse reads it; a unit stands for all below it.
fn filter(pillar: Pillar, target: &Target, places: &Places, today: Day) -> Filter {
    let mut all = Filter::In(Dimension::Pillar, vec![pillar.name().to_owned()]);
    for (name, code) in &target.filter {
        let Some(dimension) = Dimension::parse(name) else { continue };
        let codes = match dimension {
            Dimension::Unit => {
                let path = places.unit_path(code, today).unwrap_or("//").to_owned();
                places.units_under(&path).into_iter().chain([code.clone()]).collect()
            }
            _ => vec![code.clone()],
        };
        all = all.and(Filter::In(dimension, codes));
    }
    all
}
