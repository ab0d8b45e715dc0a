//! Batches of outcomes: all rows or none, each id once.
use peakend_app::Error;
use peakend_app::value::outcome::{self, Batch, BatchRow, MonthRange};
use peakend_domain::sense::person::{Alias, AliasKind, Person, PersonKind};
use peakend_domain::{Month, PersonId};
use peakend_testkit::World;

async fn person(world: &World, kind: PersonKind, customer_id: &str) -> PersonId {
    let now = world.app.now();
    let id = PersonId::new(now, &*world.app.entropy);
    let person = Person {
        id: id.clone(),
        kind,
        unit: String::new(),
        line: String::new(),
        segment: "retail".to_owned(),
        language: "en".to_owned(),
        name: "Wen".to_owned(),
        attributes: Default::default(),
        created_at: now,
        updated_at: now,
    };
    let alias = Alias { kind: AliasKind::CustomerId, value: customer_id.to_owned() };
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::sense::person::put_many(&mut tx, &world.org, &[person]).await.unwrap();
    peakend_store::sense::person::insert_aliases(&mut tx, &world.org, &[(alias, id.clone())]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn row(customer_id: &str, kind: &str, month: &str, value: i64) -> BatchRow {
    BatchRow {
        person: None,
        alias: [("customer_id".to_owned(), customer_id.to_owned())].into(),
        kind: kind.to_owned(),
        month: month.to_owned(),
        value,
    }
}

fn year() -> MonthRange {
    MonthRange { from: Month::parse("2026-01").unwrap(), to: Month::parse("2026-12").unwrap() }
}

#[tokio::test]
async fn the_same_batch_twice_counts_once_and_other_rows_conflict() {
    let world = World::new().await;
    let id = person(&world, PersonKind::Customer, "c1").await;
    let batch =
        Batch { id: "b1".to_owned(), rows: vec![row("c1", "aum", "2026-01", 500), row("c1", "orders", "2026-01", 2)] };
    assert!(!outcome::send(&world.ctx(), &batch).await.unwrap().repeated);
    assert!(outcome::send(&world.ctx(), &batch).await.unwrap().repeated);
    let other = Batch { rows: vec![row("c1", "aum", "2026-01", 900)], ..batch };
    let refused = outcome::send(&world.ctx(), &other).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "batch_differs", .. })));
    let series = outcome::of_person(&world.ctx(), &id, year()).await.unwrap();
    let shown: Vec<(&str, i64)> = series.iter().map(|s| (s.kind.code.as_str(), s.months[0].1)).collect();
    assert_eq!(shown, [("aum", 500), ("orders", 2)]);
    let (_, totals) = outcome::totals(&world.ctx(), "aum", year()).await.unwrap();
    assert_eq!((totals.len(), totals[0].persons, totals[0].sum), (1, 1, 500));
}

#[tokio::test]
async fn a_batch_with_faults_names_them_all_and_writes_nothing() {
    let world = World::new().await;
    let id = person(&world, PersonKind::Customer, "c1").await;
    let rows = vec![
        row("c1", "aum", "2026-01", 500),
        row("nobody", "aum", "2026-01", 1),
        row("c1", "profit", "2026-01", 1),
        row("c1", "churn", "2026-13", 3),
    ];
    let refused = outcome::send(&world.ctx(), &Batch { id: "b1".to_owned(), rows }).await;
    let Err(Error::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["rows[1].person", "rows[2].kind", "rows[3].value", "rows[3].month"]);
    assert!(outcome::of_person(&world.ctx(), &id, year()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_came_in_under_two_ids_of_one_person_adds_up() {
    let world = World::new().await;
    let (id, former) =
        (person(&world, PersonKind::Customer, "c1").await, person(&world, PersonKind::Customer, "c2").await);
    let rows = vec![row("c1", "aum", "2026-01", 500), row("c2", "aum", "2026-01", 40)];
    outcome::send(&world.ctx(), &Batch { id: "b1".to_owned(), rows }).await.unwrap();
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::sense::person::merge(&mut tx, &world.org, &former, &id, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let series = outcome::of_person(&world.ctx(), &id, year()).await.unwrap();
    assert_eq!(series[0].months, [(Month::parse("2026-01").unwrap(), 540)]);
}

#[tokio::test]
async fn the_outcomes_of_a_single_employee_are_not_shown() {
    let world = World::new().await;
    let id = person(&world, PersonKind::Employee, "e1").await;
    let refused = outcome::of_person(&world.ctx(), &id, year()).await;
    assert!(matches!(refused, Err(Error::Refused { code: "outcomes_of_employee", .. })));
}
