//! `stat raking`: weights that give a sample the margins of its population.

use serde_json::{Map, Value};

use super::input::Input;
use super::method::Method;
use super::words::shown;
use super::{Line, Report, Role, StatError};
use crate::figure::SHOWN_FROM;
use crate::insight::raking::{Margin, RakingRules, rake};
use crate::insight::weighted_mean::{Calibration, weighted_mean};

pub(super) const METHOD: Method = Method {
    name: "raking",
    about: "Weights that give a sample the margins of its population",
    needs: &[(Role::X, "columns of the margins, separated by commas")],
    may: &[(Role::Y, "outcome whose weighted mean is wanted"), (Role::Weight, "weight before raking; 1 without")],
    options: &[("--targets", "JSON file of population totals: {\"region\": {\"north\": 120, \"south\": 80}}")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let columns = input.columns(Role::X);
    let base = match input.maybe(Role::Weight) {
        Some(column) => input.complete_weights(column)?,
        None => vec![1.0; input.rows()],
    };
    let targets = targets(input)?;
    let margins = columns.iter().map(|&c| margin(input, c, &targets)).collect::<Result<Vec<_>, _>>()?;
    let raked = rake(&base, &margins, &RakingRules::default())?;
    let names: Vec<&str> = columns.iter().map(|&c| input.name(c)).collect();
    let mut lines = vec![
        Line::of("design effect", raked.design_effect),
        Line::of("counts as", raked.n_effective).base(input.rows() as u64).note("rows without weights"),
        Line::of("largest weight", raked.largest).note("times the mean"),
        Line::of("smallest weight", raked.smallest).note("times the mean"),
    ];
    if let Some(y) = input.maybe(Role::Y) {
        let answers = input.varying(y)?;
        let calibration = Some(Calibration { base: &base, margins: &margins });
        let weighted = weighted_mean(&answers, &raked.weights, None, calibration, SHOWN_FROM)?;
        let known: Vec<f64> = answers.iter().copied().filter(|x| !x.is_nan()).collect();
        let plain = crate::insight::mean::mean("mean.v1", &known, SHOWN_FROM)?;
        let name = input.name(y);
        lines.push(
            Line::of(format!("mean of {name}, weighted"), weighted.value).within(weighted.interval).base(weighted.n),
        );
        lines.push(Line::figure(format!("mean of {name}, unweighted"), &plain));
    }
    let words =
        format!("Weighting to {} makes {} rows count as {}.", names.join(", "), input.rows(), shown(raked.n_effective));
    let title = format!("Raking to {}", names.join(", "));
    Ok(Report::of(METHOD.name, raked.definition, title, &raked, &raked.warnings)
        .say(words)
        .say("The weights, one per row in order, are in the JSON (--json) under `detail.weights`.")
        .lines(lines))
}

fn targets(input: &Input<'_>) -> Result<Map<String, Value>, StatError> {
    let need = "--targets, a JSON object of population totals by column and category";
    let text = input.request.options.targets.as_deref().ok_or_else(|| input.option(need, "there is none"))?;
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| input.option(need, format!("it cannot be read: {e}")))
}

fn margin(input: &Input<'_>, column: usize, targets: &Map<String, Value>) -> Result<Margin, StatError> {
    let name = input.name(column);
    let totals = targets.get(name).and_then(Value::as_object).ok_or_else(|| {
        let have = targets.keys().cloned().collect::<Vec<_>>().join(", ");
        input.option(format!("population totals for `{name}`"), format!("the targets have {have}"))
    })?;
    let mut values = Vec::new();
    for (category, total) in totals {
        let fault = || input.option("numbers as population totals", format!("`{name}`, `{category}` is {total}"));
        values.push(total.as_f64().ok_or_else(fault)?);
    }
    let mut categories = Vec::with_capacity(input.rows());
    for row in 0..input.rows() {
        let text = input.text(row, column);
        let place = totals.keys().position(|category| category == text);
        // an empty field is unknown and shared out; another one is a category without a total
        if place.is_none() && !text.is_empty() {
            return Err(input.table.fault(row, column, "a category of the targets").into());
        }
        categories.push(place);
    }
    Ok(Margin { targets: values, categories })
}
