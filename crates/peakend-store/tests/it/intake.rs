//! What the intake log promises.
use peakend_domain::OrgId;
use peakend_store::sense::import;
use peakend_store::sense::intake::{self, Ack, IntakeEntry, IntakeKind, IntakeWriter};

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
        assert_eq!(intake.submit(entry("org_a", "r1", "x")).await.unwrap(), Ack::Accepted);
        // while it waits to be moved into the log, and afterwards
        for _ in 0..2 {
            assert_eq!(intake.submit(entry("org_a", "r1", "x")).await.unwrap(), Ack::Replayed);
            assert_eq!(intake.submit(entry("org_a", "r1", "y")).await.unwrap(), Ack::Conflict);
            intake.settled().await.unwrap();
        }
        assert_eq!(intake.submit(entry("org_b", "r1", "y")).await.unwrap(), Ack::Accepted);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_concurrent_submissions_of_one_id_make_one_entry() {
    on_both("hundred", |store| async move {
        let intake = IntakeWriter::start(store.clone());
        let all = futures::future::join_all((0..100).map(|_| intake.submit(entry("org_a", "r1", "x")))).await;
        let accepted = all.iter().filter(|r| matches!(r, Ok(Ack::Accepted))).count();
        assert_eq!(accepted, 1);
        intake.settled().await.unwrap();
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

#[tokio::test]
async fn a_later_position_is_never_seen_before_an_earlier_one() {
    on_both("order", |store| async move {
        // a slow writer, such as an import, has taken a position and not committed yet
        let gate = store.gate().await.unwrap();
        let mut slow = store.begin().await.unwrap();
        import::append_many(&mut slow, &gate, &[entry("org_a", "early", "x")]).await.unwrap();
        let others = store.clone();
        let quick = tokio::spawn(async move {
            let gate = others.gate().await.unwrap();
            let mut tx = others.begin().await.unwrap();
            intake::append(&mut tx, &gate, &[entry("org_a", "late", "x")]).await.unwrap();
            tx.commit().await.unwrap();
        });
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let seen = |from: i64| {
            let store = store.clone();
            async move {
                let mut tx = store.read().await.unwrap();
                let all = intake::after(&mut tx, from, 10).await.unwrap();
                all.into_iter().map(|e| e.entry.id).collect::<Vec<_>>()
            }
        };
        assert_eq!(seen(0).await, Vec::<String>::new(), "a consumer would pass `early` over");
        slow.commit().await.unwrap();
        drop(gate);
        quick.await.unwrap();
        assert_eq!(seen(0).await, ["early", "late"]);
    })
    .await;
}
