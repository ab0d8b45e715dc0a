//! Seeded random facts and questions.

use peakend_query::{
    Attributes, Band, Counting, DayRange, Dimension, Filter, Grain, MigrationQuestion, OutcomeFact, Question,
    RankingQuestion, Score, Tone, VoiceFact, VoiceKind, VoiceList, VoiceOrder,
};
use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// First day of the random facts.
pub(crate) const FIRST_DAY: i32 = 20_000;
/// Days the random facts span.
pub(crate) const DAYS: i32 = 400;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Organisations of the random facts.
pub(crate) const ORGS: [&str; 3] = ["org_a", "../b c", "银行"];

pub(crate) fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn maybe<T>(rng: &mut impl Rng, chance: f64, make: impl FnOnce(&mut dyn Rng) -> T) -> Option<T> {
    rng.random_bool(chance).then(|| make(rng))
}

/// Codes of a dimension; some longer than the engine keeps inline.
fn codes(d: Dimension) -> &'static [&'static str] {
    match d {
        Dimension::Pillar => &["brand", "customer", "employee"],
        Dimension::Survey => &["", "relationship", "transaction-after-visit"],
        Dimension::Line => &["", "cards", "loans", "wealth", "财富管理与私人银行业务线"],
        Dimension::Unit => &["", "u1", "u2", "u3", "branch-west-lake-0001", "branch-west-lake-0002"],
        Dimension::Journey => &["", "join", "use", "leave"],
        Dimension::Stage => &["", "s1", "s2"],
        Dimension::Touchpoint => &["", "counter", "app", "hotline", "mobile-transfer-confirmation"],
        Dimension::Channel => &["", "sms", "app", "kiosk"],
        Dimension::Segment => &["", "mass", "affluent"],
        Dimension::Theme => &["", "waiting", "fees", "手续费"],
        Dimension::Language => &["en", "zh-Hans", "zh-Hant"],
        Dimension::Person | Dimension::Attribute(_) => &[],
    }
}

fn code(rng: &mut impl Rng, d: Dimension) -> String {
    match d {
        Dimension::Person if rng.random_bool(0.2) => String::new(),
        Dimension::Person => format!("person-{:04}", rng.random_range(0..300)),
        _ => (*codes(d).choose(rng).unwrap()).to_owned(),
    }
}

pub(crate) fn voice(rng: &mut impl Rng, seq: u64) -> VoiceFact {
    let day = FIRST_DAY + rng.random_range(0..DAYS);
    // whole hours, so that several voices share an instant
    let at = i64::from(day) * MICROS_PER_DAY + i64::from(rng.random_range(0..24_i32)) * 3_600_000_000;
    VoiceFact {
        seq,
        id: format!("voice-{seq}"),
        kind: if rng.random_bool(0.7) { VoiceKind::Response } else { VoiceKind::Signal },
        pillar: code(rng, Dimension::Pillar),
        survey: code(rng, Dimension::Survey),
        line: code(rng, Dimension::Line),
        unit: code(rng, Dimension::Unit),
        journey: code(rng, Dimension::Journey),
        stage: code(rng, Dimension::Stage),
        touchpoint: code(rng, Dimension::Touchpoint),
        channel: code(rng, Dimension::Channel),
        segment: code(rng, Dimension::Segment),
        theme: code(rng, Dimension::Theme),
        language: code(rng, Dimension::Language),
        person: code(rng, Dimension::Person),
        at,
        day,
        // a few out of range: never counted, by either side
        nps: maybe(rng, 0.7, |r| r.random_range(0..=11)),
        csat: maybe(rng, 0.6, |r| r.random_range(0..=6)),
        ces: maybe(rng, 0.4, |r| r.random_range(0..=8)),
        sentiment: maybe(rng, 0.5, |r| match r.random_range(0..6) {
            0 => -20,
            1 => -21,
            2 => 20,
            3 => 21,
            _ => r.random_range(i8::MIN..=i8::MAX),
        }),
        has_text: rng.random_bool(0.4),
        attributes: Attributes::new(),
    }
}

/// Attributes of the random facts with their values; no voice has the last one.
const ATTRIBUTES: [(&str, &[&str]); 4] = [
    ("product", &["fund", "deposit", "基金定投与长期持有计划"]),
    ("risk", &["1", "2", "3", "4.5"]),
    ("vip", &["true", "false"]),
    ("colour", &["red"]),
];

/// The same voice with attributes: none of the first ones have any, the next only one.
pub(crate) fn attributed(rng: &mut impl Rng, mut voice: VoiceFact) -> VoiceFact {
    let names = match voice.seq {
        0..800 => 0,
        800..2_000 => 1,
        _ => 3,
    };
    for (name, values) in &ATTRIBUTES[..names] {
        if rng.random_bool(0.5) {
            voice.attributes.insert((*name).to_owned(), (*values.choose(rng).unwrap()).to_owned());
        }
    }
    voice
}

fn attribute(rng: &mut impl Rng) -> (Dimension, Filter) {
    let (name, values) = *ATTRIBUTES.choose(rng).unwrap();
    let dimension = Dimension::parse(&format!("attribute:{name}")).unwrap();
    let mut wanted: Vec<String> =
        (0..rng.random_range(0..3)).map(|_| (*values.choose(rng).unwrap()).to_owned()).collect();
    if rng.random_bool(0.2) {
        wanted.extend([String::new(), "no such value".to_owned()]);
    }
    let filter = Filter::In(dimension, wanted);
    (dimension, if rng.random_bool(0.3) { Filter::Not(Box::new(filter)) } else { filter })
}

/// Some filters ask about attributes too.
pub(crate) fn asking(rng: &mut impl Rng, filter: Filter) -> Filter {
    match rng.random_range(0..6) {
        0 => filter.and(attribute(rng).1),
        1 => Filter::Or(vec![filter, attribute(rng).1]),
        _ => filter,
    }
}

/// Some questions ask about attributes too.
pub(crate) fn asked(rng: &mut impl Rng, mut question: Question) -> Question {
    question.filter = asking(rng, question.filter);
    if rng.random_bool(0.15) {
        question.by.insert(0, attribute(rng).0);
    }
    question
}

pub(crate) fn filter(rng: &mut impl Rng, depth: u32) -> Filter {
    let several = |rng: &mut dyn Rng| (0..rng.random_range(0..4)).map(|_| filter(&mut &mut *rng, depth - 1)).collect();
    match rng.random_range(0..if depth == 0 { 7 } else { 12 }) {
        0 => Filter::All,
        1 | 2 => {
            let d = *Dimension::ALL.choose(rng).unwrap();
            // sometimes none, sometimes unknown ones, sometimes more than the engine lists one by one
            let n = if rng.random_bool(0.1) { 120 } else { rng.random_range(0..4) };
            let mut wanted: Vec<String> = (0..n).map(|_| code(rng, d)).collect();
            if rng.random_bool(0.2) {
                wanted.extend([String::new(), "no such code".to_owned()]);
            }
            if n > 100 {
                wanted.extend((0..100).map(|i| format!("other-{i}")));
            }
            Filter::In(d, wanted)
        }
        3 => Filter::Kind(if rng.random() { VoiceKind::Response } else { VoiceKind::Signal }),
        4 => Filter::Band(Band {
            score: *[Score::Nps, Score::Csat, Score::Ces].choose(rng).unwrap(),
            low: rng.random_range(0..8),
            high: rng.random_range(0..12),
        }),
        5 => Filter::Tone(*[Tone::Negative, Tone::Neutral, Tone::Positive].choose(rng).unwrap()),
        6 => Filter::HasText(rng.random()),
        7 | 8 => Filter::And(several(rng)),
        9 | 10 => Filter::Or(several(rng)),
        _ => Filter::Not(Box::new(filter(rng, depth - 1))),
    }
}

pub(crate) fn period(rng: &mut impl Rng) -> DayRange {
    match rng.random_range(0..5) {
        0 => DayRange { from: FIRST_DAY - 10, to: FIRST_DAY + DAYS + 10 },
        1 => DayRange { from: i32::MIN, to: i32::MAX },
        _ => {
            let from = FIRST_DAY + rng.random_range(-20..DAYS);
            DayRange { from, to: from + rng.random_range(-3..120) }
        }
    }
}

pub(crate) fn org(rng: &mut impl Rng) -> String {
    if rng.random_bool(0.02) { "nobody".to_owned() } else { (*ORGS.choose(rng).unwrap()).to_owned() }
}

pub(crate) fn question(rng: &mut impl Rng) -> Question {
    let grains = [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter];
    Question {
        org: org(rng),
        period: period(rng),
        filter: filter(rng, 3),
        by: (0..rng.random_range(0..4)).map(|_| *Dimension::ALL.choose(rng).unwrap()).collect(),
        grain: maybe(rng, 0.5, |r| grains[r.random_range(0..4)]),
        persons: rng.random_bool(0.3),
        counting: counting(rng),
    }
}

fn score(rng: &mut impl Rng) -> Score {
    *[Score::Nps, Score::Csat, Score::Ces].choose(rng).unwrap()
}

fn counting(rng: &mut impl Rng) -> Counting {
    match rng.random_range(0..4) {
        0 => Counting::Answers(score(rng)),
        1 => Counting::Tones,
        _ => Counting::Everything,
    }
}

pub(crate) fn migration(rng: &mut impl Rng) -> MigrationQuestion {
    let score = score(rng);
    let cut = rng.random_range(0..9);
    MigrationQuestion {
        org: org(rng),
        before: period(rng),
        after: period(rng),
        filter: filter(rng, 2),
        score,
        bands: vec![Band { score, low: cut + 1, high: 10 }, Band { score, low: 0, high: cut }],
    }
}

pub(crate) fn ranking(rng: &mut impl Rng) -> RankingQuestion {
    let Question { org, period, filter, .. } = question(rng);
    let (kind, month) = (outcome(rng).kind, 24_300 + rng.random_range(-1..6));
    RankingQuestion { org, period, filter, kind, month, limit: rng.random_range(0..30) }
}

/// Ids of voices, some of which there are.
fn ids(rng: &mut impl Rng, n: usize) -> Vec<String> {
    (0..n).map(|_| format!("voice-{}", rng.random_range(0..12_000))).collect()
}

pub(crate) fn voice_list(rng: &mut impl Rng) -> VoiceList {
    VoiceList {
        org: org(rng),
        period: period(rng),
        filter: match rng.random_range(0..10) {
            0..3 => filter(rng, 2).and(Filter::In(Dimension::Person, vec![code(rng, Dimension::Person)])),
            3 => Filter::In(Dimension::Person, (0..3).map(|_| code(rng, Dimension::Person)).collect()),
            4 => filter(rng, 1).and(Filter::Id(ids(rng, 2))),
            5 => Filter::Id(ids(rng, 3)),
            6 => Filter::Or(vec![filter(rng, 1), Filter::Not(Box::new(Filter::Id(ids(rng, 40))))]),
            _ => filter(rng, 2),
        },
        order: if rng.random() { VoiceOrder::Newest } else { VoiceOrder::LowestNps },
        offset: if rng.random() { 0 } else { rng.random_range(0..200) },
        limit: rng.random_range(0..80),
    }
}

pub(crate) fn outcome(rng: &mut impl Rng) -> OutcomeFact {
    OutcomeFact {
        person: format!("person-{:04}", rng.random_range(0..60)),
        kind: (*["aum", "orders", "churn"].choose(rng).unwrap()).to_owned(),
        month: 24_300 + rng.random_range(0..6),
        value: rng.random_range(-1_000_000..1_000_000_000),
    }
}
