//! Files straight into segments: the same answers as one by one, or nothing at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use peakend_query::{Dimension, NaiveWarehouse, VoiceFact, VoiceKind, Warehouse};
use peakend_warehouse::{
    Bulk, BulkFormat, BulkMap, BulkOutcome, BulkRefusal, Column, Kind, SegmentWarehouse, Settings, SheetWriter,
};
use rand::seq::SliceRandom;

use crate::rows::{self, seeded};

fn open(dir: &Path) -> SegmentWarehouse {
    SegmentWarehouse::open(dir, Settings { memory_bytes: 64 << 20, ..Settings::default() }).unwrap()
}

/// Voices with scores in range, in the order of time or not.
fn voices(n: u64, sorted: bool) -> Vec<VoiceFact> {
    let mut rng = seeded(n);
    let mut voices: Vec<VoiceFact> = (1..=n).map(|seq| rows::voice(&mut rng, seq)).collect();
    for v in &mut voices {
        v.nps = v.nps.filter(|s| *s <= 10);
        v.csat = v.csat.filter(|s| (1..=5).contains(s));
        v.ces = v.ces.filter(|s| (1..=7).contains(s));
        v.sentiment = v.sentiment.map(|s| s.clamp(-100, 100));
    }
    if sorted {
        voices.sort_by_key(|v| (v.day, v.at));
    } else {
        voices.shuffle(&mut rng);
    }
    voices
}

fn text<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn csv(voices: &[VoiceFact]) -> String {
    let mut out = String::from("reply,kind,at");
    Dimension::ALL.iter().for_each(|d| out.push_str(&format!(",{}", d.name())));
    out.push_str(",nps,csat,ces,sentiment,has_text\r\n");
    for v in voices {
        let kind = if v.kind == VoiceKind::Response { "response" } else { "signal" };
        // days begin at midnight UTC here, so that the file needs no day
        let at = i64::from(v.day) * 86_400_000_000 + v.at.rem_euclid(86_400_000_000);
        let at = jiff_like(at);
        out.push_str(&format!("{},{kind},{at}", v.id));
        Dimension::ALL.iter().for_each(|d| out.push_str(&format!(",\"{}\"", d.of(v))));
        let scores = [text(v.nps), text(v.csat), text(v.ces), text(v.sentiment)].join(",");
        out.push_str(&format!(",{scores},{}\r\n", v.has_text));
    }
    out
}

/// An instant as RFC 3339 text, without a library for it.
fn jiff_like(micros: i64) -> String {
    let days = micros.div_euclid(86_400_000_000);
    let seconds = micros.rem_euclid(86_400_000_000) / 1_000_000;
    let (y, m, d) = civil(days);
    format!("{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), m, doy - (153 * mp + 2) / 5 + 1)
}

fn json_lines(voices: &[VoiceFact]) -> String {
    let mut out = String::new();
    for v in voices {
        let mut fields = serde_json::to_value(v).unwrap();
        fields["reply"] = fields["id"].take();
        fields.as_object_mut().unwrap().remove("id");
        out.push_str(&format!("{fields}\n\n"));
    }
    out
}

fn bulk(path: PathBuf) -> Bulk {
    let columns = [("id".to_owned(), "reply".to_owned())].into();
    let map = BulkMap { columns, ..BulkMap::default() };
    let format = BulkFormat::of(&path).unwrap();
    Bulk { org: "org_a".to_owned(), paths: vec![path], format, map, refused: Vec::new(), progress: Arc::default() }
}

async fn same_answers(ours: &SegmentWarehouse, voices: &[VoiceFact]) {
    let oracle = NaiveWarehouse::default();
    oracle.append("org_a", voices.to_vec()).await.unwrap();
    let mut rng = seeded(3);
    for _ in 0..300 {
        let question = peakend_query::Question { org: "org_a".to_owned(), ..rows::question(&mut rng) };
        let (ours, oracle) = (ours.answer(&question).await.unwrap(), oracle.answer(&question).await.unwrap());
        assert_eq!(ours.rows, oracle.rows, "{question:?}");
    }
}

#[tokio::test]
async fn a_csv_and_a_json_lines_file_answer_like_voices_taken_one_by_one() {
    for (sorted, name) in [(true, "v.csv"), (false, "v.csv"), (true, "v.jsonl"), (false, "v.ndjson")] {
        let dir = tempfile::tempdir().unwrap();
        let voices = voices(3_000, sorted);
        let path = dir.path().join(name);
        fs::write(&path, if name == "v.csv" { csv(&voices) } else { json_lines(&voices) }).unwrap();
        let ours = open(&dir.path().join("w"));
        let loaded = bulk(path);
        let BulkOutcome::Loaded(report) = ours.load(loaded.clone()).await.unwrap() else { panic!("it is new") };
        assert_eq!(report.rows, 3_000);
        assert_eq!(loaded.progress.load(std::sync::atomic::Ordering::Relaxed), 3_000);
        same_answers(&ours, &voices).await;
        assert_eq!(ours.load(loaded.clone()).await.unwrap(), BulkOutcome::AlreadyThere);
        drop(ours);
        let ours = open(&dir.path().join("w"));
        assert_eq!(ours.load(loaded).await.unwrap(), BulkOutcome::AlreadyThere);
        assert_eq!(ours.position("org_a").await.unwrap(), 0, "loaded rows are not in the log");
        same_answers(&ours, &voices).await;
    }
}

#[tokio::test]
async fn a_parquet_file_of_numbers_becomes_codes_of_digits() {
    let dir = tempfile::tempdir().unwrap();
    let voices = voices(2_000, true);
    let path = dir.path().join("v.parquet");
    let kinds = [("n", Kind::U64), ("day", Kind::Day), ("score", Kind::MaybeU8), ("place", Kind::U16)];
    let mut sheet = SheetWriter::create(&path, &kinds).unwrap();
    let ids: Vec<u64> = (1..=2_000).collect();
    let days: Vec<i32> = voices.iter().map(|v| v.day).collect();
    let scores: Vec<Option<u8>> = voices.iter().map(|v| v.nps).collect();
    let places: Vec<u16> = ids.iter().map(|i| (i % 7) as u16).collect();
    sheet.write(&[Column::U64(&ids), Column::Day(&days), Column::MaybeU8(&scores), Column::U16(&places)]).unwrap();
    sheet.finish().unwrap();
    let name = |field: &str, column: &str| (field.to_owned(), column.to_owned());
    let map = BulkMap {
        columns: [name("id", "n"), name("person", "n"), name("unit", "place"), name("nps", "score")].into(),
        constants: [name("pillar", "customer"), name("kind", "response")].into(),
    };
    let ours = open(&dir.path().join("w"));
    ours.load(Bulk { map, ..bulk(path) }).await.unwrap();
    let expected: Vec<VoiceFact> = (0..2_000)
        .map(|i| VoiceFact {
            seq: ids[i],
            person: ids[i].to_string(),
            unit: places[i].to_string(),
            nps: scores[i],
            day: days[i],
            pillar: "customer".to_owned(),
            ..peakend_warehouse_blank()
        })
        .collect();
    same_answers(&ours, &expected).await;
}

fn peakend_warehouse_blank() -> VoiceFact {
    let mut blank = rows::voice(&mut seeded(1), 1);
    for text in [
        &mut blank.pillar,
        &mut blank.survey,
        &mut blank.line,
        &mut blank.unit,
        &mut blank.journey,
        &mut blank.stage,
        &mut blank.touchpoint,
        &mut blank.channel,
        &mut blank.segment,
        &mut blank.theme,
        &mut blank.language,
    ] {
        text.clear();
    }
    VoiceFact { kind: VoiceKind::Response, csat: None, ces: None, sentiment: None, has_text: false, ..blank }
}

#[tokio::test]
async fn one_bad_row_refuses_the_whole_file_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("v.csv");
    fs::write(&path, "reply,day,nps\na,2026-01-05,9\nb,2026-01-06,11\n,yesterday,seven\n").unwrap();
    let ours = open(&dir.path().join("w"));
    let Err(BulkRefusal::Rows { count, first }) = ours.load(bulk(path.clone())).await else { panic!("refused") };
    let named: Vec<(u64, &str)> = first.iter().map(|f| (f.row, f.field.as_str())).collect();
    assert_eq!((count, named), (5, vec![(2, "nps"), (3, "at"), (3, "day"), (3, "id"), (3, "nps")]));
    assert_eq!(ours.answer(&crate::differential::everything("org_a")).await.unwrap().rows[0].cell.voices, 0);
    let left = fs::read_dir(dir.path().join("w/org-org_a/segments")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing half-written stays");

    fs::write(&path, "reply,day,pillar\na,2026-01-05,customer\nb,2026-01-05,employee\n").unwrap();
    let refused = vec![(Dimension::Pillar, "employee".to_owned())];
    let refused = ours.load(Bulk { refused, ..bulk(path.clone()) }).await.unwrap_err().to_string();
    assert!(refused.contains("1 rows") && refused.contains("row 2: pillar"), "{refused}");

    fs::write(&path, "reply,nps\na,9\n").unwrap();
    let refused = ours.load(bulk(path.clone())).await.unwrap_err().to_string();
    assert!(refused.contains("`at` or `day`"), "{refused}");
    fs::write(&path, "other,day\na,2026-01-05\n").unwrap();
    let refused = ours.load(bulk(path)).await.unwrap_err().to_string();
    assert!(refused.contains("column `reply`") && refused.contains("other, day"), "{refused}");
}

#[tokio::test]
async fn of_several_files_the_one_that_cannot_be_read_is_named_and_none_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = |n: usize| dir.path().join(format!("v{n}.csv"));
    for n in 0..6 {
        fs::write(path(n), format!("reply,day,nps\na{n},2026-01-05,9\n")).unwrap();
    }
    fs::write(path(1), b"reply,day,nps\n\xff\xfe,2026-01-05,9\n").unwrap();
    let ours = open(&dir.path().join("w"));
    let several = Bulk { paths: (0..6).map(path).collect(), ..bulk(path(0)) };
    let refused = ours.load(several).await.unwrap_err().to_string();
    assert!(refused.contains("v1.csv") && refused.contains("not UTF-8"), "{refused}");
    assert_eq!(ours.answer(&crate::differential::everything("org_a")).await.unwrap().rows[0].cell.voices, 0);
}

#[tokio::test]
async fn columns_of_attributes_are_loaded_beside_segments_without_them() {
    let dir = tempfile::tempdir().unwrap();
    let ours = open(&dir.path().join("w"));
    let mut all = voices(500, true);
    let path = dir.path().join("plain.csv");
    fs::write(&path, csv(&all)).unwrap();
    ours.load(bulk(path)).await.unwrap();
    let mut rng = seeded(5);
    let mut new = voices(700, true);
    for (i, v) in new.iter_mut().enumerate() {
        v.seq = 5_000 + i as u64;
        v.id = format!("new-{i}");
        *v = rows::attributed(&mut rng, v.clone());
    }
    let mut lines = csv(&new).lines().map(str::to_owned).collect::<Vec<_>>();
    let of = |v: &VoiceFact, name: &str| v.attributes.get(name).cloned().unwrap_or_default();
    lines[0].push_str(",attr.product,risk_class,attr.vip");
    for (line, v) in lines[1..].iter_mut().zip(&new) {
        line.push_str(&format!(",{},{},{}", of(v, "product"), of(v, "risk"), of(v, "vip")));
    }
    let path = dir.path().join("rich.csv");
    fs::write(&path, lines.join("\n")).unwrap();
    let mut with = bulk(path);
    with.map.columns.insert("attr.risk".to_owned(), "risk_class".to_owned());
    ours.load(with.clone()).await.unwrap();
    all.extend(new);
    let oracle = NaiveWarehouse::default();
    for (seq, v) in (1..).zip(&mut all) {
        v.seq = seq;
    }
    oracle.append("org_a", all).await.unwrap();
    for i in 0..300 {
        let question = peakend_query::Question { org: "org_a".to_owned(), ..rows::question(&mut rng) };
        let question = rows::asked(&mut rng, question);
        let (found, wanted) = (ours.answer(&question).await.unwrap(), oracle.answer(&question).await.unwrap());
        assert_eq!(found.rows, wanted.rows, "{i}: {question:?}");
    }
    with.map.constants.insert("attr.note".to_owned(), "x".repeat(201));
    let refused = ours.load(with.clone()).await.unwrap_err();
    assert!(
        matches!(&refused, BulkRefusal::Rows { count: 700, first } if first[0].field == "attr.note"),
        "{refused:?}"
    );
    with.map.constants = (0..62).map(|i| (format!("attr.n{i}"), "y".to_owned())).collect();
    let refused = ours.load(with.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("65 attributes, at most 64"), "{refused}");
    with.map.constants = [("attr.No-Name".to_owned(), "y".to_owned())].into();
    assert!(ours.load(with).await.unwrap_err().to_string().contains("no field of a voice"));
}
