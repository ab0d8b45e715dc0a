//! What the store promises about asking: drafts, versions, links, rules, asks.
use peakend_domain::sense::ask::{Ask, AskState, Withheld};
use peakend_domain::sense::contact_rule::ContactRule;
use peakend_domain::sense::event::Event;
use peakend_domain::sense::event_rule::{EventRule, condition};
use peakend_domain::sense::link::Link;
use peakend_domain::{AskId, EventRuleId, LocalText, OrgId, Pillar, SurveyId};
use peakend_store::sense::survey::{SurveyRow, SurveyVersion};
use peakend_store::sense::{ask, contact_rule, event, event_rule, intake, link, survey};
use serde_json::json;

use crate::{at, on_both};

fn org(name: &str) -> OrgId {
    OrgId::stored(name.to_owned())
}

fn draft(id: &str, code: &str) -> SurveyRow {
    SurveyRow {
        id: SurveyId::stored(id.to_owned()),
        code: code.to_owned(),
        pillar: Pillar::Customer,
        title: LocalText::one("NPS"),
        draft: "code: x".to_owned(),
        draft_revision: 1,
        published_version: None,
        closed_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[tokio::test]
async fn a_draft_is_saved_only_over_the_revision_that_was_read() {
    on_both("draft", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let mut row = draft("svy_1", "nps");
        survey::insert(&mut tx, &org("a"), &row).await.unwrap();
        row.draft = "code: y".to_owned();
        row.draft_revision = 2;
        assert!(survey::save(&mut tx, &org("a"), &row, 1).await.unwrap());
        assert!(!survey::save(&mut tx, &org("a"), &row, 1).await.unwrap());
        assert!(!survey::save(&mut tx, &org("b"), &row, 2).await.unwrap());
        assert_eq!(survey::find(&mut tx, &org("a"), "svy_1").await.unwrap(), Some(row.clone()));
        assert_eq!(survey::find_by_code(&mut tx, &org("b"), "nps").await.unwrap(), None);
        assert_eq!(survey::all(&mut tx, &org("a")).await.unwrap(), [row]);
        assert!(survey::counts(&mut tx, &org("a")).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let taken = survey::insert(&mut tx, &org("a"), &draft("svy_2", "nps")).await.unwrap_err();
        assert!(taken.is_unique_violation());
    })
    .await;
}

#[tokio::test]
async fn a_version_is_written_once() {
    on_both("version", |store| async move {
        let id = SurveyId::stored("svy_1".to_owned());
        let version = SurveyVersion {
            version: 1,
            yaml: "a: 1".to_owned(),
            document: "{}".to_owned(),
            published_at: at(1),
            published_by: "usr_1".to_owned(),
        };
        let mut tx = store.begin().await.unwrap();
        survey::insert_version(&mut tx, &org("a"), &id, &version).await.unwrap();
        assert_eq!(survey::versions(&mut tx, &org("a"), &id).await.unwrap(), std::slice::from_ref(&version));
        assert_eq!(survey::version(&mut tx, &org("a"), &id, 2).await.unwrap(), None);
        assert!(survey::insert_version(&mut tx, &org("a"), &id, &version).await.unwrap_err().is_unique_violation());
    })
    .await;
}

#[tokio::test]
async fn a_link_is_found_by_its_hash_and_used_once() {
    on_both("link", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let new = Link {
            token_hash: "h1".to_owned(),
            survey: SurveyId::stored("svy_1".to_owned()),
            person: Some("per_1".to_owned()),
            ask: None,
            case: Some("cas_1".to_owned()),
            context: json!({"unit": "b12"}).as_object().unwrap().clone(),
            single_use: true,
            created_at: at(0),
            expires_at: Some(at(100)),
            used_at: None,
        };
        link::insert(&mut tx, &org("a"), &new).await.unwrap();
        assert_eq!(link::find(&mut tx, "h1").await.unwrap(), Some((org("a"), new.clone())));
        assert_eq!(link::find(&mut tx, "h2").await.unwrap(), None);
        link::mark_used(&mut tx, &org("a"), "h1", at(5)).await.unwrap();
        link::mark_used(&mut tx, &org("a"), "h1", at(6)).await.unwrap();
        assert_eq!(link::find(&mut tx, "h1").await.unwrap().unwrap().1.used_at, Some(at(5)));
        let open = Link { token_hash: "h3".to_owned(), single_use: false, ..new };
        link::insert(&mut tx, &org("a"), &open).await.unwrap();
        assert_eq!(link::open_of_survey(&mut tx, &org("a"), &open.survey).await.unwrap(), std::slice::from_ref(&open));
        assert!(link::expire(&mut tx, &org("a"), "h3", at(7)).await.unwrap());
        assert!(!link::expire(&mut tx, &org("b"), "h3", at(8)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn rules_and_events_read_back() {
    on_both("rules", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let text = "event.amount > 100";
        let rule = EventRule {
            id: EventRuleId::stored("rul_1".to_owned()),
            code: "redeem".to_owned(),
            name: "赎回".to_owned(),
            event_name: "Fund Redeemed".to_owned(),
            condition: text.to_owned(),
            tree: condition(text).unwrap(),
            survey: SurveyId::stored("svy_1".to_owned()),
            delay_seconds: 2,
            enabled: true,
            context: [("fund".to_owned(), "properties.fund_name".to_owned())].into(),
        };
        event_rule::insert(&mut tx, &org("a"), &rule, at(0)).await.unwrap();
        let off = EventRule { enabled: false, ..rule.clone() };
        assert!(event_rule::save(&mut tx, &org("a"), &off).await.unwrap());
        assert_eq!(event_rule::all(&mut tx, &org("a")).await.unwrap(), std::slice::from_ref(&off));
        assert_eq!(event_rule::find(&mut tx, &org("b"), "rul_1").await.unwrap(), None);
        assert_eq!(contact_rule::find(&mut tx, &org("a")).await.unwrap(), ContactRule::default());
        contact_rule::save(&mut tx, &org("a"), ContactRule { minimum_gap_days: 7 }, at(0)).await.unwrap();
        assert_eq!(contact_rule::find(&mut tx, &org("a")).await.unwrap().minimum_gap_days, 7);
        let happened = Event {
            id: "e1".to_owned(),
            seq: 1,
            person: "per_1".to_owned(),
            name: "Fund Redeemed".to_owned(),
            at: at(10),
            properties: json!({"amount": 500}),
        };
        let once = &[&happened];
        event::insert_many(&mut tx, &org("a"), once).await.unwrap();
        let twice = event::insert_many(&mut tx, &org("a"), once).await.unwrap_err();
        assert!(twice.to_string().contains("there already"), "{twice}");
        let found = event::of_name(&mut tx, &org("a"), "Fund Redeemed", at(10), at(11), 10).await.unwrap();
        assert_eq!(found, [happened]);
        assert!(event::of_name(&mut tx, &org("a"), "Fund Redeemed", at(0), at(10), 10).await.unwrap().is_empty());
        assert_eq!(event::after(&mut tx, &org("a"), 0, 10).await.unwrap(), found);
        assert!(event::after(&mut tx, &org("a"), 1, 10).await.unwrap().is_empty());
        assert!(event::after(&mut tx, &org("b"), 0, 10).await.unwrap().is_empty());
        assert_eq!(event::names(&mut tx, &org("a"), at(0)).await.unwrap(), [("Fund Redeemed".to_owned(), 1)]);
    })
    .await;
}

fn asked(id: &str, seconds: i64, state: AskState) -> Ask {
    Ask {
        id: AskId::stored(id.to_owned()),
        rule: None,
        survey: SurveyId::stored("svy_1".to_owned()),
        person: "per_1".to_owned(),
        event: Some("e1".to_owned()),
        state,
        context: json!({"fund_name": "稳健一号"}),
        decided_at: at(seconds),
        show_at: at(seconds + 2),
    }
}

#[tokio::test]
async fn an_ask_is_shown_once_when_due_and_withheld_ones_do_not_count() {
    on_both("asks", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let a = org("a");
        ask::insert(&mut tx, &a, &asked("ask_1", 0, AskState::Due)).await.unwrap();
        let no = AskState::Withheld { reason: Withheld::AskedRecently, last: Some(at(0)) };
        ask::insert(&mut tx, &a, &asked("ask_2", 50, no.clone())).await.unwrap();
        assert_eq!(ask::last_of_person(&mut tx, &a, "per_1").await.unwrap(), Some(at(0)));
        assert_eq!(ask::last_of_person(&mut tx, &a, "per_2").await.unwrap(), None);
        assert_eq!(ask::due_of_person(&mut tx, &a, "per_1", at(-9), at(1)).await.unwrap(), None);
        let due = ask::due_of_person(&mut tx, &a, "per_1", at(-9), at(2)).await.unwrap().unwrap();
        assert_eq!(due, asked("ask_1", 0, AskState::Due));
        assert_eq!(ask::due_of_person(&mut tx, &a, "per_1", at(0), at(2)).await.unwrap(), None, "too old");
        assert!(ask::mark_shown(&mut tx, &a, &due.id, at(3)).await.unwrap());
        assert!(!ask::mark_shown(&mut tx, &a, &due.id, at(3)).await.unwrap());
        ask::mark_answered(&mut tx, &a, "ask_1", at(9)).await.unwrap();
        ask::mark_answered(&mut tx, &a, "ask_2", at(9)).await.unwrap();
        let all = ask::page(&mut tx, &a, "", "", 10).await.unwrap();
        assert_eq!(all, [asked("ask_2", 50, no), asked("ask_1", 0, AskState::Answered { at: at(9) })]);
        assert_eq!(ask::page(&mut tx, &a, "answered", "ask_2", 10).await.unwrap().len(), 1);
        let counts = ask::counts(&mut tx, &a).await.unwrap();
        assert_eq!(counts, [("answered".to_owned(), 1), ("withheld".to_owned(), 1)]);
        assert!(intake::find(&mut tx, &a, intake::IntakeKind::Event, "e9").await.unwrap().is_none());
    })
    .await;
}
