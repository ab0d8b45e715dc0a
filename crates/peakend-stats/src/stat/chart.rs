//! `stat chart`: a series with its control limits: single values, or shares of
//! counts by the binomial law or with Laney's correction.

use super::input::Input;
use super::method::Method;
use super::words::shown;
use super::{Line, Report, Role, StatError};
use crate::insight::control_chart::control_chart;
use crate::insight::share_chart::{ShareLimits, share_chart};
use crate::insight::share_compare::Part;

pub(super) const METHOD: Method = Method {
    name: "chart",
    about: "Control chart: single values, or shares of counts (with Laney's correction)",
    needs: &[(Role::Y, "value per period; with --n the counted ones of each period")],
    may: &[
        (Role::N, "answers of each period: charts shares"),
        (Role::Time, "period; without it the rows are in order"),
    ],
    options: &[("--base", "first periods that set the limits; without, the first 20 or all")],
    run,
};

/// Periods that set the limits, unless told otherwise.
const BASE: usize = 20;

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let mut order: Vec<usize> = (0..input.rows()).collect();
    if let Some(time) = input.maybe(Role::Time) {
        let periods = input.moments(time)?;
        order.sort_by_key(|&row| periods[row]);
    }
    let base = input.request.options.base.unwrap_or_else(|| input.rows().min(BASE));
    match input.maybe(Role::N) {
        Some(n) => shares(input, n, &order, base),
        None => values(input, &order, base),
    }
}

fn values(input: &Input<'_>, order: &[usize], base: usize) -> Result<Report, StatError> {
    let y = input.one(Role::Y)?;
    let series = input.complete(y, "a value in every period")?;
    let sorted: Vec<f64> = order.iter().map(|&row| series[row]).collect();
    let found = control_chart(&sorted, base)?;
    let lines = [
        Line::of("centre", found.centre).base(found.base),
        Line::of("lower limit", found.lower),
        Line::of("upper limit", found.upper),
        Line::of("mean moving range", found.mean_range),
    ];
    let signals = [
        ("outside the limits", &found.signals.outside),
        ("eight or more on one side of the centre", &found.signals.run),
        ("six or more rising or falling", &found.signals.drift),
    ];
    let mut report =
        Report::of(METHOD.name, found.definition, format!("Chart of `{}`", input.name(y)), &found, &found.warnings);
    for (rule, places) in signals.iter().filter(|(_, places)| !places.is_empty()) {
        report = report.say(format!("Signal, {rule}: {}.", labels(input, order, places)));
    }
    if report.words.is_empty() {
        report = report.say("No signal: the series moves as by chance.");
    }
    Ok(report.lines(lines))
}

fn shares(input: &Input<'_>, n: usize, order: &[usize], base: usize) -> Result<Report, StatError> {
    let y = input.one(Role::Y)?;
    let mut parts = Vec::with_capacity(order.len());
    for &row in order {
        let part = Part { k: input.table.count(row, y)?, n: input.table.count(row, n)? };
        if part.k > part.n {
            return Err(input.table.fault(row, y, "a count not above that of its answers").into());
        }
        parts.push(part);
    }
    let found = share_chart(&parts, base)?;
    let law = match found.shown {
        ShareLimits::Binomial => "by chance alone",
        ShareLimits::Laney => "with Laney's correction",
    };
    let lines = [
        Line::of("centre", found.centre).base(found.base),
        Line::of("spread between periods", found.spread).note("times chance"),
        Line::of("answers in all", found.n as f64),
    ];
    let words = match found.outside() {
        [] => format!("No signal: no period lies outside its limits ({law})."),
        places => format!("Signal, outside the limits ({law}): {}.", labels(input, order, places)),
    };
    let title = format!("Share of `{}` in `{}`, centre {}", input.name(y), input.name(n), shown(found.centre));
    Ok(Report::of(METHOD.name, found.definition, title, &found, &found.warnings).say(words).lines(lines))
}

/// Periods as they stand in the table; rows counted from 1 without a column.
fn labels(input: &Input<'_>, order: &[usize], places: &[usize]) -> String {
    let label = |place: &usize| match input.maybe(Role::Time) {
        Some(time) => input.text(order[*place], time).to_owned(),
        None => format!("row {}", place + 1),
    };
    places.iter().map(label).collect::<Vec<_>>().join(", ")
}
