//! Score bands: promoters, passives, detractors over the whole 0-10 range.

use serde::Serialize;

/// The class an answer falls into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// At or above `promoter_from`.
    Promoter,
    /// Between the two cuts.
    Passive,
    /// Below `passive_from`.
    Detractor,
}

/// Two cuts that partition the answer range without gaps, decimals included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NpsBands {
    /// Definition id of figures computed with these cuts.
    pub definition: &'static str,
    /// Lowest promoter answer.
    pub promoter_from: f64,
    /// Lowest passive answer; all below is detractor.
    pub passive_from: f64,
}

impl NpsBands {
    /// Reichheld's bands: promoter from 9, passive from 7.
    pub const STANDARD: Self = Self { definition: "nps.v1", promoter_from: 9.0, passive_from: 7.0 };

    /// The preset that calls only 1 and 2 (and 0) detractors: promoter from 9, passive from 3.
    pub const LOW_TWO: Self = Self { definition: "nps.low-two.v1", promoter_from: 9.0, passive_from: 3.0 };

    /// Band of one answer; `None` when it is not on the 0-10 scale.
    #[must_use]
    pub fn band(&self, score: f64) -> Option<Band> {
        if !(0.0..=10.0).contains(&score) {
            return None;
        }
        Some(if score >= self.promoter_from {
            Band::Promoter
        } else if score >= self.passive_from {
            Band::Passive
        } else {
            Band::Detractor
        })
    }
}

impl Default for NpsBands {
    fn default() -> Self {
        Self::STANDARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fall_into_exactly_one_band() {
        let bands = NpsBands::STANDARD;
        assert_eq!(bands.band(8.99), Some(Band::Passive));
        assert_eq!(bands.band(6.99), Some(Band::Detractor));
        assert_eq!(bands.band(9.0), Some(Band::Promoter));
        assert_eq!(bands.band(10.1), None);
        assert_eq!(bands.band(f64::NAN), None);
    }
}
