//! What is planted in a crowd, with its true sizes.

use serde::Serialize;

use super::effects::{DRIFT, Effects};
use super::spec::CrowdSpec;

/// Score points of the recommendation question per unit of quality, before
/// rounding and before the scale ends.
pub(super) const POINTS: f32 = 2.0;

/// A touchpoint that was repaired: from a day on everybody finds it better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Repair {
    /// The touchpoint.
    pub touchpoint: u8,
    /// First day after the repair, as days since 1970 (2026-03-01).
    pub day: i32,
    /// What quality gained.
    pub quality: f32,
    /// The same in points of the recommendation score, before rounding.
    pub nps_points: f32,
}

/// A branch far below every other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Outlier {
    /// The unit.
    pub org_unit: u16,
    /// What it lacks in quality, on top of its own effect.
    pub quality: f32,
}

/// Customers who like the bank whatever happens, and keep more money with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Devotion {
    /// Share of the customers.
    pub share: f64,
    /// How much better they find everything than the others do.
    pub quality: f32,
    /// The same in points of the recommendation score, before rounding.
    pub nps_points: f32,
    /// Assets in cents that come with each of these points.
    pub aum_cents_per_point: i64,
    /// Assets in cents that a devoted customer has on top: points times the above.
    pub aum_cents: i64,
}

/// The planted truths, written beside the data.
#[derive(Debug, Clone, Serialize)]
pub struct CrowdTruth {
    /// Size and seed.
    pub spec: CrowdSpec,
    /// Score points of the recommendation question per unit of quality.
    pub nps_points_per_quality: f32,
    /// What quality gains over the two years, everywhere.
    pub drift: f32,
    /// The repaired touchpoint.
    pub repair: Repair,
    /// The branch that falls out.
    pub outlier: Outlier,
    /// Devoted customers and their assets.
    pub devotion: Devotion,
    /// Effects on quality by touchpoint.
    pub touchpoint: Vec<f32>,
    /// Effects on quality by business line.
    pub business_line: Vec<f32>,
    /// Effects on quality by channel.
    pub channel: Vec<f32>,
    /// Effects on quality by region.
    pub region: Vec<f32>,
    /// Effects on quality by unit.
    pub org_unit: Vec<f32>,
    /// Effects on quality by segment.
    pub segment: Vec<f32>,
}

impl Repair {
    pub(super) fn planted() -> Self {
        Self { touchpoint: 18, day: 20_513, quality: 0.5, nps_points: 0.5 * POINTS }
    }
}

impl Outlier {
    pub(super) fn planted() -> Self {
        Self { org_unit: 36, quality: -1.5 }
    }
}

impl Devotion {
    pub(super) fn planted() -> Self {
        Self { share: 0.3, quality: 1.0, nps_points: POINTS, aum_cents_per_point: 1_000_000, aum_cents: 2_000_000 }
    }

    /// A customer's own part of quality: devoted or not, zero on average.
    #[inline]
    pub(super) fn own(&self, devoted: bool) -> f32 {
        let share = self.share as f32;
        self.quality * if devoted { 1.0 - share } else { -share }
    }

    /// Spread that is left to the single experience, so that both parts
    /// together have the variance 1.
    pub(super) fn rest(&self) -> f32 {
        let (share, quality) = (self.share as f32, self.quality);
        (1.0 - quality * quality * share * (1.0 - share)).max(0.0).sqrt()
    }
}

impl CrowdTruth {
    pub(super) fn of(spec: CrowdSpec, effects: &Effects) -> Self {
        Self {
            spec,
            nps_points_per_quality: POINTS,
            drift: DRIFT,
            repair: effects.repair,
            outlier: effects.outlier,
            devotion: effects.devotion,
            touchpoint: effects.touchpoint.clone(),
            business_line: effects.business_line.clone(),
            channel: effects.channel.clone(),
            region: effects.region.clone(),
            org_unit: effects.org_unit.clone(),
            segment: effects.segment.to_vec(),
        }
    }
}
