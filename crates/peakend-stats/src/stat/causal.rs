//! `stat causal`: one series against the course its control series foretell.

use super::input::Input;
use super::interrupted::order;
use super::method::Method;
use super::words::shown;
use super::{Line, Report, Role, StatError};
use crate::value::causal_impact::{CausalImpact, CausalOptions, causal_impact};

pub(super) const METHOD: Method = Method {
    name: "causal",
    about: "One series after a change against the course its control series foretell (causal impact)",
    needs: &[(Role::Y, "the series; an empty field was not observed")],
    may: &[
        (Role::X, "control series the change does not touch, separated by commas"),
        (Role::Time, "period; without it the rows are in order of time"),
    ],
    options: &[
        ("--at", "first period after the change; without --time its row, counted from 1"),
        ("--seed", "of the draws"),
    ],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, x) = (input.one(Role::Y)?, input.columns(Role::X));
    let series = input.varying(y)?;
    let controls =
        x.iter().map(|&c| input.complete(c, "a value at every time")).collect::<Result<Vec<_>, StatError>>()?;
    let (order, change_at) = order(input)?;
    let sorted = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let controls: Vec<Vec<f64>> = controls.iter().map(|c| sorted(c)).collect();
    let options = CausalOptions { seed: input.request.options.seed, ..CausalOptions::default() };
    let found = causal_impact(&sorted(&series), &controls, change_at, options)?;
    let name = input.name(y);
    let report =
        Report::of(METHOD.name, found.definition, format!("`{name}` against its course"), &found, &found.warnings);
    let report = report.say(words(&found, name)).say(
        "This holds as far as the control series were not touched by the change and went along with the series as before.",
    );
    let uses = found.controls.iter().filter_map(|used| {
        let share = format!("used in {} of 100 draws", (100.0 * used.inclusion).round());
        Some(Line::of(format!("coefficient of {}", input.name(*x.get(used.control)?)), used.coefficient).note(share))
    });
    let (average, total) = (&found.average, &found.cumulative);
    let lines = [
        Line::of("average effect", average.value).within(average.interval).base(found.post_periods),
        Line::of("effect over all periods", total.value).within(total.interval),
        Line::of("mean after the change", found.actual),
        Line::of("mean had it not happened", found.expected),
        Line::of("probability of no such effect", found.tail),
    ];
    let fit = found.relative_error.map(|error| Line::of("mean error before the change, share of the level", error));
    Ok(report.lines(lines).lines(fit).lines(uses.collect::<Vec<_>>()))
}

fn words(found: &CausalImpact, name: &str) -> String {
    let (effect, interval) = (&found.average, found.average.interval);
    if !found.detected {
        let seen = interval.half_width() + crate::insight::compare::Z_POWER * effect.deviation;
        return format!("No detectable change of {name}; the smallest we could have seen is {}.", shown(seen));
    }
    let (way, lo, hi) =
        if effect.value > 0.0 { ("above", interval.lo, interval.hi) } else { ("below", -interval.hi, -interval.lo) };
    format!(
        "After the change {name} was {way} its course by {} on average (95 % interval {} to {}).",
        shown(effect.value.abs()),
        shown(lo),
        shown(hi)
    )
}
