//! What the store does when its disk is full, or forgets a bit.
use std::path::Path;

use peakend_domain::OrgId;
use peakend_store::sense::intake::{self, Ack, IntakeEntry, IntakeKind, IntakeWriter};
use peakend_store::{DiskFault, Store, StoreError};

use crate::at;

fn entry(id: usize, size: usize) -> IntakeEntry {
    IntakeEntry {
        org: OrgId::stored("org_a".to_owned()),
        kind: IntakeKind::Response,
        id: format!("r{id}"),
        body_hash: format!("{id:064}"),
        body: format!("\"{}\"", "x".repeat(size)),
        received_at: at(0),
    }
}

async fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(&format!("sqlite:{}", folder.join("t.sqlite").display())).await
}

async fn entries(store: &Store) -> usize {
    let mut tx = store.read().await.unwrap();
    intake::after(&mut tx, 0, 10_000).await.unwrap().len()
}

#[tokio::test]
async fn what_was_acknowledged_before_the_log_was_full_stands_in_it_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    // what is there already is all there may be
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    let mut taken = 0;
    // what is acknowledged is safe in the journal, but the log has no room for it
    let refusal = loop {
        if let Err(refusal) = intake.settled().await {
            break refusal;
        }
        assert!(taken < 200, "it never was full");
        assert_eq!(intake.submit(entry(taken, 4_000)).await.unwrap(), Ack::Accepted);
        taken += 1;
    };
    assert_eq!(refusal.disk(), Some(DiskFault::Full), "{refusal}");
    // a new connection knows nothing of the limit: there is room again
    assert_eq!(intake.submit(entry(taken, 4_000)).await.unwrap(), Ack::Accepted);
    intake.settled().await.unwrap();
    assert_eq!(entries(&store).await, taken + 1);
}

#[tokio::test]
async fn a_halted_writer_takes_nothing_in_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    intake.submit(entry(1, 10)).await.unwrap();
    intake.halt();
    intake.halted().await;
    // the one that the writer had begun to wait for may still be taken, none after it
    let _last = intake.submit(entry(2, 10)).await;
    assert!(matches!(intake.submit(entry(3, 10)).await, Err(StoreError::IntakeStopped(_))));
}

/// A store's files as a killed process leaves them, with eight synced transactions in the log.
async fn left(folder: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    for id in 0..8 {
        let gate = store.gate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        intake::append(&mut tx, &gate, &[entry(id, 100)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    for name in ["t.sqlite", "t.sqlite-wal"] {
        std::fs::copy(dir.path().join(name), folder.join(name)).unwrap();
    }
    store.close().await;
}

fn log(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = folder.join("t.sqlite-wal");
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn a_bit_flipped_inside_the_log_is_named_and_nothing_is_left_out_silently() {
    // header; a frame's page, page number, salt, checksum
    for at in [20, 5_000, 4_120 * 3 + 32, 4_120 * 4 + 32 + 9, 4_120 * 5 + 32 + 17] {
        let dir = tempfile::tempdir().unwrap();
        left(dir.path()).await;
        log(dir.path(), |bytes| bytes[at] ^= 4);
        let Err(refusal) = open(dir.path()).await else { panic!("byte {at} was not seen") };
        assert!(refusal.to_string().contains("write-ahead log"), "{refusal}");
        let check = peakend_store::upkeep::check_file(&dir.path().join("t.sqlite"), &[]).await.unwrap();
        assert!(check.faults.iter().any(|f| f.contains("write-ahead log")), "{:?}", check.faults);
    }
}

#[tokio::test]
async fn a_transaction_torn_by_a_power_cut_is_dropped_as_if_it_had_not_begun() {
    for torn in [1, 700, 4_119] {
        let dir = tempfile::tempdir().unwrap();
        left(dir.path()).await;
        log(dir.path(), |bytes| bytes.truncate(bytes.len() - torn));
        let store = open(dir.path()).await.unwrap();
        assert_eq!(entries(&store).await, 7);
        store.close().await;
    }
    let dir = tempfile::tempdir().unwrap();
    left(dir.path()).await;
    // an inner sector of the last frame did not reach the disk
    log(dir.path(), |bytes| {
        let end = bytes.len();
        bytes[end - 1_024..end - 512].fill(0xee);
    });
    let store = open(dir.path()).await.unwrap();
    assert_eq!(entries(&store).await, 7);
}

#[tokio::test]
async fn a_generation_lasts_until_somebody_writes_what_does_not_flow() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await.unwrap();
    let before = store.generation();
    store.begin_flow().await.unwrap().commit().await.unwrap();
    drop(store.begin().await.unwrap());
    assert_eq!(store.generation(), before);
    store.begin().await.unwrap().commit().await.unwrap();
    assert_ne!(store.generation(), before);
}
