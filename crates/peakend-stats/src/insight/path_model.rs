//! Satisfaction index by a path model (`satisfaction-index.v1`): constructs asked
//! about by several questions each, their links, and an index 0..100 per construct.
//!
//! Partial least squares, mode A, path weighting scheme (Wold 1982; Tenenhaus,
//! Esposito Vinzi, Chatelin and Lauro 2005), from the correlations of complete
//! rows. Reliability by alpha, rho_C (Dillon and Goldstein) and AVE (Fornell and
//! Larcker 1981); intervals by percentile bootstrap. Assumes that the questions of
//! a construct reflect it and that links are linear and without a cycle.

mod compare;
mod scheme;
#[cfg(test)]
mod tests;

use serde::Serialize;

use self::scheme::{Outline, Weighted};
use super::blocks::{Blocks, JointMoments, percentile_limits};
use super::complete_rows::{Column, CompleteRows};
use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};

pub use self::compare::{IndexDifference, index_differences};

/// Below this many complete rows all questions weigh alike and no paths are shown.
const MODEL_FROM: u64 = 100;
/// Below this many complete rows there is no index at all.
const INDEX_FROM: u64 = 10;
/// Average variance extracted below this is warned of.
const SHARED_FROM: f64 = 0.5;

/// A construct and its questions.
#[derive(Debug, Clone)]
pub struct Construct<'a> {
    /// Name in results.
    pub name: &'a str,
    /// Answers to its questions, NaN is missing; all on one scale.
    pub questions: Vec<Column<'a>>,
}

/// Constructs and links.
#[derive(Debug, Clone)]
pub struct PathOutline<'a> {
    /// Constructs.
    pub constructs: Vec<Construct<'a>>,
    /// Links (from, to) by place in `constructs`; no cycle.
    pub links: Vec<(usize, usize)>,
    /// Lowest and highest answer.
    pub scale: (f64, f64),
}

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathOptions {
    /// Seed of the bootstrap, stored with the result.
    pub seed: u64,
    /// Bootstrap samples; 0 leaves the intervals out.
    pub resamples: u64,
}

impl Default for PathOptions {
    fn default() -> Self {
        Self { seed: 1, resamples: 1_000 }
    }
}

/// How the questions of a construct were weighed in its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexWeights {
    /// By the model.
    Model,
    /// All alike: too few rows, or a negative weight in the model.
    Equal,
}

/// A question in its construct.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionFit {
    /// Name.
    pub name: String,
    /// Mean answer.
    pub mean: f64,
    /// Outer weight on the standardised answer; the score has variance 1.
    pub weight: f64,
    /// Correlation with the score of the construct.
    pub loading: f64,
}

/// A construct.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConstructFit {
    /// Name.
    pub name: String,
    /// The index to show, 0..100.
    pub index: f64,
    /// Its bootstrap interval.
    pub interval: Option<Interval>,
    /// How the index weighs the questions.
    pub weights: IndexWeights,
    /// Index by the weights of the model; none without a model.
    pub model_index: Option<f64>,
    /// Index with equal weights.
    pub equal_weight_index: f64,
    /// Cronbach's alpha on standardised answers; none for one question.
    pub alpha: Option<f64>,
    /// Composite reliability rho_C; none without a model.
    pub composite_reliability: Option<f64>,
    /// Average variance extracted; none without a model.
    pub shared_variance: Option<f64>,
    /// Share of the score's variance that its predecessors explain.
    pub r_squared: Option<f64>,
    /// Its questions; weights and loadings are NaN without a model.
    pub questions: Vec<QuestionFit>,
}

/// A link, direct or through others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathFit {
    /// Construct it starts from.
    pub from: String,
    /// Construct it leads to.
    pub to: String,
    /// Standardised coefficient; none when it leads through others only.
    pub coefficient: Option<f64>,
    /// Bootstrap interval of the coefficient.
    pub interval: Option<Interval>,
    /// Direct and indirect together.
    pub total: f64,
    /// Bootstrap interval of the total.
    pub total_interval: Option<Interval>,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathModel {
    /// Definition id.
    pub definition: &'static str,
    /// Complete rows.
    pub n: u64,
    /// Rows left out for a missing answer.
    pub incomplete: u64,
    /// Iterations of the weights; 0 without a model.
    pub iterations: u64,
    /// Constructs in the order given.
    pub constructs: Vec<ConstructFit>,
    /// All links and all totals other than 0; empty without a model.
    pub paths: Vec<PathFit>,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Bootstrap samples used.
    pub resamples: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Fits the model and its indices; below 100 complete rows the indices alone, with
/// equal weights.
///
/// # Errors
/// A [`Refusal`] below ten complete rows, for links that form a cycle or leave a
/// construct alone, for a question that does not vary, or when the weights do not
/// settle.
pub fn path_model(outline: &PathOutline<'_>, options: &PathOptions) -> Result<PathModel, Refusal> {
    let rows = outline.rows();
    if (rows.n as u64) < INDEX_FROM {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, rows.n as u64, INDEX_FROM));
    }
    PathModel::of(outline, &rows, options, (rows.n as u64) >= MODEL_FROM)
}

impl PathOutline<'_> {
    pub(crate) fn rows(&self) -> CompleteRows<'_> {
        let columns: Vec<Column<'_>> = self.constructs.iter().flat_map(|c| c.questions.iter().copied()).collect();
        CompleteRows::of(&columns)
    }

    fn outline(&self) -> Result<Outline, Refusal> {
        let sizes: Vec<usize> = self.constructs.iter().map(|c| c.questions.len()).collect();
        Outline::of(&sizes, &self.links).ok_or(Refusal {
            reason: RefusalReason::NotAModel,
            have: self.links.len() as f64,
            need: self.constructs.len().saturating_sub(1) as f64,
        })
    }

    /// Index of construct `k` with the given weights on answers in their own unit.
    fn index(&self, columns: &[usize], means: &[f64], weight: impl Fn(usize) -> f64) -> f64 {
        let (lo, hi) = self.scale;
        let total: f64 = columns.iter().map(|&j| weight(j)).sum();
        let mean = columns.iter().map(|&j| weight(j) * means[j]).sum::<f64>() / total;
        100.0 * (mean - lo) / (hi - lo)
    }
}

/// One weighted sample: everything a bootstrap repeats.
struct Sample {
    weighted: Option<Weighted>,
    /// Index to show per construct.
    indices: Vec<f64>,
    model_indices: Vec<f64>,
    equal_indices: Vec<f64>,
    /// Whether construct k has a weight below 0.
    negative: Vec<bool>,
}

impl Sample {
    fn of(
        outline: &PathOutline<'_>,
        shape: &Outline,
        moments: &JointMoments,
        with_model: bool,
    ) -> Result<Self, Refusal> {
        if moments.flat() {
            return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
        }
        let weighted = if with_model { Some(shape.weigh(&moments.correlations)?) } else { None };
        let spread: Vec<f64> = moments.variances.iter().map(|v| v.sqrt()).collect();
        let each = |of: &dyn Fn(&[usize]) -> f64| shape.columns.iter().map(|c| of(c)).collect::<Vec<f64>>();
        let equal_indices = each(&|columns| outline.index(columns, &moments.means, |_| 1.0));
        let (model_indices, negative) = match &weighted {
            Some(w) => (
                each(&|columns| outline.index(columns, &moments.means, |j| w.weights[j] / spread[j])),
                shape.columns.iter().map(|c| c.iter().any(|&j| w.weights[j] < 0.0)).collect(),
            ),
            None => (equal_indices.clone(), vec![false; shape.columns.len()]),
        };
        let shown = |k: usize| if negative[k] { equal_indices[k] } else { model_indices[k] };
        let indices = (0..shape.columns.len()).map(shown).collect();
        Ok(Self { weighted, indices, model_indices, equal_indices, negative })
    }
}

impl PathModel {
    /// The model, or the equal-weight indices alone, without floors on rows.
    ///
    /// # Errors
    /// As [`path_model`] but for the floors.
    pub(crate) fn of(
        outline: &PathOutline<'_>,
        rows: &CompleteRows<'_>,
        options: &PathOptions,
        with_model: bool,
    ) -> Result<Self, Refusal> {
        let shape = outline.outline()?;
        let blocks = Blocks::of(rows, options.seed);
        let moments = blocks.whole();
        let sample = Sample::of(outline, &shape, &moments, with_model)?;
        let constructs = (0..shape.columns.len()).map(|k| construct(outline, &shape, &moments, &sample, k)).collect();
        let paths = sample.weighted.as_ref().map_or_else(Vec::new, |w| paths(outline, w));
        let mut model = Self {
            definition: "satisfaction-index.v1",
            n: rows.n as u64,
            incomplete: rows.dropped as u64,
            iterations: sample.weighted.as_ref().map_or(0, |w| w.iterations),
            constructs,
            paths,
            seed: options.seed,
            resamples: options.resamples,
            warnings: Vec::new(),
        };
        model.resample(outline, &shape, &blocks, with_model);
        model.warnings = model.found(options.resamples, with_model);
        Ok(model)
    }

    fn resample(&mut self, outline: &PathOutline<'_>, shape: &Outline, blocks: &Blocks, with_model: bool) {
        let mut draws = Draws::seeded(self.seed);
        let samples: Vec<Sample> = (0..self.resamples)
            .filter_map(|_| Sample::of(outline, shape, &blocks.resampled(&mut draws), with_model).ok())
            .collect();
        self.resamples = samples.len() as u64;
        let interval = |of: &dyn Fn(&Sample) -> f64| {
            let limits = percentile_limits(samples.iter().map(of).collect());
            limits.map(|(lo, hi)| Interval::new(lo, hi, IntervalMethod::Resampled))
        };
        for (k, construct) in self.constructs.iter_mut().enumerate() {
            construct.interval = interval(&|s| s.indices[k]);
        }
        let place = |name: &str| outline.constructs.iter().position(|c| c.name == name).unwrap_or(0);
        for path in &mut self.paths {
            let at = (place(&path.from), place(&path.to));
            let of = |s: &Sample, total: bool| match &s.weighted {
                Some(w) if total => w.totals[at],
                Some(w) => w.paths[at],
                None => f64::NAN,
            };
            path.interval = path.coefficient.and_then(|_| interval(&|s| of(s, false)));
            path.total_interval = interval(&|s| of(s, true));
        }
    }

    fn found(&self, asked: u64, with_model: bool) -> Vec<Warning> {
        let count = |code, have: u64| (have > 0).then(|| Warning::count(code, have, 0));
        let shared = self.constructs.iter().filter_map(|c| c.shared_variance).fold(f64::INFINITY, f64::min);
        let low = shared < SHARED_FROM;
        let negative = self.constructs.iter().filter(|c| with_model && c.weights == IndexWeights::Equal).count() as u64;
        [
            Warning::small_base(self.n),
            (!with_model).then(|| Warning::count(WarningCode::EqualWeights, self.n, MODEL_FROM)),
            count(WarningCode::NegativeWeight, negative),
            low.then_some(Warning { code: WarningCode::LowSharedVariance, have: shared, bound: SHARED_FROM }),
            count(WarningCode::MissingDropped, self.incomplete),
            count(WarningCode::ResamplesDropped, asked - self.resamples),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn construct(
    outline: &PathOutline<'_>,
    shape: &Outline,
    moments: &JointMoments,
    sample: &Sample,
    k: usize,
) -> ConstructFit {
    let columns = &shape.columns[k];
    let weighted = sample.weighted.as_ref();
    let questions = outline.constructs[k].questions.iter().zip(columns).map(|(question, &j)| QuestionFit {
        name: question.name.to_owned(),
        mean: moments.means[j],
        weight: weighted.map_or(f64::NAN, |w| w.weights[j]),
        loading: weighted.map_or(f64::NAN, |w| w.loadings[j]),
    });
    let size = columns.len() as f64;
    let all: f64 =
        columns.iter().flat_map(|&i| columns.iter().map(move |&j| (i, j))).map(|ij| moments.correlations[ij]).sum();
    let loadings = |w: &Weighted| columns.iter().map(|&j| w.loadings[j]).collect::<Vec<f64>>();
    let reliability = |w: &Weighted| {
        let (sum, squares) = (loadings(w).iter().sum::<f64>(), loadings(w).iter().map(|l| l * l).sum::<f64>());
        sum * sum / (sum * sum + size - squares)
    };
    let equal = sample.negative[k] || weighted.is_none();
    ConstructFit {
        name: outline.constructs[k].name.to_owned(),
        index: sample.indices[k],
        interval: None,
        weights: if equal { IndexWeights::Equal } else { IndexWeights::Model },
        model_index: weighted.map(|_| sample.model_indices[k]),
        equal_weight_index: sample.equal_indices[k],
        alpha: (columns.len() > 1).then(|| size / (size - 1.0) * (1.0 - size / all)),
        composite_reliability: weighted.map(reliability),
        shared_variance: weighted.map(|w| loadings(w).iter().map(|l| l * l).sum::<f64>() / size),
        r_squared: weighted.and_then(|w| w.r_squared[k]),
        questions: questions.collect(),
    }
}

fn paths(outline: &PathOutline<'_>, weighted: &Weighted) -> Vec<PathFit> {
    let count = outline.constructs.len();
    let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
    let linked = |pair: &(usize, usize)| outline.links.contains(pair) || weighted.totals[*pair] != 0.0;
    let path = |(from, to): (usize, usize)| PathFit {
        from: outline.constructs[from].name.to_owned(),
        to: outline.constructs[to].name.to_owned(),
        coefficient: outline.links.contains(&(from, to)).then(|| weighted.paths[(from, to)]),
        interval: None,
        total: weighted.totals[(from, to)],
        total_interval: None,
    };
    pairs.filter(|(from, to)| from != to).filter(linked).map(path).collect()
}
