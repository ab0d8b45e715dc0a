//! Fast reproducible randomness: xoshiro256++ (Blackman and Vigna, 2019), one
//! stream per (seed, purpose, number), and normal values by table.

/// What a stream is for; part of its key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Effects = 1,
    Responses = 2,
    Customers = 3,
    Devotion = 4,
}

/// A stream of random values; the same key gives the same stream everywhere.
#[derive(Debug, Clone)]
pub(super) struct Dice([u64; 4]);

/// One step of splitmix64: scatters the bits of a counter.
pub(super) const fn scatter(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A key of 64 bits for a purpose.
pub(super) const fn key(seed: u64, purpose: Purpose) -> u64 {
    scatter(scatter(seed) ^ (purpose as u64))
}

impl Dice {
    pub(super) fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut x = key(seed, purpose) ^ scatter(number.wrapping_add(0x5851_f42d_4c95_7f2d));
        Self(std::array::from_fn(|_| {
            x = scatter(x);
            x
        }))
    }

    /// Sixty-four random bits.
    #[inline]
    pub(super) fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform in [0, 1).
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Uniform integer in `0..n`; `n` must be positive.
    #[inline]
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Standard normal with full tails (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let u = 1.0 - self.unit();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Quantiles of the standard normal at 65,536 even steps: sixteen random bits
/// make a value that is good enough for what is rounded to a score.
#[derive(Debug)]
pub(super) struct Bell(Vec<f32>);

impl Bell {
    const STEPS: usize = 1 << 16;

    /// Inverts the distribution function along a fine grid.
    pub(super) fn new() -> Self {
        const GRID: f64 = 1.0 / 4096.0;
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let half = Self::STEPS / 2;
        let (mut x, mut below, mut upper) = (0.0_f64, 0.5, Vec::with_capacity(half));
        while upper.len() < half {
            // Simpson's rule over one step of the grid
            let step = GRID / 6.0 * (density(x) + 4.0 * density(x + GRID / 2.0) + density(x + GRID));
            while upper.len() < half {
                let wanted = 0.5 + (upper.len() as f64 + 0.5) / Self::STEPS as f64;
                if wanted > below + step {
                    break;
                }
                upper.push(x + GRID * (wanted - below) / step);
            }
            below += step;
            x += GRID;
        }
        // the steps cut the tails: stretch to a variance of exactly 1
        let sd = (upper.iter().map(|z| z * z).sum::<f64>() / half as f64).sqrt();
        let lower = upper.iter().rev().map(|z| -z);
        Self(lower.chain(upper.iter().copied()).map(|z| (z / sd) as f32).collect())
    }

    /// The four normal values in sixty-four random bits.
    #[inline]
    pub(super) fn four(&self, bits: u64) -> [f32; 4] {
        [0, 16, 32, 48].map(|shift| self.0[usize::from((bits >> shift) as u16)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // first values of xoshiro256++ from the state 1, 2, 3, 4 (reference implementation)
        let mut dice = Dice([1, 2, 3, 4]);
        let seen: [u64; 4] = std::array::from_fn(|_| dice.bits());
        assert_eq!(seen, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn the_bell_has_the_known_quantiles() {
        let bell = Bell::new();
        assert_eq!(bell.0.len(), 65_536);
        for (p, z) in [(0.025, -1.959_964), (0.5, 0.0), (0.841_345, 1.0), (0.975, 1.959_964), (0.999, 3.090_232)] {
            let found = f64::from(bell.0[(p * 65_536.0) as usize]);
            assert!((found - z).abs() < 0.003, "{p}: {found} for {z}");
        }
    }

    #[test]
    fn streams_of_neighbours_differ() {
        let first = |seed, number| Dice::new(seed, Purpose::Responses, number).bits();
        let all = std::collections::BTreeSet::from([first(1, 0), first(1, 1), first(2, 0), first(0, 1), first(0, 2)]);
        assert_eq!(all.len(), 5);
        assert_ne!(first(1, 0), Dice::new(1, Purpose::Customers, 0).bits());
    }
}
