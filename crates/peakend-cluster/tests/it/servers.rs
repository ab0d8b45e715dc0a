//! Two servers over one bucket.

use peakend_query::{NaiveWarehouse, Question, Warehouse};

use crate::answers::append;
use crate::processes::Cluster;
use crate::rows::{self, ORGS};

async fn same(a: &dyn Warehouse, b: &dyn Warehouse, oracle: &dyn Warehouse, q: &Question) {
    let expected = oracle.answer(q).await.unwrap().rows;
    assert_eq!(a.answer(q).await.unwrap().rows, expected, "the first server: {q:?}");
    assert_eq!(b.answer(q).await.unwrap().rows, expected, "the second server: {q:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_seal_at_the_same_time_count_every_voice_once() {
    let cluster = Cluster::start(0).await;
    let (a, b) = (cluster.shared("a", 1).await, cluster.shared("b", 2).await);
    let oracle = NaiveWarehouse::default();
    let mut rng = rows::seeded(20_261_125);
    let mut log = Vec::new();
    for round in 0..12 {
        // both read the same log; the second has not come as far
        append(&mut rng, ORGS[1], &mut log, 150, &[&a, &b, &oracle]).await;
        append(&mut rng, ORGS[1], &mut log, 50, &[&a, &oracle]).await;
        let (first, second) = tokio::join!(a.seal(ORGS[1]), b.seal(ORGS[1]));
        assert!(first.unwrap() + second.unwrap() >= 150, "round {round}: nobody sealed");
        let outcomes: Vec<_> = (0..50).map(|_| rows::outcome(&mut rng)).collect();
        let batch = format!("batch-{round}");
        let (one, two) = tokio::join!(
            a.load_outcomes(ORGS[1], &batch, outcomes.clone()),
            b.load_outcomes(ORGS[1], &batch, outcomes.clone())
        );
        assert_ne!(one.unwrap(), two.unwrap(), "round {round}: one loads, the other finds it there");
        oracle.load_outcomes(ORGS[1], &batch, outcomes).await.unwrap();
        // the second follows the log
        let head = b.head(ORGS[1]).await.unwrap();
        b.append(ORGS[1], log.iter().filter(|v| v.seq > head).cloned().collect()).await.unwrap();
        a.catch_up(ORGS[1]).await.unwrap();
        let q = Question { org: ORGS[1].to_owned(), ..rows::question(&mut rng) };
        same(&a, &b, &oracle, &q).await;
    }
    let (first, second) = (a.position(ORGS[1]).await.unwrap(), b.position(ORGS[1]).await.unwrap());
    assert_eq!(first, second, "both know the same manifest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_by_one_server_is_gone_from_the_other_and_from_the_bucket() {
    let cluster = Cluster::start(0).await;
    let (a, b) = (cluster.shared("a", 1).await, cluster.shared("b", 2).await);
    let oracle = NaiveWarehouse::default();
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
    let head = b.head(org).await.unwrap();
    b.append(org, log.iter().filter(|v| v.seq > head).cloned().collect()).await.unwrap();
    for _ in 0..5 {
        let q = Question { org: org.to_owned(), ..rows::question(&mut rng) };
        same(&a, &b, &oracle, &q).await;
    }
    b.seal(org).await.unwrap();
    a.catch_up(org).await.unwrap();
    // removed objects go in the background
    let (disk, bucket) = (cluster.folder.path().join("b"), cluster.folder.path().join("s3"));
    for _ in 0..100 {
        if segments(&disk) == segments(&bucket) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(segments(&disk), segments(&bucket), "the bucket has a file that no manifest names");
}

/// Names of segment files and their companions anywhere below a folder.
fn segments(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            names.extend(segments(&path));
        } else if name.ends_with(".parquet") || name.ends_with(".bin") {
            names.push(name);
        }
    }
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_anew_finds_everything_in_the_bucket() {
    let cluster = Cluster::start(0).await;
    let oracle = NaiveWarehouse::default();
    let (mut rng, mut log) = (rows::seeded(20_261_127), Vec::new());
    {
        let a = cluster.shared("a", 1).await;
        for org in ORGS {
            append(&mut rng, org, &mut log, 200, &[&a, &oracle]).await;
            a.seal(org).await.unwrap();
        }
    }
    let b = cluster.shared("b", 2).await;
    for _ in 0..20 {
        let q = rows::question(&mut rng);
        assert_eq!(b.answer(&q).await.unwrap().rows, oracle.answer(&q).await.unwrap().rows, "{q:?}");
    }
}
