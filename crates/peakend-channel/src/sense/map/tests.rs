//! What a map promises.
use super::*;
use crate::sense::file::Sheet;
use proptest::prelude::*;

const REVIEWS: &str = "kind: signals\nzone: Asia/Shanghai\nchannel: {value: app-store}\ntext: review\nat: {column: date, \
    format: \"%d.%m.%Y\"}\npillar: {value: brand}\ncsat: {column: label, values: {neg: 1, pos: 5}}\nperson: \
    {customer_id: {row: \"r-\"}}\nempty: [NA]\n";

/// A row, or its faults as row number, column and code.
type Row = Result<Mapped, Vec<(u64, String, String)>>;

fn read(kind: ImportKind, map: &str, file: &str) -> Vec<Row> {
    let sheet = Sheet::open(file.as_bytes(), None).unwrap();
    let bound = ImportMap::parse(map).unwrap().bind(kind, &sheet.columns, &TimeZone::UTC).unwrap();
    let short = |faults: Vec<peakend_domain::sense::import::RowFault>| {
        faults.into_iter().map(|f| (f.row, f.column, f.code)).collect()
    };
    sheet.rows().map(|r| bound.read(&r).map_err(short)).collect()
}

fn map_fault(kind: ImportKind, map: &str, columns: &[&str]) -> Vec<String> {
    let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let faults = match ImportMap::parse(map) {
        Ok(map) => map.bind(kind, &columns, &TimeZone::UTC).map(|_| ()).unwrap_err(),
        Err(fault) => vec![fault],
    };
    faults.into_iter().map(|f| format!("{}: {}", f.path, f.code)).collect()
}

#[test]
fn a_row_becomes_a_body_and_every_fault_names_row_and_column() {
    let rows =
        read(ImportKind::Signals, REVIEWS, "label,review,date\nneg,慢,05.01.2026\nbad,x,2026\npos,NA,06.01.2026\n");
    let first = rows[0].as_ref().unwrap();
    let expected = serde_json::json!({
        "at": "2026-01-04T16:00:00Z", "channel": "app-store", "csat": 1, "pillar": "brand", "text": "慢"
    });
    assert_eq!(Value::Object(first.body.clone()), expected);
    assert_eq!(first.aliases[0].value, "r-1");
    let faults = rows[1].as_ref().unwrap_err();
    let wrong = [(3, "date", "bad_value"), (3, "label", "unknown_value")];
    assert_eq!(*faults, wrong.map(|(r, c, k)| (r, c.to_owned(), k.to_owned())));
    assert!(!rows[2].as_ref().unwrap().body.contains_key("text"));
}

use serde_json::Value;

#[test]
fn outcomes_are_read_in_minor_units() {
    let map = "month: {value: 2026-01}\nperson: {customer_id: id}\noutcomes:\n  spend: {column: fee, decimals: 2}\n  churn: gone\n";
    let rows = read(ImportKind::Outcomes, map, "id,fee,gone\n7,29.85,0\n8,1.999,1\n,1,0\n");
    assert_eq!(rows[0].as_ref().unwrap().outcomes, [("churn".to_owned(), 0), ("spend".to_owned(), 2985)]);
    assert_eq!(rows[1].as_ref().unwrap_err()[0].2, "bad_number");
    assert_eq!(rows[2].as_ref().unwrap_err()[0].2, "required");
}

#[test]
fn a_bad_map_names_line_and_key() {
    use ImportKind::{Events, Signals};
    assert_eq!(map_fault(Signals, "kind: signals\nchanel: x\n", &[]), ["map line 2, chanel: bad_map"]);
    assert_eq!(map_fault(Signals, "at: {colum: x}\n", &[]), ["map line 1, column 6: bad_map"]);
    assert_eq!(map_fault(Signals, "at: [\n", &[]), ["map line 1, column 5: bad_map"]);
    assert_eq!(map_fault(Signals, "zone: Mars/Base\n", &[]), ["map line 1, zone: bad_map"]);
    assert_eq!(
        map_fault(Signals, "channel: {value: a}\npillar: {value: b}\nat: day\n", &["date"]),
        ["map line 3, at: unknown_column"]
    );
    assert_eq!(
        map_fault(Events, "kind: signals\nname: a\nperson: {email: a}\nanswers: {q: a}\n", &["a"]),
        [
            "map line 1, kind: other_kind",
            "map line 4, answers: unknown_key",
            "map, at: missing_key",
            "map line 3, email: unknown_alias_kind"
        ]
    );
}

#[test]
fn a_guessed_map_reads_and_uses_telling_names() {
    let columns: Vec<String> = ["客户编号", "日期", "评分", "yes", "a b"].map(str::to_owned).to_vec();
    let text = guess(ImportKind::Events, &columns);
    let map = ImportMap::parse(&text).unwrap();
    assert!(map.groups["properties"].contains_key("a b"), "{text}");
    for kind in ImportKind::ALL {
        ImportMap::parse(&guess(kind, &columns)).unwrap();
    }
    let reviews: Vec<String> = ["id", "review", "date", "stars"].map(str::to_owned).to_vec();
    let guessed = ImportMap::parse(&guess(ImportKind::Signals, &reviews)).unwrap();
    assert!(guessed.bind(ImportKind::Signals, &reviews, &TimeZone::UTC).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_the_map_reader_panic(text in "[a-z:{}\\[\\]\"&*!|>%@`,#\n -]{0,120}") {
        match ImportMap::parse(&text) {
            Ok(map) => drop(map.bind(ImportKind::People, &["a".to_owned()], &TimeZone::UTC)),
            Err(fault) => prop_assert!(fault.path.starts_with("map")),
        }
    }

    #[test]
    fn a_broken_line_is_named(before in 0usize..8) {
        let text = format!("{}at: {{column: a, colour: b}}\n", "# note\n".repeat(before));
        let fault = ImportMap::parse(&text).unwrap_err();
        prop_assert!(fault.path.starts_with(&format!("map line {},", before + 1)), "{}", fault.path);
    }
}
