//! Signals, through the use cases and the loop.
use std::collections::BTreeMap;

use peakend_app::sense::survey::{self, DraftText};
use peakend_app::sense::{person, response, signal};
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::sense::voice::Voice;
use peakend_testkit::World;
use serde_json::{Value, json};

use super::place::add_unit;

/// Send a signal of `u1` and read the voice that the loop makes of it.
async fn heard(world: &World, mut body: Value) -> Voice {
    body["pillar"] = json!("customer");
    body["channel"] = json!("review");
    body["person"] = json!({"user_id": "u1"});
    let id = body["id"].as_str().unwrap().to_owned();
    signal::submit(&world.ctx(), &body).await.unwrap();
    world.pump().await;
    let mut tx = world.app.store.read().await.unwrap();
    let scope = world.ctx().scope().clone();
    peakend_store::sense::voice::find(&mut tx, &scope, &format!("s.{id}")).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_signal_without_a_unit_takes_the_home_unit_of_its_person() {
    let world = World::new().await;
    for (code, parent) in [("hq", None), ("b1", Some("hq")), ("b2", Some("hq"))] {
        add_unit(&world, code, parent, None).await;
    }
    let user = Alias::parse(AliasKind::UserId, "u1").unwrap();
    let home = BTreeMap::from([("unit".to_owned(), json!("b1"))]);
    person::put(&world.ctx(), &[user], &home).await.unwrap();
    let at_home = heard(&world, json!({"id": "1", "text": "queue"})).await;
    assert_eq!((at_home.unit_code.as_str(), at_home.unit_path.as_str()), ("b1", "/hq/b1/"));
    let elsewhere = heard(&world, json!({"id": "2", "text": "queue", "unit": "b2"})).await;
    assert_eq!(elsewhere.unit_path, "/hq/b2/", "the unit that the signal names wins");
}

#[tokio::test]
async fn a_pump_that_is_cut_off_anywhere_leaves_no_voice_uncounted() {
    let world = World::new().await;
    let all = peakend_query::VoiceList {
        org: world.org.to_string(),
        period: peakend_query::DayRange { from: i32::MIN, to: i32::MAX },
        filter: peakend_query::Filter::All,
        order: peakend_query::VoiceOrder::Newest,
        offset: 0,
        limit: 1_000,
    };
    for n in 0..60_u64 {
        let body = json!({"id": format!("c{n}"), "text": "queue", "pillar": "customer", "channel": "review"});
        signal::submit(&world.ctx(), &body).await.unwrap();
        // it is dropped when what it waits for the n-th time is done
        let (mut pump, mut waits) = (std::pin::pin!(world.app.pump()), 0);
        std::future::poll_fn(|cx| {
            waits += 1;
            if waits > n { std::task::Poll::Ready(()) } else { pump.as_mut().poll(cx).map(|_| ()) }
        })
        .await;
    }
    world.pump().await;
    let counted = world.app.warehouse.voices(&all).await.unwrap().total;
    assert_eq!(counted, 60, "voices that were stored when the pump was cut off are not counted");
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
        let (mut pump, mut waits, mut ended) = (std::pin::pin!(world.app.pump()), 0, false);
        std::future::poll_fn(|cx| {
            waits += 1;
            ended = waits <= n && pump.as_mut().poll(cx).is_ready();
            if ended || waits > n { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
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
    assert_eq!(missing, Vec::<i32>::new(), "waits after which the pump was stopped and an answer was lost");
}
