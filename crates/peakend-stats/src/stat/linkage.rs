//! `stat linkage`: what an operating figure does when a customer's score moves.

use super::input::Input;
use super::method::Method;
use super::panel::words;
use super::{Line, Report, Role, StatError};
use crate::figure::Answer;
use crate::value::linkage::{LinkageRow, linkage};
use crate::value::panel::Slope;

pub(super) const METHOD: Method = Method {
    name: "linkage",
    about: "What a figure such as revenue does when a score moves, within customers",
    needs: &[
        (Role::Y, "figure, such as revenue"),
        (Role::X, "score of the same period, one column"),
        (Role::Unit, "customer"),
        (Role::Time, "period; neighbours differ by 1"),
    ],
    may: &[(Role::Cluster, "what was assigned together; the customer without")],
    options: &[],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, unit, time) = (input.one(Role::Y)?, input.one(Role::Unit)?, input.one(Role::Time)?);
    let x = input.columns(Role::X);
    let [x] = x[..] else {
        return Err(StatError::OneColumn { method: METHOD.name, flag: Role::X.flag(), have: x.len() });
    };
    let (customers, clusters) = (input.codes(unit)?, input.clusters(unit)?);
    let (periods, figures, scores) = (input.periods(time)?, input.varying(y)?, input.varying(x)?);
    let rows: Vec<LinkageRow> = (0..input.rows())
        .map(|row| LinkageRow {
            customer: customers[row],
            cluster: clusters[row],
            period: periods[row],
            score: scores[row],
            figure: figures[row],
        })
        .collect();
    let found = linkage(&rows)?;
    let (score, figure) = (input.name(x), input.name(y));
    let words = match &found.headline {
        Answer::Shown(slope) => words(score, figure, slope),
        Answer::Refused(refusal) => format!("Withheld: {}.", super::reason::in_words(refusal)),
    };
    let line =
        |name: &'static str| move |slope: &Slope| Line::estimate(name, slope.value, &slope.inference).base(slope.n);
    let lines = [
        line("within customers and periods")(&found.within),
        Line::answer("change on change", &found.differences, line("change on change")),
        Line::answer("next period's score (should be 0)", &found.lead, line("next period's score (should be 0)")),
        line("pooled (mixes who with when)")(&found.pooled),
        Line::of("customers", found.customers as f64),
        Line::of("periods", found.periods as f64),
    ];
    let title = format!("`{figure}` per point of `{score}`");
    Ok(Report::of(METHOD.name, found.definition, title, &found, &found.warnings)
        .say(words)
        .say("An association within customers; only an experiment shows a cause.")
        .lines(lines))
}
