//! Two servers over one bucket.

use peakend_query::{
    CohortQuestion, DayRange, Dimension, EventFact, Filter, FunnelQuestion, Grain, NaiveWarehouse, Persons, Properties,
    Question, Step, VoiceList, VoiceOrder, Warehouse,
};
use rand::RngExt;

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

fn events(rng: &mut impl rand::Rng, n: u64) -> Vec<EventFact> {
    let one = |seq: u64| {
        let day = 20_000 + rng.random_range(0..30);
        EventFact {
            seq,
            person: format!("per_{:02}", rng.random_range(0..60)),
            name: ["view", "apply", "fund"][rng.random_range(0..3)].to_owned(),
            at: (i64::from(day) * 86_400 + rng.random_range(0..86_400)) * 1_000_000,
            day,
            properties: Properties::of([("version", rng.random_range(1..3).to_string())]),
        }
    };
    (1..=n).map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funnels_and_cohorts_beside_a_scheduler_are_answered_as_the_oracle_does() {
    let cluster = Cluster::start(0).await;
    let (a, b) = (cluster.warehouse("a", 1).await, cluster.shared("b", 2).await);
    let (oracle, mut rng) = (NaiveWarehouse::default(), rows::seeded(20_261_129));
    let (org, log) = (ORGS[1], events(&mut rng, 900));
    oracle.append_events(org, log.clone()).await.unwrap();
    a.append_events(org, log[..600].to_vec()).await.unwrap();
    assert_eq!(a.seal_events(org).await.unwrap(), 600);
    for server in [&a as &dyn Warehouse, &b] {
        let head = server.event_head(org).await.unwrap();
        assert_eq!(head, 600, "what one server sealed the other has");
        server.append_events(org, log.iter().filter(|e| e.seq > head).cloned().collect()).await.unwrap();
    }
    let step = |name: &str| Step { event: name.to_owned(), having: None };
    let period = DayRange { from: 20_003, to: 20_020 };
    let funnel = FunnelQuestion {
        org: org.to_owned(),
        steps: ["view", "apply", "fund"].map(step).to_vec(),
        within: 7 * 86_400,
        period,
        split: Some("version".to_owned()),
        persons: Persons::default(),
    };
    let cohort = CohortQuestion {
        org: org.to_owned(),
        first: step("view"),
        returning: step("fund"),
        grain: Grain::Week,
        period,
        periods: 4,
        persons: Persons::default(),
    };
    let (steps, weeks) = (oracle.funnel(&funnel).await.unwrap(), oracle.cohorts(&cohort).await.unwrap());
    assert!(steps.total.persons[2] > 0, "nobody came to the end: {steps:?}");
    for server in [&a as &dyn Warehouse, &b] {
        let found = server.funnel(&funnel).await.unwrap();
        assert_eq!((found.total, found.rows), (steps.total.clone(), steps.rows.clone()));
        assert_eq!(server.cohorts(&cohort).await.unwrap().rows, weeks.rows);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_voice_and_one_person_are_found_without_executors() {
    let cluster = Cluster::start(0).await;
    let ours = cluster.warehouse("a", 1).await;
    let (oracle, mut rng, mut log) = (NaiveWarehouse::default(), rows::seeded(20_261_130), Vec::new());
    append(&mut rng, ORGS[0], &mut log, 1_500, &[&ours, &oracle]).await;
    ours.seal(ORGS[0]).await.unwrap();
    append(&mut rng, ORGS[0], &mut log, 300, &[&ours, &oracle]).await;
    for voice in log.iter().step_by(171) {
        for filter in [
            Filter::Id(vec![voice.id.clone()]),
            Filter::In(Dimension::Person, vec![voice.person.clone()]).and(Filter::Id(vec![voice.id.clone()])),
            Filter::In(Dimension::Person, vec!["person-0007".to_owned()]),
        ] {
            let period = DayRange { from: i32::MIN, to: i32::MAX };
            let (org, order) = (ORGS[0].to_owned(), VoiceOrder::Newest);
            let list = VoiceList { org, period, filter, order, offset: 0, limit: 50 };
            let (found, expected) = (ours.voices(&list).await.unwrap(), oracle.voices(&list).await.unwrap());
            assert_eq!((found.total, found.voices), (expected.total, expected.voices), "{list:?}");
        }
    }
}
