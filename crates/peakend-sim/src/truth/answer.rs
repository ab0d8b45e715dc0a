//! Answers and spending of people who have nothing to do with each other.

use crate::random::Random;

/// Shares of the three classes of a recommendation score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreMix {
    /// Share of promoters, 0 to 1.
    pub promoters: f64,
    /// Share of passives.
    pub passives: f64,
    /// Share of detractors.
    pub detractors: f64,
}

impl ScoreMix {
    /// Mixes from enthusiastic to hostile, narrow and torn, four with a rare class;
    /// the shares are per cent.
    pub const ALL: [Self; 13] = [
        Self::of(50, 30, 20),
        Self::of(70, 20, 10),
        Self::of(85, 10, 5),
        Self::of(30, 40, 30),
        Self::of(20, 30, 50),
        Self::of(5, 15, 80),
        Self::of(45, 10, 45),
        Self::of(10, 80, 10),
        Self::of(60, 35, 5),
        Self::of(97, 2, 1),
        Self::of(50, 48, 2),
        Self::of(20, 78, 2),
        Self::of(60, 39, 1),
    ];

    const fn of(promoters: u8, passives: u8, detractors: u8) -> Self {
        Self {
            promoters: promoters as f64 / 100.0,
            passives: passives as f64 / 100.0,
            detractors: detractors as f64 / 100.0,
        }
    }

    /// The planted NPS, in points.
    #[must_use]
    pub fn nps(&self) -> f64 {
        100.0 * (self.promoters - self.detractors)
    }

    /// The same with `points` of NPS more, taken half from the detractors and given
    /// half to the promoters.
    #[must_use]
    pub fn lifted(&self, points: f64) -> Self {
        let moved = points / 200.0;
        Self { promoters: self.promoters + moved, passives: self.passives, detractors: self.detractors - moved }
    }

    /// Promoters, passives and detractors among `n` answers.
    #[must_use]
    pub fn answers(&self, random: &mut Random, n: u64) -> [u64; 3] {
        let mut counts = [0; 3];
        for _ in 0..n {
            counts[random.weighted(&[self.promoters, self.passives, self.detractors])] += 1;
        }
        counts
    }
}

/// Ratings from 1 to 5, left-skewed as ratings are, and their planted mean.
#[must_use]
pub fn ratings(random: &mut Random, n: usize) -> (Vec<f64>, f64) {
    const SHARES: [f64; 5] = [0.06, 0.08, 0.16, 0.38, 0.32];
    let mean = SHARES.iter().zip(1_u8..).map(|(share, score)| share * f64::from(score)).sum();
    (std::iter::repeat_with(|| random.weighted(&SHARES) as f64 + 1.0).take(n).collect(), mean)
}

/// Arm, spending after and spending before of the customers of an experiment;
/// spending is skewed, goes on from before, and rises by `effect` in the new arm.
#[must_use]
pub fn spending(random: &mut Random, n: usize, effect: f64) -> Vec<(bool, f64, f64)> {
    let one = |random: &mut Random| {
        let before = (3.0 + 0.5 * random.normal()).exp();
        let treated = random.chance(0.5);
        let lift = if treated { effect } else { 0.0 };
        (treated, 5.0 + 0.7 * before + lift + 6.0 * random.normal(), before)
    };
    std::iter::repeat_with(|| one(random)).take(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_has_its_nps_and_a_lift_moves_it() {
        let mix = ScoreMix::ALL[0];
        assert!((mix.nps() - 30.0).abs() < 1e-9 && (mix.lifted(8.0).nps() - 38.0).abs() < 1e-9);
        let counts = mix.answers(&mut Random::new(1, "answers", 0), 20_000);
        let nps = 100.0 * (counts[0] as f64 - counts[2] as f64) / 20_000.0;
        assert_eq!(counts.iter().sum::<u64>(), 20_000);
        assert!((nps - 30.0).abs() < 2.0, "{nps}");
    }

    #[test]
    fn the_same_key_gives_the_same_world() {
        let world = |index| spending(&mut Random::new(3, "spending", index), 50, 2.0);
        assert_eq!(world(1), world(1));
        assert_ne!(world(1), world(2));
        assert!((ratings(&mut Random::new(3, "ratings", 0), 10).1 - 3.82).abs() < 1e-9);
    }
}
