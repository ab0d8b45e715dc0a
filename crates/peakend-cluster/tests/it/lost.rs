//! Executors that go away.

use std::time::{Duration, Instant};

use peakend_query::{Counting, DayRange, Dimension, Filter, Grain, NaiveWarehouse, Question, Warehouse};
use rand::RngExt;

use crate::answers::append;
use crate::processes::Cluster;
use crate::rows::{self, ORGS};

/// A question with many groups and distinct persons: several stages.
fn heavy(org: &str) -> Question {
    Question {
        org: org.to_owned(),
        period: DayRange { from: i32::MIN, to: i32::MAX },
        filter: Filter::All,
        by: vec![Dimension::Unit, Dimension::Touchpoint, Dimension::Channel],
        grain: Some(Grain::Week),
        persons: true,
        counting: Counting::Everything,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_killed_in_mid_question_changes_no_figure() {
    let mut cluster = Cluster::start(3).await;
    let ours = cluster.warehouse("server", 1).await;
    let oracle = NaiveWarehouse::default();
    let mut rng = rows::seeded(20_261_124);
    let mut log = Vec::new();
    for _ in 0..4 {
        append(&mut rng, ORGS[0], &mut log, 12_000, &[&ours, &oracle]).await;
        ours.seal(ORGS[0]).await.unwrap();
    }
    let question = heavy(ORGS[0]);
    let expected = oracle.answer(&question).await.unwrap().rows;
    assert_eq!(ours.answer(&question).await.unwrap().rows, expected);
    let (mut right, mut refused) = (0, 0);
    for round in 0..4 {
        let wait = Duration::from_millis(rng.random_range(20..600));
        let answer = ours.answer(&question);
        let kill = async {
            tokio::time::sleep(wait).await;
            cluster.executors[0].kill();
        };
        match tokio::join!(answer, kill).0 {
            Ok(table) => {
                assert_eq!(table.rows, expected, "round {round}, killed after {wait:?}");
                right += 1;
            }
            Err(error) => {
                println!("round {round}: refused with {error}: {:?}", std::error::Error::source(&error));
                refused += 1;
            }
        }
        // the remaining executors answer, whatever became of that question
        let begun = Instant::now();
        while let Err(error) = ours.answer(&question).await {
            assert!(begun.elapsed() < Duration::from_secs(60), "still no answer: {error:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        println!("round {round}: killed after {wait:?}, answering again after {:?}", begun.elapsed());
        cluster.executors.remove(0);
        cluster.add_executor();
    }
    println!("{right} right answers, {refused} clear errors, 0 wrong");
    assert!(right > 0, "no question survived the loss of an executor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_executors_a_question_fails_and_gives_no_figure() {
    let cluster = Cluster::start(0).await;
    let ours = cluster.warehouse("server", 1).await;
    let mut log = Vec::new();
    append(&mut rows::seeded(1), ORGS[0], &mut log, 100, &[&ours]).await;
    let question = heavy(ORGS[0]);
    let asked = tokio::time::timeout(Duration::from_secs(90), ours.answer(&question)).await;
    assert!(!matches!(asked, Ok(Ok(_))), "an answer without anybody to compute it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduler_that_starts_again_finds_its_executors() {
    let mut cluster = Cluster::start(2).await;
    let ours = cluster.warehouse("server", 1).await;
    let oracle = NaiveWarehouse::default();
    append(&mut rows::seeded(20_261_128), ORGS[0], &mut Vec::new(), 500, &[&ours, &oracle]).await;
    ours.seal(ORGS[0]).await.unwrap();
    let question = heavy(ORGS[0]);
    let expected = oracle.answer(&question).await.unwrap().rows;
    assert_eq!(ours.answer(&question).await.unwrap().rows, expected);
    cluster.restart_scheduler();
    let begun = Instant::now();
    loop {
        match tokio::time::timeout(Duration::from_secs(30), ours.answer(&question)).await {
            Ok(Ok(table)) => return assert_eq!(table.rows, expected),
            other => println!("{:?} after the start: {other:?}", begun.elapsed()),
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the executors were not found again");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
