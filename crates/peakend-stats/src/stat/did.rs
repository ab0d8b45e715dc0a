//! `stat did`: what a change did to treated units beside untreated ones.

use super::input::Input;
use super::method::Method;
use super::words::{Found, after_trends};
use super::{Line, Report, Role, StatError};
use crate::figure::Answer;
use crate::value::did::{DidEstimate, DidRow, difference_in_differences};

pub(super) const METHOD: Method = Method {
    name: "did",
    about: "Difference in differences: treated and untreated units before and after a change",
    needs: &[
        (Role::Y, "outcome"),
        (Role::Unit, "who or what was observed"),
        (Role::Time, "period"),
        (Role::Treated, "1 for units of the treated arm in all their periods, else 0"),
    ],
    may: &[(Role::Cluster, "what was assigned together; the unit without"), (Role::Weight, "weight of a row")],
    options: &[("--at", "first period after the change; not needed when the periods are 0 and 1")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, unit, time) = (input.one(Role::Y)?, input.one(Role::Unit)?, input.one(Role::Time)?);
    let treated = input.arms(input.one(Role::Treated)?)?;
    let (units, clusters) = (input.codes(unit)?, input.clusters(unit)?);
    let (periods, outcome) = (input.periods(time)?, input.varying(y)?);
    let weights = input.maybe(Role::Weight).map(|c| input.complete_weights(c)).transpose()?;
    let at = change(input, time, &periods)?;
    if let Some(row) = crossing(&units, &treated) {
        let column = input.one(Role::Treated)?;
        return Err(input.table.fault(row, column, "the same arm in all periods of a unit").into());
    }
    let rows: Vec<DidRow> = (0..input.rows())
        .map(|row| DidRow {
            unit: units[row],
            cluster: clusters[row],
            treated: treated[row],
            // periods count from the change, so that they fit whatever their coding
            period: i32::try_from(periods[row] - at).unwrap_or(i32::MAX),
            post: periods[row] >= at,
            y: outcome[row],
            weight: weights.as_ref().map_or(1.0, |w| w[row]),
        })
        .collect();
    let found = difference_in_differences(&rows)?;
    let title = format!(
        "Effect on `{}` from `{}` {} on",
        input.name(y),
        input.name(time),
        input.period_text(time, &periods, at)
    );
    let mut report = Report::of(METHOD.name, found.definition, title, &found, &found.warnings);
    let trends = match &found.pre_trend {
        Answer::Shown(trend) => Some((trend.holds, trend.p)),
        Answer::Refused(_) => None,
    };
    report.words = after_trends(words(&found, input.name(y)), trends);
    Ok(report.lines(lines(&found)))
}

/// The first row whose arm is not that of its unit before.
fn crossing(units: &[u64], treated: &[bool]) -> Option<usize> {
    let mut arm = std::collections::BTreeMap::new();
    (0..units.len()).find(|&row| *arm.entry(units[row]).or_insert(treated[row]) != treated[row])
}

/// First period after the change.
fn change(input: &Input<'_>, time: usize, periods: &[i64]) -> Result<i64, StatError> {
    let (first, last) = (periods.iter().min().copied().unwrap_or(0), periods.iter().max().copied().unwrap_or(0));
    let there = format!(
        "`{}` runs from {} to {}",
        input.name(time),
        input.period_text(time, periods, first),
        input.period_text(time, periods, last)
    );
    let need = "--at, the first period after the change";
    let at = match &input.request.options.at {
        Some(text) => input.period_of(time, periods, text),
        None if (first, last) == (0, 1) => Some(1),
        None => None,
    };
    match at {
        Some(at) if at > first && at <= last => Ok(at),
        Some(_) => Err(input.option("--at with periods before it and from it on", there)),
        None => Err(input.option(need, there)),
    }
}

fn words(found: &DidEstimate, y: &str) -> String {
    let effect = Found {
        value: found.value,
        standard_error: found.shown.standard_error,
        interval: found.shown.interval,
        p: found.shown.p,
        unit: "",
    };
    effect.say(
        &format!("effect on {y}"),
        &format!("Against the untreated, the change raised {y} by"),
        &format!("Against the untreated, the change lowered {y} by"),
    )
}

fn lines(found: &DidEstimate) -> Vec<Line> {
    let means = &found.means;
    let cells = [
        ("treated before", means.treated_before),
        ("treated after", means.treated_after),
        ("untreated before", means.control_before),
        ("untreated after", means.control_after),
    ];
    let mut lines = vec![Line::estimate("effect", found.value, &found.shown).base(found.n)];
    lines.extend(cells.map(|(name, cell)| Line::of(name, cell.mean).base(cell.n)));
    lines.push(Line::of("treated clusters", found.treated_clusters as f64));
    lines.push(Line::of("untreated clusters", found.control_clusters as f64));
    lines
}
