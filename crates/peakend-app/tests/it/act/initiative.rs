//! Initiatives: a baseline is frozen once, from the warehouse, and never moves.
use std::collections::BTreeMap;

use peakend_app::Error;
use peakend_app::act::initiative::{self, InitiativeDraft, Seen, TaskDraft};
use peakend_app::sense::fact;
use peakend_domain::act::initiative::Target;
use peakend_domain::{Day, Pillar};

use super::Bank;

fn draft(metric: &str) -> InitiativeDraft {
    InitiativeDraft {
        name: "Redeem within a day".to_owned(),
        pillar: Pillar::Customer,
        finding: String::new(),
        touchpoint: "redeem".to_owned(),
        line: String::new(),
        owner: None,
        departments: vec!["operations".to_owned(), " ".to_owned()],
        target: Target { metric: metric.to_owned(), filter: BTreeMap::new(), value: 20.0 },
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

async fn voices(bank: &Bank, scores: &[u8]) {
    let facts = scores.iter().map(|nps| fact(&bank.voice("per_1", "b1", *nps))).collect();
    bank.world.app.warehouse.append(bank.world.org.as_str(), facts).await.unwrap();
}

#[tokio::test]
async fn a_baseline_is_frozen_once_and_later_voices_do_not_move_it() {
    let bank = Bank::new().await;
    let ctx = bank.ctx();
    voices(&bank, &[10, 9, 8, 7, 6, 0, 10, 3, 9, 5]).await;
    let made = initiative::create(&ctx, draft("nps")).await.unwrap();
    assert_eq!((made.departments.len(), made.target.filter["touchpoint"].as_str()), (1, "redeem"));
    let seen = Seen { id: made.id.clone(), revision: Some(0) };
    let (from, to) = (day("2025-11-01"), day("2026-01-05"));
    let frozen = initiative::freeze(&ctx, &seen, from, to).await.unwrap();
    let baseline = frozen.baseline().unwrap().clone();
    assert_eq!((baseline.overall.n, baseline.overall.value, baseline.definition.as_str()), (10, Some(0.0), "nps.v1"));
    assert_eq!((baseline.months.len(), baseline.months[0].from), (1, day("2026-01-01")));
    voices(&bank, &[0; 20]).await;
    let again = initiative::freeze(&ctx, &Seen { revision: None, ..seen.clone() }, from, to).await.unwrap_err();
    assert!(matches!(again, Error::Refused { code: "initiative_already_baselined", .. }));
    assert_eq!(initiative::read(&ctx, &made.id).await.unwrap().initiative.baseline(), Some(&baseline));
    let early = initiative::launch(&ctx, &Seen { revision: None, ..seen.clone() }, to).await.unwrap_err();
    assert!(matches!(early, Error::Refused { code: "initiative_live_within_baseline", .. }));
    let stale = initiative::launch(&ctx, &seen, day("2026-01-06")).await.unwrap_err();
    assert!(matches!(stale, Error::Conflict { .. }));
    let live = initiative::launch(&ctx, &Seen { revision: Some(1), ..seen }, day("2026-01-06")).await.unwrap();
    assert_eq!(live.live_on(), Some(day("2026-01-06")));
}

#[tokio::test]
async fn a_baseline_without_answers_is_refused() {
    let bank = Bank::new().await;
    let ctx = bank.ctx();
    let made = initiative::create(&ctx, draft("csat")).await.unwrap();
    let seen = Seen { id: made.id, revision: None };
    let empty = initiative::freeze(&ctx, &seen, day("2025-11-01"), day("2025-12-31")).await.unwrap_err();
    assert!(matches!(empty, Error::Refused { code: "initiative_empty_baseline", .. }));
}

#[tokio::test]
async fn a_plan_without_a_metric_that_can_improve_is_refused() {
    let bank = Bank::new().await;
    let Error::Invalid(faults) = initiative::create(&bank.ctx(), draft("responses")).await.unwrap_err() else {
        panic!("faults are named")
    };
    assert_eq!(faults[0].code, "metric_unknown");
}

#[tokio::test]
async fn tasks_are_ordered_and_marked() {
    let bank = Bank::new().await;
    let ctx = bank.ctx();
    let made = initiative::create(&ctx, draft("nps")).await.unwrap();
    let task = |title: &str| TaskDraft {
        title: title.to_owned(),
        department: "operations".to_owned(),
        owner: None,
        due_on: Some(day("2026-02-01")),
    };
    let first = initiative::add_task(&ctx, &made.id, task("one form")).await.unwrap();
    initiative::add_task(&ctx, &made.id, task("one day")).await.unwrap();
    initiative::mark_task(&ctx, &made.id, &first.id, true).await.unwrap();
    let tasks = initiative::read(&ctx, &made.id).await.unwrap().tasks;
    assert_eq!(
        tasks.iter().map(|t| (t.title.as_str(), t.done_at.is_some())).collect::<Vec<_>>(),
        [("one form", true), ("one day", false)]
    );
}
