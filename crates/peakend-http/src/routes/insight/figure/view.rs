//! The shapes in which every page shows a figure and a difference.

use peakend_app::insight::metric::{Answer, Change};
use peakend_domain::insight::metric::Metric;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a figure is withheld.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RefusedView {
    /// Code: `too_few_answers`, `below_minimum_group`, `derivable_from_released`, …
    reason: String,
    /// What there is; never told about employees.
    #[serde(skip_serializing_if = "Option::is_none")]
    have: Option<f64>,
    /// What it takes.
    need: f64,
}

/// A figure, or why there is none.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct FigureView {
    /// Metric id, or the code of an outcome.
    metric: String,
    /// Definition id.
    definition: String,
    /// Absent when refused, and when only a range may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    /// Answers behind it, or persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    /// Lower limit of the 95 % interval, or of the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    /// Upper limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    /// Codes of what to say beside it: `small_base`, `unanimous_range`, `as_released_before`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Present instead of a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedView>,
}

pub(in crate::routes) fn figure_view(metric: &Metric, answer: &Answer) -> FigureView {
    answer_view(metric.id, metric.definition, answer)
}

/// A figure of what is no metric, such as the mean of an outcome.
pub(in crate::routes) fn answer_view(metric: &str, definition: &str, answer: &Answer) -> FigureView {
    let mut view = FigureView {
        metric: metric.to_owned(),
        definition: definition.to_owned(),
        value: None,
        n: None,
        low: None,
        high: None,
        warnings: Vec::new(),
        refused: None,
    };
    match answer {
        Ok(shown) => {
            view.value = shown.value;
            view.n = Some(shown.n);
            view.low = shown.interval.map(|i| i.0);
            view.high = shown.interval.map(|i| i.1);
            view.warnings = shown.warnings.iter().map(|w| (*w).to_owned()).collect();
        }
        Err(w) => view.refused = Some(RefusedView { reason: w.reason.to_owned(), have: w.have, need: w.need }),
    }
    view
}

/// A difference, first minus second.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::routes) struct ChangeView {
    /// In the metric's unit.
    diff: f64,
    /// Lower limit of the 95 % interval.
    low: f64,
    /// Upper limit.
    high: f64,
    /// Two-sided p of this comparison alone.
    p: f64,
    /// p or q among all comparisons of the answer.
    adjusted_p: f64,
    /// `higher`, `lower` or `not_detectable`.
    claim: String,
    /// Smallest difference detected at 80 % power.
    detectable: f64,
}

pub(in crate::routes) fn change_view(change: &Change) -> ChangeView {
    ChangeView {
        diff: change.diff,
        low: change.interval.0,
        high: change.interval.1,
        p: change.p,
        adjusted_p: change.adjusted_p,
        claim: change.claim.to_owned(),
        detectable: change.detectable,
    }
}
