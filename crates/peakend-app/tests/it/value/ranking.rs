//! Persons behind voices by an operating figure.
use peakend_app::Error;
use peakend_app::insight::voice_list::VoiceFilter;
use peakend_app::value::outcome;
use peakend_app::value::ranking::{self, Ranking, RankingWanted};
use peakend_domain::{Day, PersonId, Pillar};
use peakend_query::OutcomeFact;
use peakend_testkit::World;

use super::bank::{hear, month, person};

/// Twenty persons; every other one is a detractor, and the later ones have more.
async fn bank() -> World {
    let world = World::new().await;
    let mut tx = world.app.store.begin().await.unwrap();
    outcome::seed_in(&mut tx, &world.org).await.unwrap();
    tx.commit().await.unwrap();
    let said: Vec<(String, &str, u8, &str)> =
        (0..20).map(|i| (person(i), "redeem", if i % 2 == 0 { 3 } else { 10 }, "2025-04-10")).collect();
    hear(&world, Pillar::Customer, &said).await;
    let facts = (0..20_u8).map(|i| OutcomeFact {
        person: person(usize::from(i)),
        kind: "aum".to_owned(),
        month: month("2025-03"),
        value: i64::from(i) * 1_000,
    });
    world.app.warehouse.load_outcomes(world.org.as_str(), "test", facts.collect()).await.unwrap();
    world
}

fn wanted() -> RankingWanted {
    RankingWanted {
        filter: VoiceFilter { band: Some("detractor".to_owned()), ..VoiceFilter::default() },
        from: Day::parse("2025-04-01").unwrap(),
        to: Day::parse("2025-04-30").unwrap(),
        kind: "aum".to_owned(),
        month: None,
        limit: 3,
    }
}

async fn read(world: &World) -> Ranking {
    ranking::read(&world.ctx(), &wanted()).await.unwrap()
}

#[tokio::test]
async fn detractors_with_the_largest_assets_come_first_by_the_newest_month_there_is() {
    let world = bank().await;
    let ranking = read(&world).await;
    assert_eq!(ranking.month.map(|m| m.to_string()).as_deref(), Some("2025-03"));
    let rows: Vec<(&str, i64, u64)> = ranking.rows.iter().map(|r| (r.id.as_str(), r.value, r.voices)).collect();
    let (first, second, third) = (person(18), person(16), person(14));
    assert_eq!(rows, [(first.as_str(), 18_000, 1), (second.as_str(), 16_000, 1), (third.as_str(), 14_000, 1)]);
}

#[tokio::test]
async fn a_person_known_under_two_ids_is_ranked_once_with_the_figures_of_both() {
    let world = bank().await;
    let (into, from) = (PersonId::stored(person(14)), PersonId::stored(person(16)));
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::sense::person::merge(&mut tx, &world.org, &from, &into, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let ranking = read(&world).await;
    let rows: Vec<(&str, i64, u64)> = ranking.rows.iter().map(|r| (r.id.as_str(), r.value, r.voices)).collect();
    assert_eq!(rows, [(person(14).as_str(), 30_000, 2), (person(18).as_str(), 18_000, 1)]);
    assert_eq!(ranking.rows.iter().filter(|r| r.id == person(16)).count(), 0);
}

#[tokio::test]
async fn employees_are_never_ranked_and_unknown_figures_are_named() {
    let world = bank().await;
    let mut asked = wanted();
    asked.filter.pillar = Some(Pillar::Employee);
    assert!(matches!(ranking::read(&world.ctx(), &asked).await, Err(Error::Refused { .. })));
    let asked = RankingWanted { kind: "love".to_owned(), ..wanted() };
    let error = ranking::read(&world.ctx(), &asked).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(faults) if faults[0].message.contains("love")));
}
