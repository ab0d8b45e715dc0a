//! Places, owners and who is who, through the use cases.
use std::collections::BTreeMap;

use peakend_app::Error;
use peakend_app::sense::place::Places;
use peakend_app::sense::touchpoint::TouchpointDraft;
use peakend_app::sense::unit::NewUnit;
use peakend_app::sense::{person, touchpoint, unit};
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::sense::place::Place;
use peakend_domain::sense::unit::UnitKind;
use peakend_domain::{Day, LocalText, Pillar, Role, UserId};
use peakend_testkit::World;
use serde_json::json;

pub(crate) async fn add_unit(
    world: &World,
    code: &str,
    parent: Option<&str>,
    owner: Option<UserId>,
) -> unit::PlacedUnit {
    let new = NewUnit {
        code: code.to_owned(),
        name: LocalText::one(code),
        kind: UnitKind::Branch,
        parent: parent.map(str::to_owned),
        since: None,
        owner,
    };
    unit::create(&world.ctx(), new).await.unwrap()
}

async fn places(world: &World) -> Places {
    let mut tx = world.app.store.read().await.unwrap();
    Places::load(&mut tx, &world.org).await.unwrap()
}

fn draft(name: &str) -> TouchpointDraft {
    TouchpointDraft { name: LocalText::one(name), journey: None, stage: None, line: None, position: None }
}

#[tokio::test]
async fn the_nearest_owner_answers_for_a_touchpoint() {
    let world = World::new().await;
    let [boss, branch, product, counter] = [
        world.user(Role::UnitManager, None).await,
        world.user(Role::UnitManager, None).await,
        world.user(Role::Analyst, None).await,
        world.user(Role::Agent, None).await,
    ];
    add_unit(&world, "hq", None, Some(boss.clone())).await;
    add_unit(&world, "east", Some("hq"), None).await;
    add_unit(&world, "b1", Some("east"), Some(branch.clone())).await;
    let t = touchpoint::create(&world.ctx(), "counter", Pillar::Customer, draft("Counter")).await.unwrap();
    let day = Day::parse("2026-01-05").unwrap();
    let owner = |p: &Places, unit: &str| p.owner("counter", unit, day);
    let p = places(&world).await;
    assert_eq!(owner(&p, "b1"), Some(branch.clone()), "the unit's owner, for want of the touchpoint's");
    assert_eq!(owner(&p, "east"), Some(boss.clone()), "the nearest unit above that has an owner");
    assert_eq!(owner(&p, "nowhere"), Some(boss), "the owner at the top, for want of a known unit");
    touchpoint::assign(&world.ctx(), &t.id, None, Some(&product)).await.unwrap();
    touchpoint::assign(&world.ctx(), &t.id, Some("east"), Some(&counter)).await.unwrap();
    let p = places(&world).await;
    assert_eq!(owner(&p, "b1"), Some(counter), "the touchpoint's owner in a unit above");
    assert_eq!(owner(&p, "hq"), Some(product.clone()), "the touchpoint's owner everywhere");
    assert_eq!(owner(&p, ""), Some(product));
}

#[tokio::test]
async fn what_happened_before_a_move_stays_where_it_was() {
    let world = World::new().await;
    for (code, parent) in [("hq", None), ("east", Some("hq")), ("west", Some("hq")), ("b1", Some("east"))] {
        add_unit(&world, code, parent, None).await;
    }
    let b1 = places(&world).await.unit("b1").unwrap().id.clone();
    unit::relocate(&world.ctx(), &b1, Some("west"), Day::parse("2026-03-01").unwrap()).await.unwrap();
    let p = places(&world).await;
    let path = |day: &str| p.unit_path("b1", Day::parse(day).unwrap()).unwrap().to_owned();
    assert_eq!((path("2026-02-28"), path("2026-03-01")), ("/hq/east/b1/".to_owned(), "/hq/west/b1/".to_owned()));
    assert_eq!(p.units_under("/hq/west/"), ["b1", "west"]);
    let place = Place { unit: "b1".to_owned(), ..Place::default() };
    assert_eq!(p.locate(place, Day::parse("2026-04-01").unwrap()).unit_path, "/hq/west/b1/");
    let cycle = unit::relocate(&world.ctx(), &p.unit("hq").unwrap().id, Some("b1"), Day(20_600)).await.unwrap_err();
    assert!(matches!(cycle, Error::Invalid(faults) if faults[0].code == "cycle" && faults[0].path == "parent"));
}

fn alias(kind: AliasKind, value: &str) -> Alias {
    Alias::parse(kind, value).unwrap()
}

#[tokio::test]
async fn two_persons_who_turn_out_to_be_one_are_merged_into_the_older() {
    let world = World::new().await;
    let ctx = world.ctx();
    let none = BTreeMap::new();
    let device = alias(AliasKind::AnonymousId, "dev-1");
    let user = alias(AliasKind::UserId, "u1");
    let older = person::put(&ctx, std::slice::from_ref(&device), &none).await.unwrap();
    world.advance(jiff::SignedDuration::from_secs(5));
    let traits = BTreeMap::from([("segment".to_owned(), json!("gold"))]);
    let younger = person::put(&ctx, std::slice::from_ref(&user), &traits).await.unwrap();
    let one = person::put(&ctx, &[user.clone(), device.clone()], &none).await.unwrap();
    assert_eq!(one, older);
    let page = person::page(&ctx, &younger).await.unwrap();
    assert_eq!((page.person.id, page.person.segment.as_str(), page.aliases.len()), (older, "gold", 2));
}

#[tokio::test]
async fn a_batch_resolves_like_one_after_the_other() {
    let world = World::new().await;
    let c = |v: &str| alias(AliasKind::CustomerId, v);
    let mail = |v: &str| alias(AliasKind::Email, v);
    let device = |v: &str| alias(AliasKind::AnonymousId, v);
    let groups = vec![
        vec![c("1")],
        vec![mail("x@y")],
        vec![c("1"), mail("x@y")],
        vec![c("2"), mail("x@y")],
        vec![device("d"), c("2")],
        vec![device("d")],
    ];
    let mut tx = world.app.store.begin().await.unwrap();
    let ids =
        person::resolve_many_in(&mut tx, &world.org, &groups, world.app.now(), &*world.app.entropy).await.unwrap();
    assert_eq!((&ids[0], &ids[1]), (&ids[2], &ids[2]), "the third row makes the first two one person");
    assert_ne!(ids[3], ids[0], "two customer numbers are two persons, whatever address they share");
    assert_eq!((&ids[4], &ids[5]), (&ids[3], &ids[3]));
    let again =
        person::resolve_many_in(&mut tx, &world.org, &groups, world.app.now(), &*world.app.entropy).await.unwrap();
    assert_eq!(again, ids);
}
