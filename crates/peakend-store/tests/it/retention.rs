//! What the store removes that is no longer kept, survey by survey, on both databases.
use jiff::{SignedDuration, Timestamp};
use peakend_domain::sense::link::Link;
use peakend_domain::sense::retention::{Retention, RetentionCounts, RetentionRun, VoicesOf};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Day, LocalText, OrgId, Pillar, Scope, SurveyId};
use peakend_store::act::case::{self, CaseSight};
use peakend_store::sense::intake::{self, Gate, IntakeEntry, IntakeKind, Receipt};
use peakend_store::sense::link;
use peakend_store::sense::survey::{self, SurveyRow};
use peakend_store::sense::{retention, voice};
use peakend_store::{Store, Tx};

use crate::act::{closed, new_case};
use crate::value::a_voice;
use crate::{at, on_both};

fn org(name: &str) -> OrgId {
    OrgId::stored(name.to_owned())
}

/// A voice of a survey with its entry in the log; an empty code makes a signal's.
async fn said(tx: &mut Tx, gate: &Gate, org: &OrgId, id: &str, survey: &str, day: i32) -> Voice {
    let entry = IntakeEntry {
        org: org.clone(),
        kind: IntakeKind::Response,
        id: id.to_owned(),
        body_hash: "h".to_owned(),
        body: format!("{{\"said\":\"{id}\"}}"),
        received_at: at(0),
    };
    let receipts = intake::append(tx, gate, &[entry]).await.unwrap();
    let [Receipt::Accepted { seq }] = receipts.as_slice() else { unreachable!("{receipts:?}") };
    let (survey_code, at) = (survey.to_owned(), Timestamp::from_second(i64::from(day) * 86_400 + 80_000).unwrap());
    let voice = Voice { org: org.clone(), survey_code, at, day: Day(day), ..a_voice(id, *seq, 3, "slow", "/hq/") };
    assert_eq!(voice::insert_many(tx, &[&voice]).await.unwrap().len(), 1);
    voice
}

/// Ids that stand in the log with a body, and as voices.
async fn left(tx: &mut Tx, orgs: &[&OrgId]) -> (Vec<String>, Vec<String>) {
    let logged = intake::after(tx, 0, 100).await.unwrap().into_iter().map(|e| e.entry.id).collect();
    let mut voices = Vec::new();
    for org in orgs {
        voices.extend(voice::after(tx, org, 0, 100).await.unwrap().into_iter().map(|v| v.id));
    }
    (logged, voices)
}

#[tokio::test]
async fn a_setting_with_times_of_surveys_reads_back_with_its_last_run() {
    on_both("retention_setting", |store: Store| async move {
        let mut tx = store.begin().await.unwrap();
        let surveys = [("visit".to_owned(), Some(6)), ("ever".to_owned(), None)].into();
        let keep = Retention { voices: Some(24), surveys, ..Retention::default() };
        assert_eq!(retention::find(&mut tx, &org("a")).await.unwrap(), None);
        retention::save(&mut tx, &org("a"), &keep, "usr_1", at(1)).await.unwrap();
        let run =
            RetentionRun { at: at(2), removed: RetentionCounts { voices: 3, cases: 1, ..RetentionCounts::default() } };
        retention::note(&mut tx, &org("a"), run).await.unwrap();
        let found = retention::find(&mut tx, &org("a")).await.unwrap().unwrap();
        assert_eq!((found.keep, found.last_run), (keep, Some(run)));
        retention::save(&mut tx, &org("a"), &Retention::default(), "usr_1", at(3)).await.unwrap();
        let found = retention::find(&mut tx, &org("a")).await.unwrap().unwrap();
        assert_eq!((found.keep, found.last_run), (Retention::default(), Some(run)), "the record stays");
        assert_eq!(retention::find(&mut tx, &org("b")).await.unwrap(), None);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn voices_of_one_survey_go_by_their_own_day_and_all_others_by_theirs() {
    on_both("retention_voices", |store: Store| async move {
        let (a, b) = (org("a"), org("b"));
        let gate = store.gate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for (id, survey, day) in [("v1", "visit", 10), ("v2", "visit", 20), ("e1", "ever", 10), ("o1", "other", 10)] {
            said(&mut tx, &gate, &a, id, survey, day).await;
        }
        said(&mut tx, &gate, &a, "s1", "", 10).await;
        said(&mut tx, &gate, &b, "b1", "visit", 10).await;
        let some = |voices| RetentionCounts { voices, log_entries: voices, ..RetentionCounts::default() };
        let visit = VoicesOf::Survey("visit");
        assert_eq!(retention::remove_voices(&mut tx, &a, &visit, Day(20)).await.unwrap(), some(1));
        assert_eq!(retention::remove_voices(&mut tx, &a, &visit, Day(20)).await.unwrap(), some(0), "once is enough");
        let all = ["v2", "e1", "o1", "s1", "b1"].map(ToOwned::to_owned).to_vec();
        assert_eq!(left(&mut tx, &[&a, &b]).await, (all.clone(), all));
        let others = VoicesOf::Others(vec!["ever", "visit"]);
        assert_eq!(retention::remove_voices(&mut tx, &a, &others, Day(100)).await.unwrap(), some(2), "signals too");
        let rest = ["v2", "e1", "b1"].map(ToOwned::to_owned).to_vec();
        assert_eq!(left(&mut tx, &[&a, &b]).await, (rest.clone(), rest));
        let every = VoicesOf::Others(Vec::new());
        assert_eq!(retention::remove_voices(&mut tx, &a, &every, Day(100)).await.unwrap(), some(2));
        let (_, voices) = left(&mut tx, &[&a, &b]).await;
        assert_eq!(voices, ["b1"], "another organisation's survey of the same code keeps its voices");
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_case_goes_with_the_survey_of_the_voice_that_opened_it_even_when_that_is_gone() {
    on_both("retention_cases", |store: Store| async move {
        let a = org("org_a");
        let gate = store.gate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for (number, survey) in [(1, "visit"), (2, "other"), (3, "")] {
            said(&mut tx, &gate, &a, &format!("r.{number}"), survey, 10).await;
        }
        // the fourth case has no voice here at all
        for number in 1..=4 {
            case::insert(&mut tx, &closed(new_case(number, "/hq/", None))).await.unwrap();
        }
        case::insert(&mut tx, &new_case(5, "/hq/", None)).await.unwrap();
        let every = VoicesOf::Others(Vec::new());
        assert_eq!(retention::remove_voices(&mut tx, &a, &every, Day(100)).await.unwrap().voices, 3);
        let silenced = |cases| RetentionCounts { cases, ..RetentionCounts::default() };
        let (visit, later) = (VoicesOf::Survey("visit"), at(0) + SignedDuration::from_hours(1));
        assert_eq!(retention::silence_cases(&mut tx, &a, &visit, at(0)).await.unwrap(), silenced(0), "not so old");
        assert_eq!(retention::silence_cases(&mut tx, &a, &visit, later).await.unwrap(), silenced(1));
        assert_eq!(retention::silence_cases(&mut tx, &a, &visit, later).await.unwrap(), silenced(0));
        let all = Scope::all(a.clone());
        let sight = CaseSight { scope: &all, own: None };
        let mut words = Vec::new();
        for number in 1..=5 {
            let found = case::find(&mut tx, sight, &new_case(number, "/hq/", None).opening.id).await.unwrap().unwrap();
            words.push(!found.opening.title.is_empty() && !found.opening.person.is_empty());
        }
        assert_eq!(words, [false, true, true, true, true], "the case of that survey alone lost person and words");
        let others = VoicesOf::Others(vec!["visit"]);
        assert_eq!(retention::silence_cases(&mut tx, &a, &others, later).await.unwrap(), silenced(3));
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn personal_links_go_with_their_survey() {
    on_both("retention_links", |store: Store| async move {
        let a = org("a");
        let mut tx = store.begin().await.unwrap();
        for code in ["visit", "other"] {
            let row = SurveyRow {
                id: SurveyId::stored(format!("svy_{code}")),
                code: code.to_owned(),
                pillar: Pillar::Customer,
                title: LocalText::one("NPS"),
                draft: "code: x".to_owned(),
                draft_revision: 1,
                published_version: None,
                closed_at: None,
                created_at: at(0),
                updated_at: at(0),
            };
            survey::insert(&mut tx, &a, &row).await.unwrap();
            for (single_use, made) in [(true, 0), (true, 50), (false, 0)] {
                let made_for = Link {
                    token_hash: format!("{code} {single_use} {made}"),
                    survey: row.id.clone(),
                    person: None,
                    ask: None,
                    case: None,
                    context: serde_json::Map::new(),
                    single_use,
                    created_at: at(made),
                    expires_at: None,
                    used_at: None,
                };
                link::insert(&mut tx, &a, &made_for).await.unwrap();
            }
        }
        let all = ["visit true 0", "visit true 50", "visit false 0", "other true 0", "other true 50", "other false 0"];
        let mut gone = Vec::new();
        for of in [VoicesOf::Survey("visit"), VoicesOf::Others(vec!["visit"])] {
            retention::remove_links(&mut tx, &a, &of, at(10)).await.unwrap();
            for token in all {
                if link::find(&mut tx, token).await.unwrap().is_none() && !gone.contains(&token) {
                    gone.push(token);
                }
            }
            assert_eq!(gone.len(), if matches!(of, VoicesOf::Survey(_)) { 1 } else { 2 }, "{gone:?}");
        }
        assert_eq!(gone, ["visit true 0", "other true 0"]);
        tx.commit().await.unwrap();
    })
    .await;
}
