//! A small bank with a known truth: voices, outcomes by month, an initiative, cases.
use peakend_domain::act::case::{Case, CaseOpening, Contact, ContactOutcome, Priority, Resolution, RootCause};
use peakend_domain::act::initiative::{Baseline, FrozenFigure, Initiative, InitiativeState, Target};
use peakend_domain::act::sla::Sla;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{CalendarId, CaseId, Day, InitiativeId, Month, Pillar, UserId, timestamp};
use peakend_query::OutcomeFact;
use peakend_testkit::World;

/// Persons of each arm.
pub(super) const TREATED: usize = 150;
/// Four times as many may be controls.
pub(super) const CONTROLS: usize = 600;
/// First month of the outcomes.
pub(super) const FIRST: &str = "2025-01";
/// The initiative goes live on the first of this month.
pub(super) const LIVE: &str = "2025-07";

/// Reproducible noise in -1..1 for a person and month.
pub(super) fn noise(person: usize, month: i32) -> f64 {
    let mut z = (person as u64) << 32 | u64::from(month.unsigned_abs());
    z = (z ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 32;
    (z % 2_000_001) as f64 / 1_000_000.0 - 1.0
}

pub(super) fn month(text: &str) -> i32 {
    Month::parse(text).unwrap().0
}

pub(super) fn person(i: usize) -> String {
    format!("per_{i:05}")
}

/// Voices into store and warehouse: (person, touchpoint, nps, day).
pub(super) async fn hear(world: &World, pillar: Pillar, said: &[(String, &str, u8, &str)]) {
    let mut tx = world.app.store.begin().await.unwrap();
    let mut facts = Vec::new();
    for (i, (person, touchpoint, nps, day)) in said.iter().enumerate() {
        let day = Day::parse(day).unwrap();
        let voice = Voice {
            org: world.org.clone(),
            id: format!("r.{person}.{i}"),
            seq: 1 + i as i64,
            kind: VoiceKind::Response,
            pillar,
            survey_code: "s".to_owned(),
            survey_version: Some(1),
            person: person.clone(),
            unit_code: String::new(),
            unit_path: String::new(),
            line_code: "funds".to_owned(),
            journey_code: String::new(),
            stage_code: String::new(),
            touchpoint_code: (*touchpoint).to_owned(),
            channel_code: "app".to_owned(),
            segment: "retail".to_owned(),
            theme: String::new(),
            language: "en".to_owned(),
            at: timestamp(i64::from(day.0) * 86_400_000_000),
            day,
            nps: Some(*nps),
            csat: None,
            ces: None,
            sentiment: None,
            answers: serde_json::json!({}),
            text: format!("{person} at {touchpoint}: it took {nps} days"),
            author: String::new(),
            url: String::new(),
            reading: peakend_domain::sense::reading::Reading::default(),
            attributes: std::collections::BTreeMap::new(),
            quiet: true,
        };
        peakend_store::sense::voice::insert(&mut tx, &voice).await.unwrap();
        facts.push(peakend_app::sense::fact(&voice));
    }
    tx.commit().await.unwrap();
    world.app.warehouse.append(world.org.as_str(), facts).await.unwrap();
}

/// Outcomes of persons 0..n for twelve months from [`FIRST`].
pub(super) async fn deliver(world: &World, kind: &str, n: usize, value: impl Fn(usize, i32) -> f64) {
    let first = month(FIRST);
    let facts: Vec<OutcomeFact> = (0..n)
        .flat_map(|i| (first..first + 12).map(move |m| (i, m)))
        .map(|(i, m)| OutcomeFact {
            person: person(i),
            kind: kind.to_owned(),
            month: m,
            value: value(i, m).round() as i64,
        })
        .collect();
    world.app.warehouse.load_outcomes(world.org.as_str(), &format!("test.{kind}"), facts).await.unwrap();
}

/// Everybody heard before the initiative: the treated at `redeem`, the others elsewhere.
pub(super) async fn hear_before(world: &World, pillar: Pillar) {
    let said: Vec<(String, &str, u8, &str)> = (0..TREATED + CONTROLS)
        .map(|i| {
            let touchpoint = if i < TREATED { "redeem" } else { "transfer" };
            (person(i), touchpoint, if i % 3 == 0 { 9 } else { 3 }, "2025-04-10")
        })
        .collect();
    hear(world, pillar, &said).await;
}

/// Level, common trend and noise of a person.
pub(super) fn usual(i: usize, m: i32) -> f64 {
    10_000.0 + 2_000.0 * noise(i, 0) + 40.0 * f64::from(m - month(FIRST)) + 150.0 * noise(i, m)
}

/// An initiative at `redeem`, live on the first of [`LIVE`].
pub(super) async fn launch(world: &World, pillar: Pillar, finding: &str) -> InitiativeId {
    let overall = FrozenFigure { n: 40, value: Some(3.0), low: None, high: None, counts: serde_json::json!({}) };
    let live = Month(month(LIVE)).first();
    let baseline = Baseline {
        metric: "nps".to_owned(),
        definition: "nps.v1".to_owned(),
        filter: [].into(),
        from: Day(live.0 - 180),
        to: Day(live.0 - 1),
        overall,
        months: Vec::new(),
        frozen_at: world.app.now(),
        frozen_by: "usr_1".to_owned(),
    };
    let made = Initiative {
        org: world.org.clone(),
        id: InitiativeId::new(world.app.now(), &*world.app.entropy),
        number: 1,
        name: "Redeem within a day".to_owned(),
        pillar,
        finding: finding.to_owned(),
        touchpoint_code: "redeem".to_owned(),
        line_code: String::new(),
        owner: world.owner.clone(),
        departments: vec!["operations".to_owned()],
        target: Target { metric: "nps".to_owned(), filter: [].into(), value: 20.0 },
        state: InitiativeState::Live { baseline, on: live },
        created_at: world.app.now(),
        revision: 2,
    };
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::act::initiative::insert(&mut tx, &made).await.unwrap();
    tx.commit().await.unwrap();
    made.id
}

/// A case of a voice, opened and resolved within two days.
pub(super) async fn resolve(world: &World, number: i64, person: &str, voice: &str, day: &str) {
    let at = timestamp(i64::from(Day::parse(day).unwrap().0) * 86_400_000_000);
    let opening = CaseOpening {
        org: world.org.clone(),
        id: CaseId::new(at, &*world.app.entropy),
        number,
        pillar: Pillar::Customer,
        person: person.to_owned(),
        voice: voice.to_owned(),
        rule: String::new(),
        touchpoint_code: "redeem".to_owned(),
        line_code: "funds".to_owned(),
        unit_code: String::new(),
        unit_path: String::new(),
        priority: Priority::Normal,
        score: Some(2),
        title: "slow".to_owned(),
        calendar: CalendarId::stored("cal_1".to_owned()),
        at,
    };
    let by = UserId::stored("usr_1".to_owned());
    let sla = Sla { contact_due_at: at, resolve_due_at: at };
    let contact = Contact { channel: "phone".to_owned(), outcome: ContactOutcome::Reached, note: String::new() };
    let later = at + jiff::SignedDuration::from_hours(30);
    let resolution = Resolution { root_cause: RootCause::Process, note: String::new() };
    let case = Case::open(opening, Some(by.clone()), sla)
        .take(by, at)
        .and_then(|c| c.contact(contact, at))
        .and_then(|c| c.resolve(resolution, None, later))
        .unwrap();
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::act::case::insert(&mut tx, &case).await.unwrap();
    tx.commit().await.unwrap();
}
