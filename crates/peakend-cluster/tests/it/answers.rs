//! Every kind of question, answered by three executors as by one process.

use peakend_query::{NaiveWarehouse, OutcomeQuestion, VoiceFact, Warehouse};
use rand::{Rng, RngExt};

use crate::processes::Cluster;
use crate::rows::{self, ORGS};

/// Half of the voices have attributes, if they are late enough to have any.
fn some(rng: &mut impl Rng, seq: u64) -> VoiceFact {
    let voice = rows::voice(rng, seq);
    if rng.random() { rows::attributed(rng, voice) } else { voice }
}

/// Put the same new rows into the cluster and the oracle.
pub(crate) async fn append(
    rng: &mut impl Rng,
    org: &str,
    log: &mut Vec<VoiceFact>,
    rows: usize,
    into: &[&dyn Warehouse],
) {
    let next = log.last().map_or(1, |v| v.seq + 1);
    let new: Vec<VoiceFact> = (next..).take(rows).map(|seq| some(rng, seq)).collect();
    log.extend(new.iter().cloned());
    for warehouse in into {
        warehouse.append(org, new.clone()).await.unwrap();
    }
}

async fn compare(
    rng: &mut impl Rng,
    cluster: &dyn Warehouse,
    single: &dyn Warehouse,
    oracle: &dyn Warehouse,
    n: usize,
) {
    for i in 0..n {
        let q = rows::question(rng);
        let q = rows::asked(rng, q);
        let ours = cluster.answer(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
        assert_eq!(ours.rows, oracle.answer(&q).await.unwrap().rows, "{q:?}");
        assert_eq!(ours.rows, single.answer(&q).await.unwrap().rows, "{q:?}");
        if i % 3 == 0 {
            let ours = cluster.joint(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
            assert_eq!(ours, oracle.joint(&q).await.unwrap(), "{q:?}");
            let mut q = rows::migration(rng);
            q.filter = rows::asking(rng, q.filter);
            let ours = cluster.migration(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
            assert_eq!(ours, oracle.migration(&q).await.unwrap(), "{q:?}");
            let mut q = rows::ranking(rng);
            q.filter = rows::asking(rng, q.filter);
            let ours = cluster.ranking(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
            assert_eq!(ours, oracle.ranking(&q).await.unwrap(), "{q:?}");
            let mut q = rows::voice_list(rng);
            q.filter = rows::asking(rng, q.filter);
            let ours = cluster.voices(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
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
            let ours = cluster.outcomes(&q).await.unwrap_or_else(|e| panic!("{q:?}: {e:?}"));
            assert_eq!(ours, oracle.outcomes(&q).await.unwrap(), "{q:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_executors_answer_every_question_as_one_process_and_the_oracle_do() {
    let cluster = Cluster::start(3).await;
    let ours = cluster.warehouse("server", 1).await;
    let oracle = NaiveWarehouse::default();
    let mut rng = rows::seeded(20_261_123);
    let mut logs: [Vec<VoiceFact>; 3] = Default::default();
    for round in 0..3 {
        for (org, log) in ORGS.into_iter().zip(&mut logs) {
            append(&mut rng, org, log, 300, &[&ours, &oracle]).await;
            let outcomes: Vec<_> = (0..200).map(|_| rows::outcome(&mut rng)).collect();
            let batch = format!("batch-{round}");
            ours.load_outcomes(org, &batch, outcomes.clone()).await.unwrap();
            oracle.load_outcomes(org, &batch, outcomes).await.unwrap();
            // sealed, sealed with a hot tail, or hot alone
            if round > 0 || org == ORGS[0] {
                ours.seal(org).await.unwrap();
            }
            append(&mut rng, org, log, 120, &[&ours, &oracle]).await;
        }
        let single = ours.shared().local();
        compare(&mut rng, &ours, single, &oracle, 25).await;
    }
}
