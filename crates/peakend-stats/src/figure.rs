//! What every figure carries: n, interval, method, warnings, definition id; and
//! the refusal that takes the place of a figure which would mislead.

use serde::Serialize;

/// Standard normal quantile of a two-sided 95 % interval.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Share of repetitions an interval of this crate is meant to cover.
pub const LEVEL: f64 = 0.95;

/// Bases below this are shown with the warning "small base".
pub const SMALL_BASE: u64 = 30;

/// Smallest base on which a customer metric is shown; employee metrics pass
/// their own minimum group size instead.
pub const SHOWN_FROM: u64 = 5;

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntervalMethod {
    /// Normal interval on the raw shares.
    PlainWald,
    /// Normal interval after adding 0.75 / 1.5 / 0.75 answers to the three classes.
    AdjustedWald,
    /// Score interval of a difference of two multinomial shares (May-Johnson, Tango).
    Score,
    /// Percentile bootstrap, enumerated exactly instead of drawn.
    Bootstrap,
    /// Wilson score interval of one share.
    Wilson,
    /// Exact binomial interval of one share.
    ClopperPearson,
    /// Agresti-Coull interval of one share, for checking only.
    AgrestiCoull,
    /// Student t interval of a mean.
    StudentT,
    /// Welch interval of a difference of two means.
    Welch,
    /// Cluster-robust (CR1) with t(G - 1).
    ClusterRobust,
    /// Bias-reduced cluster-robust (CR2) with Satterthwaite degrees of freedom.
    BiasReducedCluster,
    /// Robust to unequal variances (HC2) with t(n - k).
    Heteroskedastic,
    /// Robust to serial correlation (Newey-West) with t(n - k).
    NeweyWest,
    /// Autoregressive errors by restricted maximum likelihood, Satterthwaite degrees of freedom.
    Autoregressive,
    /// Linearised error of a weighted mean.
    Linearised,
    /// Bounds that hold over all planned looks.
    RepeatedLooks,
    /// Effects that randomisation inference does not reject.
    Randomisation,
    /// Log-minus-log interval of a survival share.
    LogLog,
    /// Normal interval of an estimate on its own scale.
    Wald,
    /// Normal interval widened so that all of its kind hold together.
    Simultaneous,
    /// Percentiles of a seeded bootstrap over rows.
    Resampled,
    /// Order statistics of all pairwise slopes (Sen 1968).
    OrderedSlopes,
    /// From the effects of placebos, in units of their error before the change.
    Placebo,
    /// Quantiles of draws from a posterior.
    Posterior,
    /// An interval of another figure, carried through a multiplication.
    Carried,
}

/// A 95 % interval in the unit of its figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower limit.
    pub lo: f64,
    /// Upper limit.
    pub hi: f64,
    /// Nominal coverage, 0.95 throughout.
    pub level: f64,
    /// How it was made.
    pub method: IntervalMethod,
}

impl Interval {
    /// A 95 % interval from its limits.
    #[must_use]
    pub const fn new(lo: f64, hi: f64, method: IntervalMethod) -> Self {
        Self { lo, hi, level: LEVEL, method }
    }

    /// The same interval cut to the range in which the figure lives.
    #[must_use]
    pub fn clipped(self, lo: f64, hi: f64) -> Self {
        Self { lo: self.lo.clamp(lo, hi), hi: self.hi.clamp(lo, hi), ..self }
    }

    /// The interval of `factor` times the figure (limits swap when negative).
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let (a, b) = (self.lo * factor, self.hi * factor);
        Self { lo: a.min(b), hi: a.max(b), method: IntervalMethod::Carried, ..self }
    }

    /// Whether `value` lies strictly outside.
    #[must_use]
    pub fn excludes(&self, value: f64) -> bool {
        value < self.lo || value > self.hi
    }

    /// Half the distance between the limits.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.hi - self.lo) / 2.0
    }
}

/// Why a figure is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalReason {
    /// Fewer valid answers than may be shown.
    TooFewAnswers,
    /// One of two compared groups is too small.
    GroupTooSmall,
    /// Bootstrap on a base where the score interval is right.
    BootstrapBaseTooSmall,
    /// Fewer events (such as lost customers) than the figure needs.
    TooFewEvents,
    /// Fewer periods than the figure needs.
    SeriesTooShort,
    /// The columns of a model depend on each other or do not vary.
    Collinear,
    /// The model as a whole explains nothing that could not be chance.
    ModelNotSignificant,
    /// The model asked for is not well formed.
    NotAModel,
    /// Fewer than two clusters in one arm: no error can be estimated.
    TooFewClusters,
    /// One of the four cells of a before/after comparison is empty.
    EmptyCell,
    /// Fewer than 20 matched units in one arm.
    TooFewMatched,
    /// The arms still differ by more than 0.25 standard deviations after matching.
    StillUnbalanced,
    /// No variation, so nothing can be compared.
    NoVariation,
    /// No period before the change that could be tested.
    NoPrePeriod,
    /// A value is not a finite number, or a weight is not positive.
    NotFinite,
    /// The iterations of a model did not settle.
    NotConverged,
    /// Too few untreated units to mix a twin from.
    TooFewDonors,
    /// The counterfactual misses the series already before the change.
    PoorFitBefore,
    /// No further cells of a table can hide its small ones.
    NotHideable,
    /// Too many sets of cells to try.
    TooManyCells,
    /// The looks do not ascend within the planned information.
    NotAPlan,
    /// The arm sizes contradict the plan: assignment or logging is broken.
    SampleRatioMismatch,
    /// Too few points before the change.
    TooFewBefore,
    /// Too few points after the change.
    TooFewAfter,
    /// Nobody belongs to a category that the population has.
    EmptyMargin,
    /// The population totals of two margins differ.
    TotalsDiffer,
    /// No margin to weight to, or one that does not fit the respondents.
    NoMargin,
    /// The scores are not a scale of a few levels.
    NotAScale,
    /// A figure is too far below zero for the scale asked for.
    NotPositive,
    /// The next period's score predicts today's figure: possible reverse causality.
    NextScorePredicts,
}

/// A figure withheld: what there is and what it would take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, thiserror::Error)]
#[error("figure refused ({reason:?}): have {have}, need {need}")]
pub struct Refusal {
    /// Why.
    #[serde(rename = "refused")]
    pub reason: RefusalReason,
    /// What the input has, in the unit of the rule.
    pub have: f64,
    /// What the rule needs.
    pub need: f64,
}

impl Refusal {
    /// A refusal by a count.
    #[must_use]
    pub const fn count(reason: RefusalReason, have: u64, need: u64) -> Self {
        Self { reason, have: have as f64, need: need as f64 }
    }
}

/// What a reader has to know beside a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningCode {
    /// Fewer than 30 answers.
    SmallBase,
    /// Control limits from fewer than 20 points.
    ShortBase,
    /// Fewer than ten events for every coefficient.
    FewEventsPerCoefficient,
    /// Hazards are not proportional: one ratio does not describe the whole time.
    NotProportional,
    /// A coefficient grows without bound: some group has no event at all.
    UnboundedCoefficient,
    /// Drivers explain each other: the largest variance inflation is above 10.
    HighInflation,
    /// The drivers explain less than a tenth of the outcome.
    WeakModel,
    /// A driver's weight in the model has the opposite sign of its correlation.
    Suppression,
    /// All drivers correlate above 0.8 with each other: shares are not separable.
    Halo,
    /// A driver that the others determine was left out.
    RedundantDriver,
    /// Importance by sampled orderings, with their Monte Carlo error.
    SampledOrderings,
    /// A question has a negative weight: the index weighs all questions alike.
    NegativeWeight,
    /// The questions share less than half of their variance with their construct.
    LowSharedVariance,
    /// Too few answers for weights of a model: all questions weigh alike.
    EqualWeights,
    /// Some resamples gave no estimate and were left out.
    ResamplesDropped,
    /// Fewer clusters than the plain cluster-robust error needs.
    FewClusters,
    /// Fewer than ten treated clusters.
    FewTreatedClusters,
    /// Only one period before: the parallel-trend assumption cannot be tested.
    TrendUntestable,
    /// The trends before the change differ: not an effect.
    PreTrendRejected,
    /// Some covariate differs by 0.1 to 0.25 standard deviations after matching.
    ResidualImbalance,
    /// Few controls carry most of the weight.
    LowEffectiveControls,
    /// Units that found no control inside the calliper.
    Unmatched,
    /// A cohort of fewer than five units.
    SmallCohort,
    /// Cohorts and periods left out because covariates tell them from their controls.
    CellsWithoutPropensity,
    /// Too few donors for a small p by placebos.
    FewPlacebos,
    /// One-step forecasts miss the series by more than a tenth before the change.
    PoorFitBefore,
    /// No control series: the counterfactual is the level carried on.
    NoControls,
    /// A control that does not vary before the change was left out.
    FlatControl,
    /// Some unit was nearly certain, or nearly certain not, to be treated.
    ExtremePropensity,
    /// Units left out by a declared trimming.
    Trimmed,
    /// Rows without a usable value were left out.
    MissingDropped,
    /// More than 5 % of the base answered: the finite population factor applies.
    LargeSampleShare,
    /// Values that were missing were replaced by their mean or shared out.
    MissingImputed,
    /// The arms differed before the treatment by 0.1 standard deviations or more.
    ArmsDiffer,
    /// Neighbouring residuals follow each other: something is missing from the model.
    SerialCorrelation,
    /// Counts vary more than the Poisson law allows for.
    Overdispersed,
    /// Weighting costs more than half of the sample.
    HighDesignEffect,
    /// Some weight is more than five times the mean.
    ExtremeWeight,
    /// The next period's score predicts today's figure: possible reverse causality.
    ReverseCausality,
    /// A check against heavy tails has the opposite sign.
    SignsDisagree,
    /// The two tests of one difference disagree.
    TestsDisagree,
}

/// A warning with the figure that raised it and the bound it crossed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Warning {
    /// Which.
    pub code: WarningCode,
    /// What the input has.
    pub have: f64,
    /// The bound.
    pub bound: f64,
}

impl Warning {
    /// A warning by a count.
    #[must_use]
    pub const fn count(code: WarningCode, have: u64, bound: u64) -> Self {
        Self { code, have: have as f64, bound: bound as f64 }
    }

    /// "Small base" where it applies.
    pub(crate) fn small_base(n: u64) -> Option<Self> {
        (n < SMALL_BASE).then(|| Self::count(WarningCode::SmallBase, n, SMALL_BASE))
    }
}

/// One number fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Versioned definition, such as `nps.v1`.
    pub definition: &'static str,
    /// The point estimate, in the unit of the definition.
    pub value: f64,
    /// Valid answers behind it.
    pub n: u64,
    /// Kish effective n, when weighted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_effective: Option<f64>,
    /// 95 % interval.
    pub interval: Interval,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// A figure or its refusal, in the shape the API sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// Fit to be shown.
    Shown(T),
    /// Withheld.
    Refused(Refusal),
}

impl<T> From<Result<T, Refusal>> for Answer<T> {
    fn from(result: Result<T, Refusal>) -> Self {
        match result {
            Ok(shown) => Self::Shown(shown),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

/// Refuse a base below `need`.
pub(crate) fn require_answers(n: u64, need: u64) -> Result<(), Refusal> {
    // an empty base has no figure whatever the floor
    let need = need.max(1);
    if n < need {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, n, need));
    }
    Ok(())
}
