//! Signals, through the use cases and the loop.
use std::collections::BTreeMap;

use peakend_app::sense::{person, signal};
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
