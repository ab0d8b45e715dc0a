//! Those marked in a month beside all others, each person counted once.
use peakend_app::value::contrast::{self, Contrasts, Of};
use peakend_app::value::outcome;
use peakend_domain::{Month, PersonId, Pillar};
use peakend_query::OutcomeFact;
use peakend_testkit::World;

use super::bank::{hear, month, person};

const LEFT_IN: &str = "2025-07";
/// Persons who left, the first ones; as many stayed.
const LEFT: usize = 12;

async fn read(world: &World) -> Contrasts {
    contrast::read(&world.ctx(), "churn", Month::parse(LEFT_IN).unwrap()).await.unwrap()
}

async fn bank() -> World {
    let world = World::new().await;
    let mut tx = world.app.store.begin().await.unwrap();
    outcome::seed_in(&mut tx, &world.org).await.unwrap();
    tx.commit().await.unwrap();
    let said: Vec<(String, &str, u8, &str)> =
        (0..2 * LEFT).map(|i| (person(i), "redeem", if i < LEFT { 2 } else { 9 }, "2025-04-10")).collect();
    hear(&world, Pillar::Customer, &said).await;
    let fact = |i: usize, kind: &str, value: i64| OutcomeFact {
        person: person(i),
        kind: kind.to_owned(),
        month: month(LEFT_IN),
        value,
    };
    let facts = (0..2 * LEFT).flat_map(|i| {
        let gone = (i < LEFT).then(|| fact(i, "churn", 1));
        gone.into_iter().chain([fact(i, "aum", 1_000)])
    });
    world.app.warehouse.load_outcomes(world.org.as_str(), "test", facts.collect()).await.unwrap();
    world
}

#[tokio::test]
async fn those_who_left_and_those_who_stayed_stand_side_by_side() {
    let world = bank().await;
    let table = read(&world).await;
    assert_eq!((table.marked, table.others), (LEFT as u64, LEFT as u64));
    let nps = &table.rows[0];
    assert_eq!(nps.of, Of::Metric("nps"));
    let value = |answer: &peakend_app::insight::metric::Answer| answer.as_ref().map(|s| (s.value, s.n)).unwrap();
    assert_eq!(value(&nps.marked), (Some(-100.0), LEFT as u64));
    assert_eq!(value(&nps.others), (Some(100.0), LEFT as u64));
}

#[tokio::test]
async fn a_person_known_under_two_ids_is_one_person() {
    let world = bank().await;
    let (stayed, left) = (PersonId::stored(person(LEFT)), PersonId::stored(person(0)));
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::sense::person::merge(&mut tx, &world.org, &stayed, &left, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let table = read(&world).await;
    assert_eq!((table.marked, table.others), (LEFT as u64, LEFT as u64 - 1), "who left did not also stay");
    let side = |i: usize| table.rows[i].marked.as_ref().unwrap();
    // the two answers of the one person, 2 and 9, make a score of 0 of their own
    let mean = -100.0 * (LEFT as f64 - 1.0) / LEFT as f64;
    assert_eq!((side(0).value.map(|v| v.round()), side(0).n), (Some(mean.round()), LEFT as u64));
    let aum = table.rows.iter().find(|r| matches!(&r.of, Of::Outcome(k) if k.code == "aum")).unwrap();
    let assets = aum.marked.as_ref().unwrap();
    assert_eq!(assets.value.map(f64::round), Some((1_000.0 * (LEFT as f64 + 1.0) / LEFT as f64).round()));
}
