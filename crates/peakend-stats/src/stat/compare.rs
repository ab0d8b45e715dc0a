//! `stat compare`: two independent groups by mean (Welch), net promoter score or
//! share.

use super::input::Input;
use super::method::Method;
use super::nps::{counts, scores};
use super::words::Found;
use super::{Line, Measure, Report, Role, StatError};
use crate::figure::SHOWN_FROM;
use crate::insight::bands::NpsBands;
use crate::insight::compare::Difference;
use crate::insight::nps::nps_of_counts;
use crate::insight::nps_compare::nps_change;
use crate::insight::proportion::share;
use crate::insight::share_compare::{Part, share_change};
use crate::value::contrast::contrast;

pub(super) const METHOD: Method = Method {
    name: "compare",
    about: "Difference of two groups: mean, net promoter score or share",
    needs: &[(Role::Y, "outcome"), (Role::Group, "two groups; the first in order of text less the second")],
    may: &[],
    options: &[("--measure", "mean (default), nps (answers from 0 to 10) or share (0 and 1)")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, group) = (input.one(Role::Y)?, input.one(Role::Group)?);
    let groups = input.groups(group);
    let [(a, of_a), (b, of_b)] = &groups[..] else { return Err(input.not_groups(group, &groups, 2)) };
    let pair = Pair { names: [a, b], rows: [of_a, of_b] };
    let what = match input.request.options.measure {
        Measure::Mean => "mean",
        Measure::Nps => "net promoter score",
        Measure::Share => "share",
    };
    let title = format!("{what} of `{}`: {a} less {b}", input.name(y));
    match input.request.options.measure {
        Measure::Mean => means(input, y, &pair, title),
        Measure::Nps => promoters(input, y, &pair, title),
        Measure::Share => shares(input, y, &pair, title),
    }
}

struct Pair<'a> {
    names: [&'a str; 2],
    rows: [&'a Vec<usize>; 2],
}

impl Pair<'_> {
    fn of(&self, values: &[f64]) -> [Vec<f64>; 2] {
        self.rows.map(|rows| rows.iter().map(|&row| values[row]).filter(|x| !x.is_nan()).collect())
    }

    fn words(&self, value: f64, judged: &Difference, unit: &str) -> String {
        let [a, b] = self.names;
        // the difference shown is the raw one, the test may be on adjusted shares
        let found =
            Found { value, standard_error: judged.standard_error, interval: judged.interval, p: judged.p, unit };
        found.say(
            &format!("difference between {a} and {b}"),
            &format!("{a} is higher than {b} by"),
            &format!("{a} is lower than {b} by"),
        )
    }

    fn difference(&self, value: f64, judged: &Difference) -> Line {
        Line { value: Some(value), ..Line::difference(format!("{} less {}", self.names[0], self.names[1]), judged) }
    }
}

fn means(input: &Input<'_>, y: usize, pair: &Pair<'_>, title: String) -> Result<Report, StatError> {
    let [a, b] = pair.of(&input.varying(y)?);
    let found = contrast("mean.v1", &a, &b)?;
    let lines = [
        Line::figure(pair.names[0], &found.marked),
        Line::figure(pair.names[1], &found.others),
        pair.difference(found.difference.value, &found.difference),
    ];
    let words = pair.words(found.difference.value, &found.difference, "");
    Ok(Report::of(METHOD.name, "mean.v1", title, &found, &found.warnings).say(words).lines(lines))
}

fn promoters(input: &Input<'_>, y: usize, pair: &Pair<'_>, title: String) -> Result<Report, StatError> {
    let [a, b] = pair.of(&scores(input, y)?).map(|answers| counts(answers.into_iter()));
    let found = nps_change(&a, &b)?;
    let one = |counts| nps_of_counts(counts, &NpsBands::STANDARD, SHOWN_FROM);
    let lines = [
        Line::figure(pair.names[0], &one(&a)?.figure),
        Line::figure(pair.names[1], &one(&b)?.figure),
        pair.difference(found.value, &found.judged),
    ];
    let words = pair.words(found.value, &found.judged, "points");
    Ok(Report::of(METHOD.name, found.definition, title, &found, &found.warnings).say(words).lines(lines))
}

fn shares(input: &Input<'_>, y: usize, pair: &Pair<'_>, title: String) -> Result<Report, StatError> {
    let values = input.varying(y)?;
    if let Some(row) = values.iter().position(|x| !x.is_nan() && *x != 0.0 && *x != 1.0) {
        return Err(input.table.fault(row, y, "0 or 1").into());
    }
    let [a, b] = pair
        .of(&values)
        .map(|values| Part { k: values.iter().filter(|x| **x == 1.0).count() as u64, n: values.len() as u64 });
    let found = share_change(a, b)?;
    let one = |part: Part| share("share.v1", part.k, part.n, SHOWN_FROM);
    let lines = [
        Line::figure(pair.names[0], &one(a)?.figure),
        Line::figure(pair.names[1], &one(b)?.figure),
        pair.difference(found.value, &found.judged),
    ];
    let words = pair.words(found.value, &found.judged, "percentage points");
    Ok(Report::of(METHOD.name, found.definition, title, &found, &found.warnings).say(words).lines(lines))
}
