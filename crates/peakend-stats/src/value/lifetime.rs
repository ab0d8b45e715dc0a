//! Customer lifetime value over a horizon (`lifetime-value.v1`), for purchases
//! without a contract: BG/NBD (Fader, Hardie and Lee 2005).
//!
//! Customers buy at random at their own rate (gamma over customers) and drop out
//! after any purchase with their own probability (beta over customers). What they
//! spend per purchase is taken as unrelated to how often they buy. Intervals by
//! percentile bootstrap over customers, the model refitted each time.

mod model;
#[cfg(test)]
mod tests;

use serde::Serialize;

use self::model::{Counted, PurchaseModel};
use crate::draws::Draws;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::insight::blocks::percentile_limits;

/// Fewer customers are refused.
const CUSTOMERS_FROM: u64 = 100;
/// Fewer customers who bought again are refused.
const REPEATING_FROM: u64 = 30;

/// One customer, times in one unit, counted from the first purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buyer {
    /// Purchases after the first.
    pub repeats: u32,
    /// Time of the last purchase; 0 without a repeat.
    pub last: f64,
    /// Time observed.
    pub age: f64,
    /// Mean money per purchase.
    pub spend: f64,
}

/// How to estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifetimeOptions {
    /// Time ahead, in the unit of the customers.
    pub horizon: f64,
    /// Seed of the bootstrap, stored with the result.
    pub seed: u64,
    /// Bootstrap samples; at least 100 for a steady interval.
    pub resamples: u64,
}

/// Parameters of the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PurchaseParameters {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Scale of the purchase rates, in time.
    pub alpha: f64,
    /// First shape of the drop-out probabilities.
    pub a: f64,
    /// Second shape of the drop-out probabilities.
    pub b: f64,
}

/// An estimate per customer with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PerCustomer {
    /// Mean over the customers.
    pub value: f64,
    /// 95 % interval of the mean; sampling of customers and the fit, not the luck of
    /// the horizon itself. None without a bootstrap.
    pub interval: Option<Interval>,
}

/// What customers are expected to bring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifetimeValue {
    /// Definition id.
    pub definition: &'static str,
    /// Customers.
    pub n: u64,
    /// Customers who bought again.
    pub repeating: u64,
    /// Time ahead.
    pub horizon: f64,
    /// Whether the horizon is longer than the longest time observed.
    pub projection: bool,
    /// Fitted parameters.
    pub parameters: PurchaseParameters,
    /// Log likelihood at the parameters.
    pub log_likelihood: f64,
    /// Expected purchases in the horizon.
    pub purchases: PerCustomer,
    /// Expected money in the horizon, undiscounted.
    pub money: PerCustomer,
    /// Mean probability of a customer still being one.
    pub alive: f64,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Bootstrap samples used.
    pub resamples: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Estimates the value of customers over a horizon.
///
/// # Errors
/// A [`Refusal`] with fewer than 100 customers or fewer than 30 who bought again, a
/// time or a spend that is not finite, a last purchase after the time observed, or
/// when the fit does not settle.
pub fn lifetime_value(buyers: &[Buyer], options: &LifetimeOptions) -> Result<LifetimeValue, Refusal> {
    let repeating = checked(buyers, options)?;
    let whole = Estimate::of(&Counted::of(buyers.iter().map(|b| (b, 1))), None, options.horizon)?;
    let mut draws = Draws::seeded(options.seed);
    let samples: Vec<Estimate> = (0..options.resamples)
        .filter_map(|_| {
            let mut times = vec![0; buyers.len()];
            (0..buyers.len()).for_each(|_| times[draws.below(buyers.len())] += 1);
            let drawn = Counted::of(buyers.iter().zip(times).filter(|(_, t)| *t > 0));
            Estimate::of(&drawn, Some(&whole.model), options.horizon).ok()
        })
        .collect();
    let per_customer = |of: fn(&Estimate) -> f64| {
        let limits = percentile_limits(samples.iter().map(of).collect());
        let interval = limits.map(|(lo, hi)| Interval::new(lo, hi, IntervalMethod::Resampled));
        PerCustomer { value: of(&whole), interval }
    };
    let lost = options.resamples - samples.len() as u64;
    let oldest = buyers.iter().map(|b| b.age).fold(0.0, f64::max);
    Ok(LifetimeValue {
        definition: "lifetime-value.v1",
        n: buyers.len() as u64,
        repeating,
        horizon: options.horizon,
        projection: options.horizon > oldest,
        parameters: whole.model.parameters,
        log_likelihood: whole.model.log_likelihood,
        purchases: per_customer(|e| e.purchases),
        money: per_customer(|e| e.money),
        alive: whole.alive,
        seed: options.seed,
        resamples: samples.len() as u64,
        warnings: (lost > 0).then(|| Warning::count(WarningCode::ResamplesDropped, lost, 0)).into_iter().collect(),
    })
}

/// The number of customers who bought again.
fn checked(buyers: &[Buyer], options: &LifetimeOptions) -> Result<u64, Refusal> {
    let n = buyers.len() as u64;
    if n < CUSTOMERS_FROM {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, n, CUSTOMERS_FROM));
    }
    let sound = |b: &&Buyer| {
        let times = b.last >= 0.0 && b.last <= b.age && b.age.is_finite() && b.spend.is_finite();
        times && (b.repeats > 0) == (b.last > 0.0)
    };
    let usable = buyers.iter().filter(sound).count() as u64;
    if usable < n || !(options.horizon > 0.0 && options.horizon.is_finite()) {
        return Err(Refusal::count(RefusalReason::NotFinite, usable, n));
    }
    let repeating = buyers.iter().filter(|b| b.repeats > 0).count() as u64;
    if repeating < REPEATING_FROM {
        return Err(Refusal::count(RefusalReason::TooFewEvents, repeating, REPEATING_FROM));
    }
    Ok(repeating)
}

/// One fit and the means it leads to.
struct Estimate {
    model: PurchaseModel,
    purchases: f64,
    money: f64,
    alive: f64,
}

impl Estimate {
    fn of(counted: &Counted, start: Option<&PurchaseModel>, horizon: f64) -> Result<Self, Refusal> {
        let model = PurchaseModel::fit(counted, start)?;
        let (mut n, mut purchases, mut alive, mut money, mut bought) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (buyer, times) in counted.rows() {
            n += times;
            purchases += times * model.expected(buyer, horizon);
            alive += times * model.alive(buyer);
            // every purchase counts once, so that frequent customers weigh in the mean
            let count = times * (f64::from(buyer.repeats) + 1.0);
            bought += count;
            money += count * buyer.spend;
        }
        Ok(Self { purchases: purchases / n, money: purchases / n * money / bought, alive: alive / n, model })
    }
}
