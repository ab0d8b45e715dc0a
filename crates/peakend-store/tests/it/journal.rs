//! What the journal in front of an embedded log promises.
use std::path::{Path, PathBuf};

use peakend_domain::OrgId;
use peakend_store::Store;
use peakend_store::sense::intake::{self, Ack, IntakeEntry, IntakeKind, IntakeWriter};

use crate::at;

fn entry(id: &str, body: &str) -> IntakeEntry {
    IntakeEntry {
        org: OrgId::stored("org_a".to_owned()),
        kind: IntakeKind::Signal,
        id: id.to_owned(),
        body_hash: format!("{body:0>64}"),
        body: format!("\"{body}\""),
        received_at: at(5),
    }
}

async fn open(folder: &Path) -> Store {
    Store::open(&format!("sqlite:{}", folder.join("t.sqlite").display())).await.unwrap()
}

async fn ids(store: &Store) -> Vec<String> {
    let mut tx = store.read().await.unwrap();
    intake::after(&mut tx, 0, 10_000).await.unwrap().into_iter().map(|e| e.entry.id).collect()
}

/// Files of the journal with their bytes; the one that is only locked is none.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = folder.read_dir().unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<_> = paths.filter(|p| p.to_string_lossy().contains("-intake-")).collect();
    files.sort();
    files.into_iter().map(|p| (p.clone(), std::fs::read(p).unwrap())).collect()
}

/// A folder as a killed process leaves it: acknowledged, and not moved into the log.
async fn left(ids: &[&str]) -> tempfile::TempDir {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(dir.path()).await;
    // nothing is moved while somebody writes to the database
    let writer = store.begin().await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    for id in ids {
        assert_eq!(intake.submit(entry(id, id)).await.unwrap(), Ack::Accepted);
    }
    for file in dir.path().read_dir().unwrap().map(|f| f.unwrap().path()) {
        std::fs::copy(&file, kept.path().join(file.file_name().unwrap())).unwrap();
    }
    drop(writer);
    kept
}

#[tokio::test]
async fn what_is_acknowledged_is_in_the_log_after_a_kill_once_and_in_order() {
    let folder = left(&["a", "b", "c"]).await;
    let store = open(folder.path()).await;
    assert_eq!(ids(&store).await, Vec::<String>::new());
    let intake = IntakeWriter::start(store.clone());
    intake.settled().await.unwrap();
    assert_eq!(ids(&store).await, ["a", "b", "c"]);
    assert_eq!(intake.submit(entry("b", "b")).await.unwrap(), Ack::Replayed);
    assert_eq!(intake.submit(entry("c", "x")).await.unwrap(), Ack::Conflict);
    assert_eq!(intake.submit(entry("d", "d")).await.unwrap(), Ack::Accepted);
    intake.settled().await.unwrap();
    assert_eq!(ids(&store).await, ["a", "b", "c", "d"]);
    store.close().await;
    assert!(files(folder.path()).iter().all(|(_, bytes)| bytes.is_empty()), "nothing is left in it");
}

#[tokio::test]
async fn what_is_sent_again_under_an_erased_id_stands_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let intake = IntakeWriter::start(store.clone());
    intake.submit(entry("e", "canary")).await.unwrap();
    intake.settled().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    intake::entomb(&mut tx, &OrgId::stored("org_a".to_owned()), &[1]).await.unwrap();
    tx.commit().await.unwrap();
    store.scrub().await.unwrap();
    let both = vec![entry("e", "canary"), entry("f", "1"), entry("e", "another canary")];
    assert_eq!(intake.submit_many(both).await.unwrap(), [Ack::Replayed, Ack::Accepted, Ack::Replayed]);
    assert_eq!(intake.submit(entry("e", "canary")).await.unwrap(), Ack::Replayed);
    for file in dir.path().read_dir().unwrap().map(|f| f.unwrap().path()) {
        assert!(!std::fs::read(&file).unwrap().windows(6).any(|w| w == b"canary"), "{}", file.display());
    }
    intake.settled().await.unwrap();
    assert_eq!(ids(&store).await, ["f"]);
}

#[tokio::test]
async fn what_was_refused_is_in_no_log() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(dir.path()).await;
    let intake = IntakeWriter::start(store.clone());
    intake.submit(entry("old", "1")).await.unwrap();
    intake.settled().await.unwrap();
    let writer = store.begin().await.unwrap();
    let pieces = vec![entry("old", "2"), entry("new", "1"), entry("new", "2"), entry("old", "1")];
    let acks = intake.submit_many(pieces).await.unwrap();
    assert_eq!(acks, [Ack::Conflict, Ack::Accepted, Ack::Conflict, Ack::Replayed]);
    for file in dir.path().read_dir().unwrap().map(|f| f.unwrap().path()) {
        std::fs::copy(&file, kept.path().join(file.file_name().unwrap())).unwrap();
    }
    drop(writer);
    intake.settled().await.unwrap();
    // moved from memory, and moved after a kill
    for store in [store, open(kept.path()).await] {
        drop(store.gate().await.unwrap());
        let mut tx = store.read().await.unwrap();
        let all = intake::after(&mut tx, 0, 9).await.unwrap();
        let all: Vec<_> = all.iter().map(|e| (e.entry.id.as_str(), e.entry.body.as_str())).collect();
        assert_eq!(all, [("old", "\"1\""), ("new", "\"1\"")]);
    }
}

#[tokio::test]
async fn a_crash_between_moving_and_emptying_moves_nothing_twice() {
    let folder = left(&["a", "b"]).await;
    let before = files(folder.path());
    let store = open(folder.path()).await;
    drop(store.gate().await.unwrap());
    for (path, bytes) in &before {
        std::fs::write(path, bytes).unwrap();
    }
    drop(store.gate().await.unwrap());
    assert_eq!(ids(&store).await, ["a", "b"]);
}

#[tokio::test]
async fn what_waits_is_known_under_its_id_before_it_is_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let writer = store.begin().await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    assert_eq!(intake.submit(entry("a", "1")).await.unwrap(), Ack::Accepted);
    let (org, hash) = (OrgId::stored("org_a".to_owned()), entry("a", "1").body_hash);
    let taken = async |id: &str, hash: &str| intake.taken(&org, IntakeKind::Signal, id, hash).await.unwrap();
    assert_eq!(intake.submit(entry("a", "1")).await.unwrap(), Ack::Replayed);
    assert_eq!(intake.submit(entry("a", "2")).await.unwrap(), Ack::Conflict);
    assert_eq!(
        (taken("a", &hash).await, taken("a", "2").await, taken("b", "2").await),
        (Some(true), Some(false), None)
    );
    let pieces = intake.submit_many(vec![entry("c", "1"), entry("c", "1"), entry("c", "2")]).await.unwrap();
    assert_eq!(pieces, [Ack::Accepted, Ack::Replayed, Ack::Conflict]);
    drop(writer);
    intake.settled().await.unwrap();
    assert_eq!(ids(&store).await, ["a", "c"]);
    assert_eq!((taken("a", &hash).await, taken("a", "2").await), (Some(true), Some(false)));
}

#[tokio::test]
async fn whoever_appends_by_himself_meets_what_another_process_has_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (server, command) = (open(dir.path()).await, open(dir.path()).await);
    let intake = IntakeWriter::start(server.clone());
    for n in 0..300 {
        intake.submit(entry(&format!("s{n}"), "1")).await.unwrap();
    }
    let gate = command.gate().await.unwrap();
    assert_eq!(ids(&command).await.len(), 300);
    let mut tx = command.begin().await.unwrap();
    let receipts = intake::append(&mut tx, &gate, &[entry("s7", "1"), entry("s8", "2"), entry("new", "1")]).await;
    assert!(matches!(
        receipts.unwrap()[..],
        [intake::Receipt::Replayed { .. }, intake::Receipt::Conflict, intake::Receipt::Accepted { .. }]
    ));
    tx.commit().await.unwrap();
    // while the gate is held nobody else takes anything in
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(100), intake.submit(entry("new", "2"))).await;
    assert!(waiting.is_err());
    drop(gate);
    assert_eq!(intake.submit(entry("new", "2")).await.unwrap(), Ack::Conflict);
    // a second writer over the same files owns no journal, and appends all the same
    let other = IntakeWriter::start(command.clone());
    assert_eq!(other.submit(entry("s9", "1")).await.unwrap(), Ack::Replayed);
    assert_eq!(other.submit(entry("last", "1")).await.unwrap(), Ack::Accepted);
    assert_eq!(intake.submit(entry("last", "1")).await.unwrap(), Ack::Replayed);
    intake.settled().await.unwrap();
    assert_eq!(ids(&server).await.len(), 302);
}

#[tokio::test]
async fn a_long_journal_goes_on_in_further_files_which_go_when_they_are_moved() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let writer = store.begin().await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    // more than is kept in memory: what is beyond is read from the files again
    let long = "x".repeat(600_000);
    for n in 0..40 {
        let entries = vec![entry(&format!("a{n}"), &long), entry(&format!("b{n}"), "1")];
        intake.submit_many(entries).await.unwrap();
    }
    assert!(files(dir.path()).len() > 4);
    drop(writer);
    intake.settled().await.unwrap();
    let expected: Vec<String> = (0..40).flat_map(|n| [format!("a{n}"), format!("b{n}")]).collect();
    assert_eq!(ids(&store).await, expected);
    intake.submit(entry("c", "1")).await.unwrap();
    intake.settled().await.unwrap();
    assert_eq!(files(dir.path()).len(), 1, "those that are moved are gone");
}

#[tokio::test]
async fn a_group_that_no_longer_reads_is_not_taken_for_moved() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let writer = store.begin().await.unwrap();
    let intake = IntakeWriter::start(store.clone());
    let long = "x".repeat(900_000);
    // more than is kept in memory
    for n in 0..24 {
        intake.submit(entry(&format!("a{n}"), &long)).await.unwrap();
    }
    let (path, mut bytes) = files(dir.path()).pop().unwrap();
    bytes[400] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    drop(writer);
    assert!(intake.settled().await.is_err());
    assert_eq!(std::fs::read(&path).unwrap().len(), bytes.len(), "it stays, to be looked at");
}

#[tokio::test]
async fn erasing_and_backing_up_leave_nothing_in_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let intake = IntakeWriter::start(store.clone());
    let held = |folder: &Path| files(folder).iter().any(|(_, b)| b.windows(6).any(|w| w == b"canary"));
    for (n, clean) in ["scrub", "empty", "copy"].into_iter().enumerate() {
        intake.submit(entry(&format!("e{n}"), "canary")).await.unwrap();
        intake.settled().await.unwrap();
        assert!(held(dir.path()), "it is moved, and stands in the file still");
        match clean {
            "scrub" => store.scrub().await.unwrap(),
            "empty" => assert!(store.empty_log().await.unwrap()),
            _ => assert!(store.copy_into(&dir.path().join("copy.sqlite")).await.unwrap()),
        }
        assert!(!held(dir.path()), "{clean}");
    }
    let copy = Store::open(&format!("sqlite:{}", dir.path().join("copy.sqlite").display())).await.unwrap();
    assert_eq!(ids(&copy).await, ["e0", "e1", "e2"]);
}

#[tokio::test]
async fn a_flipped_bit_is_named_and_a_torn_end_is_as_if_it_had_not_begun() {
    let folder = left(&["a", "b", "c"]).await;
    let (path, bytes) = files(folder.path()).remove(0);
    for at in [0, 9, 40, bytes.len() / 2] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 2;
        std::fs::write(&path, flipped).unwrap();
        let refusal = Store::open(&format!("sqlite:{}", folder.path().join("t.sqlite").display())).await.unwrap_err();
        assert!(refusal.to_string().contains("t.sqlite-intake-1"), "{refusal}");
        let check = peakend_store::upkeep::check_file(&folder.path().join("t.sqlite"), &[]).await.unwrap();
        assert!(check.faults.iter().any(|f| f.contains("t.sqlite-intake-1")), "{:?}", check.faults);
    }
    std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    let store = open(folder.path()).await;
    drop(store.gate().await.unwrap());
    assert_eq!(ids(&store).await, ["a", "b"]);
}
