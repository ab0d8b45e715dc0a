//! `stat interrupted`: one series before and after a change.

use super::input::Input;
use super::method::Method;
use super::words::Found;
use super::{Line, Report, Role, StatError};
use crate::value::interrupted::{Change, Harmonics, Interruption, interrupted_series};

pub(super) const METHOD: Method = Method {
    name: "interrupted",
    about: "One series before and after a change, errors robust to serial correlation",
    needs: &[(Role::Y, "the series, a value at every time")],
    may: &[
        (Role::Time, "period; without it the rows are in order of time"),
        (Role::X, "covariates the change does not touch"),
    ],
    options: &[
        ("--at", "first period after the change; without --time its row, counted from 1"),
        ("--season", "points per cycle, such as 12 for months"),
    ],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, x) = (input.one(Role::Y)?, input.columns(Role::X));
    let wanted = "a value at every time";
    let series = input.complete(y, wanted)?;
    let covariates = x.iter().map(|&c| input.complete(c, wanted)).collect::<Result<Vec<_>, _>>()?;
    let (order, change_at) = order(input)?;
    let sorted = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let season = input.request.options.season.map(|period| Harmonics { period, pairs: (period / 2).clamp(1, 2) });
    let interruption = Interruption {
        change_at,
        season: season.filter(|s| s.period >= 2),
        covariates: covariates.iter().map(|c| sorted(c)).collect(),
        lag: None,
    };
    let found = interrupted_series(&sorted(&series), &interruption)?;
    let name = input.name(y);
    let effect = Found {
        value: found.effect.value,
        standard_error: found.effect.inference.standard_error,
        interval: found.effect.inference.interval,
        p: found.effect.inference.p,
        unit: "",
    };
    let words = effect.say(
        &format!("change of {name}"),
        &format!("After the change {name} was above its course by, on average,"),
        &format!("After the change {name} was below its course by, on average,"),
    );
    let line = |name: &str, change: &Change| Line::estimate(name, change.value, &change.inference);
    let lines = [
        line("average effect", &found.effect).base(found.n[0] + found.n[1]),
        line("jump at the change", &found.level),
        line("change of slope per point", &found.slope),
        Line::of("mean had it not happened", found.counterfactual),
        Line::of("points before", found.n[0] as f64),
        Line::of("points after", found.n[1] as f64),
    ];
    Ok(Report::of(METHOD.name, found.definition, format!("`{name}` before and after"), &found, &found.warnings)
        .say(words)
        .say("One series alone: whatever else happened at the same time is in this figure.")
        .lines(lines))
}

/// Rows in order of time, and the place of the first one after the change.
pub(super) fn order(input: &Input<'_>) -> Result<(Vec<usize>, usize), StatError> {
    let mut order: Vec<usize> = (0..input.rows()).collect();
    let at = input.request.options.at.as_deref();
    let Some(time) = input.maybe(Role::Time) else {
        let place = at.and_then(|text| text.parse::<usize>().ok()).filter(|p| (2..=input.rows()).contains(p));
        let need = "--at, the row of the first period after the change, counted from 1";
        let place = place.ok_or_else(|| input.option(need, format!("there are {} rows", input.rows())))?;
        return Ok((order, place - 1));
    };
    let periods = input.moments(time)?;
    order.sort_by_key(|&row| periods[row]);
    if let Some(twice) = order.windows(2).find(|w| periods[w[0]] == periods[w[1]]) {
        return Err(input.table.fault(twice[1], time, "a period of its own: one row per period").into());
    }
    let (first, last) = (input.text(order[0], time), input.text(order[order.len() - 1], time));
    let at = at.and_then(|text| input.period_of(time, &periods, text)).ok_or_else(|| {
        let have = format!("`{}` runs from {first} to {last}", input.name(time));
        input.option("--at, the first period after the change", have)
    })?;
    Ok((order.clone(), order.partition_point(|&row| periods[row] < at)))
}
