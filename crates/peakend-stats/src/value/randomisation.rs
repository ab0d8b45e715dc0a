//! Randomisation inference (`randomisation.v1`; Fisher 1935, Rosenbaum 2002): how
//! far the difference between treated and control clusters stands out among all
//! other ways the treatment could have been assigned. Holds for any number of
//! clusters, where cluster-robust errors need many.
//!
//! Assumes that every choice of as many clusters was equally likely. One value per
//! cluster, such as its mean after the change less its mean before. All assignments
//! are tried when there are at most 20,000, else as many are drawn from a seed. The
//! interval holds the constant effects that the test does not reject.

use serde::Serialize;

use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason};

/// Assignments up to which all are tried; above, so many are drawn.
const ASSIGNMENTS: u64 = 20_000;
/// Fewest assignments with which p can fall to 0.05.
const NEEDED: u64 = 20;
/// Relative slack under which two differences are the same.
const SAME: f64 = 1e-9;

/// One cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterValue {
    /// Whether it was treated.
    pub treated: bool,
    /// Its value.
    pub value: f64,
}

/// The comparison fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RandomisationTest {
    /// Definition id.
    pub definition: &'static str,
    /// Mean of treated less mean of control clusters.
    pub value: f64,
    /// Two-sided p: share of assignments with a difference at least as large.
    pub p: f64,
    /// Smallest p these clusters allow.
    pub p_floor: f64,
    /// 95 % interval by inverting the test; infinite where nothing is rejected.
    pub interval: Interval,
    /// Treated and control clusters.
    pub clusters: [u64; 2],
    /// Assignments compared, the actual one included.
    pub assignments: u64,
    /// Seed of the draws; absent when all assignments were tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Tests the difference between treated and control clusters.
///
/// # Errors
/// A [`Refusal`] for a value that is not finite, an empty arm, or with fewer than
/// 20 possible assignments, where p cannot reach 0.05.
pub fn randomisation_test(clusters: &[ClusterValue], seed: u64) -> Result<RandomisationTest, Refusal> {
    if let Some(bad) = clusters.iter().find(|c| !c.value.is_finite()) {
        return Err(Refusal { reason: RefusalReason::NotFinite, have: bad.value, need: 0.0 });
    }
    // an order of its own, so that the order of rows cannot matter
    let mut sorted = clusters.to_vec();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value).then_with(|| a.treated.cmp(&b.treated)));
    let values: Vec<f64> = sorted.iter().map(|c| c.value).collect();
    let actual: Vec<usize> = (0..sorted.len()).filter(|&i| sorted[i].treated).collect();
    let (g, treated) = (values.len(), actual.len());
    if treated == 0 || treated == g {
        return Err(Refusal::count(RefusalReason::TooFewClusters, 0, 1));
    }
    let possible = choices(g as u64, treated as u64);
    if possible < NEEDED {
        return Err(Refusal::count(RefusalReason::TooFewClusters, possible, NEEDED));
    }
    let arms = Arms { values: &values, actual: &actual };
    let all = possible <= ASSIGNMENTS;
    let others = if all { arms.every() } else { arms.drawn(seed) };
    let value = arms.compare(&actual).0;
    let p = share(&others, value, 0.0);
    let total = others.len() as f64;
    let limit = |direction: f64| bound(&others, value, direction, spread(&values));
    let interval = Interval::new(limit(-1.0), limit(1.0), IntervalMethod::Randomisation);
    Ok(RandomisationTest {
        definition: "randomisation.v1",
        value,
        p,
        p_floor: 1.0 / total,
        interval,
        clusters: [treated as u64, (g - treated) as u64],
        assignments: others.len() as u64,
        seed: (!all).then_some(seed),
    })
}

/// n choose k, held at the largest u64.
fn choices(n: u64, k: u64) -> u64 {
    let mut count: u128 = 1;
    for i in 0..k.min(n - k) {
        count = count * u128::from(n - i) / u128::from(i + 1);
        if count > u128::from(u64::MAX) {
            return u64::MAX;
        }
    }
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn spread(values: &[f64]) -> f64 {
    values[values.len() - 1] - values[0]
}

struct Arms<'a> {
    values: &'a [f64],
    actual: &'a [usize],
}

impl Arms<'_> {
    /// The difference of an assignment, and by how much it moves per unit of a
    /// constant effect on the actually treated.
    fn compare(&self, chosen: &[usize]) -> (f64, f64) {
        let (g, m) = (self.values.len() as f64, chosen.len() as f64);
        let own: f64 = chosen.iter().map(|&i| self.values[i]).sum();
        let all: f64 = self.values.iter().sum();
        let shared = chosen.iter().filter(|i| self.actual.binary_search(i).is_ok()).count() as f64;
        (own / m - (all - own) / (g - m), shared / m - (m - shared) / (g - m))
    }

    fn every(&self) -> Vec<(f64, f64)> {
        let (g, m) = (self.values.len(), self.actual.len());
        let mut chosen: Vec<usize> = (0..m).collect();
        let mut found = Vec::new();
        loop {
            found.push(self.compare(&chosen));
            // the next combination in order
            let Some(i) = (0..m).rev().find(|&i| chosen[i] < g - m + i) else { return found };
            chosen[i] += 1;
            for j in i + 1..m {
                chosen[j] = chosen[j - 1] + 1;
            }
        }
    }

    /// The actual assignment and draws of others.
    fn drawn(&self, seed: u64) -> Vec<(f64, f64)> {
        let mut draws = Draws::seeded(seed);
        let mut order: Vec<usize> = (0..self.values.len()).collect();
        let mut found = vec![self.compare(self.actual)];
        for _ in 1..ASSIGNMENTS {
            draws.shuffle(&mut order);
            found.push(self.compare(&order[..self.actual.len()]));
        }
        found
    }
}

/// Share of assignments whose difference, after taking a constant effect out, is
/// at least as large as the actual one's.
fn share(others: &[(f64, f64)], value: f64, effect: f64) -> f64 {
    let size = (value - effect).abs();
    let slack = SAME * (1.0 + size);
    let as_large = others.iter().filter(|(d, moved)| (d - effect * moved).abs() >= size - slack).count();
    as_large as f64 / others.len() as f64
}

/// The furthest effect in a direction that is not rejected at 5 %.
fn bound(others: &[(f64, f64)], value: f64, direction: f64, spread: f64) -> f64 {
    let kept = |reach: f64| share(others, value, value + direction * reach) > 0.05;
    let mut far = spread.max(f64::MIN_POSITIVE);
    for _ in 0..20 {
        if !kept(far) {
            break;
        }
        far *= 2.0;
    }
    if kept(far) {
        return direction * f64::INFINITY;
    }
    let (mut near, mut far) = (0.0, far);
    for _ in 0..60 {
        let middle = f64::midpoint(near, far);
        if kept(middle) {
            near = middle;
        } else {
            far = middle;
        }
    }
    value + direction * far
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clusters(treated: &[f64], control: &[f64]) -> Vec<ClusterValue> {
        let arm = |values: &[f64], treated| -> Vec<ClusterValue> {
            values.iter().map(|&value| ClusterValue { treated, value }).collect()
        };
        [arm(treated, true), arm(control, false)].concat()
    }

    #[test]
    fn the_most_extreme_of_seventy_assignments_has_p_of_two_in_seventy() {
        let test = randomisation_test(&clusters(&[5.0, 6.0, 7.0, 8.0], &[1.0, 2.0, 3.0, 4.0]), 1).unwrap();
        assert_eq!((test.assignments, test.seed), (70, None));
        assert!((test.p - 2.0 / 70.0).abs() < 1e-12 && (test.value - 4.0).abs() < 1e-12);
        assert!(test.interval.lo > 0.0 && test.interval.hi < 8.0, "{:?}", test.interval);
    }

    #[test]
    fn too_few_ways_to_assign_are_refused() {
        let refusal = randomisation_test(&clusters(&[5.0, 6.0], &[1.0, 2.0, 3.0]), 1).unwrap_err();
        assert_eq!(refusal, Refusal::count(RefusalReason::TooFewClusters, 10, 20));
        assert!(randomisation_test(&clusters(&[], &[1.0; 30]), 1).is_err());
    }

    #[test]
    fn many_clusters_are_drawn_from_the_seed_and_repeat() {
        let control: Vec<f64> = (0..20).map(|i| f64::from((i * 7) % 13)).collect();
        let treated: Vec<f64> = (0..15).map(|i| f64::from((i * 5) % 11) + 6.0).collect();
        let one = randomisation_test(&clusters(&treated, &control), 9).unwrap();
        assert_eq!(one.seed, Some(9));
        assert!(one.p < 0.01);
        assert_eq!(one, randomisation_test(&clusters(&treated, &control), 9).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn p_and_interval_agree_and_a_shift_moves_both(
            treated in prop::collection::vec(-5.0..5.0_f64, 4..6),
            control in prop::collection::vec(-5.0..5.0_f64, 4..6),
            gain in -10.0..10.0_f64,
        ) {
            let plain = randomisation_test(&clusters(&treated, &control), 1).unwrap();
            prop_assert!((plain.p_floor..=1.0).contains(&plain.p));
            prop_assert!(plain.interval.lo <= plain.value && plain.value <= plain.interval.hi);
            if plain.interval.excludes(0.0) {
                prop_assert!(plain.p <= 0.05);
            }
            let moved: Vec<f64> = treated.iter().map(|v| v + gain).collect();
            let shifted = randomisation_test(&clusters(&moved, &control), 1).unwrap();
            prop_assert!((shifted.value - plain.value - gain).abs() < 1e-9);
            if plain.interval.lo.is_finite() && shifted.interval.lo.is_finite() {
                prop_assert!((shifted.interval.lo - plain.interval.lo - gain).abs() < 1e-6);
            }
        }
    }
}
