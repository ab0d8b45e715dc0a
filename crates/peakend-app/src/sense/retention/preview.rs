//! What a setting would remove, before anything goes.

use std::collections::BTreeMap;

use peakend_domain::sense::retention::{RetentionChange, RetentionLimits, VoicesOf};
use peakend_domain::{Day, Pillar, day_of};
use peakend_query::{Counting, DayRange, Dimension, Filter, Question};
use peakend_store::sense::{retention as store, survey};

use super::{administer, asked, start, zone};
use crate::insight::voice_list::without_employees;
use crate::{Ctx, Error};

/// What a setting would remove today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPreview {
    /// What would stay.
    pub limits: RetentionLimits,
    /// Voices that would go, without those of employees.
    pub voices: u64,
    /// The same by survey: those with a time of their own, those that would lose voices,
    /// and those of employees that have a limit.
    pub surveys: Vec<SurveyPreview>,
    /// Events that would go.
    pub events: u64,
}

/// What a setting would remove of one survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyPreview {
    /// Survey code.
    pub code: String,
    /// First day whose voices would stay; none when all do.
    pub from: Option<Day>,
    /// Voices that would go. None of employees: with two settings one could tell by the
    /// difference how many answered when, and counts of theirs leave by the release gate alone.
    pub voices: Option<u64>,
}

/// What a setting would remove if it were in force today.
pub async fn preview(ctx: &Ctx<'_>, change: RetentionChange) -> Result<RetentionPreview, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    let keep = asked(&mut tx, ctx.org(), change).await?;
    let zone = zone(&mut tx, ctx.org()).await?;
    let limits = keep.limits(day_of(ctx.now(), &zone));
    let events = match limits.events {
        Some(day) => store::events_before(&mut tx, ctx.org(), start(day, &zone)).await?,
        None => 0,
    };
    let all = survey::all(&mut tx, ctx.org()).await?;
    drop(tx);
    let mut counts = BTreeMap::<String, u64>::new();
    for (of, day) in limits.each() {
        for (code, voices) in before(ctx, &of, day).await? {
            *counts.entry(code).or_default() += voices;
        }
    }
    let voices = counts.values().sum();
    let mut surveys: BTreeMap<String, Option<u64>> =
        counts.into_iter().filter(|(code, _)| !code.is_empty()).map(|(code, n)| (code, Some(n))).collect();
    for code in limits.surveys.keys() {
        surveys.entry(code.clone()).or_insert(Some(0));
    }
    for employees in all.into_iter().filter(|s| s.pillar == Pillar::Employee) {
        if limits.of(&employees.code).is_some() || surveys.contains_key(&employees.code) {
            surveys.insert(employees.code, None);
        }
    }
    let surveys = surveys.into_iter().map(|(code, voices)| SurveyPreview { from: limits.of(&code), code, voices });
    let surveys = surveys.collect();
    Ok(RetentionPreview { voices, surveys, events: u64::try_from(events).unwrap_or(0), limits })
}

/// Voices of before a day by survey, without those of employees; signals have no survey.
async fn before(ctx: &Ctx<'_>, of: &VoicesOf<'_>, day: Day) -> Result<Vec<(String, u64)>, Error> {
    let codes = |codes: &[&str]| Filter::In(Dimension::Survey, codes.iter().map(|c| (*c).to_owned()).collect());
    let theirs = match of {
        VoicesOf::Survey(code) => codes(&[code]),
        VoicesOf::Others(others) => Filter::Not(Box::new(codes(others))),
    };
    let question = Question {
        org: ctx.org().as_str().to_owned(),
        period: DayRange { from: Day::of(jiff::civil::date(1900, 1, 1)).0, to: day.0 - 1 },
        filter: theirs.and(without_employees()),
        by: vec![Dimension::Survey],
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    let table = ctx.app.warehouse.answer(&question).await?;
    let row = |row: peakend_query::Row| Some((row.keys.into_iter().next()?, row.cell.voices));
    Ok(table.rows.into_iter().filter_map(row).filter(|(_, voices)| *voices > 0).collect())
}
