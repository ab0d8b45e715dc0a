//! Warnings in plain words, with the figure that raised them.

use super::words::{shown, shown_p};
use crate::figure::{Warning, WarningCode as Code};

/// One sentence.
pub(super) fn caution(warning: &Warning) -> String {
    let (have, bound) = (shown(warning.have), shown(warning.bound));
    let p = || shown_p(warning.have);
    match warning.code {
        Code::SmallBase => format!("small base: {have} rows, {bound} or more are better"),
        Code::ShortBase => format!("the limits come from {have} points only, {bound} or more are better"),
        Code::FewEventsPerCoefficient => format!("{have} events for every coefficient, {bound} or more are better"),
        Code::NotProportional => {
            format!("hazards are not proportional (p {}): one ratio does not describe the whole time", p())
        }
        Code::UnboundedCoefficient => "a coefficient grows without bound: some group has no event at all".to_owned(),
        Code::HighInflation => {
            format!("the drivers explain each other: the largest variance inflation is {have}, above {bound}")
        }
        Code::WeakModel => format!("the drivers explain {have} of the outcome's variance, less than {bound}"),
        Code::Suppression => format!("{have} drivers have a sign in the model opposite to that of their correlation"),
        Code::Halo => format!("all drivers correlate above {bound} with each other: their shares cannot be told apart"),
        Code::RedundantDriver => format!("{have} columns were left out because others determine them"),
        Code::SampledOrderings => format!("importance comes from {have} sampled orders"),
        Code::NegativeWeight => "a question has a negative weight: the index weighs all questions alike".to_owned(),
        Code::LowSharedVariance => {
            format!("the questions share {have} of their variance with their construct, less than {bound}")
        }
        Code::EqualWeights => {
            format!("{have} rows are too few for weights of a model ({bound}): all questions weigh alike")
        }
        Code::ResamplesDropped => format!("{have} resamples gave no estimate and were left out"),
        Code::FewClusters => format!("{have} clusters, fewer than {bound}"),
        Code::FewTreatedClusters => format!("{have} treated clusters, fewer than {bound}"),
        Code::TrendUntestable => "there are too few periods before the change to test parallel trends".to_owned(),
        Code::PreTrendRejected => {
            format!("the trends differed already before the change (p {}): this is no effect", p())
        }
        Code::ResidualImbalance => format!("a covariate still differs by {have} standard deviations, above {bound}"),
        Code::LowEffectiveControls => {
            format!("few controls carry most of the weight: they count as {have}, less than {bound}")
        }
        Code::Unmatched => format!("{have} units found no control"),
        Code::SmallCohort => format!("the smallest cohort has {have} units, fewer than {bound}"),
        Code::CellsWithoutPropensity => {
            format!("{have} cohorts and periods were left out: covariates tell them from their controls")
        }
        Code::FewPlacebos => format!("{have} donors are too few for a small p by placebos, {bound} are better"),
        Code::PoorFitBefore => {
            format!("the counterfactual misses the series by {have} already before the change, above {bound}")
        }
        Code::NoControls => "there is no control series: the counterfactual is the level carried on".to_owned(),
        Code::FlatControl => format!("{have} control series that do not vary before the change were left out"),
        Code::ExtremePropensity => format!("some unit's probability of being treated is {have}, beyond {bound}"),
        Code::Trimmed => format!("{have} units were left out by trimming"),
        Code::MissingDropped => format!("{have} rows without a usable value were left out"),
        Code::LargeSampleShare => {
            format!("{have} of the base answered, more than {bound}: the interval is narrowed for it")
        }
        Code::MissingImputed => format!("{have} missing values were replaced by their mean or shared out"),
        Code::ArmsDiffer => {
            format!("the arms differed by {have} standard deviations before the treatment, {bound} or more")
        }
        Code::SerialCorrelation => {
            format!(
                "neighbouring residuals follow each other (Durbin-Watson {have}): something is missing from the model"
            )
        }
        Code::Overdispersed => format!("counts vary {have} times as much as chance allows for"),
        Code::HighDesignEffect => {
            format!("weighting costs more than half of the sample: the design effect is {have}, above {bound}")
        }
        Code::ExtremeWeight => format!("the largest weight is {have} times the mean, above {bound}"),
        Code::ReverseCausality => {
            format!(
                "the next period's score predicts today's figure (|t| {have}): the figure may come before the score"
            )
        }
        Code::SignsDisagree => format!("a check against heavy tails has the opposite sign ({have} against {bound})"),
        Code::TestsDisagree => {
            format!("the two tests disagree: p {} by ranks, {} by the difference", p(), shown_p(warning.bound))
        }
    }
}
