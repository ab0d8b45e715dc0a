//! The filters that every figure and every list share, as a reader states them.

use std::collections::BTreeMap;

use peakend_domain::insight::metric::{Measure, find_band};
use peakend_domain::sense::attribute::listed;
use peakend_domain::{Day, Pillar};
use peakend_query::{AttributeName, Band, Dimension, Filter, Score, Tone, VoiceKind};

use crate::Error;
use crate::insight::metric::{answered, any_tone};

/// Filters as a reader states them; codes are the organisation's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VoiceFilter {
    /// Pillar.
    pub pillar: Option<Pillar>,
    /// Codes per dimension (survey, line, journey, …): any of them.
    pub codes: BTreeMap<&'static str, Vec<String>>,
    /// A unit and everything below it.
    pub unit: Option<String>,
    /// Exactly this unit.
    pub unit_at: Option<String>,
    /// Exactly this main theme; `theme` among the codes takes what is below it too.
    pub theme_at: Option<String>,
    /// Responses or signals.
    pub kind: Option<VoiceKind>,
    /// A band such as `detractor`, or the name of a score: any answer to it.
    pub band: Option<String>,
    /// `negative`, `neutral`, `positive`, or `any`.
    pub tone: Option<String>,
    /// Values per attribute: any of them, for every attribute named.
    pub attributes: BTreeMap<AttributeName, Vec<String>>,
}

impl VoiceFilter {
    /// Whether it selects by what was answered or brought along, which is never done among employees.
    #[must_use]
    pub fn selects_answers(&self) -> bool {
        self.band.is_some() || self.tone.is_some() || self.kind.is_some() || !self.attributes.is_empty()
    }
}

/// Dimensions that may be filtered by code, with their public names.
pub const CODED: [Dimension; 9] = [
    Dimension::Survey,
    Dimension::Line,
    Dimension::Journey,
    Dimension::Stage,
    Dimension::Touchpoint,
    Dimension::Channel,
    Dimension::Segment,
    Dimension::Theme,
    Dimension::Language,
];

/// Bands joined by commas: all of them must hold, since they may be of
/// different scores.
pub(super) fn band_filter(codes: &str) -> Result<Filter, Error> {
    codes.split(',').map(str::trim).try_fold(Filter::All, |all, code| Ok(all.and(one_band(code)?)))
}

fn one_band(code: &str) -> Result<Filter, Error> {
    match code {
        "nps" => return Ok(answered(Measure::Nps)),
        "csat" => return Ok(answered(Measure::Csat)),
        "ces" => return Ok(answered(Measure::Ces)),
        _ => {}
    }
    let (measure, band) = find_band(code).ok_or_else(|| {
        let known = "promoter, passive, detractor, satisfied, unsatisfied, easy, hard, nps, csat or ces";
        Error::field("band", "unknown_band", format!("`{code}` is not a band: use {known}"))
    })?;
    let score = match measure {
        Measure::Csat => Score::Csat,
        Measure::Ces => Score::Ces,
        _ => Score::Nps,
    };
    Ok(Filter::Band(Band { score, low: band.low, high: band.high }))
}

pub(super) fn tone_filter(code: &str) -> Result<Filter, Error> {
    match code {
        "negative" => Ok(Filter::Tone(Tone::Negative)),
        "neutral" => Ok(Filter::Tone(Tone::Neutral)),
        "positive" => Ok(Filter::Tone(Tone::Positive)),
        "any" => Ok(any_tone()),
        _ => Err(Error::field("tone", "unknown_tone", "use negative, neutral, positive or any")),
    }
}

impl VoiceFilter {
    /// Narrowed to what a measure counts, so that a list has exactly its n;
    /// `None` when the filters contradict the measure.
    #[must_use]
    pub fn answering(mut self, measure: Measure) -> Option<Self> {
        match measure {
            Measure::Nps | Measure::Csat | Measure::Ces => {
                let score = measure.name();
                self.band = Some(match self.band {
                    Some(bands) if bands.split(',').any(|b| b == score) => bands,
                    Some(bands) => format!("{bands},{score}"),
                    None => score.to_owned(),
                });
            }
            Measure::NetSentiment => {
                self.tone.get_or_insert_with(|| "any".to_owned());
            }
            Measure::Responses | Measure::Signals => {
                let kind = if measure == Measure::Responses { VoiceKind::Response } else { VoiceKind::Signal };
                if self.kind.is_some_and(|wanted| wanted != kind) {
                    return None;
                }
                self.kind = Some(kind);
            }
        }
        Some(self)
    }

    /// Narrowed to one code; `false` when that cannot be said (unknown codes,
    /// or a code outside those already asked for).
    #[must_use]
    pub fn narrow(&mut self, dimension: Dimension, code: &str) -> bool {
        if code.is_empty() {
            return false;
        }
        match dimension {
            Dimension::Pillar => self.pillar = Pillar::parse(code),
            Dimension::Unit => self.unit_at = Some(code.to_owned()),
            Dimension::Theme => self.theme_at = Some(code.to_owned()),
            Dimension::Person => return false,
            Dimension::Attribute(name) => {
                self.attributes.insert(name, vec![code.to_owned()]);
            }
            coded => {
                self.codes.insert(coded.name(), vec![code.to_owned()]);
            }
        }
        true
    }

    /// The query string of these filters and days.
    #[must_use]
    pub fn query(&self, from: Day, to: Day) -> String {
        let mut parts = vec![format!("from={from}"), format!("to={to}")];
        let mut push = |name: &str, value: &str| parts.push(format!("{name}={}", escape(value)));
        if let Some(pillar) = self.pillar {
            push("pillar", pillar.name());
        }
        for (name, codes) in &self.codes {
            push(name, &codes.join(","));
        }
        let attribute = |(name, values): (&AttributeName, &Vec<String>)| {
            values.iter().map(|value| format!("{}:{}", name.name(), listed(value))).collect::<Vec<_>>()
        };
        let attributes: Vec<String> = self.attributes.iter().flat_map(attribute).collect();
        if !attributes.is_empty() {
            push("attribute", &attributes.join(","));
        }
        for (name, value) in [
            ("unit", &self.unit),
            ("unit_at", &self.unit_at),
            ("theme_at", &self.theme_at),
            ("band", &self.band),
            ("tone", &self.tone),
        ] {
            if let Some(value) = value {
                push(name, value);
            }
        }
        match self.kind {
            Some(VoiceKind::Response) => push("kind", "response"),
            Some(VoiceKind::Signal) => push("kind", "signal"),
            None => {}
        }
        parts.join("&")
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
