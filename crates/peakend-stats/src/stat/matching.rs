//! `stat matching`: treated beside untreated units that were not assigned at
//! random, made comparable by what is known of them.

use super::input::{Input, across};
use super::method::Method;
use super::words::Found;
use super::{Line, Report, Role, StatError};
use crate::value::arms::ArmRow;
use crate::value::observational::{ObservationalOptions, observational_effect};
use crate::value::weighting::Effect;

pub(super) const METHOD: Method = Method {
    name: "matching",
    about: "Treated beside comparable untreated units: doubly robust, weighted and matched",
    needs: &[
        (Role::Y, "outcome"),
        (Role::Treated, "1 for treated, else 0"),
        (Role::X, "covariates from before the treatment, separated by commas"),
    ],
    may: &[],
    options: &[],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, x) = (input.one(Role::Y)?, input.columns(Role::X));
    let treated = input.arms(input.one(Role::Treated)?)?;
    let (outcome, covariates) = (input.varying(y)?, input.all_varying(&x)?);
    let rows: Vec<ArmRow> = (0..input.rows())
        .map(|row| ArmRow { treated: treated[row], outcome: outcome[row], covariates: across(&covariates, row) })
        .collect();
    let names: Vec<&str> = x.iter().map(|&c| input.name(c)).collect();
    let found = observational_effect(&names, &rows, ObservationalOptions::default())?;
    let line = |name: &str, effect: &Effect| Line::of(name, effect.value).within(effect.interval).tested(p(effect));
    let mut lines = vec![
        line("effect on the treated, doubly robust", &found.robust_treated).base(found.n),
        line("effect on everybody, doubly robust", &found.robust_everybody),
        line("weighted, on the treated", &found.weighted_treated.effect),
        line("matched, on the treated", &found.matched.effect),
        Line::of("raw difference (no effect)", found.naive),
        Line::of("treated", found.treated as f64),
    ];
    lines.extend(found.balance.iter().map(|b| {
        let note = format!("standard deviations after weighting, {} before", super::words::shown(b.before));
        Line::of(format!("{}: difference", b.covariate), b.after).note(note)
    }));
    let robust = &found.robust_treated;
    let effect = Found {
        value: robust.value,
        standard_error: robust.standard_error,
        interval: robust.interval,
        p: p(robust),
        unit: "",
    };
    let name = input.name(y);
    let words = effect.say(
        &format!("effect on {name} of the treated"),
        &format!("Among comparable units, {name} of the treated is higher by"),
        &format!("Among comparable units, {name} of the treated is lower by"),
    );
    Ok(Report::of(
        METHOD.name,
        found.definition,
        format!("Treated and comparable untreated: `{name}`"),
        &found,
        &found.warnings,
    )
    .say(words)
    .say("Comparable on the covariates given; what is not in the table is not taken out.")
    .lines(lines))
}

fn p(effect: &Effect) -> f64 {
    crate::distribution::normal_two_sided(effect.value / effect.standard_error)
}
