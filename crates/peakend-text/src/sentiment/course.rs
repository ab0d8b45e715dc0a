//! Training as an organisation or a maintainer runs it: texts in, a model and
//! its card out, judged on texts that were held out.

use serde::Serialize;

use super::corpus::{Corpus, Divided, Labels, LeftOut, divide, licence};
use super::training::{Example, Training, train_from};
use super::{LISTS, Model, Pieces, letters, rules::weigh};
use crate::fold::fold;
use crate::language::Language;
use crate::refusal::Refusal;

/// Scored texts an organisation needs to adapt a model.
pub const FEWEST_OWN: usize = 2_000;
/// Texts of each label that training needs.
pub const FEWEST_OF_LABEL: usize = 100;
/// Replicates of the interval of macro F1.
const REPLICATES: usize = 1_000;

/// How to run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Course {
    /// Chinese (`Letters`) or English (`Words`).
    #[serde(skip)]
    pub pieces: Pieces,
    /// How labels are read.
    pub labels: Labels,
    /// Share of texts that are held out, above 0 and below 1.
    pub holdout: f64,
    /// Passes over the texts.
    pub passes: usize,
    /// Pull of the weights to where they began.
    pub shrink: f32,
    /// Decides what is held out, the order of the texts and the replicates.
    pub seed: u64,
}

impl Course {
    /// The usual settings.
    #[must_use]
    pub fn usual(pieces: Pieces) -> Self {
        Self { pieces, labels: Labels::default(), holdout: 0.2, passes: 4, shrink: 1e-3, seed: 20_261_122 }
    }
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How well held-out texts are read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mark {
    /// Texts judged.
    pub n: usize,
    /// Right ones.
    pub right: usize,
    /// Share of right ones (Wilson).
    pub accuracy: Estimate,
    /// Mean F1 of the two labels (percentiles of the bootstrap).
    pub macro_f1: Estimate,
}

/// Texts of each label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ByLabel {
    /// Positive ones.
    pub positive: usize,
    /// Negative ones.
    pub negative: usize,
}

/// A corpus as the card names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Name.
    pub name: String,
    /// Licence.
    pub licence: String,
    /// Rows it has.
    pub rows: usize,
    /// Texts used.
    pub used: usize,
}

/// What a model was made from and how good it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// `train` or `adapt`.
    pub made_by: &'static str,
    /// `zh` or `en`.
    pub language: &'static str,
    /// Texts it was made from.
    pub sources: Vec<Source>,
    /// Texts that were not used.
    pub left_out: LeftOut,
    /// Texts learned from.
    pub taught: ByLabel,
    /// Texts held out.
    pub held: ByLabel,
    /// The shipped model on the held-out texts, with the word lists.
    pub before: Mark,
    /// The new model on the same, with the word lists.
    pub after: Mark,
    /// Whether the new one is at least as good by macro F1.
    pub better: bool,
    /// Settings.
    pub settings: Course,
}

/// A made model with its card.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The model.
    pub model: Model,
    /// Its card.
    pub card: Card,
}

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Passes done.
    pub pass: usize,
    /// Passes there will be.
    pub passes: usize,
}

/// Why nothing was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourseError {
    /// Too few texts.
    #[error(transparent)]
    TooFew(#[from] Refusal),
    /// A label that cannot be read.
    #[error("{0}")]
    Label(String),
    /// A licence that does not allow training what ships.
    #[error("{corpus}: licence `{licence}` is none of {}; name one of them or leave the corpus out", super::corpus::LICENCES.join(", "))]
    Licence {
        /// The corpus.
        corpus: String,
        /// What was said.
        licence: String,
    },
    /// The share held out.
    #[error("holdout {0} must lie above 0 and below 1")]
    Holdout(String),
}

/// Trains a model from nothing.
///
/// # Errors
/// [`CourseError`]: a licence that does not allow it, labels, too few texts.
pub fn teach(
    corpora: &[Corpus],
    course: Course,
    never: &[&str],
    progress: &mut dyn FnMut(Progress),
) -> Result<Made, CourseError> {
    let named = |c: &Corpus| match licence(&c.licence) {
        Some(known) => Ok(Corpus { licence: known.to_owned(), ..c.clone() }),
        None => Err(CourseError::Licence { corpus: c.name.clone(), licence: c.licence.clone() }),
    };
    let corpora = corpora.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    make("train", &corpora, course, never, progress)
}

/// Adapts the shipped model to an organisation's own scored texts.
///
/// # Errors
/// [`CourseError`]: fewer than [`FEWEST_OWN`] usable texts, labels.
pub fn adapt(own: &[Corpus], course: Course, progress: &mut dyn FnMut(Progress)) -> Result<Made, CourseError> {
    make("adapt", own, course, &[], progress)
}

fn make(
    made_by: &'static str,
    corpora: &[Corpus],
    course: Course,
    never: &[&str],
    progress: &mut dyn FnMut(Progress),
) -> Result<Made, CourseError> {
    if !(course.holdout > 0.0 && course.holdout < 1.0) {
        return Err(CourseError::Holdout(course.holdout.to_string()));
    }
    let divided = divide(corpora, course.labels, course.pieces, course.holdout, course.seed, never);
    let divided = divided.map_err(CourseError::Label)?;
    let adapts = made_by == "adapt";
    enough(&divided, adapts)?;
    let language = if course.pieces == Pieces::Letters { Language::Chinese } else { Language::English };
    let shipped = Model::shipped(language);
    let how = Training { pieces: course.pieces, passes: course.passes, shrink: course.shrink, seed: course.seed };
    let model = train_from(&divided.taught, how, adapts.then_some(shipped), |pass| {
        progress(Progress { pass, passes: course.passes });
    });
    let (before, after) = (mark(shipped, &divided.held, course.seed), mark(&model, &divided.held, course.seed));
    let source = |(corpus, used): (&Corpus, &usize)| Source {
        name: corpus.name.clone(),
        licence: if corpus.licence.is_empty() { "the organisation's own".to_owned() } else { corpus.licence.clone() },
        rows: corpus.rows.len(),
        used: *used,
    };
    let card = Card {
        made_by,
        language: if course.pieces == Pieces::Letters { "zh" } else { "en" },
        sources: corpora.iter().zip(&divided.used).map(source).collect(),
        left_out: divided.left_out,
        taught: by_label(&divided.taught),
        held: by_label(&divided.held),
        before,
        after,
        better: after.macro_f1.value >= before.macro_f1.value,
        settings: course,
    };
    Ok(Made { model, card })
}

fn enough(divided: &Divided, adapts: bool) -> Result<(), Refusal> {
    if adapts && divided.len() < FEWEST_OWN {
        return Err(Refusal {
            reason: "usable scored texts of the organisation",
            have: divided.len(),
            need: FEWEST_OWN,
        });
    }
    let (taught, held) = (by_label(&divided.taught), by_label(&divided.held));
    let sides = [
        ("positive texts to learn from", taught.positive, FEWEST_OF_LABEL),
        ("negative texts to learn from", taught.negative, FEWEST_OF_LABEL),
        ("positive texts held out", held.positive, FEWEST_OF_LABEL / 5),
        ("negative texts held out", held.negative, FEWEST_OF_LABEL / 5),
    ];
    match sides.into_iter().find(|(_, have, need)| have < need) {
        Some((reason, have, need)) => Err(Refusal { reason, have, need }),
        None => Ok(()),
    }
}

fn by_label(examples: &[Example]) -> ByLabel {
    let positive = examples.iter().filter(|e| e.positive).count();
    ByLabel { positive, negative: examples.len() - positive }
}

/// Judges a model together with the word lists, as texts are read.
fn mark(model: &Model, held: &[Example], seed: u64) -> Mark {
    let answers: Vec<(bool, bool)> = held
        .iter()
        .map(|example| {
            let letters = letters(&fold(&example.text));
            let margin = model.margin(&letters) + LISTS * weigh(&letters, |_, _| {}).balance;
            (example.positive, margin >= 0.0)
        })
        .collect();
    let right = answers.iter().filter(|(x, y)| x == y).count();
    let mut state = seed;
    let mut replicates: Vec<f64> = (0..REPLICATES)
        .map(|_| macro_f1((0..answers.len()).filter_map(|_| answers.get(drawn(&mut state, answers.len())).copied())))
        .collect();
    replicates.sort_by(f64::total_cmp);
    let at = |share: f64| replicates.get((share * (REPLICATES - 1) as f64).round() as usize).copied().unwrap_or(0.0);
    let f1 = Estimate { value: macro_f1(answers.iter().copied()), low: at(0.025), high: at(0.975) };
    Mark { n: held.len(), right, accuracy: wilson(right, held.len()), macro_f1: f1 }
}

/// Mean F1 of the two labels; of pairs of label and answer.
fn macro_f1(answers: impl Iterator<Item = (bool, bool)>) -> f64 {
    let (mut both, mut neither, mut wrong) = (0.0, 0.0, 0.0f64);
    for answer in answers {
        match answer {
            (true, true) => both += 1.0,
            (false, false) => neither += 1.0,
            _ => wrong += 1.0,
        }
    }
    let f1 = |right: f64| if right > 0.0 { 2.0 * right / (2.0 * right + wrong) } else { 0.0 };
    f64::midpoint(f1(both), f1(neither))
}

fn wilson(right: usize, n: usize) -> Estimate {
    let (n, z) = (n.max(1) as f64, 1.96f64);
    let p = right as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Estimate { value: p, low: middle - half, high: middle + half }
}

/// A position below `n` (Knuth's MMIX generator).
fn drawn(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % n.max(1)
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
