//! Files through the real store: all or nothing, the same again changes nothing.
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use peakend_app::Error;
use peakend_app::sense::import::{self, ImportRequest, Watch};
use peakend_domain::sense::import::{ImportKind, ImportReport};
use peakend_testkit::World;

pub(super) fn silent() -> Watch {
    Arc::new(|_| {})
}

pub(super) async fn run(world: &World, kind: ImportKind, map: &str, file: &[u8], skip_faulty: bool) -> ImportReport {
    let request =
        ImportRequest { kind, file_name: "t.csv".into(), file: file.to_vec(), map: map.to_owned(), skip_faulty };
    import::run(&world.ctx(), request, silent()).await.unwrap()
}

pub(super) fn counts(r: &ImportReport) -> [u64; 4] {
    [r.rows_total, r.rows_added, r.rows_same, r.rows_faulty]
}

async fn logged(world: &World) -> usize {
    world.app.intake.settled().await.unwrap();
    let mut tx = world.app.store.read().await.unwrap();
    peakend_store::sense::intake::after(&mut tx, 0, 1_000_000).await.unwrap().len()
}

const REVIEWS: &str = "channel: {value: store}\npillar: {value: brand}\nat: day\ntext: words\ncsat: stars\n";

#[tokio::test]
async fn a_faulty_row_keeps_the_whole_file_out_unless_told_otherwise() {
    let world = World::new().await;
    let file = "day,words,stars\n2026-01-02,很好,5\n2026-01-03,bad,9\nsoon,x,1\n2026-01-04,short\n2026-01-05,好,4\n";
    let report = run(&world, ImportKind::Signals, REVIEWS, file.as_bytes(), false).await;
    assert_eq!((counts(&report), report.written), ([5, 0, 0, 3], false));
    let faults: Vec<_> = report.faults.iter().map(|f| (f.row, f.column.as_str(), f.code.as_str())).collect();
    assert_eq!(faults, [(3, "csat", "out_of_range"), (4, "day", "bad_value"), (5, "", "cell_count")]);
    assert_eq!(logged(&world).await, 0);
    let report = run(&world, ImportKind::Signals, REVIEWS, file.as_bytes(), true).await;
    assert_eq!((counts(&report), report.written, logged(&world).await), ([5, 2, 0, 3], true, 2));
    let report = run(&world, ImportKind::Signals, REVIEWS, file.as_bytes(), true).await;
    assert_eq!((counts(&report), logged(&world).await), ([5, 0, 2, 3], 2));
}

#[tokio::test]
async fn equal_rows_are_counted_apart_and_a_changed_row_under_an_old_id_is_refused() {
    let world = World::new().await;
    let twice = "day,words,stars\n2026-01-02,慢,1\n2026-01-02,慢,1\n";
    let report = run(&world, ImportKind::Signals, REVIEWS, twice.as_bytes(), false).await;
    assert_eq!(counts(&report), [2, 2, 0, 0]);
    assert_eq!(counts(&run(&world, ImportKind::Signals, REVIEWS, twice.as_bytes(), false).await), [2, 0, 2, 0]);
    let with_id = format!("{REVIEWS}id: no\n");
    let first = "no,day,words,stars\n1,2026-01-02,慢,1\n2,2026-01-02,好,5\n";
    assert_eq!(run(&world, ImportKind::Signals, &with_id, first.as_bytes(), false).await.rows_added, 2);
    let changed = first.replace("好,5", "好,4") + "3,2026-01-02,new,3\n";
    let report = run(&world, ImportKind::Signals, &with_id, changed.as_bytes(), false).await;
    assert_eq!((report.written, report.faults[0].row, report.faults[0].code.as_str()), (false, 3, "id_conflict"));
    assert_eq!(logged(&world).await, 4, "the new third row stays out with the rest");
    let clash = "no,day,words,stars\n9,2026-01-02,a,1\n9,2026-01-02,b,1\n";
    let report = run(&world, ImportKind::Signals, &with_id, clash.as_bytes(), false).await;
    assert_eq!(report.faults[0].code, "id_twice");
}

#[tokio::test]
async fn a_gb18030_file_reads_like_its_utf_8_twin_and_latin_is_refused_with_its_place() {
    let world = World::new().await;
    let text = "day,words,stars\n2026-01-02,网点排队太久了,1\n";
    // the same sentence in GB18030
    let words = b"\xcd\xf8\xb5\xe3\xc5\xc5\xb6\xd3\xcc\xab\xbe\xc3\xc1\xcb";
    let gb = [b"day,words,stars\n2026-01-02,".as_slice(), words, b",1\n"].concat();
    let report = run(&world, ImportKind::Signals, REVIEWS, &gb, false).await;
    assert_eq!((report.rows_added, report.encoding.as_str()), (1, "GB18030"));
    assert_eq!(run(&world, ImportKind::Signals, REVIEWS, text.as_bytes(), false).await.rows_same, 1);
    let latin = b"day,words,stars\n2026-01-02,caf\xe9 ferm\xe9,1\n".to_vec();
    let request = ImportRequest {
        kind: ImportKind::Signals,
        file_name: "l.csv".into(),
        file: latin,
        map: REVIEWS.into(),
        skip_faulty: true,
    };
    let Err(Error::Invalid(faults)) = import::run(&world.ctx(), request, silent()).await else { panic!("refused") };
    assert_eq!((faults[0].code.as_str(), faults[0].path.as_str()), ("unknown_encoding", "line 2, byte 31"));
    let (imports, _, total) = import::list(&world.ctx(), "", 10).await.unwrap();
    assert_eq!((total, imports[0].state.name(), imports[0].report.faults.len()), (3, "failed", 1));
}

#[tokio::test]
async fn a_long_import_tells_its_progress_and_writes_every_row() {
    let world = World::new().await;
    let mut file = "no,day,words,stars,customer\n".to_owned();
    for i in 0..10_000 {
        writeln!(file, "r{i},2025-{:02}-{:02},网点排队太久,{},c{}", i % 12 + 1, i % 28 + 1, i % 5 + 1, i % 2_000)
            .unwrap();
    }
    let people = "kind: people\nperson: {customer_id: no}\ntraits: {segment: words, stars: stars}\n";
    let signals = format!("{REVIEWS}id: no\nperson: {{customer_id: customer}}\n");
    let steps = Arc::new(Mutex::new(0u64));
    for (kind, map) in [(ImportKind::Signals, signals.as_str()), (ImportKind::People, people)] {
        let counted = Arc::clone(&steps);
        let watch: Watch = Arc::new(move |_| *counted.lock().unwrap() += 1);
        let request = ImportRequest {
            kind,
            file_name: "many.csv".into(),
            file: file.clone().into_bytes(),
            map: map.to_owned(),
            skip_faulty: false,
        };
        let report = import::run(&world.ctx(), request, watch).await.unwrap();
        assert_eq!(counts(&report), [10_000, 10_000, 0, 0]);
        assert!(*steps.lock().unwrap() >= 4, "progress is told along the way");
    }
    assert_eq!(world.pump().await, 10_000, "every signal goes through the loop");
}

#[tokio::test]
async fn a_map_that_names_an_unpublished_survey_is_answered_once_for_the_whole_file() {
    let world = World::new().await;
    let request = ImportRequest {
        kind: ImportKind::Responses,
        file_name: "t.csv".into(),
        file: b"day,nps\n2026-01-02,3\n2026-01-03,9\n".to_vec(),
        map: "survey: {value: not-there}\nat: day\nanswers: {nps: nps}\n".into(),
        skip_faulty: true,
    };
    let Err(Error::Invalid(faults)) = import::run(&world.ctx(), request, silent()).await else { panic!("refused") };
    assert_eq!((faults.len(), faults[0].code.as_str()), (1, "unknown_survey"));
    assert_eq!(logged(&world).await, 0);
}
