//! Outcome kinds: what is counted per person and month, in which unit, and
//! which way is better.

use serde::{Deserialize, Serialize};

use crate::{FieldFault, LocalText};

/// In what the values of a kind are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeUnit {
    /// Minor units of the organisation's currency.
    Money,
    /// Ones.
    Count,
    /// 0 or 1.
    Flag,
}

impl OutcomeUnit {
    /// All units.
    pub const ALL: [Self; 3] = [Self::Money, Self::Count, Self::Flag];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Count => "count",
            Self::Flag => "flag",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|u| u.name() == name)
    }

    /// What is wrong with a value of this unit, if anything.
    #[must_use]
    pub fn fault(self, value: i64) -> Option<&'static str> {
        match self {
            Self::Money => None,
            Self::Count => (value < 0).then_some("must not be negative"),
            Self::Flag => (!(0..=1).contains(&value)).then_some("must be 0 or 1"),
        }
    }
}

/// Which way the values should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Better {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// The direction of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Higher, Self::Lower].into_iter().find(|b| b.name() == name)
    }
}

/// Whether the months of a kind may be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// What happened within the month (income, orders): months add up.
    Flow,
    /// What stood at the end of the month (assets): the same yuan held for six
    /// months is one yuan, so months never add up.
    Stock,
}

impl Nature {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
        }
    }

    /// The nature of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Flow, Self::Stock].into_iter().find(|n| n.name() == name)
    }
}

/// What it means that a person has no value in a month that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// Nothing is known.
    Unknown,
    /// Nothing happened.
    Zero,
}

impl Absent {
    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Zero => "zero",
        }
    }

    /// The meaning of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Zero].into_iter().find(|a| a.name() == name)
    }
}

/// A kind of outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeKind {
    /// The organisation's code.
    pub code: String,
    /// What people call it.
    pub name: LocalText,
    /// Unit.
    pub unit: OutcomeUnit,
    /// Which way is better.
    pub better: Better,
    /// Whether months add up.
    pub nature: Nature,
    /// What a missing month means.
    pub absent: Absent,
}

/// Longest code, in characters.
const CODE_LIMIT: usize = 40;

impl OutcomeKind {
    /// The kinds every organisation begins with.
    #[must_use]
    pub fn defaults() -> [Self; 3] {
        let kind = |code: &str, en: &str, hans: &str, hant: &str, unit, better, nature, absent| Self {
            code: code.to_owned(),
            name: LocalText(
                [("en", en), ("zh-Hans", hans), ("zh-Hant", hant)]
                    .map(|(tag, text)| (tag.to_owned(), text.to_owned()))
                    .into(),
            ),
            unit,
            better,
            nature,
            absent,
        };
        [
            kind(
                "aum",
                "Assets under management",
                "管理资产",
                "管理資產",
                OutcomeUnit::Money,
                Better::Higher,
                Nature::Stock,
                Absent::Unknown,
            ),
            kind(
                "orders",
                "Orders",
                "订单数",
                "訂單數",
                OutcomeUnit::Count,
                Better::Higher,
                Nature::Flow,
                Absent::Zero,
            ),
            kind("churn", "Churn", "流失", "流失", OutcomeUnit::Flag, Better::Lower, Nature::Flow, Absent::Zero),
        ]
    }

    /// All faults of a new kind.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        if self.code.is_empty() || self.code.len() > CODE_LIMIT || !self.code.chars().all(ok) {
            let message = "use up to 40 lower-case letters, digits, dots, dashes and underscores";
            faults.push(FieldFault::new("code", "code_invalid", message));
        }
        if self.name.0.values().all(|text| text.trim().is_empty()) {
            faults.push(FieldFault::new("name", "required", "give the kind a name in at least one language"));
        }
        if self.unit == OutcomeUnit::Flag && self.nature == Nature::Stock {
            let message = "a 0/1 outcome happens within a month: use flow";
            faults.push(FieldFault::new("nature", "invalid", message));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_to_begin_with_are_sound() {
        let kinds = OutcomeKind::defaults();
        assert!(kinds.iter().all(|k| k.faults().is_empty() && k.name.0.len() == 3));
        assert_eq!(kinds.map(|k| k.better), [Better::Higher, Better::Higher, Better::Lower]);
    }

    #[test]
    fn a_flag_is_zero_or_one_and_a_count_is_not_negative() {
        assert!(OutcomeUnit::Flag.fault(2).is_some());
        assert!(OutcomeUnit::Count.fault(-1).is_some());
        assert!(OutcomeUnit::Money.fault(-1).is_none());
    }

    #[test]
    fn a_code_with_blanks_is_refused() {
        let [mut kind, ..] = OutcomeKind::defaults();
        kind.code = "net income".to_owned();
        kind.name.0.clear();
        let paths: Vec<String> = kind.faults().into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["code", "name"]);
    }
}
