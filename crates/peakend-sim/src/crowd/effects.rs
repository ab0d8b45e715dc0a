//! What moves the quality that a customer feels: fixed effects, drift, and what is planted.

use super::dice::{Dice, Purpose, key, scatter};
use super::odds::Odds;
use super::spec::{DAY, END_DAY, FIRST_DAY};
use super::truth::{Devotion, Outlier, Repair};

/// Seed of the fixed effects: the same bank for every crowd.
const SEED: u64 = 7;
/// Effects of the segments.
const SEGMENTS: [f32; 6] = [-0.05, 0.05, 0.10, 0.15, 0.25, 0.35];
/// Mean of all places together: it puts promoters at 31 % and detractors at 39 %.
const LEVEL: f32 = -0.2;
/// What quality gains from the first day to the last.
pub(super) const DRIFT: f32 = 0.25;

/// Effects on quality, in its own unit: one score point is half a unit of it.
#[derive(Debug)]
pub(super) struct Effects {
    pub(super) touchpoint: Vec<f32>,
    pub(super) business_line: Vec<f32>,
    pub(super) channel: Vec<f32>,
    pub(super) region: Vec<f32>,
    pub(super) org_unit: Vec<f32>,
    pub(super) segment: [f32; 6],
    pub(super) repair: Repair,
    pub(super) outlier: Outlier,
    pub(super) devotion: Devotion,
}

/// Where and when something was experienced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) ts: i64,
    pub(super) touchpoint: usize,
    pub(super) business_line: usize,
    pub(super) channel: usize,
    pub(super) region: usize,
    pub(super) org_unit: usize,
    pub(super) segment: usize,
}

impl Effects {
    pub(super) fn new(odds: &Odds) -> Self {
        let mut dice = Dice::new(SEED, Purpose::Effects, 0);
        let mut draw = |sd: f64, shares: &[f64]| -> Vec<f32> {
            let drawn: Vec<f64> = shares.iter().map(|_| sd * dice.normal()).collect();
            // centred, so that the few heavy places do not move the mean of the whole bank
            let mean: f64 = drawn.iter().zip(shares).map(|(effect, share)| effect * share).sum();
            drawn.iter().map(|effect| (effect - mean) as f32).collect()
        };
        Self {
            touchpoint: draw(0.45, &odds.touchpoint.shares).into_iter().map(|effect| effect + LEVEL).collect(),
            business_line: draw(0.25, &odds.business_line.shares),
            channel: draw(0.20, &odds.channel.shares),
            region: draw(0.15, &odds.region.shares),
            org_unit: draw(0.30, &odds.units()),
            segment: SEGMENTS,
            repair: Repair::planted(),
            outlier: Outlier::planted(),
            devotion: Devotion::planted(),
        }
    }

    /// Expected quality of an experience, apart from the customer's own part.
    #[inline]
    pub(super) fn at(&self, place: Place) -> f32 {
        const SPAN: f64 = (END_DAY - FIRST_DAY) as f64 * DAY as f64;
        let passed = (place.ts - FIRST_DAY as i64 * DAY) as f64 / SPAN;
        let mut q = self.touchpoint[place.touchpoint]
            + self.business_line[place.business_line]
            + self.channel[place.channel]
            + self.region[place.region]
            + self.org_unit[place.org_unit]
            + self.segment[place.segment]
            + DRIFT * passed as f32;
        if place.touchpoint == usize::from(self.repair.touchpoint) && place.ts >= i64::from(self.repair.day) * DAY {
            q += self.repair.quality;
        }
        if place.org_unit == usize::from(self.outlier.org_unit) {
            q += self.outlier.quality;
        }
        q
    }
}

/// Whether a customer is devoted: a property of the seed and the id, so that
/// responses and customers agree on it without knowing each other.
#[inline]
pub(super) fn is_devoted(seed: u64, customer: u64, share: f64) -> bool {
    let bits = scatter(key(seed, Purpose::Devotion) ^ customer);
    ((bits >> 11) as f64) < share * 9_007_199_254_740_992.0
}
