//! Evaluations as they are sent.

use peakend_app::value::outcome::Measures;
use peakend_domain::LedgerEntryId;
use peakend_domain::value::evaluation::{
    Arm, BalanceRow, CellMean, Effect, Evaluation, Gap, NotProven, Remark, Sensitivity, SensitivityKind, Subject,
    Total, Trend,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::outcome::{MeasureView, measure};

/// What was evaluated.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubjectView {
    /// `initiative`, `cases`
    kind: String,
    /// Id of the initiative, or the key of the cases.
    id: String,
    /// Name of the initiative as it was; empty for cases.
    title: String,
    /// Of cases: first month of resolution.
    from: Option<String>,
    /// Of cases: last month of resolution.
    to: Option<String>,
    /// Of cases: touchpoint, when only one.
    touchpoint: Option<String>,
    /// Of cases: only recovered ones.
    recovered_only: bool,
}

/// How it was evaluated; stored with the result.
#[derive(Debug, Serialize, ToSchema)]
struct DesignView {
    months_before: i32,
    months_after: i32,
    controls: i32,
    calliper: f64,
}

/// Why nothing can be claimed.
#[derive(Debug, Serialize, ToSchema)]
struct NotProvenView {
    /// `within_chance`, `trends_differ`, or the rule that refuses a figure
    code: String,
    /// p of the trend test.
    p: Option<f64>,
    have: Option<f64>,
    need: Option<f64>,
}

/// The effect per person and month, in the outcome's smallest unit.
#[derive(Debug, Serialize, ToSchema)]
struct EffectView {
    definition: String,
    value: f64,
    /// Lower end of the 95 % interval.
    low: f64,
    /// Upper end of the 95 % interval.
    high: f64,
    standard_error: f64,
    p: f64,
    method: String,
    /// Person-months compared.
    n: u64,
    persons: u64,
}

/// Mean of a cell.
#[derive(Debug, Serialize, ToSchema)]
struct CellMeanView {
    mean: f64,
    n: u64,
}

/// The four means.
#[derive(Debug, Serialize, ToSchema)]
struct FourMeansView {
    treated_before: CellMeanView,
    treated_after: CellMeanView,
    control_before: CellMeanView,
    control_after: CellMeanView,
}

/// Treated minus controls in one month against the reference month.
#[derive(Debug, Serialize, ToSchema)]
struct GapView {
    /// Months from the change.
    month: i32,
    value: f64,
    low: f64,
    high: f64,
}

/// The joint test of the months before.
#[derive(Debug, Serialize, ToSchema)]
struct TrendView {
    definition: String,
    p: f64,
    holds: bool,
    leads: u64,
    reference: i32,
}

/// Standardised mean difference of a covariate.
#[derive(Debug, Serialize, ToSchema)]
struct BalanceView {
    /// `outcome_before`, `trend_before`, `first_score`
    covariate: String,
    before: f64,
    after: f64,
}

/// The same, computed another way.
#[derive(Debug, Serialize, ToSchema)]
struct SensitivityView {
    /// `winsorised`, `log` (percent), `placebo` (should be nothing)
    kind: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    refused: Option<String>,
}

/// On all matched treated persons; an improvement is positive.
#[derive(Debug, Serialize, ToSchema)]
struct TotalView {
    value: i64,
    low: i64,
    high: i64,
    persons: u64,
    /// Person-months of a flow, persons of a stock.
    factor: u64,
}

/// Persons of an arm, step by step.
#[derive(Debug, Serialize, ToSchema)]
struct ArmView {
    found: u64,
    observed: u64,
    matched: u64,
    /// Share of the months after in which the matched were observed, in percent.
    observed_percent: f64,
}

/// The calendar of the comparison.
#[derive(Debug, Serialize, ToSchema)]
struct MonthsView {
    from: String,
    to: String,
    before: i32,
    after: i32,
    first_after: String,
}

/// Something to know beside the figure.
#[derive(Debug, Serialize, ToSchema)]
struct RemarkView {
    code: String,
    have: f64,
    bound: f64,
}

/// An evaluation in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvaluationGlance {
    id: String,
    subject: SubjectView,
    pillar: String,
    measure: MeasureView,
    verdict: String,
    why: Option<NotProvenView>,
    effect: Option<EffectView>,
    total: Option<TotalView>,
    created_at: String,
}

/// A page of evaluations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvaluationPage {
    items: Vec<EvaluationGlance>,
    next_cursor: Option<String>,
    total: i64,
}

/// An evaluation with everything it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvaluationView {
    #[serde(flatten)]
    glance: EvaluationGlance,
    design: DesignView,
    means: Option<FourMeansView>,
    gaps: Vec<GapView>,
    trend: Option<TrendView>,
    balance: Vec<BalanceView>,
    sensitivity: Vec<SensitivityView>,
    treated: ArmView,
    controls: ArmView,
    months: MonthsView,
    remarks: Vec<RemarkView>,
    created_by: String,
    /// Its entry in the ledger, once booked.
    ledger_entry: Option<String>,
}

pub(super) fn page(items: &[Evaluation], measures: &Measures, offset: i64, total: i64) -> EvaluationPage {
    let next = offset + i64::try_from(items.len()).unwrap_or(0);
    EvaluationPage {
        items: items.iter().map(|e| glance(e, measures)).collect(),
        next_cursor: (next < total).then(|| next.to_string()),
        total,
    }
}

fn glance(e: &Evaluation, measures: &Measures) -> EvaluationGlance {
    EvaluationGlance {
        id: e.id.to_string(),
        subject: subject(e),
        pillar: e.pillar.name().to_owned(),
        measure: measure(measures, &e.design.outcome),
        verdict: e.result.verdict.name().to_owned(),
        why: e.result.why.as_ref().map(why),
        effect: e.result.effect.as_ref().map(effect),
        total: e.result.total.map(|t: Total| TotalView {
            value: t.value,
            low: t.low,
            high: t.high,
            persons: t.persons,
            factor: t.factor,
        }),
        created_at: e.created_at.to_string(),
    }
}

pub(super) fn one(e: &Evaluation, measures: &Measures, entry: Option<LedgerEntryId>) -> EvaluationView {
    let cell = |c: CellMean| CellMeanView { mean: c.mean, n: c.n };
    let r = &e.result;
    EvaluationView {
        glance: glance(e, measures),
        design: DesignView {
            months_before: e.design.months_before,
            months_after: e.design.months_after,
            controls: e.design.controls,
            calliper: e.design.calliper,
        },
        means: r.means.map(|m| FourMeansView {
            treated_before: cell(m.treated_before),
            treated_after: cell(m.treated_after),
            control_before: cell(m.control_before),
            control_after: cell(m.control_after),
        }),
        gaps: r.gaps.iter().map(gap).collect(),
        trend: r.trend.as_ref().map(trend),
        balance: r.balance.iter().map(balance).collect(),
        sensitivity: r.sensitivity.iter().map(sensitivity).collect(),
        treated: arm(r.treated),
        controls: arm(r.controls),
        months: MonthsView {
            from: r.months.from.to_string(),
            to: r.months.to.to_string(),
            before: r.months.before,
            after: r.months.after,
            first_after: r.months.first_after.to_string(),
        },
        remarks: r.remarks.iter().map(remark).collect(),
        created_by: e.created_by.clone(),
        ledger_entry: entry.map(|id| id.to_string()),
    }
}

fn subject(e: &Evaluation) -> SubjectView {
    let mut view = SubjectView {
        kind: e.subject.kind().to_owned(),
        id: e.subject.key(),
        title: e.title.clone(),
        from: None,
        to: None,
        touchpoint: None,
        recovered_only: false,
    };
    if let Subject::Cases(cases) = &e.subject {
        view.from = Some(cases.from.to_string());
        view.to = Some(cases.to.to_string());
        view.touchpoint = Some(cases.touchpoint.clone()).filter(|t| !t.is_empty());
        view.recovered_only = cases.recovered_only;
    }
    view
}

fn why(why: &NotProven) -> NotProvenView {
    let bare = |code: &str| NotProvenView { code: code.to_owned(), p: None, have: None, need: None };
    match why {
        NotProven::WithinChance => bare("within_chance"),
        NotProven::TrendsDiffer { p } => NotProvenView { p: Some(*p), ..bare("trends_differ") },
        NotProven::Refused { reason, have, need } => {
            NotProvenView { have: Some(*have), need: Some(*need), ..bare(reason) }
        }
    }
}

fn effect(e: &Effect) -> EffectView {
    EffectView {
        definition: e.definition.clone(),
        value: e.value,
        low: e.low,
        high: e.high,
        standard_error: e.standard_error,
        p: e.p,
        method: e.method.clone(),
        n: e.n,
        persons: e.persons,
    }
}

fn gap(g: &Gap) -> GapView {
    GapView { month: g.month, value: g.value, low: g.low, high: g.high }
}

fn trend(t: &Trend) -> TrendView {
    TrendView { definition: t.definition.clone(), p: t.p, holds: t.holds, leads: t.leads, reference: t.reference }
}

fn balance(b: &BalanceRow) -> BalanceView {
    BalanceView { covariate: b.covariate.clone(), before: b.before, after: b.after }
}

fn sensitivity(s: &Sensitivity) -> SensitivityView {
    let kind = match s.kind {
        SensitivityKind::Winsorised => "winsorised",
        SensitivityKind::Log => "log",
        SensitivityKind::Placebo => "placebo",
    };
    SensitivityView { kind: kind.to_owned(), value: s.value, low: s.low, high: s.high, refused: s.refused.clone() }
}

fn arm(a: Arm) -> ArmView {
    let observed_percent = a.observed_permille as f64 / 10.0;
    ArmView { found: a.found, observed: a.observed, matched: a.matched, observed_percent }
}

fn remark(r: &Remark) -> RemarkView {
    RemarkView { code: r.code.clone(), have: r.have, bound: r.bound }
}
