//! What survives, what is refused, and what concurrent readers see.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use peakend_query::{
    DayRange, Dimension, Filter, Loaded, NaiveWarehouse, OutcomeQuestion, Question, VoiceFact, VoiceList, VoiceOrder,
    Warehouse, WarehouseError,
};
use peakend_warehouse::{SegmentWarehouse, Settings};

use crate::differential::everything;
use crate::rows::{self, seeded};

fn open(dir: &Path) -> Result<SegmentWarehouse, WarehouseError> {
    SegmentWarehouse::open(dir, Settings { memory_bytes: 64 << 20, partitions: 2, ..Settings::default() })
}

fn voices(seqs: std::ops::RangeInclusive<u64>) -> Vec<VoiceFact> {
    let mut rng = seeded(*seqs.start());
    seqs.map(|seq| rows::voice(&mut rng, seq)).collect()
}

async fn count(warehouse: &SegmentWarehouse, org: &str) -> u64 {
    warehouse.answer(&everything(org)).await.unwrap().rows[0].cell.voices
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    files(dir, "parquet")
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir.join("org-o/segments")).unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<_> = all.filter(|f| f.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

#[tokio::test]
async fn after_a_crash_only_sealed_voices_remain_and_the_position_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    assert_eq!(warehouse.position("o").await.unwrap(), 0);
    warehouse.append("o", voices(1..=100)).await.unwrap();
    assert_eq!(warehouse.position("o").await.unwrap(), 0);
    assert_eq!(warehouse.seal("o").await.unwrap(), 100);
    assert_eq!(warehouse.seal("o").await.unwrap(), 0);
    warehouse.append("o", voices(101..=150)).await.unwrap();
    assert_eq!(count(&warehouse, "o").await, 150);
    drop(warehouse);

    let warehouse = open(dir.path()).unwrap();
    assert_eq!(warehouse.position("o").await.unwrap(), 100);
    assert_eq!(count(&warehouse, "o").await, 100);
    let answer = warehouse.answer(&everything("o")).await.unwrap();
    assert_eq!((answer.provenance.position, answer.provenance.segments, answer.provenance.hot_rows), (100, 1, 0));
}

#[tokio::test]
async fn appending_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=5000)).await.unwrap();
    warehouse.append("o", voices(1..=5000)).await.unwrap();
    let hot = warehouse.answer(&everything("o")).await.unwrap().rows;
    assert_eq!(hot[0].cell.voices, 5000);
    warehouse.seal("o").await.unwrap();
    warehouse.append("o", voices(1..=5000)).await.unwrap();
    assert_eq!(warehouse.answer(&everything("o")).await.unwrap().rows, hot);
    assert_eq!(warehouse.seal("o").await.unwrap(), 0);
}

#[tokio::test]
async fn two_organisations_never_mix() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=30)).await.unwrap();
    warehouse.append("p", voices(1..=20)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    assert_eq!((count(&warehouse, "o").await, count(&warehouse, "p").await), (30, 20));
    assert_eq!(warehouse.position("p").await.unwrap(), 0);
    warehouse.clear("o").await.unwrap();
    assert_eq!((count(&warehouse, "o").await, count(&warehouse, "p").await), (0, 20));
}

#[tokio::test]
async fn a_flipped_byte_is_reported_with_the_name_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=500)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    drop(warehouse);
    let file = segments(dir.path()).remove(0);
    let intact = fs::read(&file).unwrap();
    for at in [0, intact.len() / 2, intact.len() - 1] {
        let mut bytes = intact.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let refused = open(dir.path()).unwrap_err();
        assert!(matches!(&refused, WarehouseError::Damaged { path, .. } if path.ends_with("voices-00000001.parquet")));
    }
    fs::write(&file, &intact[..intact.len() - 1]).unwrap();
    assert!(open(dir.path()).unwrap_err().to_string().contains("bytes, declared"));
    fs::remove_file(&file).unwrap();
    assert!(open(dir.path()).unwrap_err().to_string().contains("missing"));
    fs::write(&file, &intact).unwrap();
    assert_eq!(count(&open(dir.path()).unwrap(), "o").await, 500);
}

#[tokio::test]
async fn a_flipped_byte_of_coded_columns_is_an_error_and_never_a_figure() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=500)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    let question = Question { by: vec![Dimension::Line, Dimension::Unit], persons: true, ..everything("o") };
    let right = warehouse.answer(&question).await.unwrap().rows;
    drop(warehouse);
    let file = files(dir.path(), "bin").remove(0);
    let intact = fs::read(&file).unwrap();
    for at in (0..intact.len()).step_by(61) {
        let mut bytes = intact.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let answer = match open(dir.path()) {
            Ok(warehouse) => warehouse.answer(&question).await.map(|table| table.rows),
            Err(error) => Err(error),
        };
        match answer {
            Ok(rows) => assert_eq!(rows, right, "byte {at}"),
            Err(WarehouseError::Damaged { path, .. }) => assert!(path.ends_with("codes-00000001.bin"), "{path}"),
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    fs::remove_file(&file).unwrap();
    assert!(matches!(open(dir.path()), Err(WarehouseError::Damaged { path, .. }) if path.ends_with(".bin")));
}

#[tokio::test]
async fn a_flipped_byte_of_places_costs_time_and_never_a_voice() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    let all = voices(1..=600);
    let oracle = NaiveWarehouse::default();
    oracle.append("o", all.clone()).await.unwrap();
    warehouse.append("o", all.clone()).await.unwrap();
    warehouse.seal("o").await.unwrap();
    drop(warehouse);
    let persons: Vec<String> = all.iter().map(|v| v.person.clone()).filter(|p| !p.is_empty()).take(9).collect();
    let ids = ["voice-1", "voice-300", "voice-600", "voice-601"].map(str::to_owned).to_vec();
    let asked = [Filter::Id(ids), Filter::In(Dimension::Person, persons)].map(|filter| VoiceList {
        org: "o".to_owned(),
        period: DayRange { from: i32::MIN, to: i32::MAX },
        filter,
        order: VoiceOrder::Newest,
        offset: 0,
        limit: 1_000,
    });
    let compare = async |state: &str| {
        let warehouse = open(dir.path()).unwrap();
        for list in &asked {
            let (found, wanted) = (warehouse.voices(list).await.unwrap(), oracle.voices(list).await.unwrap());
            assert!(wanted.total >= 3);
            assert_eq!((found.total, found.voices), (wanted.total, wanted.voices), "{state}: {:?}", list.filter);
        }
        warehouse
    };
    let file = files(dir.path(), "bin").pop().unwrap();
    assert!(file.ends_with("places-00000001.bin"));
    let intact = fs::read(&file).unwrap();
    for at in (0..intact.len()).step_by(53) {
        let mut bytes = intact.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        compare(&format!("byte {at}")).await;
    }
    fs::write(&file, &intact[..100]).unwrap();
    compare("cut").await;
    fs::remove_file(&file).unwrap();
    let warehouse = compare("missing").await;
    assert_eq!(warehouse.rebuild("o", Arc::default()).await.unwrap(), 600);
    drop(warehouse);
    compare("rebuilt").await;
    assert!(files(dir.path(), "bin").pop().unwrap().ends_with("places-00000002.bin"));
}

#[tokio::test]
async fn a_changed_or_missing_manifest_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=50)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    drop(warehouse);
    let manifest = dir.path().join("org-o/manifest.json");
    let intact = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, intact.replace("\"sealed\": 50", "\"sealed\": 51")).unwrap();
    assert!(matches!(open(dir.path()), Err(WarehouseError::Damaged { path, .. }) if path.ends_with("manifest.json")));
    fs::remove_file(&manifest).unwrap();
    assert!(matches!(open(dir.path()), Err(WarehouseError::Damaged { path, .. }) if path.ends_with("manifest.json")));
    fs::write(&manifest, intact).unwrap();
    assert_eq!(open(dir.path()).unwrap().position("o").await.unwrap(), 50);
}

#[tokio::test]
async fn files_no_manifest_names_are_removed_at_opening() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=50)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    drop(warehouse);
    fs::write(dir.path().join("org-o/segments/voices-00000099.parquet"), "half a segment").unwrap();
    let warehouse = open(dir.path()).unwrap();
    assert_eq!(segments(dir.path()).len(), 1);
    assert_eq!(count(&warehouse, "o").await, 50);
}

#[tokio::test]
async fn a_folder_opens_in_one_place_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(WarehouseError::Storage { operation: "lock", .. })));
    drop(warehouse);
    assert!(open(dir.path()).is_ok());
}

#[tokio::test]
async fn many_seals_become_one_segment_and_old_files_go() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    for i in 0..17 {
        warehouse.append("o", voices(i * 40 + 1..=i * 40 + 40)).await.unwrap();
        warehouse.seal("o").await.unwrap();
    }
    assert_eq!(segments(dir.path()).len(), 1);
    assert_eq!(count(&warehouse, "o").await, 17 * 40);
    assert_eq!(warehouse.position("o").await.unwrap(), 17 * 40);
    drop(warehouse);
    assert_eq!(count(&open(dir.path()).unwrap(), "o").await, 17 * 40);
}

#[tokio::test]
async fn outcomes_survive_and_a_batch_counts_once_even_after_merging() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = seeded(7);
    let warehouse = open(dir.path()).unwrap();
    for i in 0..20 {
        let rows: Vec<_> = (0..50).map(|_| rows::outcome(&mut rng)).collect();
        assert_eq!(warehouse.load_outcomes("o", &format!("b{i}"), rows).await.unwrap(), Loaded::Added(50));
    }
    let question = OutcomeQuestion { org: "o".into(), kind: "aum".into(), from: i32::MIN, to: i32::MAX, persons: None };
    let before = warehouse.outcomes(&question).await.unwrap();
    assert!(before.len() > 100);
    drop(warehouse);
    let warehouse = open(dir.path()).unwrap();
    let again = vec![rows::outcome(&mut rng)];
    assert_eq!(warehouse.load_outcomes("o", "b3", again).await.unwrap(), Loaded::AlreadyThere);
    assert_eq!(warehouse.outcomes(&question).await.unwrap(), before);
    assert!(segments(dir.path()).len() < 17);
}

#[tokio::test]
async fn clearing_leaves_nothing_and_the_log_can_be_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    warehouse.append("o", voices(1..=60)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    warehouse.append("o", voices(61..=70)).await.unwrap();
    warehouse.clear("o").await.unwrap();
    assert_eq!(warehouse.position("o").await.unwrap(), 0);
    assert!(segments(dir.path()).is_empty());
    warehouse.append("o", voices(1..=70)).await.unwrap();
    warehouse.seal("o").await.unwrap();
    assert_eq!(count(&warehouse, "o").await, 70);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concurrent_answer_sees_each_voice_exactly_once() {
    const VOICES: u64 = 6_000;
    let dir = tempfile::tempdir().unwrap();
    let warehouse = Arc::new(open(dir.path()).unwrap());
    let appended = Arc::new(AtomicU64::new(0));
    let writer = {
        let (warehouse, appended) = (Arc::clone(&warehouse), Arc::clone(&appended));
        tokio::spawn(async move {
            for i in 0..VOICES / 100 {
                warehouse.append("o", voices(i * 100 + 1..=i * 100 + 100)).await.unwrap();
                appended.store(i * 100 + 100, Ordering::SeqCst);
                if i % 2 == 1 {
                    warehouse.seal("o").await.unwrap();
                }
            }
        })
    };
    let mut seen = 0;
    while seen < VOICES && !writer.is_finished() {
        let before = appended.load(Ordering::SeqCst);
        seen = count(&warehouse, "o").await;
        assert!(seen >= before, "{seen} voices seen, {before} were there before the question");
        assert_eq!(seen % 100, 0, "a batch was seen half");
        assert!(seen <= VOICES);
    }
    writer.await.unwrap();
    assert_eq!(count(&warehouse, "o").await, VOICES);
}

#[tokio::test]
async fn one_code_and_not_another_of_the_same_dimension_keeps_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = open(dir.path()).unwrap();
    let mut all = voices(1..=400);
    for (i, v) in all.iter_mut().enumerate() {
        v.pillar = ["brand", "customer", "employee"][i % 3].to_owned();
    }
    let oracle = NaiveWarehouse::default();
    oracle.append("o", all.clone()).await.unwrap();
    warehouse.append("o", all).await.unwrap();
    warehouse.seal("o").await.unwrap();
    let is = |code: &str| Filter::In(Dimension::Pillar, vec![code.to_owned()]);
    for filter in [
        is("brand").and(Filter::Not(Box::new(is("employee")))),
        Filter::Or(vec![is("brand"), is("customer")]),
        Filter::Or(vec![is("brand"), Filter::Not(Box::new(is("employee")))]),
    ] {
        let period = DayRange { from: i32::MIN / 2, to: i32::MAX / 2 };
        let list =
            VoiceList { org: "o".to_owned(), period, filter, order: VoiceOrder::Newest, offset: 0, limit: 1_000 };
        let (found, wanted) = (warehouse.voices(&list).await.unwrap(), oracle.voices(&list).await.unwrap());
        assert_eq!((found.total, found.voices), (wanted.total, wanted.voices), "{:?}", list.filter);
        let counted = Question { filter: list.filter.clone(), ..everything("o") };
        assert_eq!(warehouse.answer(&counted).await.unwrap().rows, oracle.answer(&counted).await.unwrap().rows);
    }
}
