//! Training of the linear model: logistic regression by stochastic gradient
//! descent with steps of their own for each place (AdaGrad, Duchi et al. 2011).

use super::LISTS;
use super::linear::{Model, Pieces, each_place};
use super::rules::weigh;
use crate::fold::fold;
use crate::units::letters;

/// A labelled text.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The text as written.
    pub text: String,
    /// Whether it is positive.
    pub positive: bool,
    /// What it counts beside others; 1 is usual.
    pub weight: f32,
}

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// What the model reads.
    pub pieces: Pieces,
    /// Passes over the examples.
    pub passes: usize,
    /// Pull of weights to zero at each step.
    pub shrink: f32,
    /// Order of the examples.
    pub seed: u64,
}

struct Row {
    /// Places with how often each occurs, by what a piece counts.
    places: Vec<(u32, f32)>,
    positive: bool,
    weight: f32,
    /// What the word lists say already.
    offset: f32,
}

/// Trains a model; both labels count the same in sum.
#[must_use]
pub fn train(examples: &[Example], how: Training) -> Model {
    train_from(examples, how, None, |_| {})
}

/// Trains from nothing, or from a model towards which weights are then pulled
/// and which is read together with the word lists; calls after every pass.
pub(super) fn train_from(
    examples: &[Example],
    how: Training,
    start: Option<&Model>,
    mut passed: impl FnMut(usize),
) -> Model {
    let rows: Vec<Row> = examples.iter().map(|example| row(example, how.pieces, start.is_some())).collect();
    let sum = |positive: bool| rows.iter().filter(|r| r.positive == positive).map(|r| r.weight).sum::<f32>();
    let (negatives, positives) = (sum(false), sum(true));
    let half = (negatives + positives) / 2.0;
    let balance = |positive: bool| half / if positive { positives } else { negatives }.max(1.0);
    let (origin, mut bias) = start.map_or_else(|| (vec![0.0f32; 1 << 18], 0.0f32), Model::floats);
    let mut weights = origin.clone();
    let mut squares = vec![1e-6f32; 1 << 18];
    let mut bias_squares = 1e-6f32;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut state = how.seed;
    for pass in 1..=how.passes {
        shuffle(&mut order, &mut state);
        for &at in &order {
            let row = &rows[at];
            let margin = row.offset + bias + row.places.iter().map(|(p, x)| weights[*p as usize] * x).sum::<f32>();
            let target = if row.positive { 1.0 } else { 0.0 };
            let slope = (1.0 / (1.0 + (-margin).exp()) - target) * row.weight * balance(row.positive);
            for (place, x) in &row.places {
                let place = *place as usize;
                let gradient = slope * x + how.shrink * (weights[place] - origin[place]);
                squares[place] += gradient * gradient;
                weights[place] -= 0.2 * gradient / squares[place].sqrt();
            }
            bias_squares += slope * slope;
            bias -= 0.2 * slope / bias_squares.sqrt();
        }
        passed(pass);
    }
    Model::of(how.pieces, bias, &weights)
}

fn row(example: &Example, pieces: Pieces, with_lists: bool) -> Row {
    let mut places: Vec<u32> = Vec::new();
    let letters = letters(&fold(&example.text));
    each_place(pieces, &letters, |place| places.push(place as u32));
    let offset = if with_lists { (LISTS * weigh(&letters, |_, _| {}).balance) as f32 } else { 0.0 };
    // evidence adds up here: a long text teaches as much as its label is worth
    let unit = 1.0 / (places.len().max(1) as f32).sqrt();
    places.sort_unstable();
    let counted = places.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, unit * same.len() as f32)));
    Row { places: counted.collect(), positive: example.positive, weight: example.weight, offset }
}

/// Fisher and Yates with a congruential generator (Knuth's MMIX constants).
fn shuffle(order: &mut [usize], state: &mut u64) {
    for last in (1..order.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (*state >> 33) as usize % (last + 1);
        order.swap(last, at);
    }
}

/// Margin of a text by a model alone, without the word lists.
#[must_use]
pub fn margin(model: &Model, text: &str) -> f64 {
    model.margin(&letters(&fold(text)))
}

/// Balance of a text by the word lists alone, -1 to 1.
#[must_use]
pub fn balance(text: &str) -> f64 {
    weigh(&letters(&fold(text)), |_, _| {}).balance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_apart_in_training_is_told_apart_after_and_twice_alike() {
        let example = |text: &str, positive| Example { text: text.to_owned(), positive, weight: 1.0 };
        let examples: Vec<Example> = ["很好吃", "真不错", "好棒"]
            .map(|t| example(t, true))
            .into_iter()
            .chain(["太难吃", "真糟糕", "好差"].map(|t| example(t, false)))
            .collect();
        let how = Training { pieces: Pieces::Letters, passes: 30, shrink: 1e-5, seed: 7 };
        let model = train(&examples, how);
        for example in &examples {
            assert_eq!(margin(&model, &example.text) > 0.0, example.positive, "{}", example.text);
        }
        assert_eq!(model, train(&examples, how));
    }
}
