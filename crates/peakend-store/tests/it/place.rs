//! What places and persons keep in the store.
use std::collections::BTreeMap;

use peakend_domain::sense::person::{Alias, AliasKind, Person};
use peakend_domain::sense::unit::{ALWAYS, Unit, UnitKind, UnitTree};
use peakend_domain::{Day, LocalText, OrgId, PersonId, Scope, UnitId, UnitScope};
use peakend_store::sense::intake::{IntakeEntry, IntakeKind, Receipt};
use peakend_store::sense::{import, person, unit};

use crate::{at, on_both};

fn org() -> OrgId {
    OrgId::stored("org_a".to_owned())
}

fn alias(kind: AliasKind, value: &str) -> Alias {
    Alias::parse(kind, value).unwrap()
}

fn somebody(id: &str, name: &str, unit: &str) -> Person {
    Person {
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..Person::fresh(PersonId::stored(id.to_owned()), &[], at(0))
    }
}

#[tokio::test]
async fn placements_read_back_as_they_were_moved() {
    on_both("placements", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let mut tree = UnitTree::default();
        let mut ids = BTreeMap::new();
        for (code, parent) in [("hq", None), ("east", Some("hq")), ("west", Some("hq")), ("b1", Some("east"))] {
            let id = UnitId::stored(format!("unt_{code}"));
            let new = Unit {
                id: id.clone(),
                code: code.into(),
                name: LocalText::one(code),
                kind: UnitKind::Branch,
                owner: None,
            };
            unit::insert(&mut tx, &org(), &new, at(0)).await.unwrap();
            ids.insert(code.to_owned(), id);
            let placements = tree.add(code, parent, None).unwrap();
            unit::place(&mut tx, &org(), &ids, &placements).await.unwrap();
        }
        let moved = tree.relocate("b1", Some("west"), Day(20_000)).unwrap();
        unit::place(&mut tx, &org(), &ids, &moved).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let stored = unit::placements(&mut tx, &org()).await.unwrap();
        assert_eq!(stored["b1"], tree.placements("b1").unwrap());
        assert_eq!(stored["b1"][0].from, ALWAYS);
        assert!(unit::all(&mut tx, &OrgId::stored("org_b".into())).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn people_are_found_by_name_and_alias_within_the_scope() {
    on_both("people", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let mut tree = UnitTree::default();
        let mut ids = BTreeMap::new();
        for code in ["east", "west"] {
            let id = UnitId::stored(format!("unt_{code}"));
            let new = Unit {
                id: id.clone(),
                code: code.into(),
                name: LocalText::one(code),
                kind: UnitKind::Region,
                owner: None,
            };
            unit::insert(&mut tx, &org(), &new, at(0)).await.unwrap();
            ids.insert(code.to_owned(), id);
            unit::place(&mut tx, &org(), &ids, &tree.add(code, None, None).unwrap()).await.unwrap();
        }
        let people =
            [somebody("per_1", "Zhang 张三", "east"), somebody("per_2", "Li 100%", "west"), somebody("per_3", "", "")];
        person::put_many(&mut tx, &org(), &people).await.unwrap();
        let aliases = [
            (alias(AliasKind::Email, "Z@bank.cn"), people[0].id.clone()),
            (alias(AliasKind::CustomerId, "C_77"), people[1].id.clone()),
        ];
        person::insert_aliases(&mut tx, &org(), &aliases).await.unwrap();
        let all = Scope::all(org());
        let east = Scope { org: org(), units: UnitScope::Subtree("/east/".to_owned()) };
        for (scope, q, expected) in [
            (&all, "", vec!["per_3", "per_2", "per_1"]),
            (&all, "张", vec!["per_1"]),
            (&all, "z@BANK", vec!["per_1"]),
            (&all, "100%", vec!["per_2"]),
            (&all, "c_7", vec!["per_2"]),
            (&all, "c%7", vec![]),
            (&east, "", vec!["per_1"]),
        ] {
            let found = person::list(&mut tx, scope, q, "", 10).await.unwrap();
            let ids: Vec<&str> = found.iter().map(|p| p.id.as_str()).collect();
            assert_eq!(ids, expected, "{q}");
            assert_eq!(person::count(&mut tx, scope, q).await.unwrap(), expected.len() as i64, "{q}");
        }
        assert!(person::find(&mut tx, &east, &people[1].id).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_merge_moves_everything_and_keeps_the_old_id_leading_there() {
    on_both("merge", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let [old, young, third] = ["per_1", "per_2", "per_3"].map(|id| somebody(id, id, ""));
        person::put_many(&mut tx, &org(), &[old.clone(), young.clone(), third.clone()]).await.unwrap();
        let mail = alias(AliasKind::Email, "a@b");
        person::insert_aliases(&mut tx, &org(), &[(mail.clone(), third.id.clone())]).await.unwrap();
        person::merge(&mut tx, &org(), &third.id, &young.id, at(1)).await.unwrap();
        person::merge(&mut tx, &org(), &young.id, &old.id, at(2)).await.unwrap();
        let held = person::holders(&mut tx, &org(), std::slice::from_ref(&mail)).await.unwrap();
        assert_eq!(held[&mail], old.id);
        assert_eq!(person::merged_into(&mut tx, &org(), &third.id).await.unwrap(), Some(old.id.clone()));
        assert_eq!(person::count(&mut tx, &Scope::all(org()), "").await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn many_entries_get_the_receipts_they_would_get_one_by_one() {
    on_both("append_many", |store| async move {
        let entry = |i: usize, body: &str| IntakeEntry {
            org: org(),
            kind: IntakeKind::Event,
            id: format!("e{i}"),
            body_hash: body.to_owned(),
            body: body.to_owned(),
            received_at: at(0),
        };
        let gate = store.gate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let first: Vec<_> = (0..450).map(|i| entry(i, "x")).collect();
        let receipts = import::append_many(&mut tx, &gate, &first).await.unwrap();
        let seqs: Vec<i64> =
            receipts.iter().map(|r| if let Receipt::Accepted { seq } = r { *seq } else { panic!("{r:?}") }).collect();
        assert!(seqs.windows(2).all(|w| w[0] < w[1]), "positions follow the order of the rows");
        let again: Vec<_> = (0..460).map(|i| entry(i, if i == 7 { "y" } else { "x" })).collect();
        let receipts = import::append_many(&mut tx, &gate, &again).await.unwrap();
        assert_eq!(receipts[0], Receipt::Replayed { seq: seqs[0] });
        assert_eq!(receipts[7], Receipt::Conflict);
        assert!(matches!(receipts[455], Receipt::Accepted { .. }));
    })
    .await;
}
