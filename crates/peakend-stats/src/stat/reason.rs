//! Refusals in plain words: what is there and what is needed.

use super::words::{shown, shown_p};
use crate::figure::{Refusal, RefusalReason as Why};

/// One sentence.
pub(super) fn in_words(refusal: &Refusal) -> String {
    let (have, need) = (shown(refusal.have), shown(refusal.need));
    match refusal.reason {
        Why::TooFewAnswers => format!("too few rows: {have} usable, at least {need} are needed"),
        Why::GroupTooSmall => format!("a group is too small: {have}, at least {need} are needed"),
        Why::BootstrapBaseTooSmall => format!("{have} rows are too few to resample, at least {need} are needed"),
        Why::TooFewEvents => format!("too few events: {have}, at least {need} are needed"),
        Why::SeriesTooShort => format!("the series is too short: {have} periods, at least {need} are needed"),
        Why::Collinear => {
            "the columns of the model depend on each other: leave out those that repeat others".to_owned()
        }
        Why::ModelNotSignificant => format!(
            "the model explains nothing that could not be chance: its p is {}, below {need} is needed",
            shown_p(refusal.have)
        ),
        Why::NotAModel => {
            format!(
                "the model is not well formed: {have} links, at least {need}, no cycle and no part left alone are needed"
            )
        }
        Why::TooFewClusters => format!("too few clusters in an arm: {have}, at least {need} are needed"),
        Why::EmptyCell => {
            "one of the four cells is empty: rows of both arms are needed before and after the change".to_owned()
        }
        Why::TooFewMatched => format!("too few matched units in an arm: {have}, at least {need} are needed"),
        Why::StillUnbalanced => format!(
            "the arms still differ by {have} standard deviations after weighting, at most {need} is allowed: \
             they cannot be compared on these covariates"
        ),
        Why::NoVariation => {
            "nothing varies that could be compared: the outcome and every regressor have to vary beyond what \
             is taken out"
                .to_owned()
        }
        Why::NoPrePeriod => "there is no period before the change: at least one is needed".to_owned(),
        Why::NotFinite => {
            "a value is missing, not finite or (a weight) not positive: a number is needed in every row".to_owned()
        }
        Why::NotConverged => {
            "the iterations of the model did not settle: fewer or less related columns are needed".to_owned()
        }
        Why::TooFewDonors => format!("too few untreated units to mix a twin from: {have}, at least {need} are needed"),
        Why::PoorFitBefore => {
            format!("the counterfactual misses the series before the change: {have}, at most {need} is allowed")
        }
        Why::NotHideable => "no further cells can hide the small ones".to_owned(),
        Why::TooManyCells => format!("too many sets of cells to try: {have}, at most {need}"),
        Why::NotAPlan => "the looks do not ascend within the planned information".to_owned(),
        Why::SampleRatioMismatch => format!(
            "{have} of the units are treated where {need} were planned: assignment or logging is broken, mend it first"
        ),
        Why::TooFewBefore => format!("too few points before the change: {have}, at least {need} are needed"),
        Why::TooFewAfter => format!("too few points after the change: {have}, at least {need} are needed"),
        Why::EmptyMargin => format!(
            "nobody in the table belongs to a category with a population of {need}: merge the category with another"
        ),
        Why::TotalsDiffer => {
            format!("the totals of the margins differ: {have} against {need}; they must agree within 0.1 %")
        }
        Why::NoMargin => {
            "there is no margin to weight to: population totals of at least one column are needed".to_owned()
        }
        Why::NotAScale => "the scores are not a scale of a few levels".to_owned(),
        Why::NotPositive => format!("the smallest figure is {have}, above {need} is needed for logarithms"),
        Why::NextScorePredicts => format!(
            "the next period's score predicts today's figure (|t| is {have}, at most {need} is allowed): \
             the figure may come before the score"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_there_and_what_is_needed() {
        let refusal = Refusal::count(Why::TooFewAnswers, 12, 50);
        assert_eq!(in_words(&refusal), "too few rows: 12 usable, at least 50 are needed");
    }
}
