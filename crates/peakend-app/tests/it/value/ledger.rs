//! From the amount back to the sentence, and each amount once.
use peakend_app::value::evaluation::{self, Request};
use peakend_app::value::ledger;
use peakend_app::{Ctx, Error};
use peakend_domain::value::evaluation::{Design, Evaluation, Subject, Verdict};
use peakend_domain::value::ledger::LedgerEntry;
use peakend_domain::{Actor, ActorKind, InitiativeId, Pillar, Role, Scope};
use peakend_testkit::World;

use super::bank::{CONTROLS, LIVE, TREATED, deliver, hear_before, launch, month, usual};

async fn evaluated(world: &World, id: &InitiativeId) -> Evaluation {
    let request = Request { subject: Subject::Initiative { id: id.clone() }, design: Design::of("aum") };
    evaluation::evaluate(&world.ctx(), request).await.unwrap()
}

async fn book(world: &World, of: &Evaluation) -> Result<LedgerEntry, Error> {
    let request = ledger::Request { evaluation: of.id.clone(), cost_minor: 900, note: "two tellers".to_owned() };
    ledger::book(&world.ctx(), request).await
}

async fn with_lift(lift: f64) -> (World, InitiativeId) {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    let live = month(LIVE);
    deliver(&world, "aum", TREATED + CONTROLS, |i, m| usual(i, m) + if i < TREATED && m >= live { lift } else { 0.0 })
        .await;
    let id = launch(&world, Pillar::Customer, "").await;
    (world, id)
}

#[tokio::test]
async fn a_gain_is_booked_with_its_interval_and_never_twice() {
    let (world, id) = with_lift(300.0).await;
    let (first, second) = (evaluated(&world, &id).await, evaluated(&world, &id).await);
    let entry = book(&world, &first).await.unwrap();
    let (amount, total) = (entry.amount.unwrap(), first.result.total.unwrap());
    assert_eq!((amount.minor, amount.low, amount.high), (total.value, total.low, total.high));
    assert_eq!((entry.verdict, entry.cost_minor, entry.currency.as_str()), (Verdict::Gain, 900, "CNY"));
    let code = |refused: Result<LedgerEntry, Error>| match refused {
        Err(Error::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(book(&world, &first).await), "ledger_already_booked");
    assert_eq!(code(book(&world, &second).await), "ledger_same_months");
    let (entries, totals) = ledger::list(&world.ctx(), None).await.unwrap();
    assert_eq!((entries.len(), totals.len(), totals[0].amount), (1, 1, Some(amount)));
}

#[tokio::test]
async fn what_is_not_proven_is_booked_without_an_amount() {
    let (world, id) = with_lift(0.0).await;
    let entry = book(&world, &evaluated(&world, &id).await).await.unwrap();
    assert_eq!((entry.verdict, entry.amount), (Verdict::NotProven, None));
    let (_, totals) = ledger::list(&world.ctx(), Some(Pillar::Customer)).await.unwrap();
    assert_eq!((totals[0].amount, totals[0].not_proven, totals[0].cost_minor), (None, 1, 900));
}

#[tokio::test]
async fn the_trail_leads_from_the_amount_to_the_sentences_and_back() {
    let (world, id) = with_lift(300.0).await;
    let entry = book(&world, &evaluated(&world, &id).await).await.unwrap();
    let trail = ledger::trail(&world.ctx(), &entry.id).await.unwrap();
    let kinds: Vec<&str> = trail.steps.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, ["ledger_entry", "evaluation", "initiative"]);
    assert!(trail.steps[2].href.ends_with(id.as_str()));
    assert_eq!(trail.sentences.len(), 20);
    assert!(trail.sentence_count >= 100);
    let first = &trail.sentences[0];
    assert_eq!(first.score, Some(3), "the unhappiest first");
    assert!(first.text.contains("at redeem"), "{first:?}");
    let forward = ledger::of_voice(&world.ctx(), &first.voice).await.unwrap();
    assert_eq!(forward.iter().map(|e| &e.id).collect::<Vec<_>>(), [&entry.id]);
}

#[tokio::test]
async fn a_viewer_sees_the_amount_but_no_sentence() {
    let (world, id) = with_lift(300.0).await;
    let entry = book(&world, &evaluated(&world, &id).await).await.unwrap();
    let viewer =
        Actor { kind: ActorKind::User(world.owner.clone()), role: Role::Viewer, scope: Scope::all(world.org.clone()) };
    let ctx = Ctx::new(&world.app, &viewer);
    assert_eq!(ledger::find(&ctx, &entry.id).await.unwrap(), entry);
    let trail = ledger::trail(&ctx, &entry.id).await.unwrap();
    assert!(trail.sentences.is_empty() && trail.sentence_count >= 100);
    let request = ledger::Request { evaluation: entry.evaluation.clone(), cost_minor: 0, note: String::new() };
    assert!(matches!(ledger::book(&ctx, request).await, Err(Error::Forbidden)));
}
