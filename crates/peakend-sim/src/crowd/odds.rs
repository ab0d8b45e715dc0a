//! How often each touchpoint, line, channel, region, branch and topic occurs.

use super::alias::Alias;

/// Touchpoints of a pillar: its first and how many there are; brand, customer, employee.
const TOUCHPOINTS: [(usize, usize); 3] = [(0, 15), (15, 35), (50, 10)];
/// Shares of the pillars.
const PILLARS: [f64; 3] = [0.20, 0.70, 0.10];
/// Shares of the customer segments, added up, in parts of 2^24.
const SEGMENTS: [u64; 5] = [8_388_608, 11_744_051, 13_757_317, 15_435_039, 16_273_900];
/// Regions of the bank.
const REGIONS: usize = 34;
/// Units of the bank; the region of a unit is its number modulo [`REGIONS`].
const UNITS: usize = 2_000;

/// The tables of all independent draws.
#[derive(Debug)]
pub(super) struct Odds {
    pub(super) touchpoint: Weighted,
    pub(super) business_line: Weighted,
    pub(super) channel: Weighted,
    pub(super) region: Weighted,
    pub(super) branch: Weighted,
    pub(super) topic: Weighted,
}

/// Weights that add up to one, with their table.
#[derive(Debug)]
pub(super) struct Weighted {
    pub(super) shares: Vec<f64>,
    alias: Alias,
}

impl Weighted {
    fn new(weights: Vec<f64>) -> Self {
        let total: f64 = weights.iter().sum();
        let alias = Alias::new(&weights);
        Self { shares: weights.iter().map(|w| w / total).collect(), alias }
    }

    /// Zipf's law: the weight of the i-th is 1 / i^s.
    fn zipf(n: usize, s: f64) -> Self {
        Self::new((1..=n).map(|i| (i as f64).powf(-s)).collect())
    }

    #[inline]
    pub(super) fn pick(&self, bits: u64) -> usize {
        self.alias.pick(bits)
    }
}

impl Odds {
    pub(super) fn new() -> Self {
        // the touchpoint is floor(u^1.5 * n) within its pillar: early ones are met more often
        let reached = |i: usize, n: usize| (i as f64 / n as f64).powf(2.0 / 3.0);
        let touchpoints = TOUCHPOINTS.iter().zip(PILLARS);
        let touchpoints =
            touchpoints.flat_map(|(&(_, n), p)| (0..n).map(move |i| p * (reached(i + 1, n) - reached(i, n)))).collect();
        Self {
            touchpoint: Weighted::new(touchpoints),
            business_line: Weighted::zipf(12, 0.7),
            channel: Weighted::zipf(9, 0.8),
            region: Weighted::zipf(REGIONS, 0.6),
            branch: Weighted::zipf(59, 0.5),
            topic: Weighted::zipf(200, 0.9),
        }
    }

    /// Shares of the units.
    pub(super) fn units(&self) -> Vec<f64> {
        let mut shares = vec![0.0; UNITS];
        for (k, branch) in self.branch.shares.iter().enumerate() {
            for (r, region) in self.region.shares.iter().enumerate() {
                shares[unit(r, k)] += branch * region;
            }
        }
        shares
    }
}

/// The unit of a region's branch: the region itself where the branch does not exist.
#[inline]
pub(super) fn unit(region: usize, branch: usize) -> usize {
    let unit = region + REGIONS * branch;
    if unit < UNITS { unit } else { region }
}

/// The pillar of a touchpoint: 0 brand, 1 customer, 2 employee.
#[inline]
pub(super) fn pillar(touchpoint: usize) -> u8 {
    u8::from(touchpoint >= TOUCHPOINTS[1].0) + u8::from(touchpoint >= TOUCHPOINTS[2].0)
}

/// The segment of a customer, 0 to 5: a property of the id alone.
#[inline]
pub(super) fn segment(customer: u64) -> u8 {
    let h = customer.wrapping_mul(11_400_714_819_323_198_485) >> 40;
    SEGMENTS.iter().map(|&cut| u8::from(h >= cut)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of the segments.
    const SEGMENT_SHARES: [f64; 6] = [0.50, 0.20, 0.12, 0.10, 0.05, 0.03];

    #[test]
    fn segments_have_their_shares() {
        let mut seen = [0.0_f64; 6];
        for id in 0..100_000 {
            seen[usize::from(segment(id))] += 1e-5;
        }
        for (found, share) in seen.iter().zip(SEGMENT_SHARES) {
            assert!((found - share).abs() < 0.001, "{seen:?}");
        }
    }

    #[test]
    fn every_touchpoint_and_unit_has_a_share_and_a_pillar() {
        let odds = Odds::new();
        let by_pillar: Vec<f64> = (0..3)
            .map(|p| {
                let of = odds.touchpoint.shares.iter().enumerate().filter(|(t, _)| pillar(*t) == p);
                of.map(|(_, share)| share).sum()
            })
            .collect();
        for (found, share) in by_pillar.iter().zip(PILLARS) {
            assert!((found - share).abs() < 1e-9, "{by_pillar:?}");
        }
        let units = odds.units();
        assert!(units.iter().all(|share| *share > 0.0));
        assert!((units.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
