//! What people say about the bank in public.

use jiff::Timestamp;
use peakend_domain::{Month, Pillar};

use crate::bank::Bank;
use crate::experience::instant;
use crate::text::{Language, write};
use crate::{Random, Spec};

/// A public mention.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Stable id
    pub id: String,
    /// Platform (channel code)
    pub channel: String,
    /// Touchpoint code
    pub touchpoint: String,
    /// Public name of the author
    pub author: String,
    /// What was written
    pub text: String,
    /// Stars 1..=5 where the platform has them
    pub rating: Option<u8>,
    /// When
    pub at: Timestamp,
    /// Language
    pub language: Language,
}

/// Mentions of a month: about one per 40 customers, with a campaign in spring.
#[must_use]
pub fn mentions(spec: &Spec, bank: &Bank, month: Month) -> Vec<Mention> {
    let touchpoints = bank.of(Pillar::Brand);
    let weights: Vec<f64> = touchpoints.iter().map(|t| t.weight).collect();
    let spring = month.0.rem_euclid(12) == 3;
    let count = spec.customers / 40 * if spring { 3 } else { 2 } / 2;
    (0..count)
        .filter_map(|i| {
            let key = (i as u64) << 16 | u64::from(month.0.unsigned_abs() & 0xffff);
            let mut random = Random::new(spec.seed, "mention", key);
            let t = touchpoints.get(random.weighted(&weights))?;
            let felt = 6.6 + t.effect + if spring { 0.9 } else { 0.0 } + 2.3 * random.normal();
            let language = match random.weighted(&[0.74, 0.14, 0.12]) {
                1 => Language::ZhHant,
                2 => Language::En,
                _ => Language::ZhHans,
            };
            let stars = (1.0 + felt * 0.42).round().clamp(1.0, 5.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=5")]
            let rating = (t.channel == "search").then_some(stars as u8);
            Some(Mention {
                id: format!("M{month}-{i}"),
                channel: t.channel.clone(),
                touchpoint: t.code.clone(),
                author: format!("user{:06}", random.below(400_000)),
                text: write(&mut random, &t.topic, felt, language),
                rating,
                at: instant(month, &mut random),
                language,
            })
        })
        .collect()
}
