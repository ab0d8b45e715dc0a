//! `stat nps`: the net promoter score of answers from 0 to 10, whole or by group,
//! weighted or not.

use super::input::Input;
use super::method::Method;
use super::words::shown;
use super::{Line, Report, Role, StatError};
use crate::figure::{Figure, Refusal, SHOWN_FROM, Warning};
use crate::insight::bands::{Band, NpsBands};
use crate::insight::nps::{NpsCounts, nps_of_counts};
use crate::insight::weighted_nps::weighted_nps;

pub(super) const METHOD: Method = Method {
    name: "nps",
    about: "Net promoter score with its interval",
    needs: &[(Role::Y, "answers from 0 to 10")],
    may: &[(Role::Group, "one line per group"), (Role::Weight, "weight of each answer")],
    options: &[],
    run,
};

const BANDS: NpsBands = NpsBands::STANDARD;

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let column = input.one(Role::Y)?;
    let answers = scores(input, column)?;
    let weights = input.maybe(Role::Weight).map(|c| input.complete_weights(c)).transpose()?;
    let figure = |rows: &mut dyn Iterator<Item = usize>| score(rows, &answers, weights.as_deref());
    let whole = figure(&mut (0..answers.len()))?;
    let mut lines = vec![Line::figure("all", &whole).note(effective(&whole))];
    if let Some(group) = input.maybe(Role::Group) {
        lines.extend(input.groups(group).into_iter().map(|(name, rows)| match figure(&mut rows.into_iter()) {
            Ok(figure) => Line::figure(name, &figure).note(effective(&figure)),
            Err(refusal) => Line::withheld(name, &refusal),
        }));
    }
    let missing = answers.iter().filter(|x| x.is_nan()).count() as u64;
    let mut warnings = whole.warnings.clone();
    if missing > 0 {
        warnings.push(Warning::count(crate::WarningCode::MissingDropped, missing, 0));
    }
    let words = format!(
        "The score is {:.1} points; 95 times in 100 an interval like {} to {} holds the true one.",
        whole.value,
        shown(whole.interval.lo),
        shown(whole.interval.hi)
    );
    let title = format!("Net promoter score of `{}`", input.name(column));
    Ok(Report::of(METHOD.name, whole.definition, title, &whole, &warnings).say(words).lines(lines))
}

/// Answers on the scale; NaN is missing, anything else a fault.
pub(super) fn scores(input: &Input<'_>, column: usize) -> Result<Vec<f64>, StatError> {
    let answers = input.numbers(column)?;
    match answers.iter().position(|x| !x.is_nan() && BANDS.band(*x).is_none()) {
        Some(row) => Err(input.table.fault(row, column, "an answer from 0 to 10").into()),
        None => Ok(answers),
    }
}

/// The three classes of some rows.
pub(super) fn counts(answers: impl Iterator<Item = f64>) -> NpsCounts {
    answers.filter_map(|x| BANDS.band(x)).fold(NpsCounts::new(0, 0, 0), |mut counts, band| {
        match band {
            Band::Promoter => counts.promoters += 1,
            Band::Passive => counts.passives += 1,
            Band::Detractor => counts.detractors += 1,
        }
        counts
    })
}

fn score(rows: &mut dyn Iterator<Item = usize>, answers: &[f64], weights: Option<&[f64]>) -> Result<Figure, Refusal> {
    match weights {
        None => Ok(nps_of_counts(&counts(rows.map(|row| answers[row])), &BANDS, SHOWN_FROM)?.figure),
        Some(weights) => {
            let pairs: Vec<(f64, f64)> = rows.map(|row| (answers[row], weights[row])).collect();
            weighted_nps(&pairs, &BANDS, SHOWN_FROM)
        }
    }
}

fn effective(figure: &Figure) -> String {
    figure.n_effective.map_or_else(String::new, |n| format!("counts as {} answers", shown(n)))
}
