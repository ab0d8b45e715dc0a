//! What an evaluation shows: the figures with their checks, as they were.
//!
//! Figures are in the smallest unit of the outcome (fen, ones) per person and
//! month; an effect has the sign of the outcome itself, so less churn is a
//! negative effect and a gain.

use serde::{Deserialize, Serialize};

use crate::Month;

/// What has been shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The outcome improved by more than chance.
    Gain,
    /// The outcome worsened by more than chance.
    Loss,
    /// Neither can be claimed.
    NotProven,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 3] = [Self::Gain, Self::Loss, Self::NotProven];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gain => "gain",
            Self::Loss => "loss",
            Self::NotProven => "not_proven",
        }
    }

    /// The verdict of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.name() == name)
    }
}

/// Why nothing can be claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotProven {
    /// The interval includes 0.
    WithinChance,
    /// The arms moved apart already before the change.
    TrendsDiffer {
        /// p of the joint test.
        p: f64,
    },
    /// There is no figure.
    Refused {
        /// The rule that refuses.
        reason: String,
        /// What the input has.
        have: f64,
        /// What the rule needs.
        need: f64,
    },
}

/// What a reader has to know beside the figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    /// Which.
    pub code: String,
    /// What the input has.
    pub have: f64,
    /// The bound it crossed.
    pub bound: f64,
}

/// The effect on the treated, per person and month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Definition id.
    pub definition: String,
    /// The estimate.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Standard error, clustered by person.
    pub standard_error: f64,
    /// Two-sided p.
    pub p: f64,
    /// How the interval was made.
    pub method: String,
    /// Person-months compared.
    pub n: u64,
    /// Persons compared.
    pub persons: u64,
}

/// One of the four means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CellMean {
    /// Mean.
    pub mean: f64,
    /// Person-months.
    pub n: u64,
}

/// The four means an effect is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FourMeans {
    /// Treated, before.
    pub treated_before: CellMean,
    /// Treated, after.
    pub treated_after: CellMean,
    /// Controls, before.
    pub control_before: CellMean,
    /// Controls, after.
    pub control_after: CellMean,
}

/// Treated minus controls in one month, against the reference month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Months from the change; negative before.
    pub month: i32,
    /// The gap; 0 in the reference month.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// Whether the arms moved alike before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Definition id.
    pub definition: String,
    /// p of the joint test that all gaps before are zero.
    pub p: f64,
    /// Whether they moved alike.
    pub holds: bool,
    /// Gaps tested.
    pub leads: u64,
    /// Month against which the gaps are taken.
    pub reference: i32,
}

/// How alike the arms are in one covariate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BalanceRow {
    /// Covariate.
    pub covariate: String,
    /// Standardised mean difference before matching.
    pub before: f64,
    /// After matching.
    pub after: f64,
}

/// Another way of computing the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensitivityKind {
    /// Values beyond the 1st and 99th percentile set to these.
    Winsorised,
    /// On ln(1 + value), shown as a change in percent.
    Log,
    /// As if the change had come halfway through the months before: should be nothing.
    Placebo,
}

/// The figure of another way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// Which way.
    pub kind: SensitivityKind,
    /// The estimate, in the outcome's unit or in percent; none when refused.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Why there is none.
    pub refused: Option<String>,
}

/// The effect on all treated persons together, as an improvement: positive is good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Estimate, rounded to the smallest unit.
    pub value: i64,
    /// Lower end of the 95 % interval.
    pub low: i64,
    /// Upper end of the 95 % interval.
    pub high: i64,
    /// Matched treated persons.
    pub persons: u64,
    /// What the effect was multiplied by: person-months of a flow, persons of a stock.
    pub factor: u64,
}

/// How many persons of an arm remained at each step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Found by their voices.
    pub found: u64,
    /// Of these, with outcomes before and after.
    pub observed: u64,
    /// Of these, matched.
    pub matched: u64,
    /// Months after the change in which the matched were observed, in 1/1000.
    pub observed_permille: u64,
}

/// The calendar of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthsSeen {
    /// First month compared.
    pub from: Month,
    /// Last month compared.
    pub to: Month,
    /// Months before.
    pub before: i32,
    /// Months after that are over and delivered.
    pub after: i32,
    /// First month after the change.
    pub first_after: Month,
}

/// Everything that came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// What has been shown.
    pub verdict: Verdict,
    /// Why not, when nothing is proven.
    pub why: Option<NotProven>,
    /// Per person and month.
    pub effect: Option<Effect>,
    /// The four means.
    pub means: Option<FourMeans>,
    /// Month by month, the reference month among them.
    pub gaps: Vec<Gap>,
    /// The trends before; none when they cannot be tested.
    pub trend: Option<Trend>,
    /// Covariates.
    pub balance: Vec<BalanceRow>,
    /// Other ways.
    pub sensitivity: Vec<Sensitivity>,
    /// On all treated persons.
    pub total: Option<Total>,
    /// Treated persons.
    pub treated: Arm,
    /// Controls.
    pub controls: Arm,
    /// Calendar.
    pub months: MonthsSeen,
    /// What to say beside it.
    pub remarks: Vec<Remark>,
}

impl Evaluated {
    /// A result without a figure.
    #[must_use]
    pub fn refused(months: MonthsSeen, reason: &str, have: f64, need: f64) -> Self {
        Self {
            verdict: Verdict::NotProven,
            why: Some(NotProven::Refused { reason: reason.to_owned(), have, need }),
            effect: None,
            means: None,
            gaps: Vec::new(),
            trend: None,
            balance: Vec::new(),
            sensitivity: Vec::new(),
            total: None,
            treated: Arm::default(),
            controls: Arm::default(),
            months,
            remarks: Vec::new(),
        }
    }
}
