//! `stat staggered`: a change that reached units at different times.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Input, across};
use super::method::Method;
use super::words::{Found, after_trends};
use super::{Line, Report, Role, StatError};
use crate::value::staggered::{Comparison, GatheredEffect, StaggeredOptions, StaggeredRow, staggered_effect};

pub(super) const METHOD: Method = Method {
    name: "staggered",
    about: "Effect of a roll-out that reached units at different times",
    needs: &[
        (Role::Y, "outcome"),
        (Role::Unit, "who or what was observed, once per period"),
        (Role::Time, "period"),
        (Role::Treated, "first treated period of the unit (empty, 0 or never: never), or 1 in treated rows, else 0"),
    ],
    may: &[(Role::X, "covariates, separated by commas")],
    options: &[("--seed", "of the simultaneous bands")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, unit, time) = (input.one(Role::Y)?, input.one(Role::Unit)?, input.one(Role::Time)?);
    let x = input.columns(Role::X);
    // units are the clusters here, and one row each shows no before
    let (units, periods) = (input.clusters(unit)?, input.periods(time)?);
    let mut seen = BTreeSet::new();
    if let Some(row) = (0..input.rows()).find(|&row| !seen.insert((units[row], periods[row]))) {
        return Err(input.table.fault(row, time, "a period seen once for its unit").into());
    }
    let (outcome, covariates) = (input.varying(y)?, input.all_varying(&x)?);
    let first = first_treated(input, time, &periods, &units)?;
    let rows: Vec<StaggeredRow> = (0..input.rows())
        .map(|row| StaggeredRow {
            unit: units[row],
            period: periods[row],
            first_treated: first[row],
            outcome: outcome[row],
            covariates: across(&covariates, row),
        })
        .collect();
    // with nobody left untreated, those treated later serve as controls
    let comparison = if first.contains(&None) { Comparison::NeverTreated } else { Comparison::NotYetTreated };
    let seed = input.request.options.seed;
    let options = StaggeredOptions { comparison, covariates: x.len(), seed, ..StaggeredOptions::default() };
    let found = staggered_effect(&rows, options)?;
    let (value, se) = (found.simple.value, found.simple.standard_error);
    let p = found.p;
    let effect = Found { value, standard_error: se, interval: found.simple.interval, p, unit: "" };
    let name = input.name(y);
    let words = effect.say(
        &format!("effect on {name}"),
        &format!("From its arrival on, the change raised {name} by"),
        &format!("From its arrival on, the change lowered {name} by"),
    );
    let title = format!("Roll-out effect on `{name}`");
    let mut report = Report::of(METHOD.name, found.definition, title, &found, &found.warnings);
    report.words = after_trends(words, found.leads.map(|leads| (leads.holds, leads.p)));
    let part = |name: String, part: &GatheredEffect| Line::of(name, part.effect.value).within(part.band);
    let by_time = found.dynamic.parts.iter().map(|p| part(format!("{} periods since", p.at), p));
    let by_cohort = found
        .cohorts
        .parts
        .iter()
        .map(|p| part(format!("treated from {}", input.period_text(time, &periods, p.at)), p));
    let headline = Line::of("effect", value).within(found.simple.interval).tested(p).base(found.units);
    Ok(report.lines([headline]).lines(by_time).lines(by_cohort))
}

/// First treated period per row: the period the column names, or the first row of
/// the unit that is marked 1.
fn first_treated(
    input: &Input<'_>,
    time: usize,
    periods: &[i64],
    units: &[u64],
) -> Result<Vec<Option<i64>>, StatError> {
    let column = input.one(Role::Treated)?;
    let marks = (0..input.rows()).all(|row| matches!(input.text(row, column), "0" | "1" | "true" | "false"));
    if marks {
        let mut first: BTreeMap<u64, i64> = BTreeMap::new();
        for (row, _) in input.arms(column)?.into_iter().enumerate().filter(|(_, on)| *on) {
            let seen = first.entry(units[row]).or_insert(periods[row]);
            *seen = periods[row].min(*seen);
        }
        return Ok(units.iter().map(|unit| first.get(unit).copied()).collect());
    }
    (0..input.rows())
        .map(|row| match input.text(row, column).to_ascii_lowercase().as_str() {
            "" | "0" | "0.0" | "na" | "nan" | "inf" | "infinity" | "never" => Ok(None),
            _ => match input.period_of(time, periods, input.text(row, column)) {
                Some(period) => Ok(Some(period)),
                None => Err(input.table.fault(row, column, "a period, or `never`").into()),
            },
        })
        .collect()
}
