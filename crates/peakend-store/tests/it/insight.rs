//! Findings, the memory of the release gate, and the home page's counts.
use peakend_domain::insight::finding::{Finding, FindingKind, FindingState};
use peakend_domain::insight::rereading::{Rereading, ThemeMove};
use peakend_domain::insight::theme::ThemeVersion;
use peakend_domain::sense::reading::ThemeMention;
use peakend_domain::{FindingId, InitiativeId, OrgId, Pillar, RereadingId, Scope};
use peakend_store::insight::finding::Wanted;
use peakend_store::insight::{figure, finding, home, release, rereading, theme, voice_list};
use peakend_store::sense::voice;

use crate::{at, on_both};

fn org() -> OrgId {
    OrgId::stored("org_a".into())
}

fn found(id: &str, seconds: i64) -> Finding {
    Finding {
        id: FindingId::stored(id.into()),
        org: org(),
        kind: FindingKind::ShortBoard,
        pillar: Pillar::Customer,
        title: "赎回".into(),
        touchpoint_code: "redeem".into(),
        line_code: "funds".into(),
        metric: "nps".into(),
        question: serde_json::json!({"metric": "nps"}),
        evidence: serde_json::json!({"value": -12.5}),
        state: FindingState::New,
        created_at: at(seconds),
        created_by: "system".into(),
    }
}

#[tokio::test]
async fn a_finding_keeps_its_evidence_while_its_state_moves() {
    on_both("finding", |store| async move {
        let mut tx = store.begin().await.unwrap();
        finding::insert(&mut tx, &found("fnd_1", 0)).await.unwrap();
        finding::insert(&mut tx, &found("fnd_2", 5)).await.unwrap();
        let one = finding::find(&mut tx, &org(), &FindingId::stored("fnd_1".into())).await.unwrap().unwrap();
        assert_eq!(one, found("fnd_1", 0));
        let moved = one.become_initiative(InitiativeId::stored("ini_1".into()), at(9)).unwrap();
        finding::save(&mut tx, &moved).await.unwrap();
        let wanted = Wanted { phase: "became_initiative".into(), ..Wanted::default() };
        assert_eq!(finding::page(&mut tx, &org(), &wanted, 0, 10).await.unwrap(), [moved]);
        assert_eq!(finding::count(&mut tx, &org(), &Wanted::default()).await.unwrap(), 2);
        let other = OrgId::stored("org_b".into());
        assert_eq!(finding::count(&mut tx, &other, &Wanted::default()).await.unwrap(), 0);
        assert!(finding::find(&mut tx, &other, &FindingId::stored("fnd_1".into())).await.unwrap().is_none());
        assert!(finding::is_known(&mut tx, &found("fnd_3", 9), at(0)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_released_set_is_remembered_once_and_read_back() {
    on_both("release", |store| async move {
        let new = release::NewRelease { view_key: "all".into(), signature: "s1".into(), members: vec![3, 40, 41] };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(release::lock(&mut tx, &org(), "nps").await.unwrap(), 0);
        for _ in 0..2 {
            release::record(&mut tx, &org(), "nps", std::slice::from_ref(&new), at(0), "usr_1").await.unwrap();
        }
        let all = release::all(&mut tx, &org(), "nps").await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].view_key.as_str(), all[0].members.as_slice()), ("all", [3, 40, 41].as_slice()));
        assert_eq!(release::lock(&mut tx, &org(), "nps").await.unwrap(), all[0].seq);
        assert!(release::all(&mut tx, &org(), "csat").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_empty_organisation_has_an_empty_home_page() {
    on_both("home", |store| async move {
        let mut tx = store.read().await.unwrap();
        let scope = Scope::all(org());
        let counts = home::counts(&mut tx, &scope, "", at(0), at(10)).await.unwrap();
        assert_eq!(counts, home::Counts::default());
        let waiting = home::waiting(&mut tx, &scope, "usr_1", at(10), at(0), 20_000).await.unwrap();
        assert_eq!(waiting, home::Waiting::default());
        assert!(figure::names(&mut tx, &org()).await.unwrap().is_empty());
        assert!(figure::units_below(&mut tx, &org(), "/root/", 20_000).await.unwrap().is_empty());
        let ids = ["r.1".to_owned(), "r.2".to_owned()];
        assert!(voice_list::cases_of(&mut tx, &scope, &ids).await.unwrap().is_empty());
        assert!(voice::by_ids(&mut tx, &scope, &ids).await.unwrap().is_empty());
        assert!(figure::unit_path(&mut tx, &org(), "east", 20_000).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn themes_are_kept_by_version_and_what_is_read_again_replaces_what_was_read() {
    on_both("themes", |store| async move {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(theme::newest(&mut tx, &org()).await.unwrap(), None);
        let saved = |version| ThemeVersion { version, document: "{}".into(), saved_at: at(3), saved_by: "ann".into() };
        assert!(theme::insert(&mut tx, &org(), &saved(2)).await.unwrap());
        assert!(!theme::insert(&mut tx, &org(), &saved(2)).await.unwrap(), "a version never changes");
        assert_eq!(theme::newest(&mut tx, &org()).await.unwrap(), Some(2));
        assert_eq!(theme::find(&mut tx, &org(), 2).await.unwrap(), Some(saved(2)));

        let mut said = crate::value::a_voice("r.1", 1, 3, "手续费 \"fees\"", "/hq/");
        let silent = crate::value::a_voice("r.2", 2, 3, "", "/hq/");
        let mut employee = crate::value::a_voice("r.3", 3, 3, "fees", "/hq/");
        employee.pillar = Pillar::Employee;
        voice::insert_many(&mut tx, &[&said, &silent, &employee]).await.unwrap();
        assert_eq!(rereading::voices_with_words(&mut tx, &said.org).await.unwrap(), 1);
        let newest = voice::newest_with_words(&mut tx, &said.org, i64::MAX, 9).await.unwrap();
        assert_eq!(newest, [said.clone()], "an employee's text is not for trying rules");
        said.theme = "fees".into();
        said.sentiment = Some(-40);
        let words = vec![(0, 9), (11, 15)];
        said.reading.themes.push(ThemeMention { theme: "fees".into(), rules: vec![0, 2], words });
        said.reading.scheme = 2;
        let gone = crate::value::a_voice("r.9", 9, 3, "erased meanwhile", "/hq/");
        assert_eq!(rereading::keep(&mut tx, &said.org, &[&said, &gone]).await.unwrap(), 1);
        assert_eq!(voice::with_words(&mut tx, &said.org, 0, 9).await.unwrap(), [said, employee]);
    })
    .await;
}

#[tokio::test]
async fn one_rereading_is_under_way_and_a_stale_worker_changes_nothing() {
    on_both("rereading", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let new = |id: &str| Rereading::new(RereadingId::stored(id.into()), 2, 5, "ann".into(), at(1));
        let begun = new("rrd_1");
        assert!(rereading::insert(&mut tx, &org(), &begun).await.unwrap());
        assert!(!rereading::insert(&mut tx, &org(), &new("rrd_2")).await.unwrap());
        let moved = ThemeMove { from: String::new(), to: "fees".into(), voices: 3 };
        let next = Rereading { position: 7, read: 3, moves: vec![moved], ..begun.clone() };
        assert!(rereading::update(&mut tx, &org(), &next, &begun).await.unwrap());
        assert!(!rereading::update(&mut tx, &org(), &begun, &begun).await.unwrap(), "it has moved on");
        assert_eq!(rereading::latest(&mut tx, &org()).await.unwrap(), Some(next.clone()));
        let mut over = next.clone();
        over.finish(at(9));
        assert!(rereading::update(&mut tx, &org(), &over, &next).await.unwrap());
        assert!(!rereading::update(&mut tx, &org(), &next, &over).await.unwrap(), "what is over stays over");
        assert!(rereading::insert(&mut tx, &org(), &new("rrd_2")).await.unwrap());
    })
    .await;
}
