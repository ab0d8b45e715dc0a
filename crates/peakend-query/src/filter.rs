//! Which voices a question is about.

use serde::{Deserialize, Serialize};

use crate::{Dimension, VoiceFact, VoiceKind};

/// A score question with its integer range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// 0..=10
    Nps,
    /// 1..=5
    Csat,
    /// 1..=7
    Ces,
}

impl Score {
    /// Lowest and highest value of the scale.
    #[must_use]
    pub fn range(self) -> (u8, u8) {
        match self {
            Self::Nps => (0, 10),
            Self::Csat => (1, 5),
            Self::Ces => (1, 7),
        }
    }

    /// The score of this kind in a voice, when it was answered within its range.
    #[must_use]
    pub fn of(self, voice: &VoiceFact) -> Option<u8> {
        let (low, high) = self.range();
        let value = match self {
            Self::Nps => voice.nps,
            Self::Csat => voice.csat,
            Self::Ces => voice.ces,
        };
        value.filter(|v| (low..=high).contains(v))
    }
}

/// An inclusive range of a score, for example a detractor band 0..=6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// Which score.
    pub score: Score,
    /// Lowest value, inclusive.
    pub low: u8,
    /// Highest value, inclusive.
    pub high: u8,
}

/// The tone of a text: negative below -20, positive above 20, else neutral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// sentiment < -20
    Negative,
    /// -20..=20
    Neutral,
    /// sentiment > 20
    Positive,
}

impl Tone {
    /// The tone of a sentiment value in -100..=100.
    #[must_use]
    pub fn of(sentiment: i8) -> Self {
        match sentiment {
            i8::MIN..-20 => Self::Negative,
            -20..=20 => Self::Neutral,
            21.. => Self::Positive,
        }
    }

    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }

    /// Lowest and highest sentiment of this tone.
    #[must_use]
    pub fn range(self) -> (i8, i8) {
        match self {
            Self::Negative => (-100, -21),
            Self::Neutral => (-20, 20),
            Self::Positive => (21, 100),
        }
    }
}

/// A predicate over voices. Evaluated three-valued-free: an unknown value
/// simply does not match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Every voice.
    All,
    /// The dimension's code is one of these (none of them matches unknown).
    In(Dimension, Vec<String>),
    /// The public id is one of these.
    Id(Vec<String>),
    /// Response or signal.
    Kind(VoiceKind),
    /// A score within an inclusive range.
    Band(Band),
    /// A text of this tone.
    Tone(Tone),
    /// There is a text to read (or there is none).
    HasText(bool),
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
}

impl Filter {
    /// `self` and `other`, without nesting needlessly.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, f) | (f, Self::All) => f,
            (Self::And(mut a), f) => {
                a.push(f);
                Self::And(a)
            }
            (a, b) => Self::And(vec![a, b]),
        }
    }

    /// Call with every dimension that it asks about.
    pub fn each_dimension(&self, with: &mut impl FnMut(Dimension)) {
        match self {
            Self::In(dimension, _) => with(*dimension),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|f| f.each_dimension(with)),
            Self::Not(inner) => inner.each_dimension(with),
            _ => {}
        }
    }

    /// The reference meaning of the filter; the engine must agree with it.
    #[must_use]
    pub fn matches(&self, voice: &VoiceFact) -> bool {
        match self {
            Self::All => true,
            Self::In(dimension, codes) => {
                let code = dimension.of(voice);
                !code.is_empty() && codes.iter().any(|c| c == code)
            }
            Self::Id(ids) => !voice.id.is_empty() && ids.contains(&voice.id),
            Self::Kind(kind) => voice.kind == *kind,
            Self::Band(band) => band.score.of(voice).is_some_and(|s| s >= band.low && s <= band.high),
            Self::Tone(tone) => voice.sentiment.is_some_and(|s| Tone::of(s) == *tone),
            Self::HasText(wanted) => voice.has_text == *wanted,
            Self::And(all) => all.iter().all(|f| f.matches(voice)),
            Self::Or(any) => any.iter().any(|f| f.matches(voice)),
            Self::Not(inner) => !inner.matches(voice),
        }
    }
}
