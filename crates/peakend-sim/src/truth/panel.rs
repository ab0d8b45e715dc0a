//! Customers and branches over time, and customers who chose for themselves.

use crate::random::Random;

/// One customer of a branch in one month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BranchRow {
    /// Customer.
    pub customer: u64,
    /// Branch: what was changed together.
    pub branch: u64,
    /// Whether the branch belongs to those changed.
    pub treated: bool,
    /// Month, from 0.
    pub month: i32,
    /// Whether the change has happened by then.
    pub after: bool,
    /// Figure of the customer.
    pub figure: f64,
}

/// `count` branches, half of them changed after four of seven months; customers
/// differ, branches differ, and every branch has a fortune of its own that lasts.
#[must_use]
pub fn branches(random: &mut Random, count: u64, effect: f64) -> Vec<BranchRow> {
    let mut rows = Vec::new();
    for branch in 0..count {
        let (level, treated) = (2.0 * random.normal(), branch % 2 == 0);
        let mut fortune = random.normal();
        let fortunes: Vec<f64> = std::iter::repeat_with(|| {
            fortune = 0.6 * fortune + 0.8 * random.normal();
            fortune
        })
        .take(7)
        .collect();
        for person in 0..8 + random.below(12) as u64 {
            let own = 3.0 * random.normal();
            for (month, fortune) in (0..7).zip(&fortunes) {
                let after = month >= 4;
                let lift = if treated && after { effect } else { 0.0 };
                let figure = 40.0 + level + own + 0.3 * f64::from(month) + fortune + lift + 4.0 * random.normal();
                rows.push(BranchRow { customer: branch * 100 + person, branch, treated, month, after, figure });
            }
        }
    }
    rows
}

/// One unit of a roll-out in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RolloutRow {
    /// Unit.
    pub unit: u64,
    /// Period, from 1.
    pub period: i64,
    /// First treated period; `None` for never.
    pub first: Option<i64>,
    /// Outcome.
    pub outcome: f64,
}

/// First treated periods of the cohorts of [`rollout`], and the number of periods.
const COHORTS: [i64; 3] = [4, 6, 8];
const PERIODS: i64 = 9;

/// Effect of a cohort some periods after its start: it grows, and more so for
/// those who began early, which two-way fixed effects get wrong.
fn grown(first: i64, period: i64, effect: f64) -> f64 {
    effect * (1.0 + 0.4 * (period - first) as f64) * if first == COHORTS[0] { 1.5 } else { 1.0 }
}

/// 60 units in each of three cohorts and 80 never treated; shocks last.
#[must_use]
pub fn rollout(random: &mut Random, effect: f64) -> Vec<RolloutRow> {
    let cohorts = COHORTS.iter().map(|first| (Some(*first), 60)).chain([(None, 80)]);
    let mut rows = Vec::new();
    for (unit, first) in (0..).zip(cohorts.flat_map(|(first, n)| std::iter::repeat_n(first, n))) {
        // those who begin early are larger: levels differ, trends do not
        let level = 3.0 * random.normal() - first.map_or(0.0, |f| 0.5 * f as f64);
        let mut shock = random.normal();
        for period in 1..=PERIODS {
            shock = 0.5 * shock + random.normal();
            let lift = first.filter(|f| period >= *f).map_or(0.0, |f| grown(f, period, effect));
            let outcome = 20.0 + level + 0.4 * period as f64 + lift + shock;
            rows.push(RolloutRow { unit, period, first, outcome });
        }
    }
    rows
}

/// The planted average over all treated cohorts and periods of [`rollout`].
#[must_use]
pub fn rollout_effect(effect: f64) -> f64 {
    let cells: Vec<f64> =
        COHORTS.iter().flat_map(|&first| (first..=PERIODS).map(move |p| grown(first, p, effect))).collect();
    cells.iter().sum::<f64>() / cells.len() as f64
}

/// A customer who did or did not join, with what was known before.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Whether the customer joined.
    pub joined: bool,
    /// Figure afterwards.
    pub figure: f64,
    /// Tenure, score before, and whether there is an adviser.
    pub known: [f64; 3],
}

/// Customers of whom the better placed join more readily: the bare difference is
/// not the effect.
#[must_use]
pub fn confounded(random: &mut Random, n: usize, effect: f64) -> Vec<Compared> {
    let one = |random: &mut Random| {
        let (tenure, score) = (random.normal(), random.normal());
        let adviser = f64::from(u8::from(random.chance(0.4)));
        let pull = -0.6 + 0.6 * tenure + 0.4 * score + 0.5 * adviser;
        let joined = random.chance(1.0 / (1.0 + (-pull).exp()));
        let lift = if joined { effect } else { 0.0 };
        let figure = 30.0 + 3.0 * tenure + 2.0 * score + 4.0 * adviser + lift + 5.0 * random.normal();
        Compared { joined, figure, known: [tenure, score, adviser] }
    };
    std::iter::repeat_with(|| one(random)).take(n).collect()
}

/// A customer's score and figure in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkedRow {
    /// Customer.
    pub customer: u64,
    /// Period, from 0.
    pub period: i64,
    /// Score, 0 to 10.
    pub score: f64,
    /// Figure.
    pub figure: f64,
}

/// 200 customers over eight periods with gaps. Richer customers score higher, so
/// the pooled line is too steep; within a customer one point goes with `slope`.
#[must_use]
pub fn linked(random: &mut Random, slope: f64) -> Vec<LinkedRow> {
    let mut rows = Vec::new();
    for customer in 0..200 {
        let wealth = random.normal();
        let mut shock = random.normal();
        for period in 0..8 {
            shock = 0.5 * shock + 0.9 * random.normal();
            let score = (6.5 + 1.2 * wealth + 1.8 * random.normal()).round().clamp(0.0, 10.0);
            let figure = 50.0 + 6.0 * wealth + 0.5 * period as f64 + slope * score + 2.0 * shock;
            if !random.chance(0.15) {
                rows.push(LinkedRow { customer, period, score, figure });
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_effects_stand_in_the_means() {
        let rows = branches(&mut Random::new(1, "branches", 0), 400, 5.0);
        let mean = |treated: bool, after: bool| {
            let cell: Vec<f64> =
                rows.iter().filter(|r| r.treated == treated && r.after == after).map(|r| r.figure).collect();
            cell.iter().sum::<f64>() / cell.len() as f64
        };
        let effect = mean(true, true) - mean(true, false) - mean(false, true) + mean(false, false);
        assert!((effect - 5.0).abs() < 0.6, "{effect}");
    }

    #[test]
    fn the_average_of_a_roll_out_is_over_its_treated_cells() {
        // effects grow by 0.4 of the first one each period
        assert!((rollout_effect(1.0) - (1.5 * 12.0 + 6.4 + 2.4) / 12.0).abs() < 1e-12);
        let treated = |r: &RolloutRow| r.first.is_some_and(|f| r.period >= f);
        assert_eq!(rollout(&mut Random::new(1, "rollout", 0), 1.0).iter().filter(|r| treated(r)).count(), 720);
    }

    #[test]
    fn the_bare_difference_of_those_who_chose_is_too_large() {
        let rows = confounded(&mut Random::new(1, "confounded", 0), 20_000, 0.0);
        let mean = |joined: bool| {
            let arm: Vec<f64> = rows.iter().filter(|r| r.joined == joined).map(|r| r.figure).collect();
            arm.iter().sum::<f64>() / arm.len() as f64
        };
        assert!(mean(true) - mean(false) > 1.5);
        assert_eq!(linked(&mut Random::new(1, "linked", 0), 1.0).iter().filter(|r| r.score > 10.0).count(), 0);
    }
}
