//! Several servers over one bucket, and questions computed by other processes.

use std::time::Duration;

use peakend_query::{NaiveWarehouse, OutcomeQuestion, Question, Retention, VoiceFact, Warehouse, WarehouseError};
use peakend_warehouse::{Planned, RollupRule, Settings, SharedWarehouse};
use rand::{Rng, RngExt};

use crate::behaviour;
use crate::elsewhere::{Other, Store};
use crate::rows::{self, ORGS};

const SETTINGS: Settings = Settings {
    memory_bytes: 64 << 20,
    partitions: 2,
    coded: true,
    rollup: RollupRule { rows: 100, rows_per_group: 1 },
};

async fn open(dir: &tempfile::TempDir, store: &Store, tag: u32) -> SharedWarehouse {
    SharedWarehouse::open(&dir.path().join(tag.to_string()), SETTINGS, store.bucket(tag)).await.unwrap()
}

async fn append(rng: &mut impl Rng, org: &str, log: &mut Vec<VoiceFact>, n: usize, into: &[&dyn Warehouse]) {
    let next = log.last().map_or(1, |v| v.seq + 1);
    let new: Vec<VoiceFact> = (next..).take(n).map(|seq| some(rng, seq)).collect();
    log.extend(new.iter().cloned());
    for warehouse in into {
        warehouse.append(org, new.clone()).await.unwrap();
    }
}

/// Half of the voices have attributes, if they are late enough to have any.
fn some(rng: &mut impl Rng, seq: u64) -> VoiceFact {
    let voice = rows::voice(rng, seq);
    if rng.random() { rows::attributed(rng, voice) } else { voice }
}

/// Read the log from where the server's answers end.
async fn follow(server: &SharedWarehouse, org: &str, log: &[VoiceFact]) {
    let head = server.head(org).await.unwrap();
    server.append(org, log.iter().filter(|v| v.seq > head).cloned().collect()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_sent_as_bytes_to_another_process_are_answered_as_the_oracle_does() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (ours, other, oracle) = (open(&dir, &store, 1).await, Other::over(&store), NaiveWarehouse::default());
    let far = Planned { warehouse: ours.local(), elsewhere: &other };
    let mut rng = rows::seeded(20_261_123);
    let mut logs: [Vec<VoiceFact>; 3] = Default::default();
    for round in 0..4 {
        for (org, log) in ORGS.into_iter().zip(&mut logs) {
            append(&mut rng, org, log, 300, &[&ours, &oracle]).await;
            let outcomes: Vec<_> = (0..200).map(|_| rows::outcome(&mut rng)).collect();
            let batch = format!("batch-{round}");
            ours.load_outcomes(org, &batch, outcomes.clone()).await.unwrap();
            oracle.load_outcomes(org, &batch, outcomes).await.unwrap();
            // hot alone, sealed with a hot tail, or sealed alone
            if round > 0 || org == ORGS[0] {
                ours.seal(org).await.unwrap();
            }
            if round % 2 == 0 {
                append(&mut rng, org, log, 120, &[&ours, &oracle]).await;
            }
        }
        compare(&mut rng, &far, &oracle, 12).await;
    }
}

async fn compare(rng: &mut impl Rng, far: &Planned<'_>, oracle: &NaiveWarehouse, n: usize) {
    for _ in 0..n {
        let q = rows::question(rng);
        let q = rows::asked(rng, q);
        let ours = far.answer(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours.rows, oracle.answer(&q).await.unwrap().rows, "{q:?}");
        let q = rows::question(rng);
        let q = rows::asked(rng, q);
        let ours = far.joint(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours, oracle.joint(&q).await.unwrap(), "{q:?}");
        let mut q = rows::migration(rng);
        q.filter = rows::asking(rng, q.filter);
        let ours = far.migration(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours, oracle.migration(&q).await.unwrap(), "{q:?}");
        let mut q = rows::ranking(rng);
        q.filter = rows::asking(rng, q.filter);
        let ours = far.ranking(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours, oracle.ranking(&q).await.unwrap(), "{q:?}");
        let mut q = rows::voice_list(rng);
        q.filter = rows::asking(rng, q.filter);
        let ours = far.voices(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        let theirs = oracle.voices(&q).await.unwrap();
        assert_eq!((ours.total, ours.voices), (theirs.total, theirs.voices), "{q:?}");
        let from = 24_300 + rng.random_range(-1..6);
        let q = OutcomeQuestion {
            org: rows::org(rng),
            kind: rows::outcome(rng).kind,
            from,
            to: from + rng.random_range(-1..7),
            persons: rng.random_bool(0.5).then(|| (0..40).map(|_| rows::outcome(rng).person).collect()),
        };
        let ours = far.outcomes(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours, oracle.outcomes(&q).await.unwrap(), "{q:?}");
    }
}

async fn same(servers: [&SharedWarehouse; 2], oracle: &NaiveWarehouse, q: &Question) {
    let expected = oracle.answer(q).await.unwrap().rows;
    for (i, server) in servers.into_iter().enumerate() {
        assert_eq!(server.answer(q).await.unwrap().rows, expected, "server {i}: {q:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_seal_at_the_same_time_count_every_voice_once() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (a, b, oracle) = (open(&dir, &store, 1).await, open(&dir, &store, 2).await, NaiveWarehouse::default());
    let (org, mut rng, mut log) = (ORGS[1], rows::seeded(20_261_125), Vec::new());
    for round in 0..20 {
        // both read the same log; the second has not come as far
        append(&mut rng, org, &mut log, 60, &[&a, &b, &oracle]).await;
        append(&mut rng, org, &mut log, 20, &[&a, &oracle]).await;
        let (first, second) = tokio::join!(a.seal(org), b.seal(org));
        assert!(first.unwrap() + second.unwrap() >= 60, "round {round}: nobody sealed");
        let outcomes: Vec<_> = (0..50).map(|_| rows::outcome(&mut rng)).collect();
        let batch = format!("batch-{round}");
        let (one, two) = tokio::join!(
            a.load_outcomes(org, &batch, outcomes.clone()),
            b.load_outcomes(org, &batch, outcomes.clone())
        );
        assert_ne!(one.unwrap(), two.unwrap(), "round {round}: one loads, the other finds it there");
        oracle.load_outcomes(org, &batch, outcomes).await.unwrap();
        follow(&b, org, &log).await;
        follow(&a, org, &log).await;
        for _ in 0..3 {
            let q = Question { org: org.to_owned(), ..rows::question(&mut rng) };
            same([&a, &b], &oracle, &q).await;
        }
        let q = OutcomeQuestion { org: org.to_owned(), kind: "aum".into(), from: 0, to: i32::MAX, persons: None };
        assert_eq!(a.outcomes(&q).await.unwrap(), oracle.outcomes(&q).await.unwrap());
        assert_eq!(b.outcomes(&q).await.unwrap(), oracle.outcomes(&q).await.unwrap());
    }
    let everything = crate::differential::everything(org);
    let segments = a.answer(&everything).await.unwrap().provenance.segments;
    assert!(segments < 20, "20 seals are still {segments} segments: nothing was merged");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_by_one_server_is_gone_from_the_other_and_from_the_bucket() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (a, b, oracle) = (open(&dir, &store, 1).await, open(&dir, &store, 2).await, NaiveWarehouse::default());
    let (org, mut rng, mut log) = (ORGS[0], rows::seeded(20_261_126), Vec::new());
    append(&mut rng, org, &mut log, 400, &[&a, &b, &oracle]).await;
    a.seal(org).await.unwrap();
    b.catch_up(org).await.unwrap();
    append(&mut rng, org, &mut log, 400, &[&a, &b, &oracle]).await;
    let person = log.iter().rev().find(|v| !v.person.is_empty()).unwrap().person.clone();
    log.retain(|v| v.person != person);
    for warehouse in [&a as &dyn Warehouse, &oracle] {
        assert!(warehouse.erase(org, std::slice::from_ref(&person)).await.unwrap() > 0);
    }
    assert!(b.catch_up(org).await.unwrap(), "the second server is told to read its hot rows again");
    follow(&b, org, &log).await;
    for _ in 0..10 {
        let q = Question { org: org.to_owned(), ..rows::question(&mut rng) };
        same([&a, &b], &oracle, &q).await;
    }
    // what the second had hot does not come back when it seals
    b.seal(org).await.unwrap();
    a.catch_up(org).await.unwrap();
    let q = crate::differential::everything(org);
    same([&a, &b], &oracle, &q).await;
    let own = [("relationship", rows::FIRST_DAY + 200), ("transaction-after-visit", rows::FIRST_DAY)];
    let surveys = own.map(|(code, day)| (code.to_owned(), day)).into();
    let keep = Retention { first_day: rows::FIRST_DAY + 100, surveys, first_month: 0, first_event_day: 0 };
    assert!(b.expire(org, keep.clone()).await.unwrap() > 0);
    oracle.expire(org, keep.clone()).await.unwrap();
    log.retain(|v| v.day >= keep.first_day_of(&v.survey));
    a.catch_up(org).await.unwrap();
    follow(&a, org, &log).await;
    same([&a, &b], &oracle, &q).await;
    // removed objects go in the background
    let mut left = Vec::new();
    for _ in 0..100 {
        left = store.segments().await;
        if left.len() == on_disk(&dir, "2") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the bucket has files that no manifest names: {left:?}");
}

fn on_disk(dir: &tempfile::TempDir, server: &str) -> usize {
    let folders = std::fs::read_dir(dir.path().join(server)).unwrap().map(|e| e.unwrap().path().join("segments"));
    folders.filter_map(|folder| std::fs::read_dir(folder).ok()).map(Iterator::count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_an_empty_disk_finds_everything_in_the_bucket() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (oracle, mut rng) = (NaiveWarehouse::default(), rows::seeded(20_261_127));
    {
        let a = open(&dir, &store, 1).await;
        for org in ORGS {
            append(&mut rng, org, &mut Vec::new(), 200, &[&a, &oracle]).await;
            a.seal(org).await.unwrap();
        }
    }
    let b = open(&dir, &store, 2).await;
    for _ in 0..30 {
        let q = rows::question(&mut rng);
        assert_eq!(b.answer(&q).await.unwrap().rows, oracle.answer(&q).await.unwrap().rows, "{q:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ran_alone_brings_its_segments_along() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (oracle, mut rng, mut log) = (NaiveWarehouse::default(), rows::seeded(20_261_128), Vec::new());
    let org = ORGS[2];
    {
        let alone = peakend_warehouse::SegmentWarehouse::open(&dir.path().join("1"), SETTINGS).unwrap();
        append(&mut rng, org, &mut log, 200, &[&alone, &oracle]).await;
        alone.seal(org).await.unwrap();
    }
    let a = open(&dir, &store, 1).await;
    append(&mut rng, org, &mut log, 100, &[&a, &oracle]).await;
    a.seal(org).await.unwrap();
    let b = open(&dir, &store, 2).await;
    same([&a, &b], &oracle, &crate::differential::everything(org)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_named_and_never_counted() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (org, mut rng) = (ORGS[0], rows::seeded(20_261_129));
    let a = open(&dir, &store, 1).await;
    append(&mut rng, org, &mut Vec::new(), 200, &[&a]).await;
    a.seal(org).await.unwrap();
    store.flip_a_bit().await;
    let opened = SharedWarehouse::open(&dir.path().join("2"), SETTINGS, store.bucket(2)).await;
    match opened {
        Err(WarehouseError::Damaged { path, .. }) => assert!(path.contains("voices-"), "{path}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_one_server_sealed_or_erased_are_counted_by_the_others() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::default());
    let (a, b, oracle) = (open(&dir, &store, 1).await, open(&dir, &store, 2).await, NaiveWarehouse::default());
    let (mut rng, org) = (rows::seeded(9), behaviour::ORG);
    let mut log = behaviour::events(&mut rng, 1, 400);
    let feed = async |server: &SharedWarehouse, log: &[peakend_query::EventFact]| {
        let head = server.event_head(org).await.unwrap();
        server.append_events(org, log.iter().filter(|e| e.seq > head).cloned().collect()).await.unwrap();
    };
    oracle.append_events(org, log.clone()).await.unwrap();
    feed(&a, &log[..300]).await;
    feed(&b, &log).await;
    assert_eq!(a.seal_events(org).await.unwrap(), 300);
    // what the first sealed is hot at the second no more, and counted once
    assert_eq!(b.event_head(org).await.unwrap(), 400);
    feed(&a, &log).await;
    for _ in 0..10 {
        behaviour::agree(&mut rng, &oracle, [&a, &b]).await;
    }
    let gone = vec![log[10].person.clone(), log[350].person.clone()];
    let erased = oracle.erase(org, &gone).await.unwrap();
    assert!(erased > 0 && a.erase(org, &gone).await.unwrap() == erased);
    log.retain(|e| !gone.contains(&e.person));
    feed(&b, &log).await;
    for _ in 0..10 {
        behaviour::agree(&mut rng, &oracle, [&a, &b]).await;
    }
}
