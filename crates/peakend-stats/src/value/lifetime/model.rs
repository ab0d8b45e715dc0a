//! The BG/NBD model: likelihood, its maximum by the simplex of Nelder and Mead on
//! the logarithms of the parameters, and expectations.

use std::collections::BTreeMap;

use statrs::function::gamma::ln_gamma;

use super::{Buyer, PurchaseParameters};
use crate::figure::{Refusal, RefusalReason};

/// Steps of the simplex after which a fit has not settled.
const STEPS: usize = 2_000;
/// Spread of the log likelihood over the simplex, relative, at which it has.
const SETTLED: f64 = 1e-10;
/// Terms of the hypergeometric series at most.
const TERMS: u32 = 100_000;

/// Customers with one history counted together.
pub(super) struct Counted(Vec<(Buyer, f64)>);

impl Counted {
    /// Customers with how often each counts.
    pub(super) fn of<'a>(buyers: impl Iterator<Item = (&'a Buyer, u32)>) -> Self {
        let mut alike: BTreeMap<(u32, u64, u64, u64), (Buyer, f64)> = BTreeMap::new();
        for (b, times) in buyers {
            let key = (b.repeats, b.last.to_bits(), b.age.to_bits(), b.spend.to_bits());
            alike.entry(key).or_insert((*b, 0.0)).1 += f64::from(times);
        }
        Self(alike.into_values().collect())
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&Buyer, f64)> {
        self.0.iter().map(|(b, times)| (b, *times))
    }

    /// The same without regard to spend, as the likelihood sees them.
    fn histories(&self) -> Self {
        let mut alike: BTreeMap<(u32, u64, u64), (Buyer, f64)> = BTreeMap::new();
        for (b, times) in self.rows() {
            alike.entry((b.repeats, b.last.to_bits(), b.age.to_bits())).or_insert((*b, 0.0)).1 += times;
        }
        Self(alike.into_values().collect())
    }
}

/// A fitted model.
#[derive(Debug, Clone, Copy)]
pub(super) struct PurchaseModel {
    pub(super) parameters: PurchaseParameters,
    pub(super) log_likelihood: f64,
}

fn parameters(logs: &[f64; 4]) -> PurchaseParameters {
    let [r, alpha, a, b] = logs.map(f64::exp);
    PurchaseParameters { r, alpha, a, b }
}

impl PurchaseModel {
    pub(super) fn fit(counted: &Counted, start: Option<&Self>) -> Result<Self, Refusal> {
        let histories = counted.histories();
        let (n, ages) = histories.rows().fold((0.0, 0.0), |(n, ages), (b, times)| (n + times, ages + times * b.age));
        let first = match start {
            Some(model) => {
                let p = model.parameters;
                [p.r, p.alpha, p.a, p.b].map(f64::ln)
            }
            // one purchase in a tenth of the time observed, one in three drops out
            None => [0.0, (ages / n / 10.0).ln(), 0.0, 2.0_f64.ln()],
        };
        let reach = if start.is_some() { 0.2 } else { 0.8 };
        let (logs, least) = simplex(first, reach, |logs| -log_likelihood(&histories, &parameters(logs)))
            .ok_or(Refusal::count(RefusalReason::NotConverged, STEPS as u64, STEPS as u64))?;
        Ok(Self { parameters: parameters(&logs), log_likelihood: -least })
    }

    /// Ratio of the chance of having dropped out at the last purchase to that of
    /// being a customer still.
    fn odds_of_loss(&self, buyer: &Buyer) -> f64 {
        if buyer.repeats == 0 {
            return 0.0;
        }
        let PurchaseParameters { r, alpha, a, b } = self.parameters;
        let x = f64::from(buyer.repeats);
        a / (b + x - 1.0) * ((alpha + buyer.age) / (alpha + buyer.last)).powf(r + x)
    }

    /// Probability of being a customer still.
    pub(super) fn alive(&self, buyer: &Buyer) -> f64 {
        1.0 / (1.0 + self.odds_of_loss(buyer))
    }

    /// Expected purchases in a time ahead, given the history.
    pub(super) fn expected(&self, buyer: &Buyer, ahead: f64) -> f64 {
        let PurchaseParameters { r, alpha, a, b } = self.parameters;
        // the formula has a removable gap at a = 1
        let a = if (a - 1.0).abs() < 1e-6 { a + 2e-6 } else { a };
        let x = f64::from(buyer.repeats);
        let share = (alpha + buyer.age) / (alpha + buyer.age + ahead);
        let series = hypergeometric(r + x, b + x, a + b + x - 1.0, 1.0 - share);
        let loyal = (a + b + x - 1.0) / (a - 1.0) * (1.0 - share.powf(r + x) * series);
        loyal * self.alive(buyer)
    }
}

fn log_likelihood(histories: &Counted, p: &PurchaseParameters) -> f64 {
    let PurchaseParameters { r, alpha, a, b } = *p;
    let fixed = r * alpha.ln() - ln_gamma(r) + ln_gamma(a + b) - ln_gamma(b);
    let one = |buyer: &Buyer| {
        let x = f64::from(buyer.repeats);
        let common = fixed + ln_gamma(r + x) + ln_gamma(b + x) - ln_gamma(a + b + x);
        let stayed = -(r + x) * (alpha + buyer.age).ln();
        if buyer.repeats == 0 {
            return common + stayed;
        }
        let left = a.ln() - (b + x - 1.0).ln() - (r + x) * (alpha + buyer.last).ln();
        let larger = stayed.max(left);
        common + larger + ((stayed - larger).exp() + (left - larger).exp()).ln()
    };
    histories.rows().map(|(buyer, times)| times * one(buyer)).sum()
}

/// Gauss's 2F1 by its series, 0 <= z < 1.
fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..TERMS {
        let k = f64::from(k);
        term *= (a + k) * (b + k) / ((c + k) * (k + 1.0)) * z;
        sum += term;
        if term.abs() <= f64::EPSILON * sum.abs() {
            break;
        }
    }
    sum
}

/// Least value of a function of four variables; `None` when it does not settle.
fn simplex(start: [f64; 4], reach: f64, cost: impl Fn(&[f64; 4]) -> f64) -> Option<([f64; 4], f64)> {
    let at = |point: [f64; 4]| (point, cost(&point));
    let mut corners = vec![at(start)];
    for j in 0..4 {
        let mut point = start;
        point[j] += reach;
        corners.push(at(point));
    }
    for _ in 0..STEPS {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (corners[0], corners[4]);
        if (worst.1 - best.1).abs() <= SETTLED * (1.0 + best.1.abs()) {
            return best.1.is_finite().then_some(best);
        }
        let centre: [f64; 4] = std::array::from_fn(|j| corners[..4].iter().map(|c| c.0[j]).sum::<f64>() / 4.0);
        let along = |share: f64| at(std::array::from_fn(|j| centre[j] + share * (centre[j] - worst.0[j])));
        let mirrored = along(1.0);
        let better = if mirrored.1 < best.1 {
            let further = along(2.0);
            if further.1 < mirrored.1 { further } else { mirrored }
        } else if mirrored.1 < corners[3].1 {
            mirrored
        } else {
            along(if mirrored.1 < worst.1 { 0.5 } else { -0.5 })
        };
        if better.1 < worst.1 {
            corners[4] = better;
            continue;
        }
        for corner in &mut corners[1..] {
            *corner = at(std::array::from_fn(|j| f64::midpoint(best.0[j], corner.0[j])));
        }
    }
    None
}
