//! How long customers stay, and what drives a score.

use crate::random::Random;

/// One customer under observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stay {
    /// Months until leaving or until the last look.
    pub months: f64,
    /// Whether the customer left.
    pub left: bool,
    /// Whether the customer has been recovered after a complaint.
    pub recovered: bool,
    /// Age in decades around the mean.
    pub age: f64,
}

/// Customers whose hazard of leaving is exp(`log_ratio`) times that of others once
/// recovered; whole months, so many leave together.
#[must_use]
pub fn stays(random: &mut Random, n: usize, log_ratio: f64) -> Vec<Stay> {
    let one = |random: &mut Random| {
        let (recovered, age) = (random.chance(0.4), random.normal());
        let pace = 0.03 * (0.3 * age + if recovered { log_ratio } else { 0.0 }).exp();
        let until = (-(1.0 - random.unit()).ln() / pace).ceil();
        let watched = (6.0 + 42.0 * random.unit()).floor();
        Stay { months: until.min(watched), left: until <= watched, recovered, age }
    };
    std::iter::repeat_with(|| one(random)).take(n).collect()
}

/// Answers on five drivers, of which the first three matter in this order, the
/// fourth goes along with the first, and the fifth is noise; then the outcome.
#[must_use]
pub fn driven(random: &mut Random, n: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut drivers = vec![Vec::new(); 5];
    let mut outcome = Vec::with_capacity(n);
    for _ in 0..n {
        let mood = random.normal();
        let mut own: [f64; 5] = [0.0; 5].map(|_: f64| 0.7 * mood + random.normal());
        own[3] = 0.8 * own[0] + 0.6 * random.normal();
        own[4] = random.normal();
        outcome.push(0.6 * own[0] + 0.4 * own[1] + 0.2 * own[2] + random.normal());
        for (column, x) in drivers.iter_mut().zip(own) {
            column.push(x);
        }
    }
    (drivers, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovered_customers_leave_later_when_their_hazard_is_lower() {
        let stays = stays(&mut Random::new(1, "stays", 0), 20_000, -0.7);
        let pace = |recovered: bool| {
            let own: Vec<&Stay> = stays.iter().filter(|s| s.recovered == recovered).collect();
            own.iter().filter(|s| s.left).count() as f64 / own.iter().map(|s| s.months).sum::<f64>()
        };
        let ratio = (pace(true) / pace(false)).ln();
        assert!((ratio + 0.7).abs() < 0.1, "{ratio}");
        let (drivers, outcome) = driven(&mut Random::new(1, "driven", 0), 10);
        assert_eq!((drivers.len(), drivers[4].len(), outcome.len()), (5, 10, 10));
    }
}
