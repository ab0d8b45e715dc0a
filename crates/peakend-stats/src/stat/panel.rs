//! `stat panel`: regression with unit and period effects, errors by cluster.

use std::collections::BTreeMap;

use super::input::{Input, across};
use super::method::Method;
use super::words::Found;
use super::{Line, Report, Role, StatError};
use crate::value::panel::{Effects, PanelRow, Slope, panel_regression};

pub(super) const METHOD: Method = Method {
    name: "panel",
    about: "Regression within units over time, with period effects and clustered errors",
    needs: &[
        (Role::Y, "outcome"),
        (Role::X, "regressors, separated by commas"),
        (Role::Unit, "who or what was observed"),
        (Role::Time, "period"),
    ],
    may: &[(Role::Cluster, "what was assigned together; the unit without")],
    options: &[],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, unit, time) = (input.one(Role::Y)?, input.one(Role::Unit)?, input.one(Role::Time)?);
    let x = input.columns(Role::X);
    let (units, clusters) = (input.codes(unit)?, input.clusters(unit)?);
    let (periods, outcome, regressors) = (input.periods(time)?, input.varying(y)?, input.all_varying(&x)?);
    for (&column, values) in x.iter().zip(&regressors) {
        if !moves_within(&units, values) {
            let (column, unit) = (input.name(column).to_owned(), input.name(unit).to_owned());
            return Err(StatError::ConstantWithin { column, unit });
        }
    }
    let rows: Vec<PanelRow> = (0..input.rows())
        .map(|row| PanelRow {
            entity: units[row],
            period: periods[row],
            cluster: clusters[row],
            y: outcome[row],
            x: across(&regressors, row),
        })
        .collect();
    let found = panel_regression(&rows, Effects::TwoWay)?;
    let title = format!("`{}` within `{}` and `{}`", input.name(y), input.name(unit), input.name(time));
    let mut report = Report::of(METHOD.name, found.definition, title, &found, &found.warnings);
    for (&column, slope) in x.iter().zip(&found.slopes) {
        report = report.say(words(input.name(column), input.name(y), slope));
        report.lines.push(Line::estimate(input.name(column), slope.value, &slope.inference).base(slope.n));
    }
    let sizes = [("units", found.entities), ("periods", found.periods), ("clusters", found.clusters)];
    Ok(report.lines(sizes.map(|(name, size)| Line::of(name, size as f64))))
}

/// What one unit more of a regressor goes with.
pub(super) fn words(x: &str, y: &str, slope: &Slope) -> String {
    let found = Found {
        value: slope.value,
        standard_error: slope.inference.standard_error,
        interval: slope.inference.interval,
        p: slope.inference.p,
        unit: "",
    };
    found.say(
        &format!("association of {x} with {y}"),
        &format!("One more of {x} goes with {y} higher by"),
        &format!("One more of {x} goes with {y} lower by"),
    )
}

fn moves_within(units: &[u64], values: &[f64]) -> bool {
    let mut first = BTreeMap::new();
    units.iter().zip(values).filter(|(_, x)| !x.is_nan()).any(|(unit, x)| *first.entry(unit).or_insert(x) != x)
}
