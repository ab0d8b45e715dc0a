//! Integer histograms: the counts from which every score metric derives.

use serde::Serialize;

use super::bands::{Band, NpsBands};

/// Answers per point of an integer scale; `FIRST` is the lowest point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Histogram<const POINTS: usize, const FIRST: i32> {
    /// `counts[i]` answers of `FIRST + i`.
    #[serde(serialize_with = "as_list")]
    pub counts: [u64; POINTS],
}

/// 0-10, for NPS and eNPS.
pub type ScoreHistogram = Histogram<11, 0>;
/// 1-5, for CSAT.
pub type FivePoint = Histogram<5, 1>;
/// 1-7, for CES.
pub type SevenPoint = Histogram<7, 1>;

fn as_list<S: serde::Serializer, const N: usize>(counts: &[u64; N], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts)
}

impl<const POINTS: usize, const FIRST: i32> Histogram<POINTS, FIRST> {
    /// A histogram from its counts.
    #[must_use]
    pub const fn new(counts: [u64; POINTS]) -> Self {
        Self { counts }
    }

    /// Counts the answers on the scale; the second value is how many were not on it.
    #[must_use]
    pub fn of(answers: impl IntoIterator<Item = i64>) -> (Self, u64) {
        let mut counts = [0; POINTS];
        let mut off_scale = 0;
        for answer in answers {
            let slot = usize::try_from(answer - i64::from(FIRST)).ok().and_then(|i| counts.get_mut(i));
            match slot {
                Some(slot) => *slot += 1,
                None => off_scale += 1,
            }
        }
        (Self { counts }, off_scale)
    }

    /// All answers.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Answers of `from` and above.
    #[must_use]
    pub fn at_least(&self, from: i32) -> u64 {
        let skip = usize::try_from(from - FIRST).unwrap_or(0);
        self.counts.iter().skip(skip).sum()
    }

    /// Both histograms together: groups are pooled by counts, never by averages.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut counts = self.counts;
        for (mine, theirs) in counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        Self { counts }
    }
}

impl ScoreHistogram {
    /// The three classes under the given bands.
    #[must_use]
    pub fn classes(&self, bands: &NpsBands) -> super::nps::NpsCounts {
        let mut classes = super::nps::NpsCounts::default();
        for (score, &count) in self.counts.iter().enumerate() {
            match bands.band(score as f64) {
                Some(Band::Promoter) => classes.promoters += count,
                Some(Band::Passive) => classes.passives += count,
                Some(Band::Detractor) => classes.detractors += count,
                None => {}
            }
        }
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_off_the_scale_are_counted_apart() {
        let (histogram, off) = FivePoint::of([1, 5, 5, 0, 6]);
        assert_eq!(histogram.counts, [1, 0, 0, 0, 2]);
        assert_eq!(off, 2);
        assert_eq!(histogram.at_least(4), 2);
    }
}
