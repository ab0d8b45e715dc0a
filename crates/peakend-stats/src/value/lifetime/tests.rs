//! Planted customers, a forecast against what they then did, and refusals.

use super::*;

/// Customers of known parameters observed for `age`, and their purchases in the
/// same time again.
fn planted(n: usize, age: f64) -> (Vec<Buyer>, f64) {
    let mut draws = Draws::seeded(13);
    let (mut buyers, mut later) = (Vec::new(), 0.0);
    for _ in 0..n {
        // gamma(2) over 8: the sum of two exponentials; beta(1, 3): the least of three uniforms
        let rate = -(draws.unit() * draws.unit()).ln() / 8.0;
        let drop = draws.unit().min(draws.unit()).min(draws.unit());
        let (mut now, mut alive) = (0.0, true);
        let mut buyer = Buyer { repeats: 0, last: 0.0, age, spend: 20.0 + 5.0 * draws.normal() };
        while alive {
            now -= draws.unit().ln() / rate;
            if now > 2.0 * age {
                break;
            }
            if now <= age {
                (buyer.repeats, buyer.last) = (buyer.repeats + 1, now);
            } else {
                later += 1.0;
            }
            alive = draws.unit() >= drop;
        }
        buyers.push(buyer);
    }
    (buyers, later / n as f64)
}

#[test]
fn the_forecast_holds_what_customers_then_did() {
    let (buyers, later) = planted(1_500, 30.0);
    let value = lifetime_value(&buyers, &LifetimeOptions { horizon: 30.0, seed: 1, resamples: 25 }).unwrap();
    let p = value.parameters;
    assert!((p.r - 2.0).abs() < 0.7 && (p.alpha - 8.0).abs() < 3.0, "{p:?}");
    assert!((p.a / (p.a + p.b) - 0.25).abs() < 0.06, "{p:?}");
    assert!((value.purchases.value / later - 1.0).abs() < 0.15, "{} {later}", value.purchases.value);
    let interval = value.money.interval.unwrap();
    assert!(interval.lo < value.money.value && value.money.value < interval.hi);
    assert!((value.money.value / value.purchases.value - 20.0).abs() < 1.0);
    assert!(!value.projection);
}

#[test]
fn few_customers_few_repeats_and_broken_histories_are_refused() {
    let (buyers, _) = planted(200, 30.0);
    let options = LifetimeOptions { horizon: 10.0, seed: 1, resamples: 0 };
    assert_eq!(lifetime_value(&buyers[..99], &options).unwrap_err().reason, RefusalReason::TooFewAnswers);
    let once: Vec<Buyer> = buyers.iter().map(|b| Buyer { repeats: 0, last: 0.0, ..*b }).collect();
    assert_eq!(lifetime_value(&once, &options).unwrap_err().reason, RefusalReason::TooFewEvents);
    let mut broken = buyers.clone();
    broken[0].last = 31.0;
    assert_eq!(lifetime_value(&broken, &options).unwrap_err().reason, RefusalReason::NotFinite);
    assert!(lifetime_value(&buyers, &LifetimeOptions { horizon: 60.0, ..options }).unwrap().projection);
}
