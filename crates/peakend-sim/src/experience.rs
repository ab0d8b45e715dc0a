//! What happens to customers and what they say about it.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use peakend_domain::{Month, Pillar};

use crate::bank::{Bank, Touchpoint};
use crate::customer::Customer;
use crate::spec::REPAIRED;
use crate::text::write;
use crate::{Random, Spec, employee};

/// One experience that was answered.
#[derive(Debug, Clone)]
pub struct Experience {
    /// Stable id, unique in the bank
    pub id: String,
    /// Who, as index of the customer
    pub customer: usize,
    /// Touchpoint code
    pub touchpoint: String,
    /// Channel code
    pub channel: String,
    /// Metric asked: `nps`, `csat` or `ces`
    pub metric: String,
    /// Answer on that metric's scale
    pub score: u8,
    /// What was written; may be empty
    pub text: String,
    /// When
    pub at: Timestamp,
    /// How it felt on 0..10, before rounding (for the analyst of the simulation)
    pub felt: f64,
}

/// What a call-back achieves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Minutes of the clock until the first contact
    pub contact_after_minutes: i64,
    /// Further minutes until it is closed
    pub close_after_minutes: i64,
    /// Score of the answer to the re-ask; `None` when it is not answered
    pub answer: Option<u8>,
}

/// Every answered experience of a customer in a month, in order of time.
#[must_use]
pub fn experiences(spec: &Spec, bank: &Bank, customer: &Customer, month: Month) -> Vec<Experience> {
    if month < customer.since {
        return Vec::new();
    }
    let key = (customer.index as u64) << 16 | u64::from(month.0.unsigned_abs() & 0xffff);
    let mut random = Random::new(spec.seed, "experience", key);
    let touchpoints = bank.of(Pillar::Customer);
    let weights: Vec<f64> = touchpoints.iter().map(|t| t.weight).collect();
    let mut heard = Vec::new();
    let mut left = customer.activity * 1.25;
    while random.chance(left.min(1.0)) {
        left -= 0.5;
        let Some(t) = touchpoints.get(random.weighted(&weights)) else { break };
        let felt = feel(spec, customer, t, month, &mut random);
        // the disappointed answer a little more often
        if !random.chance(if felt < 5.0 { 0.9 } else { 0.75 }) {
            continue;
        }
        let at = instant(month, &mut random);
        let text = if random.chance(if felt < 5.5 { 0.55 } else { 0.28 }) {
            write(&mut random, &t.topic, felt, customer.language)
        } else {
            String::new()
        };
        heard.push(Experience {
            id: format!("{}-{}-{}", customer.number(), month, heard.len()),
            customer: customer.index,
            touchpoint: t.code.clone(),
            channel: t.channel.clone(),
            metric: t.metric.clone(),
            score: score(&t.metric, felt),
            text,
            at,
            felt,
        });
        if left <= 0.0 {
            break;
        }
    }
    heard.sort_by_key(|e| e.at);
    heard
}

/// How it felt on 0..10.
fn feel(spec: &Spec, c: &Customer, t: &Touchpoint, month: Month, random: &mut Random) -> f64 {
    let repaired = t.code == REPAIRED && month >= spec.live_month();
    let lift = if repaired { spec.planted.initiative_score_lift } else { 0.0 };
    let engagement = employee::engagement(spec, c.branch, Month(month.0 - 2));
    let segment = [-0.1, 0.15, 0.3].get(c.segment).copied().unwrap_or(0.0);
    7.4 + t.effect + lift + c.mood + segment + spec.planted.engagement_to_score * engagement + 1.7 * random.normal()
}

/// The answer on a metric's scale.
pub(crate) fn score(metric: &str, felt: f64) -> u8 {
    let (low, high, value) = match metric {
        "csat" => (1.0, 5.0, 1.0 + felt * 0.42),
        "ces" => (1.0, 7.0, 1.0 + felt * 0.6),
        _ => (0.0, 10.0, felt + 0.4),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10")]
    let score = value.round().clamp(low, high) as u8;
    score
}

/// A moment in the month, in the hours people are awake in Shanghai.
pub(crate) fn instant(month: Month, random: &mut Random) -> Timestamp {
    let first = month.first();
    let days = Month(month.0 + 1).first().0 - first.0;
    let day = first.0 + i32::try_from(random.below(usize::try_from(days).unwrap_or(28))).unwrap_or(0);
    let second = 8 * 3600 + random.below(13 * 3600);
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let midnight =
        peakend_domain::Day(day).date().to_zoned(zone).map(|z| z.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
    midnight + SignedDuration::from_secs(i64::try_from(second).unwrap_or(0))
}

/// How the bank's people handle the case of a bad experience, decided by its id.
#[must_use]
pub fn recovery(spec: &Spec, experience_id: &str) -> Recovery {
    let key =
        experience_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut random = Random::new(spec.seed, "recovery", key);
    let slow = random.chance(0.18);
    let contact = if slow { 1_600 + random.below(3_000) } else { 30 + random.below(400) };
    let close = if slow { 6_000 + random.below(8_000) } else { 300 + random.below(3_000) };
    let answer = random.chance(0.62).then(|| {
        let felt = if slow { 5.6 } else { 7.9 } + 1.8 * random.normal();
        score("nps", felt)
    });
    Recovery {
        contact_after_minutes: i64::try_from(contact).unwrap_or(0),
        close_after_minutes: i64::try_from(close).unwrap_or(0),
        answer,
    }
}
