//! `stat survival`: how long until an event, by group, and what goes with it.

use std::collections::BTreeSet;

use super::input::Input;
use super::method::Method;
use super::words::{p_with_sign, shown};
use super::{Line, Report, Role, StatError};
use crate::figure::Warning;
use crate::insight::driver::Column;
use crate::value::cox::{CoxModel, CoxOptions, cox};
use crate::value::log_rank::{LogRank, log_rank};
use crate::value::survival::{Spell, Survival, kaplan_meier};

pub(super) const METHOD: Method = Method {
    name: "survival",
    about: "Time until an event: Kaplan-Meier, log-rank by group, Cox with covariates",
    needs: &[(Role::Time, "time until the event or the last look"), (Role::Event, "1 when the event happened, else 0")],
    may: &[
        (Role::Group, "curves side by side and a log-rank test"),
        (Role::X, "covariates of a Cox model, separated by commas; texts become indicators"),
        (Role::Entry, "time at which observation began; 0 without"),
        (Role::Cluster, "rows that belong together, for the errors of the Cox model"),
    ],
    options: &[("--horizon", "time up to which survival is summed up; without, as far as every group is observed")],
    run,
};

/// Everything found, in one place for the JSON.
#[derive(Debug, serde::Serialize)]
struct Found {
    curve: Survival,
    log_rank: Option<LogRank>,
    cox: Option<CoxModel>,
}

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let spells = spells(input)?;
    let groups = input.maybe(Role::Group).map_or_else(Vec::new, |column| input.groups(column));
    if let (Some(column), 0 | 1) = (input.maybe(Role::Group), groups.len()) {
        return Err(input.not_groups(column, &groups, 2));
    }
    let members: Vec<Vec<Spell>> =
        groups.iter().map(|(_, rows)| rows.iter().map(|&row| spells[row]).collect()).collect();
    let curve = kaplan_meier(&spells)?;
    let observed = |spells: &[Spell]| spells.iter().map(|s| s.exit).fold(0.0, f64::max);
    let all = members.iter().map(|m| observed(m)).fold(observed(&spells), f64::min);
    let horizon = input.request.options.horizon.unwrap_or(all);
    let mut lines = summary("all", &curve, horizon);
    for ((name, _), spells) in groups.iter().zip(&members) {
        lines.extend(summary(name, &Survival::of(spells), horizon));
    }
    let log_rank = if members.is_empty() { None } else { Some(log_rank(&members)?) };
    let cox = model(input, &spells)?;
    lines.extend(cox.iter().flat_map(|m| &m.terms).map(|term| {
        Line::of(format!("hazard ratio of {}", term.name), term.hazard_ratio).within(term.interval).tested(term.p)
    }));
    let warnings: Vec<Warning> = cox.iter().flat_map(|m| m.warnings.clone()).collect();
    let found = Found { curve, log_rank, cox };
    let title = format!("Time until `{}`", input.name(input.one(Role::Event)?));
    let mut report = Report::of(METHOD.name, found.curve.definition, title, &found, &warnings).lines(lines);
    report = report.say(match found.curve.median {
        Some(median) => format!("Half are gone by time {}.", shown(median)),
        None => "More than half never saw the event while observed.".to_owned(),
    });
    if let Some(test) = &found.log_rank {
        let differ = if test.p < 0.05 { "The groups differ" } else { "No detectable difference between the groups" };
        report = report.say(format!("{differ} (log-rank p {}, {} events).", p_with_sign(test.p), found.curve.events));
    }
    for term in found.cox.iter().flat_map(|m| &m.terms) {
        report = report.say(hazard(&term.name, term.hazard_ratio, term.p));
    }
    Ok(report)
}

fn hazard(name: &str, ratio: f64, p: f64) -> String {
    if p.is_nan() || p >= 0.05 {
        return format!("No detectable association of {name} with the event.");
    }
    let pace = if ratio > 1.0 { "sooner" } else { "later" };
    format!("One more of {name} goes with the event {pace}: {} times the hazard (p {}).", shown(ratio), p_with_sign(p))
}

fn summary(name: &str, curve: &Survival, horizon: f64) -> Vec<Line> {
    let (point, mean) = (curve.at(horizon), curve.restricted_mean(horizon));
    let median = curve.median.map_or_else(|| "median not reached".to_owned(), |m| format!("median {}", shown(m)));
    vec![
        Line::of(format!("{name}: share left at {}", shown(horizon)), point.survival)
            .within(point.interval)
            .base(curve.n)
            .note(format!("{} events, {median}", curve.events)),
        Line::of(format!("{name}: mean time up to {}", shown(horizon)), mean.value).within(mean.interval),
    ]
}

fn spells(input: &Input<'_>) -> Result<Vec<Spell>, StatError> {
    let (time, event) = (input.one(Role::Time)?, input.one(Role::Event)?);
    let times = input.complete(time, "a time")?;
    let entries = input.maybe(Role::Entry).map(|c| input.complete(c, "a time")).transpose()?;
    let events = input.flags(event)?;
    (0..input.rows())
        .map(|row| {
            let entry = entries.as_ref().map_or(0.0, |e| e[row]);
            if times[row] < entry {
                return Err(input.table.fault(row, time, "a time not before the entry").into());
            }
            Ok(Spell { entry, exit: times[row], event: events[row] })
        })
        .collect()
}

fn model(input: &Input<'_>, spells: &[Spell]) -> Result<Option<CoxModel>, StatError> {
    let mut coded: Vec<(String, Vec<f64>)> = Vec::new();
    for column in input.columns(Role::X) {
        let name = input.name(column);
        let rows = 0..input.rows();
        if rows.clone().all(|row| input.table.number(row, column).is_ok()) {
            coded.push((name.to_owned(), input.varying(column)?));
            continue;
        }
        let levels: BTreeSet<&str> = rows.clone().map(|row| input.text(row, column)).collect();
        for level in levels.into_iter().skip(1) {
            let values = rows.clone().map(|row| f64::from(u8::from(input.text(row, column) == level)));
            coded.push((format!("{name}={level}"), values.collect()));
        }
    }
    let clusters = input.maybe(Role::Cluster).map(|column| input.clusters(column)).transpose()?;
    if coded.is_empty() {
        return Ok(None);
    }
    let columns: Vec<Column<'_>> = coded.iter().map(|(name, values)| Column { name, values }).collect();
    let options = CoxOptions { clusters: clusters.as_deref(), ..CoxOptions::default() };
    Ok(Some(cox(spells, &columns, &options)?))
}
