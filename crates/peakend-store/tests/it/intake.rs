//! What the intake log promises.
use peakend_domain::OrgId;
use peakend_store::sense::intake::{self, IntakeEntry, IntakeKind, IntakeWriter, Receipt};

use crate::{at, on_both};

fn entry(org: &str, id: &str, body: &str) -> IntakeEntry {
    IntakeEntry {
        org: OrgId::stored(org.to_owned()),
        kind: IntakeKind::Response,
        id: id.to_owned(),
        body_hash: body.to_owned(),
        body: body.to_owned(),
        received_at: at(0),
    }
}

#[tokio::test]
async fn the_same_id_twice_is_one_entry_and_another_body_is_a_conflict() {
    on_both("same_id", |store| async move {
        let intake = IntakeWriter::start(store.clone());
        let Receipt::Accepted { seq } = intake.submit(entry("org_a", "r1", "x")).await.unwrap() else {
            panic!("first entry is accepted")
        };
        assert_eq!(intake.submit(entry("org_a", "r1", "x")).await.unwrap(), Receipt::Replayed { seq });
        assert_eq!(intake.submit(entry("org_a", "r1", "y")).await.unwrap(), Receipt::Conflict);
        assert!(matches!(intake.submit(entry("org_b", "r1", "y")).await.unwrap(), Receipt::Accepted { .. }));
    })
    .await;
}

#[tokio::test]
async fn a_hundred_concurrent_submissions_of_one_id_make_one_entry() {
    on_both("hundred", |store| async move {
        let intake = IntakeWriter::start(store.clone());
        let all = futures::future::join_all((0..100).map(|_| intake.submit(entry("org_a", "r1", "x")))).await;
        let accepted = all.iter().filter(|r| matches!(r, Ok(Receipt::Accepted { .. }))).count();
        assert_eq!(accepted, 1);
        let mut tx = store.read().await.unwrap();
        assert_eq!(intake::after(&mut tx, 0, 1000).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_consumer_moves_on_only_with_its_transaction() {
    on_both("consumer", |store| async move {
        let mut tx = store.begin().await.unwrap();
        intake::advance(&mut tx, "decide", 7).await.unwrap();
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(intake::offset(&mut tx, "decide").await.unwrap(), 0);
        intake::advance(&mut tx, "decide", 7).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(intake::offset(&mut tx, "decide").await.unwrap(), 7);
    })
    .await;
}
