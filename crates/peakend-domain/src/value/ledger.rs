//! Ledger: evaluated amounts of money with their intervals, booked for months.
//!
//! An entry takes its figures from its evaluation; nobody types an amount.
//! What is not proven may be booked, without an amount: that it was tried and
//! showed nothing is worth keeping too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluation::{Evaluation, Verdict};
use super::outcome::{OutcomeKind, OutcomeUnit};
use crate::{EvaluationId, LedgerEntryId, Month, OrgId, Pillar};

/// Money with its 95 % interval, in minor units; an improvement is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Estimate.
    pub minor: i64,
    /// Lower end.
    pub low: i64,
    /// Upper end.
    pub high: i64,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: LedgerEntryId,
    /// Where the amount comes from.
    pub evaluation: EvaluationId,
    /// Kind of the subject.
    pub subject_kind: String,
    /// Key of the subject.
    pub subject_key: String,
    /// Name of the subject.
    pub title: String,
    /// Outcome kind.
    pub outcome: String,
    /// Pillar.
    pub pillar: Pillar,
    /// Verdict.
    pub verdict: Verdict,
    /// Money before costs; none when nothing is proven or the outcome is not money.
    pub amount: Option<Amount>,
    /// What the work cost, in minor units.
    pub cost_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// First month after the change that was observed.
    pub from: Month,
    /// Last one.
    pub to: Month,
    /// When it was booked.
    pub booked_at: jiff::Timestamp,
    /// By whom.
    pub booked_by: String,
    /// What was said with it.
    pub note: String,
}

/// Why an evaluation is not booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefusal {
    /// Costs are not negative.
    #[error("costs must not be negative")]
    NegativeCost,
    /// There is an entry.
    #[error("this evaluation is in the ledger already")]
    AlreadyBooked,
    /// The same money twice.
    #[error("the ledger has an entry for the same subject, outcome and months: its money would count twice")]
    SameMonths,
}

impl LedgerRefusal {
    /// Public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NegativeCost => "ledger_negative_cost",
            Self::AlreadyBooked => "ledger_already_booked",
            Self::SameMonths => "ledger_same_months",
        }
    }
}

/// What somebody adds when booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Costs in minor units.
    pub cost_minor: i64,
    /// A note.
    pub note: String,
    /// When.
    pub at: jiff::Timestamp,
    /// By whom.
    pub by: String,
}

impl LedgerEntry {
    /// Book an evaluation. The amount is the evaluation's own, or none.
    pub fn book(
        id: LedgerEntryId,
        evaluation: &Evaluation,
        kind: &OutcomeKind,
        currency: &str,
        booking: Booking,
    ) -> Result<Self, LedgerRefusal> {
        if booking.cost_minor < 0 {
            return Err(LedgerRefusal::NegativeCost);
        }
        let result = &evaluation.result;
        let is_money = kind.unit == OutcomeUnit::Money && result.verdict != Verdict::NotProven;
        let amount = result.total.filter(|_| is_money).map(|t| Amount { minor: t.value, low: t.low, high: t.high });
        Ok(Self {
            org: evaluation.org.clone(),
            id,
            evaluation: evaluation.id.clone(),
            subject_kind: evaluation.subject.kind().to_owned(),
            subject_key: evaluation.subject.key(),
            title: evaluation.title.clone(),
            outcome: evaluation.design.outcome.clone(),
            pillar: evaluation.pillar,
            verdict: result.verdict,
            amount,
            cost_minor: booking.cost_minor,
            currency: currency.to_owned(),
            from: result.months.first_after,
            to: result.months.to,
            booked_at: booking.at,
            booked_by: booking.by,
            note: booking.note,
        })
    }

    /// Whether both would count the same money.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.subject_kind == other.subject_kind
            && self.subject_key == other.subject_key
            && self.outcome == other.outcome
            && self.from <= other.to
            && other.from <= self.to
    }
}

/// What a pillar's entries of one outcome come to. Assets and income are
/// different money and never share a sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerTotal {
    /// Pillar.
    pub pillar: Pillar,
    /// Outcome kind.
    pub outcome: String,
    /// Entries.
    pub entries: u64,
    /// Of these, gains.
    pub gains: u64,
    /// Of these, losses.
    pub losses: u64,
    /// Of these, not proven: they add nothing.
    pub not_proven: u64,
    /// Sum of the amounts, each evaluation taken as independent of the others.
    pub amount: Option<Amount>,
    /// Sum of all costs, also of what is not proven.
    pub cost_minor: i64,
}

/// Totals by pillar and outcome, in their order. The interval of a sum is the
/// root of the summed squares of its parts' half-widths, lower and upper apart.
#[must_use]
pub fn totals(entries: &[LedgerEntry]) -> Vec<LedgerTotal> {
    let mut groups: Vec<(Pillar, &str)> = entries.iter().map(|e| (e.pillar, e.outcome.as_str())).collect();
    let place = |pillar: Pillar| Pillar::ALL.iter().position(|p| *p == pillar);
    groups.sort_unstable_by_key(|(pillar, outcome)| (place(*pillar), *outcome));
    groups.dedup();
    groups
        .into_iter()
        .map(|(pillar, outcome)| {
            let mine: Vec<&LedgerEntry> =
                entries.iter().filter(|e| e.pillar == pillar && e.outcome == outcome).collect();
            let count = |verdict| mine.iter().filter(|e| e.verdict == verdict).count() as u64;
            LedgerTotal {
                pillar,
                outcome: outcome.to_owned(),
                entries: mine.len() as u64,
                gains: count(Verdict::Gain),
                losses: count(Verdict::Loss),
                not_proven: count(Verdict::NotProven),
                amount: sum(&mine.iter().filter_map(|e| e.amount).collect::<Vec<_>>()),
                cost_minor: mine.iter().map(|e| e.cost_minor).sum(),
            }
        })
        .collect()
}

/// What is proven in the outcome that was booked most often: one kind of money
/// in one currency, its interval as in [`totals`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Sum with its interval.
    pub amount: Amount,
    /// ISO 4217 code.
    pub currency: String,
    /// Entries in it.
    pub entries: u64,
}

/// The headline of the ledger; none when nothing is proven.
#[must_use]
pub fn proven(entries: &[LedgerEntry]) -> Option<Proven> {
    let mut groups: BTreeMap<(&str, &str), Vec<Amount>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.verdict != Verdict::NotProven) {
        groups.entry((&entry.outcome, &entry.currency)).or_default().extend(entry.amount);
    }
    // of equally many the first by name, so that the answer never wavers
    let ((_, currency), amounts) = groups.into_iter().rev().max_by_key(|(_, amounts)| amounts.len())?;
    Some(Proven { amount: sum(&amounts)?, currency: currency.to_owned(), entries: amounts.len() as u64 })
}

fn sum(amounts: &[Amount]) -> Option<Amount> {
    if amounts.is_empty() {
        return None;
    }
    let minor: i64 = amounts.iter().map(|a| a.minor).sum();
    let root = |part: fn(&Amount) -> i64| {
        let squares: f64 = amounts.iter().map(|a| (part(a) as f64).powi(2)).sum();
        squares.sqrt().round() as i64
    };
    Some(Amount { minor, low: minor - root(|a| a.minor - a.low), high: minor + root(|a| a.high - a.minor) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_has_the_interval_of_the_total_and_leaves_the_unproven_out() {
        let gains = [(100, 90, 110), (200, 170, 230)].map(|a| entry(Pillar::Customer, Verdict::Gain, Some(a)));
        let mut all = gains.to_vec();
        all.push(entry(Pillar::Brand, Verdict::NotProven, None));
        let headline = proven(&all).unwrap();
        assert_eq!(Some(headline.amount), totals(&gains)[0].amount);
        assert_eq!(headline.entries, 2);
        assert_eq!(proven(&all[2..]), None);
    }

    fn entry(pillar: Pillar, verdict: Verdict, amount: Option<(i64, i64, i64)>) -> LedgerEntry {
        LedgerEntry {
            org: OrgId::stored("org_a".to_owned()),
            id: LedgerEntryId::stored("led_1".to_owned()),
            evaluation: EvaluationId::stored("evl_1".to_owned()),
            subject_kind: "initiative".to_owned(),
            subject_key: "ini_1".to_owned(),
            title: String::new(),
            outcome: "aum".to_owned(),
            pillar,
            verdict,
            amount: amount.map(|(minor, low, high)| Amount { minor, low, high }),
            cost_minor: 10,
            currency: "CNY".to_owned(),
            from: Month(100),
            to: Month(105),
            booked_at: jiff::Timestamp::UNIX_EPOCH,
            booked_by: "usr_1".to_owned(),
            note: String::new(),
        }
    }

    #[test]
    fn the_interval_of_a_sum_is_narrower_than_the_sum_of_intervals() {
        let entries = [
            entry(Pillar::Customer, Verdict::Gain, Some((100, 70, 130))),
            entry(Pillar::Customer, Verdict::Loss, Some((-50, -90, -10))),
            entry(Pillar::Customer, Verdict::NotProven, None),
            entry(Pillar::Brand, Verdict::Gain, Some((5, 1, 9))),
        ];
        let totals = totals(&entries);
        assert_eq!(totals.iter().map(|t| t.pillar).collect::<Vec<_>>(), [Pillar::Brand, Pillar::Customer]);
        let customer = &totals[1];
        assert_eq!(customer.amount, Some(Amount { minor: 50, low: 0, high: 100 }));
        assert_eq!((customer.entries, customer.gains, customer.losses, customer.not_proven), (3, 1, 1, 1));
        assert_eq!(customer.cost_minor, 30);
    }

    #[test]
    fn entries_of_the_same_subject_and_months_overlap() {
        let (a, mut b) = (entry(Pillar::Customer, Verdict::Gain, None), entry(Pillar::Customer, Verdict::Gain, None));
        b.from = Month(105);
        b.to = Month(110);
        assert!(a.overlaps(&b));
        b.from = Month(106);
        assert!(!a.overlaps(&b));
        b.from = Month(100);
        b.outcome = "orders".to_owned();
        assert!(!a.overlaps(&b));
    }
}
