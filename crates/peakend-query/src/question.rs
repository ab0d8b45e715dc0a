//! Questions: what to count, by what, over which days.

use serde::{Deserialize, Serialize};

use crate::{AttributeName, Cell, Filter, Score, VoiceFact};

/// An inclusive range of days since 1970-01-01 in the organisation's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRange {
    /// First day.
    pub from: i32,
    /// Last day.
    pub to: i32,
}

impl DayRange {
    /// The range of equal length that ends the day before this one begins.
    #[must_use]
    pub fn previous(self) -> Self {
        let days = self.to - self.from + 1;
        Self { from: self.from - days, to: self.from - 1 }
    }

    /// Whether the day lies inside.
    #[must_use]
    pub fn contains(self, day: i32) -> bool {
        day >= self.from && day <= self.to
    }
}

/// A coded column that can be grouped and filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// `brand`, `customer`, `employee`
    Pillar,
    /// Survey code
    Survey,
    /// Business line code
    Line,
    /// Unit code
    Unit,
    /// Journey code
    Journey,
    /// Stage code
    Stage,
    /// Touchpoint code
    Touchpoint,
    /// Channel code
    Channel,
    /// Segment code
    Segment,
    /// Theme code
    Theme,
    /// Language tag
    Language,
    /// Person id
    Person,
    /// Value of an attribute
    Attribute(AttributeName),
}

impl Dimension {
    /// Every dimension that all voices have, in column order.
    pub const ALL: [Self; 12] = [
        Self::Pillar,
        Self::Survey,
        Self::Line,
        Self::Unit,
        Self::Journey,
        Self::Stage,
        Self::Touchpoint,
        Self::Channel,
        Self::Segment,
        Self::Theme,
        Self::Language,
        Self::Person,
    ];

    /// The name of the column that holds it.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::Attribute(name) => name.column(),
            other => other.name(),
        }
    }

    /// The name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pillar => "pillar",
            Self::Survey => "survey",
            Self::Line => "line",
            Self::Unit => "unit",
            Self::Journey => "journey",
            Self::Stage => "stage",
            Self::Touchpoint => "touchpoint",
            Self::Channel => "channel",
            Self::Segment => "segment",
            Self::Theme => "theme",
            Self::Language => "language",
            Self::Person => "person",
            Self::Attribute(name) => name.dimension(),
        }
    }

    /// The dimension of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix(AttributeName::DIMENSION) {
            Some(attribute) => AttributeName::parse(attribute).map(Self::Attribute),
            None => Self::ALL.into_iter().find(|d| d.name() == name),
        }
    }

    /// The attribute it is of, when it is one.
    #[must_use]
    pub fn attribute(self) -> Option<AttributeName> {
        match self {
            Self::Attribute(name) => Some(name),
            _ => None,
        }
    }

    /// This dimension's code in a voice; empty when unknown.
    #[must_use]
    pub fn of(self, voice: &VoiceFact) -> &str {
        match self {
            Self::Pillar => &voice.pillar,
            Self::Survey => &voice.survey,
            Self::Line => &voice.line,
            Self::Unit => &voice.unit,
            Self::Journey => &voice.journey,
            Self::Stage => &voice.stage,
            Self::Touchpoint => &voice.touchpoint,
            Self::Channel => &voice.channel,
            Self::Segment => &voice.segment,
            Self::Theme => &voice.theme,
            Self::Language => &voice.language,
            Self::Person => &voice.person,
            Self::Attribute(name) => voice.attributes.get(name.name()).map_or("", String::as_str),
        }
    }
}

/// The width of a time bucket. A bucket is named by its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// One day
    Day,
    /// Monday to Sunday (ISO 8601)
    Week,
    /// Calendar month
    Month,
    /// Calendar quarter
    Quarter,
}

impl Grain {
    /// First day of the bucket that holds `day` (days since 1970-01-01).
    #[must_use]
    pub fn bucket(self, day: i32) -> i32 {
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday, three days after a Monday
            Self::Week => (day + 3).div_euclid(7) * 7 - 3,
            Self::Month => {
                let (y, m, _) = civil(day);
                days(y, m, 1)
            }
            Self::Quarter => {
                let (y, m, _) = civil(day);
                days(y, (m - 1) / 3 * 3 + 1, 1)
            }
        }
    }
}

impl Grain {
    /// First day of the bucket after the one that begins on `start`.
    #[must_use]
    pub fn next(self, start: i32) -> i32 {
        match self {
            Self::Day => start + 1,
            Self::Week => start + 7,
            // the last day of the bucket lies at most so far on
            Self::Month => self.bucket(start + 31),
            Self::Quarter => self.bucket(start + 92),
        }
    }
}

/// Proleptic Gregorian date of a day number (Hinnant's algorithm).
fn civil(day: i32) -> (i32, i32, i32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + i32::from(m <= 2);
    (y, m, d)
}

/// Day number of a proleptic Gregorian date (Hinnant's algorithm).
fn days(y: i32, m: i32, d: i32) -> i32 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if m > 2 { m - 3 } else { m + 9 };
    let doy = (153 * mp + 2) / 5 + d - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// "Count voices, by these dimensions and this grain, in this period."
///
/// Every row of the answer carries the whole [`crate::Cell`]: one pass gives
/// all score histograms, so a caller never asks twice for two metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Organisation id. A warehouse never mixes two organisations.
    pub org: String,
    /// Inclusive days.
    pub period: DayRange,
    /// Which voices.
    pub filter: Filter,
    /// Group by these, in this order; may be empty.
    pub by: Vec<Dimension>,
    /// Also group by time bucket.
    pub grain: Option<Grain>,
    /// Count distinct known persons too (costs a set per group).
    pub persons: bool,
    /// Which voices count, and which histogram of the cell is filled.
    #[serde(default)]
    pub counting: Counting,
}

/// What a question counts. Naming one scale keeps the pass narrow, and lets
/// stored counts answer: they know how many answered a scale, not who answered two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Every voice, every histogram.
    #[default]
    Everything,
    /// Voices that answered this scale within its range; only its histogram is filled.
    Answers(Score),
    /// Voices whose text has a known tone; only the tones are filled.
    Tones,
}

impl Counting {
    /// Whether the voice counts.
    #[must_use]
    pub fn matches(self, voice: &VoiceFact) -> bool {
        match self {
            Self::Everything => true,
            Self::Answers(score) => score.of(voice).is_some(),
            Self::Tones => voice.sentiment.is_some(),
        }
    }

    /// What remains of a cell that counted everything about voices that match.
    #[must_use]
    pub fn narrow(self, cell: Cell) -> Cell {
        let only = Cell { voices: cell.voices, persons: cell.persons, ..Cell::default() };
        match self {
            Self::Everything => cell,
            Self::Answers(Score::Nps) => Cell { nps: cell.nps, ..only },
            Self::Answers(Score::Csat) => Cell { csat: cell.csat, ..only },
            Self::Answers(Score::Ces) => Cell { ces: cell.ces, ..only },
            Self::Tones => Cell { tone: cell.tone, ..only },
        }
    }
}

/// Order of a list of voices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceOrder {
    /// Latest first, then higher seq first.
    Newest,
    /// Lowest NPS first (unanswered last), then newest.
    LowestNps,
}

/// "The voices behind a figure", a page of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceList {
    /// Organisation id.
    pub org: String,
    /// Inclusive days.
    pub period: DayRange,
    /// Which voices.
    pub filter: Filter,
    /// Order of the list.
    pub order: VoiceOrder,
    /// Skip so many.
    pub offset: u64,
    /// At most so many (the caller bounds it; a warehouse accepts up to 1,000,000).
    pub limit: u64,
}

/// "Operating figures of these persons in these months."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeQuestion {
    /// Organisation id.
    pub org: String,
    /// Kind code.
    pub kind: String,
    /// First month, `year * 12 + month - 1`, inclusive.
    pub from: i32,
    /// Last month, inclusive.
    pub to: i32,
    /// Only these persons; `None` for everybody.
    pub persons: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_begin_on_the_first_day_of_week_month_and_quarter() {
        let day = days(2026, 11, 22); // a Sunday
        assert_eq!(Grain::Week.bucket(day), days(2026, 11, 16));
        assert_eq!(Grain::Month.bucket(day), days(2026, 11, 1));
        assert_eq!(Grain::Quarter.bucket(day), days(2026, 10, 1));
        assert_eq!(civil(days(2024, 2, 29)), (2024, 2, 29));
        assert_eq!(Grain::Week.bucket(days(1969, 12, 31)), days(1969, 12, 29));
        assert_eq!(Grain::Month.next(days(2026, 2, 1)), days(2026, 3, 1));
        assert_eq!(Grain::Quarter.next(days(2026, 10, 1)), days(2027, 1, 1));
    }

    #[test]
    fn the_previous_period_has_the_same_length_and_touches() {
        let range = DayRange { from: 100, to: 129 };
        assert_eq!(range.previous(), DayRange { from: 70, to: 99 });
    }
}
