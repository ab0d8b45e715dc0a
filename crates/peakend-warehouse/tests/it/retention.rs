//! Voices of a survey that has a time of its own, in segments, coded columns and stored counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use peakend_query::{
    Counting, Dimension, Filter, Grain, NaiveWarehouse, Question, Retention, VoiceFact, VoiceList, VoiceOrder,
    Warehouse,
};
use peakend_warehouse::{RollupRule, SegmentWarehouse, Settings};

use crate::differential::everything;
use crate::rows::{self, FIRST_DAY, seeded};

const ORG: &str = "o";
const SHORT: &str = "transaction-after-visit";
const LONG: &str = "relationship";

fn open(dir: &Path, coded: bool) -> SegmentWarehouse {
    let rollup = RollupRule { rows: 100, rows_per_group: 1 };
    SegmentWarehouse::open(dir, Settings { memory_bytes: 64 << 20, partitions: 2, coded, rollup }).unwrap()
}

/// Voices of these surveys alone.
fn said(seqs: std::ops::Range<u64>, surveys: &[&str]) -> Vec<VoiceFact> {
    let mut rng = seeded(seqs.start);
    let survey = |seq: u64| surveys[usize::try_from(seq).unwrap() % surveys.len()].to_owned();
    seqs.map(|seq| VoiceFact { survey: survey(seq), ..rows::voice(&mut rng, seq) }).collect()
}

/// Every file of the segments, companions too.
fn files(dir: &Path) -> BTreeSet<String> {
    let all = std::fs::read_dir(dir.join("org-o/segments")).unwrap();
    all.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Compare figures by survey on every way to them, and the listed voices; which ways they went.
async fn same(ours: &SegmentWarehouse, oracle: &NaiveWarehouse) -> BTreeSet<u8> {
    let mut routes = BTreeSet::new();
    for (by, grain, persons) in [
        (vec![Dimension::Survey], None, false),
        (vec![Dimension::Survey], Some(Grain::Month), true),
        (vec![Dimension::Survey, Dimension::Person], None, false),
        (vec![Dimension::Theme, Dimension::Line], Some(Grain::Day), false),
        (Vec::new(), Some(Grain::Month), false),
    ] {
        let counting = Counting::Everything;
        let question = Question { by, grain, persons, counting, ..everything(ORG) };
        let answer = ours.answer(&question).await.unwrap();
        assert_eq!(answer.rows, oracle.answer(&question).await.unwrap().rows, "{question:?}");
        routes.insert(answer.provenance.route as u8);
    }
    let list = VoiceList {
        org: ORG.to_owned(),
        period: everything(ORG).period,
        filter: Filter::In(Dimension::Survey, vec![SHORT.to_owned()]),
        order: VoiceOrder::Newest,
        offset: 0,
        limit: 10_000,
    };
    assert_eq!(ours.voices(&list).await.unwrap().voices, oracle.voices(&list).await.unwrap().voices);
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_loses_what_is_older_than_its_own_time_and_no_other_segment_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, oracle) = (open(dir.path(), true), NaiveWarehouse::default());
    // one segment without a voice of the survey, one with, and some that are still hot
    let pieces = [said(1..600, &["", LONG]), said(600..1_200, &["", LONG, SHORT]), said(1_200..1_500, &[SHORT, LONG])];
    let mut sealed = Vec::new();
    for piece in pieces {
        oracle.append(ORG, piece.clone()).await.unwrap();
        ours.append(ORG, piece).await.unwrap();
        if sealed.len() < 2 {
            ours.seal(ORG).await.unwrap();
            sealed.push(files(dir.path()));
        }
    }
    let (without, with) = (sealed[0].clone(), &sealed[1] - &sealed[0]);
    assert!(sealed[1].is_superset(&without), "two segments are not merged");
    let surveys = BTreeMap::from([(SHORT.to_owned(), FIRST_DAY + 300)]);
    let keep = Retention { first_day: i32::MIN, surveys, first_month: i32::MIN, first_event_day: i32::MIN };
    let gone = oracle.expire(ORG, keep.clone()).await.unwrap();
    assert_eq!(ours.expire(ORG, keep.clone()).await.unwrap(), gone);
    assert!(gone > 200, "{gone}");
    let left = files(dir.path());
    assert!(left.is_superset(&without), "what holds no voice of the survey is not written anew: {left:?}");
    assert!(left.is_disjoint(&with), "the files that held them are gone: {left:?}");
    assert!(same(&ours, &oracle).await.len() > 1, "by stored counts and by others");
    assert_eq!(ours.expire(ORG, keep).await.unwrap(), 0);
    assert_eq!(files(dir.path()), left, "another day without anything old writes nothing");

    ours.seal(ORG).await.unwrap();
    for coded in [false, true] {
        drop(ours);
        ours = open(dir.path(), coded);
        same(&ours, &oracle).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_is_kept_longer_outlives_the_organisations_time_in_the_same_segment() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, oracle) = (open(dir.path(), true), NaiveWarehouse::default());
    let all = said(1..900, &["", LONG, SHORT]);
    let old = |v: &&VoiceFact| v.day < FIRST_DAY + 350;
    let kept_longer = all.iter().filter(old).filter(|v| v.survey == LONG && v.day >= FIRST_DAY + 100).count();
    for warehouse in [&ours as &dyn Warehouse, &oracle] {
        warehouse.append(ORG, all.clone()).await.unwrap();
        warehouse.seal(ORG).await.unwrap();
    }
    let surveys = BTreeMap::from([(LONG.to_owned(), FIRST_DAY + 100)]);
    let mut keep = Retention { first_day: FIRST_DAY + 350, surveys, first_month: 0, first_event_day: 0 };
    let gone = oracle.expire(ORG, keep.clone()).await.unwrap();
    assert_eq!(ours.expire(ORG, keep.clone()).await.unwrap(), gone);
    same(&ours, &oracle).await;
    let before = Question { period: peakend_query::DayRange { from: 0, to: FIRST_DAY + 349 }, ..everything(ORG) };
    let left = ours.answer(&before).await.unwrap().rows[0].cell.voices;
    assert_eq!(left, kept_longer as u64, "of before that day only the survey that is kept longer");
    // older than every time: the whole segment goes
    (keep.first_day, keep.surveys) = (FIRST_DAY + 1_000, BTreeMap::from([(LONG.to_owned(), FIRST_DAY + 900)]));
    assert_eq!(ours.expire(ORG, keep).await.unwrap(), 899 - gone);
    assert_eq!(files(dir.path()), BTreeSet::new());
}
