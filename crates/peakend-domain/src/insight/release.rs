//! The release gate: what may leave the answers of employees.
//!
//! A released figure tells a reader the sum of some quantity over a known set
//! of people. Readers may know who belongs to which set (that is what "unit"
//! or "month" mean), may ask often, may be many, and may subtract. So the gate
//! keeps every set it has ever answered and refuses a new one when, together
//! with all of them, the sum over any group of fewer than the minimum becomes
//! derivable by any linear combination ([`Audit`]); nested differences and
//! complements of a table are special cases of that. The decision looks only at
//! who is in a set, never at what they answered, so a refusal says nothing.
//!
//! Texts are stricter ([`TextAudit`]): a reader sees single texts, so sets can
//! also be intersected.

mod audit;
mod text_audit;

pub use audit::Audit;
pub use text_audit::TextAudit;

use crate::pillar::employee;

/// Why something about employees is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer people than the minimum.
    BelowMinimum,
    /// Together with what has been shown, a smaller group could be worked out.
    Derivable,
    /// Too many small groups have been shown for the check to be complete.
    Exhausted,
}

impl Withheld {
    /// The public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BelowMinimum => "below_minimum_group",
            Self::Derivable => "derivable_from_released",
            Self::Exhausted => "release_check_exhausted",
        }
    }
}

/// A set of people about whom a figure is wanted. People are positions in the
/// universe of one measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What distinguishes it, stable over time; also settles the order of equals.
    pub key: String,
    /// 0 for the grand total, 1 for margins, 2 for inner cells: shown first.
    pub rank: u8,
    /// Who, ascending.
    pub members: Vec<u32>,
    /// The set released last under this key, when there was one.
    pub earlier: Option<Vec<u32>>,
}

/// What becomes of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody is in it; nothing is said about anybody.
    Empty,
    /// The figure may be shown.
    Shown,
    /// The figure may be shown as it stood when this set was released: too few
    /// people have joined since.
    AsReleased(Vec<u32>),
    /// Neither figure nor count may be shown.
    Withheld(Withheld),
}

/// Decides over all sets of one answer, totals first and larger ones before
/// smaller ones, so that complements fall to the smallest cells. Outcomes stand
/// in the order of the candidates.
pub fn release(audit: &mut Audit, candidates: &[Candidate]) -> Vec<Outcome> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&i, &j| {
        let (a, b) = (&candidates[i], &candidates[j]);
        a.rank.cmp(&b.rank).then(b.members.len().cmp(&a.members.len())).then_with(|| a.key.cmp(&b.key))
    });
    let mut outcomes = vec![Outcome::Empty; candidates.len()];
    for i in order {
        outcomes[i] = decide(audit, &candidates[i]);
    }
    outcomes
}

fn decide(audit: &mut Audit, candidate: &Candidate) -> Outcome {
    if candidate.members.is_empty() && candidate.earlier.is_none() {
        return Outcome::Empty;
    }
    match audit.admit(&candidate.members) {
        Ok(()) => Outcome::Shown,
        Err(why) => match &candidate.earlier {
            Some(earlier) => Outcome::AsReleased(earlier.clone()),
            None => Outcome::Withheld(why),
        },
    }
}

/// The minimum for scores, given what the organisation asks for: it may be
/// raised, and lowered no further than the floor.
#[must_use]
pub fn minimum_scores(wished: Option<u64>) -> u64 {
    wished.unwrap_or(employee::MINIMUM_SCORES).max(employee::MINIMUM_FLOOR)
}

/// The range shown instead of an exact value when everybody in a set gave the
/// same kind of answer, so that membership does not tell each one's answer.
/// `classes` are the counts per class, worst first; `low` and `high` bound the
/// metric. `None` when the answers differ.
#[must_use]
pub fn unanimity_band(classes: &[u64], low: f64, high: f64) -> Option<(f64, f64)> {
    let mut used = classes.iter().enumerate().filter(|(_, n)| **n > 0);
    let (at, _) = used.next()?;
    if used.next().is_some() {
        return None;
    }
    let edge = |i: usize| low + (high - low) * i as f64 / classes.len() as f64;
    Some((edge(at), edge(at + 1)))
}

#[cfg(test)]
mod tests;
