//! Aspects: what a text judges, how, and by which words.
//!
//! A vocabulary names the aspects of a field (bank, retail, food, car, work)
//! with their terms. Within a clause each opinion goes to the nearest term; an
//! opinion that names its aspect itself ("overpriced") stands alone; an opinion
//! in a clause without a term goes back to the clause before. Negation turns an
//! opinion, degree strengthens it. A term nobody judged takes the sentiment of
//! its sentence, and says so. Time is linear in the text.

mod clause;
mod vocabulary;

use std::ops::Range;

use serde::Serialize;

use crate::language::{Language, identify};
use crate::units::Letters;
pub use vocabulary::{AspectName, Field, Vocabulary, VocabularyFault};

/// Whether an aspect is praised or blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// Blamed.
    Negative,
    /// Mentioned without a judgement, or with as much praise as blame.
    Neutral,
    /// Praised.
    Positive,
}

/// An opinion word about an aspect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Bytes of the original text.
    pub range: Range<usize>,
    /// Whether it praises, negation counted.
    pub positive: bool,
    /// Whether a negation turned it.
    pub negated: bool,
    /// Whether a word of degree strengthened it.
    pub strengthened: bool,
}

/// One mention of an aspect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aspect<'v> {
    /// Code of the aspect.
    pub aspect: &'v str,
    /// Bytes of the original text: the term, or the opinion that names its aspect itself.
    pub range: Range<usize>,
    /// Whether the text names the aspect by a term.
    pub named: bool,
    /// Praise or blame.
    pub polarity: Polarity,
    /// -100 to 100; 0 when neutral.
    pub strength: i8,
    /// The words it rests on, in order.
    pub judgements: Vec<Judgement>,
    /// No opinion word was found: the polarity is that of the sentence.
    pub inferred: bool,
}

/// The aspects of a text in any field, in order.
#[must_use]
pub fn aspects(text: &str) -> Vec<Aspect<'static>> {
    Vocabulary::shipped().aspects(text, None)
}

impl Vocabulary {
    /// The aspects of a text in order; of one field only where the field is known.
    #[must_use]
    pub fn aspects<'v>(&'v self, text: &str, field: Option<Field>) -> Vec<Aspect<'v>> {
        self.of_letters(&Letters::of(text), identify(text), field)
    }

    pub(crate) fn of_letters<'v>(
        &'v self,
        text: &Letters,
        language: Language,
        field: Option<Field>,
    ) -> Vec<Aspect<'v>> {
        let mentions = clause::mentions(self, text.letters(), language, field);
        mentions.into_iter().filter_map(|mention| self.shown(text, mention)).collect()
    }

    fn shown<'v>(&'v self, text: &Letters, mention: clause::Mention) -> Option<Aspect<'v>> {
        let sum: f64 = mention.opinions.iter().map(|o| o.weight).sum::<f64>() + mention.leaning;
        let polarity = match sum {
            s if s > 0.3 => Polarity::Positive,
            s if s < -0.3 => Polarity::Negative,
            _ => Polarity::Neutral,
        };
        #[expect(clippy::cast_possible_truncation, reason = "tanh keeps it within -100..=100")]
        let strength = if polarity == Polarity::Neutral { 0 } else { (100.0 * (sum / 3.0).tanh()).round() as i8 };
        let shown = |o: &clause::Judged| Judgement {
            range: text.original(&o.at),
            positive: o.weight > 0.0,
            negated: o.negated,
            strengthened: o.strengthened,
        };
        Some(Aspect {
            aspect: self.code(mention.aspect)?,
            range: text.original(&mention.at),
            named: mention.named,
            polarity,
            strength,
            judgements: mention.opinions.iter().map(shown).collect(),
            inferred: mention.opinions.is_empty() && polarity != Polarity::Neutral,
        })
    }
}

#[cfg(test)]
mod tests;
