//! A few large groups among many small ones.

use peakend_query::{Dimension, NaiveWarehouse, Question, Route, VoiceFact, VoiceKind, Warehouse};
use peakend_warehouse::{SegmentWarehouse, Settings};
use rand::RngExt;

use crate::differential::everything;
use crate::rows;

#[tokio::test(flavor = "multi_thread")]
async fn stored_counts_of_large_and_small_groups_equal_the_oracles_also_for_half_a_month() {
    let dir = tempfile::tempdir().unwrap();
    let ours = SegmentWarehouse::open(dir.path(), Settings::default()).unwrap();
    let oracle = NaiveWarehouse::default();
    let mut rng = rows::seeded(7);
    let voices: Vec<VoiceFact> = (1..=60_000)
        .map(|seq| {
            let unit = if rng.random_bool(0.5) { 0 } else { rng.random_range(0..1_500) };
            let day = rows::FIRST_DAY + rng.random_range(0..50);
            let VoiceFact { at, .. } = rows::voice(&mut rng, seq);
            let (kind, pillar) = (VoiceKind::Response, "customer".to_owned());
            VoiceFact { unit: format!("u{unit}"), kind, pillar, day, at, ..rows::voice(&mut rng, seq) }
        })
        .collect();
    ours.append("bank", voices.clone()).await.unwrap();
    oracle.append("bank", voices).await.unwrap();
    ours.seal("bank").await.unwrap();
    let mut question = Question { by: vec![Dimension::Unit], ..everything("bank") };
    for (from, to) in [(i32::MIN, i32::MAX), (rows::FIRST_DAY + 12, i32::MAX), (rows::FIRST_DAY, rows::FIRST_DAY + 41)]
    {
        question.period = peakend_query::DayRange { from, to };
        let answer = ours.answer(&question).await.unwrap();
        assert_eq!(answer.rows, oracle.answer(&question).await.unwrap().rows, "{from} to {to}");
        assert_eq!(answer.provenance.route, Route::Rollup, "{from} to {to}");
    }
}
