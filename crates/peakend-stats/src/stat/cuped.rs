//! `stat cuped`: an experiment, with what was known before taken out.

use super::input::{Input, across};
use super::method::Method;
use super::words::Found;
use super::{Line, Report, Role, StatError};
use crate::value::cuped::{ArmRow, cuped};

pub(super) const METHOD: Method = Method {
    name: "cuped",
    about: "Effect of a randomised experiment, sharpened by covariates from before",
    needs: &[
        (Role::Y, "outcome"),
        (Role::Treated, "1 for the new treatment, else 0"),
        (Role::X, "covariates from before, separated by commas"),
    ],
    may: &[],
    options: &[("--planned", "share of units meant to be treated: checks the assignment")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, x) = (input.one(Role::Y)?, input.columns(Role::X));
    let treated = input.arms(input.one(Role::Treated)?)?;
    let (outcome, covariates) = (input.varying(y)?, input.all_varying(&x)?);
    let rows: Vec<ArmRow> = (0..input.rows())
        .map(|row| ArmRow { treated: treated[row], y: outcome[row], x: across(&covariates, row) })
        .collect();
    let planned = input.request.options.planned;
    if let Some(share) = planned.filter(|share| !(*share > 0.0 && *share < 1.0)) {
        return Err(input.option("--planned between 0 and 1", format!("it is {share}")));
    }
    let found = cuped(&rows, planned)?;
    let name = input.name(y);
    let effect = Found {
        value: found.effect.value,
        standard_error: found.effect.standard_error,
        interval: found.effect.interval,
        p: found.effect.p,
        unit: "",
    };
    let words = effect.say(
        &format!("effect on {name}"),
        &format!("The treatment raised {name} by"),
        &format!("The treatment lowered {name} by"),
    );
    let mut lines = vec![
        Line::difference("effect, adjusted", &found.effect),
        Line::difference("effect as observed", &found.raw),
        Line::of("variance taken out", found.variance_reduction),
    ];
    let balance = x.iter().zip(&found.balance);
    lines.extend(
        balance.map(|(&c, smd)| {
            Line::of(format!("{}: difference before", input.name(c)), *smd).note("standard deviations")
        }),
    );
    Ok(Report::of(METHOD.name, found.definition, format!("Experiment: effect on `{name}`"), &found, &found.warnings)
        .say(words)
        .say(format!("What was known before explains {:.0} % of the variance.", 100.0 * found.variance_reduction))
        .lines(lines))
}
