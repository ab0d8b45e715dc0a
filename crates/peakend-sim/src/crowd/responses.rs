//! What the crowd answered: one slice of time after the other.

use super::column::{Column, Values};
use super::dice::{Dice, Purpose};
use super::effects::{Place, is_devoted};
use super::spec::{DAY, SCATTER};
use super::truth::POINTS;
use super::{Crowd, odds};

/// Topics that a text can be about.
const TOPICS: usize = 200;
/// How often something is answered, in parts of 65,536: NPS, CSAT, CES, a text, a second topic.
const ANSWERED: [u16; 5] = [45_875, 39_322, 26_214, 22_938, 32_768];

/// The responses of one slice of time, in the order of time; all columns are of one length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseSlice {
    /// Running number over all slices; it grows with `ts`.
    pub response_id: Vec<u64>,
    /// Who answered: 0 to the number of customers.
    pub customer_id: Vec<u64>,
    /// When, in microseconds since 1970, whole milliseconds.
    pub ts: Vec<i64>,
    /// The day of `ts`, since 1970.
    pub day: Vec<i32>,
    /// 0 brand, 1 customer, 2 employee.
    pub pillar: Vec<u8>,
    /// 0 to 59.
    pub touchpoint: Vec<u8>,
    /// 0 to 7.
    pub journey_stage: Vec<u8>,
    /// 0 to 11.
    pub business_line: Vec<u8>,
    /// 0 to 33.
    pub region: Vec<u8>,
    /// 0 to 1,999; the region of a unit is its number modulo 34.
    pub org_unit: Vec<u16>,
    /// 0 to 8.
    pub channel: Vec<u8>,
    /// 0 to 5, a property of the customer.
    pub segment: Vec<u8>,
    /// 0 to 10.
    pub nps: Vec<Option<u8>>,
    /// 1 to 5.
    pub csat: Vec<Option<u8>>,
    /// 1 to 7.
    pub ces: Vec<Option<u8>>,
    /// Whether there are words; without them no topic and no sentiment.
    pub has_text: Vec<bool>,
    /// 0 to 199.
    pub topic1: Vec<Option<u8>>,
    /// 0 to 199.
    pub topic2: Vec<Option<u8>>,
    /// -100 to 100.
    pub sentiment: Vec<Option<i8>>,
}

/// Scores of one response.
struct Scores {
    nps: Option<u8>,
    csat: Option<u8>,
    ces: Option<u8>,
}

/// What the words of one response are about.
struct Words {
    topic1: u8,
    topic2: Option<u8>,
    sentiment: i8,
}

impl Crowd {
    /// The responses of slice `slice`, which is below [`super::CrowdSpec::slices`].
    #[must_use]
    pub fn responses(&self, slice: u64) -> ResponseSlice {
        let ids = self.spec.slice_rows(slice);
        let mut dice = Dice::new(self.spec.seed, Purpose::Responses, slice);
        let times = self.times(slice, ids.end - ids.start, &mut dice);
        let mut rows = ResponseSlice::with_capacity(times.len());
        let rest = self.effects.devotion.rest();
        for (id, &ts) in ids.zip(&times) {
            let u = dice.unit();
            let rank = (u * u * self.spec.customers as f64) as u64;
            let customer = rank * SCATTER % self.spec.customers;
            let place = self.place(ts, customer, &mut dice);
            let devoted = is_devoted(self.spec.seed, customer, self.effects.devotion.share);
            let [felt, noise @ ..] = self.bell.four(dice.bits());
            let quality = self.effects.at(place) + self.effects.devotion.own(devoted) + rest * felt;
            let chances = dice.bits();
            let scores = scores(quality, noise, chances);
            let words = is_answered(chances, 3).then(|| self.words(quality, place.touchpoint, &mut dice));
            rows.push(id, customer, place, &scores, words);
        }
        rows.ts = times;
        rows
    }

    /// Sorted instants of `n` responses.
    fn times(&self, slice: u64, n: u64, dice: &mut Dice) -> Vec<i64> {
        let time = self.spec.slice_time(slice);
        let span = (time.end - time.start).unsigned_abs();
        let at = |offset: u64| time.start + offset.cast_signed();
        let mut times: Vec<i64> = (0..n).map(|_| at(dice.below(span))).collect();
        times.sort_unstable();
        for ts in &mut times {
            *ts -= *ts % 1_000;
        }
        times
    }

    #[inline]
    fn place(&self, ts: i64, customer: u64, dice: &mut Dice) -> Place {
        let region = self.odds.region.pick(dice.bits());
        Place {
            ts,
            touchpoint: self.odds.touchpoint.pick(dice.bits()),
            business_line: self.odds.business_line.pick(dice.bits()),
            channel: self.odds.channel.pick(dice.bits()),
            region,
            org_unit: odds::unit(region, self.odds.branch.pick(dice.bits())),
            segment: usize::from(odds::segment(customer)),
        }
    }

    #[inline]
    fn words(&self, quality: f32, touchpoint: usize, dice: &mut Dice) -> Words {
        let topic1 = (self.odds.topic.pick(dice.bits()) + 7 * touchpoint) % TOPICS;
        let topic2 = self.odds.topic.pick(dice.bits());
        let bits = dice.bits();
        let [noise, ..] = self.bell.four(bits);
        Words {
            topic1: topic1 as u8,
            topic2: is_answered(bits >> 16, 4).then_some(topic2 as u8),
            sentiment: (38.0 * quality + 25.0 * noise).round().clamp(-100.0, 100.0) as i8,
        }
    }
}

/// Whether a question was answered: question `which` looks at its own sixteen bits.
#[inline]
fn is_answered(bits: u64, which: usize) -> bool {
    ((bits >> (16 * (which % 4))) as u16) < ANSWERED[which]
}

#[inline]
fn scores(quality: f32, noise: [f32; 3], chances: u64) -> Scores {
    let score = |x: f32, lowest: f32, highest: f32| (x.clamp(lowest, highest) + 0.5) as u8;
    let nps = score(7.3 + POINTS * quality + noise[0], 0.0, 10.0);
    let csat = score(3.7 + 0.8 * quality + 0.5 * noise[1], 1.0, 5.0);
    let ces = score(4.8 + 1.1 * quality + 0.9 * noise[2], 1.0, 7.0);
    Scores {
        nps: is_answered(chances, 0).then_some(nps),
        csat: is_answered(chances, 1).then_some(csat),
        ces: is_answered(chances, 2).then_some(ces),
    }
}

impl ResponseSlice {
    fn with_capacity(n: usize) -> Self {
        Self {
            response_id: Vec::with_capacity(n),
            customer_id: Vec::with_capacity(n),
            ts: Vec::new(),
            day: Vec::with_capacity(n),
            pillar: Vec::with_capacity(n),
            touchpoint: Vec::with_capacity(n),
            journey_stage: Vec::with_capacity(n),
            business_line: Vec::with_capacity(n),
            region: Vec::with_capacity(n),
            org_unit: Vec::with_capacity(n),
            channel: Vec::with_capacity(n),
            segment: Vec::with_capacity(n),
            nps: Vec::with_capacity(n),
            csat: Vec::with_capacity(n),
            ces: Vec::with_capacity(n),
            has_text: Vec::with_capacity(n),
            topic1: Vec::with_capacity(n),
            topic2: Vec::with_capacity(n),
            sentiment: Vec::with_capacity(n),
        }
    }

    #[inline]
    fn push(&mut self, id: u64, customer: u64, place: Place, scores: &Scores, words: Option<Words>) {
        self.response_id.push(id);
        self.customer_id.push(customer);
        self.day.push((place.ts / DAY) as i32);
        self.pillar.push(odds::pillar(place.touchpoint));
        self.touchpoint.push(place.touchpoint as u8);
        self.journey_stage.push((place.touchpoint % 8) as u8);
        self.business_line.push(place.business_line as u8);
        self.region.push(place.region as u8);
        self.org_unit.push(place.org_unit as u16);
        self.channel.push(place.channel as u8);
        self.segment.push(place.segment as u8);
        self.nps.push(scores.nps);
        self.csat.push(scores.csat);
        self.ces.push(scores.ces);
        self.has_text.push(words.is_some());
        self.topic1.push(words.as_ref().map(|w| w.topic1));
        self.topic2.push(words.as_ref().and_then(|w| w.topic2));
        self.sentiment.push(words.map(|w| w.sentiment));
    }

    /// Responses in the slice.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether the slice has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// The columns with their names, always in the same order.
    #[must_use]
    pub fn columns(&self) -> [Column<'_>; 19] {
        let column = |name, values| Column { name, values };
        [
            column("response_id", Values::U64(&self.response_id)),
            column("customer_id", Values::U64(&self.customer_id)),
            column("ts", Values::Time(&self.ts)),
            column("day", Values::Day(&self.day)),
            column("pillar", Values::U8(&self.pillar)),
            column("touchpoint", Values::U8(&self.touchpoint)),
            column("journey_stage", Values::U8(&self.journey_stage)),
            column("business_line", Values::U8(&self.business_line)),
            column("region", Values::U8(&self.region)),
            column("org_unit", Values::U16(&self.org_unit)),
            column("channel", Values::U8(&self.channel)),
            column("segment", Values::U8(&self.segment)),
            column("nps", Values::MaybeU8(&self.nps)),
            column("csat", Values::MaybeU8(&self.csat)),
            column("ces", Values::MaybeU8(&self.ces)),
            column("has_text", Values::Bool(&self.has_text)),
            column("topic1", Values::MaybeU8(&self.topic1)),
            column("topic2", Values::MaybeU8(&self.topic2)),
            column("sentiment", Values::MaybeI8(&self.sentiment)),
        ]
    }
}

#[cfg(test)]
mod tests;
