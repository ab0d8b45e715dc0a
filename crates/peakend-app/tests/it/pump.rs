//! The loop, left at any of its waits.
use std::pin::Pin;
use std::task::Poll;

use peakend_app::sense::survey::{self, DraftText};
use peakend_app::sense::{response, signal};
use peakend_query::{DayRange, Filter, VoiceList, VoiceOrder};
use peakend_testkit::World;
use serde_json::json;

/// Let some work go on until it waits for the `most`-th time; returns whether it has ended before.
/// It is still waiting then: what it has asked for may happen later, or never.
async fn waited<T>(work: &mut Pin<&mut impl Future<Output = T>>, most: usize) -> bool {
    let (mut waits, mut ended) = (0, false);
    std::future::poll_fn(|cx| {
        ended = most > 0 && work.as_mut().poll(cx).is_ready();
        waits += 1;
        if ended || waits >= most { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    ended
}

/// Ids that the warehouse counts.
async fn counted(world: &World) -> Vec<String> {
    let list = VoiceList {
        org: world.org.to_string(),
        period: DayRange { from: i32::MIN, to: i32::MAX },
        filter: Filter::All,
        order: VoiceOrder::Newest,
        offset: 0,
        limit: 10_000,
    };
    let mut ids: Vec<String> =
        world.app.warehouse.voices(&list).await.unwrap().voices.into_iter().map(|v| v.id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_pump_that_is_left_at_any_of_its_waits_leaves_no_voice_uncounted() {
    let world = World::new().await;
    for n in 0..60 {
        let signal = json!({"id": format!("{n}"), "channel": "review", "pillar": "customer", "text": "slow"});
        signal::submit(&world.ctx(), &signal).await.unwrap();
        {
            let mut pump = std::pin::pin!(world.app.pump());
            waited(&mut pump, n / 2).await;
        }
        world.pump().await;
        let mut tx = world.app.store.read().await.unwrap();
        let stored = peakend_store::sense::voice::after(&mut tx, &world.org, 0, 10_000).await.unwrap();
        let mut stored: Vec<String> = stored.into_iter().map(|v| v.id).collect();
        stored.sort();
        assert_eq!(counted(&world).await, stored, "left after {} waits", n / 2);
    }
}

/// Publish a survey and answer it at once.
async fn publish_and_answer(world: &World, code: &str) {
    let yaml = format!(
        "code: {code}\npillar: customer\nlanguages: [en]\ntitle: {{en: T}}\nquestions:\n  - {{id: nps, type: nps, \
         title: {{en: Recommend us?}}}}\n"
    );
    let page = survey::create(&world.ctx(), &DraftText::Yaml(yaml)).await.unwrap();
    survey::publish(&world.ctx(), page.row.id.as_str(), None).await.unwrap();
    let body = json!({"id": code, "survey": code, "answers": {"nps": 9}});
    response::submit(&world.ctx(), &body).await.unwrap();
}

#[tokio::test]
async fn a_survey_published_and_answered_while_the_pump_runs_makes_its_voice() {
    let world = World::new().await;
    let mut missing = Vec::new();
    for n in 0..12 {
        let mut pump = std::pin::pin!(world.app.pump());
        let ended = waited(&mut pump, n / 2).await;
        let code = format!("survey-{n}");
        let mut answered = std::pin::pin!(publish_and_answer(&world, &code));
        // where the pump holds the one writer, it has to go on first
        let held = tokio::time::timeout(std::time::Duration::from_millis(300), &mut answered).await.is_err();
        if !ended {
            pump.await.unwrap();
        }
        if held {
            answered.await;
        }
        world.pump().await;
        let mut tx = world.app.store.read().await.unwrap();
        let scope = world.ctx().scope().clone();
        let id = format!("r.{code}");
        if peakend_store::sense::voice::find(&mut tx, &scope, &id).await.unwrap().is_none() {
            missing.push(n);
        }
    }
    assert_eq!(missing, Vec::<usize>::new(), "waits after which the pump was stopped and an answer was lost");
}

/// Send a signal of a user; returns the person whose voice it became.
async fn person_of(world: &World, id: &str, user: &str) -> String {
    let signal =
        json!({"id": id, "channel": "review", "pillar": "customer", "text": "slow", "person": {"user_id": user}});
    signal::submit(&world.ctx(), &signal).await.unwrap();
    world.pump().await;
    let mut tx = world.app.store.read().await.unwrap();
    let scope = world.ctx().scope().clone();
    let found = peakend_store::sense::voice::find(&mut tx, &scope, &format!("s.{id}")).await.unwrap();
    found.unwrap().person
}

#[tokio::test]
async fn the_loop_knows_at_once_whom_another_process_has_made_one() {
    let world = World::new().await;
    let one = person_of(&world, "a", "u1").await;
    let two = person_of(&world, "b", "u2").await;
    assert_eq!(person_of(&world, "c", "u1").await, one);
    let address = format!("sqlite:{}", world.dir().join("world.sqlite").display());
    let elsewhere = peakend_store::Store::open(&address).await.unwrap();
    let id = |id: &str| peakend_domain::PersonId::parse(id).unwrap();
    let mut tx = elsewhere.begin().await.unwrap();
    peakend_store::sense::person::merge(&mut tx, &world.org, &id(&one), &id(&two), world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(person_of(&world, "d", "u1").await, two);
}
