//! Outcome kinds, evaluations and ledger entries come back as they went in.
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::value::evaluation::{
    ClosedCases, Design, Evaluated, Evaluation, MonthsSeen, Subject, Total, Verdict,
};
use peakend_domain::value::ledger::{Booking, LedgerEntry};
use peakend_domain::value::outcome::OutcomeKind;
use peakend_domain::{Day, EvaluationId, InitiativeId, LedgerEntryId, Month, OrgId, Pillar, Scope, UnitScope};
use peakend_store::sense::voice;
use peakend_store::value::{evaluation, ledger, outcome};

use crate::{at, on_both};

fn org(name: &str) -> OrgId {
    OrgId::stored(format!("org_{name}"))
}

fn evaluated(verdict: Verdict) -> Evaluated {
    let months = MonthsSeen { from: Month(100), to: Month(111), before: 6, after: 6, first_after: Month(106) };
    let mut result = Evaluated::refused(months, "too_few_matched", 3.0, 20.0);
    result.verdict = verdict;
    result.total = Some(Total { value: 21_300, low: 12_000, high: 30_600, persons: 100, factor: 600 });
    result
}

fn an_evaluation(id: &str, subject: Subject, verdict: Verdict) -> Evaluation {
    Evaluation {
        org: org("a"),
        id: EvaluationId::stored(id.to_owned()),
        subject,
        pillar: Pillar::Customer,
        title: "Redeem within a day".to_owned(),
        design: Design::of("aum"),
        result: evaluated(verdict),
        created_at: at(10),
        created_by: "usr_1".to_owned(),
    }
}

fn initiative() -> Subject {
    Subject::Initiative { id: InitiativeId::stored("ini_1".to_owned()) }
}

pub(crate) fn a_voice(id: &str, seq: i64, nps: u8, text: &str, path: &str) -> Voice {
    Voice {
        org: org("a"),
        id: id.to_owned(),
        seq,
        kind: VoiceKind::Response,
        pillar: Pillar::Customer,
        survey_code: "s".to_owned(),
        survey_version: Some(1),
        person: format!("per_{id}"),
        unit_code: String::new(),
        unit_path: path.to_owned(),
        line_code: String::new(),
        journey_code: String::new(),
        stage_code: String::new(),
        touchpoint_code: "redeem".to_owned(),
        channel_code: String::new(),
        segment: String::new(),
        theme: String::new(),
        language: "en".to_owned(),
        at: at(0),
        day: Day(20_000),
        nps: Some(nps),
        csat: None,
        ces: None,
        sentiment: None,
        answers: serde_json::json!({}),
        text: text.to_owned(),
        author: String::new(),
        url: String::new(),
        reading: peakend_domain::sense::reading::Reading::default(),
        attributes: std::collections::BTreeMap::new(),
        quiet: false,
    }
}

#[tokio::test]
async fn outcome_kinds_and_batches_are_the_organisations_own() {
    on_both("outcome_kinds", |store| async move {
        let mut tx = store.begin().await.unwrap();
        for kind in OutcomeKind::defaults() {
            assert!(outcome::insert(&mut tx, &org("a"), &kind).await.unwrap());
            assert!(!outcome::insert(&mut tx, &org("a"), &kind).await.unwrap());
        }
        outcome::insert_batch(&mut tx, &org("a"), "2026-01", "hash", 3, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let kinds = outcome::all(&mut tx, &org("a")).await.unwrap();
        assert_eq!(kinds.iter().map(|k| k.code.as_str()).collect::<Vec<_>>(), ["aum", "churn", "orders"]);
        assert_eq!(kinds[0], OutcomeKind::defaults()[0]);
        assert!(outcome::all(&mut tx, &org("b")).await.unwrap().is_empty());
        assert_eq!(outcome::batch(&mut tx, &org("a"), "2026-01").await.unwrap().as_deref(), Some("hash"));
        assert_eq!(outcome::batch(&mut tx, &org("b"), "2026-01").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_evaluation_reads_back_with_design_and_result() {
    on_both("evaluations", |store| async move {
        let cases = Subject::Cases(ClosedCases {
            pillar: Pillar::Customer,
            from: Month(100),
            to: Month(102),
            touchpoint: String::new(),
            recovered_only: true,
        });
        let (one, two) =
            (an_evaluation("evl_1", initiative(), Verdict::Gain), an_evaluation("evl_2", cases, Verdict::NotProven));
        let mut tx = store.begin().await.unwrap();
        evaluation::insert(&mut tx, &one).await.unwrap();
        evaluation::insert(&mut tx, &two).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(evaluation::find(&mut tx, &org("a"), &one.id).await.unwrap(), Some(one.clone()));
        assert_eq!(evaluation::find(&mut tx, &org("b"), &one.id).await.unwrap(), None);
        let gains = evaluation::Wanted { verdict: Some(Verdict::Gain), ..evaluation::Wanted::default() };
        assert_eq!(evaluation::page(&mut tx, &org("a"), &gains, 0, 10).await.unwrap(), vec![one]);
        assert_eq!(evaluation::count(&mut tx, &org("a"), &evaluation::Wanted::default()).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_sentences_of_an_evaluation_come_unhappiest_first_and_within_the_scope() {
    on_both("evaluation_persons", |store| async move {
        let id = EvaluationId::stored("evl_1".to_owned());
        let mut tx = store.begin().await.unwrap();
        for (name, seq, nps, text, path) in
            [("v1", 1, 6, "slow", "/r/east/"), ("v2", 2, 2, "never again", "/r/west/"), ("v3", 3, 0, "", "/r/west/")]
        {
            voice::insert(&mut tx, &a_voice(name, seq, nps, text, path)).await.unwrap();
        }
        let persons: Vec<_> = ["v1", "v2", "v3"].map(|v| (format!("per_{v}"), v.to_owned())).into();
        evaluation::insert_persons(&mut tx, &org("a"), &id, &persons).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let all = Scope::all(org("a"));
        let texts: Vec<String> =
            evaluation::voices(&mut tx, &all, &id, 20).await.unwrap().into_iter().map(|v| v.text).collect();
        assert_eq!(texts, ["never again", "slow"]);
        let east = Scope { org: org("a"), units: UnitScope::Subtree("/r/east/".to_owned()) };
        assert_eq!(evaluation::voice_count(&mut tx, &east, &id).await.unwrap(), 1);
        assert_eq!(evaluation::voices(&mut tx, &east, &id, 20).await.unwrap()[0].text, "slow");
        assert_eq!(evaluation::of_person(&mut tx, &org("a"), "per_v3", "", 10).await.unwrap(), vec![id.clone()]);
        assert_eq!(evaluation::of_person(&mut tx, &org("a"), "", "v2", 10).await.unwrap(), vec![id]);
        assert!(evaluation::of_person(&mut tx, &org("b"), "", "v2", 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_evaluation_is_booked_once() {
    on_both("ledger", |store| async move {
        let [aum, ..] = OutcomeKind::defaults();
        let book = |evaluation: &Evaluation, id: &str| {
            let booking = Booking { cost_minor: 500, note: "n".to_owned(), at: at(20), by: "usr_1".to_owned() };
            LedgerEntry::book(LedgerEntryId::stored(id.to_owned()), evaluation, &aum, "CNY", booking).unwrap()
        };
        let gain = book(&an_evaluation("evl_1", initiative(), Verdict::Gain), "led_1");
        let nothing = book(&an_evaluation("evl_2", initiative(), Verdict::NotProven), "led_2");
        assert_eq!((gain.amount.unwrap().minor, nothing.amount), (21_300, None));
        let mut tx = store.begin().await.unwrap();
        ledger::lock(&mut tx, &org("a")).await.unwrap();
        ledger::insert(&mut tx, &gain).await.unwrap();
        ledger::insert(&mut tx, &nothing).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(ledger::find(&mut tx, &org("a"), &gain.id).await.unwrap(), Some(gain.clone()));
        assert_eq!(ledger::find(&mut tx, &org("b"), &gain.id).await.unwrap(), None);
        assert_eq!(ledger::all(&mut tx, &org("a"), Some(Pillar::Customer)).await.unwrap().len(), 2);
        assert!(ledger::all(&mut tx, &org("a"), Some(Pillar::Brand)).await.unwrap().is_empty());
        assert_eq!(ledger::of_evaluation(&mut tx, &org("a"), &gain.evaluation).await.unwrap(), Some(gain.id.clone()));
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        let again = LedgerEntry { id: LedgerEntryId::stored("led_3".to_owned()), ..gain };
        assert!(ledger::insert(&mut tx, &again).await.unwrap_err().is_unique_violation());
    })
    .await;
}
