//! Reference cases under other names: columns renamed to names with spaces, marks
//! and Chinese letters, rows and columns in another order. Every check must pass as
//! before, since a method may not depend on what a column is called.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use peakend_stats::verify::{TABLE_NAMES, verify_case};

/// What becomes of a case.
struct Renaming<'a> {
    /// Column or label and its new name.
    names: &'a [(&'a str, &'a str)],
    /// Pieces of the specification as they must read afterwards.
    wording: &'a [(&'a str, &'a str)],
    /// Whether rows and columns change places too.
    shuffled: bool,
}

fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whole words replaced, the longest first.
fn renamed(text: &str, names: &[(&str, &str)]) -> String {
    let (mut rest, mut out) = (text, String::new());
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        let hit = names
            .iter()
            .filter(|(old, _)| rest.strip_prefix(old).is_some_and(|after| !after.starts_with(is_inner)) && !inside);
        if let Some((old, new)) = hit.max_by_key(|(old, _)| old.len()) {
            out.push_str(new);
            rest = &rest[old.len()..];
            inside = true;
        } else {
            out.push(c);
            inside = is_inner(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Another order that is the same every time.
fn shuffled<T>(items: Vec<T>) -> Vec<T> {
    let mut keyed: Vec<(usize, T)> = items.into_iter().enumerate().map(|(i, x)| (i * 7919 % 10_007, x)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, x)| x).collect()
}

fn table(text: &str, renaming: &Renaming<'_>) -> String {
    let mut lines = text.lines();
    let field = |field: &str| {
        let new = renaming.names.iter().find(|(old, _)| *old == field).map_or(field, |(_, new)| new);
        format!("\"{new}\"")
    };
    let row = |line: &str| -> Vec<String> { line.split(',').map(field).collect() };
    let header = row(lines.next().unwrap_or_default());
    let mut rows: Vec<Vec<String>> = lines.map(row).collect();
    let mut order: Vec<usize> = (0..header.len()).collect();
    if renaming.shuffled {
        rows = shuffled(rows);
        order.reverse();
    }
    let ordered = |row: &Vec<String>| order.iter().map(|&i| row[i].clone()).collect::<Vec<_>>().join(",");
    std::iter::once(&header).chain(&rows).map(|row| ordered(row) + "\n").collect()
}

fn passes_renamed(case: &str, renaming: &Renaming<'_>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference").join(case);
    let Ok(expected) = fs::read_to_string(folder.join("expected.json")) else {
        println!("SKIPPED: reference case `{case}` is not beside the workspace");
        return;
    };
    let mut expected: serde_json::Value = serde_json::from_str(&expected).expect("a case");
    let mut spec = renamed(expected["spec"].as_str().expect("a text"), renaming.names);
    for (old, new) in renaming.wording {
        spec = spec.replace(old, new);
    }
    expected["spec"] = spec.into();
    let by_name: BTreeMap<&str, &str> = renaming.names.iter().copied().collect();
    for check in expected["checks"].as_array_mut().expect("a list") {
        let id = check["id"].as_str().expect("a text");
        let parts: Vec<&str> = id.split('.').map(|part| by_name.get(part).copied().unwrap_or(part)).collect();
        check["id"] = parts.join(".").into();
    }
    let read = |name: &str| match name {
        TABLE_NAMES => None,
        "data.csv" => fs::read_to_string(folder.join(name)).ok().map(|text| table(&text, renaming)),
        name => fs::read_to_string(folder.join(name)).ok(),
    };
    let report = verify_case(case, &expected.to_string(), &read).expect("a readable case");
    assert!(report.all_passed(), "{report}");
}

fn both(case: &str, names: &[(&str, &str)]) {
    passes_renamed(case, &Renaming { names, wording: &[], shuffled: true });
}

#[test]
fn drivers_may_have_any_name() {
    let names = [
        ("Fertility", "overall score"),
        ("Agriculture", "speed of service"),
        ("Examination", "价格"),
        ("Education", "q-7"),
        ("Catholic", "X"),
        ("Infant_Mortality", "staff (desk)"),
    ];
    both("drivers-swiss", &names);
    let short =
        [("Fertility", "y"), ("Agriculture", "n"), ("Examination", "mean"), ("Catholic", "x"), ("Education", "X")];
    both("drivers-swiss", &short);
}

#[test]
fn the_arms_of_an_experiment_may_have_any_name() {
    both("cuped-nsw", &[("re78", "spend after"), ("treat", "分组"), ("re74", "spend 74"), ("re75", "x-75")]);
    let names = [("re78", "spend now"), ("treat", "in club"), ("age", "Age (y)"), ("educ", "学历"), ("re74", "re 74")];
    both("matching-lalonde", &names);
}

#[test]
fn cells_of_a_difference_in_differences_may_have_any_name() {
    both(
        "did-card-krueger",
        &[("unit", "store id"), ("treat", "shop_type"), ("post", "late wave"), ("y", "full time")],
    );
}

#[test]
fn panels_may_have_any_name() {
    both("panel-petersen", &[("y", "sales figure"), ("x", "net score"), ("firm", "branch no"), ("year", "wave")]);
    let names = [("customer", "client no"), ("period", "wave no"), ("nps", "推荐分"), ("aum", "assets held")];
    both("linkage-panel", &names);
    let names =
        [("lemp", "log sales"), ("countyreal", "branch no"), ("first_treat", "joined in"), ("lpop", "town size")];
    both("staggered-mpdta", &names);
    both("growth-cdnow", &[("id", "member"), ("date", "bought on"), ("amount", "Sales (EUR)")]);
}

#[test]
fn series_may_have_any_name() {
    let names = [("ldrivers", "log calls"), ("lpetrol", "price of oil")];
    passes_renamed("its-seatbelts", &Renaming { names: &names, wording: &[], shuffled: false });
    let names = [("x1", "搜索量"), ("x2", "ad.spend"), ("date", "Day of"), ("y", "visits now")];
    let wording = [("visits now=visits now", "y=visits now")];
    passes_renamed("causal-impact-google", &Renaming { names: &names, wording: &wording, shuffled: false });
}

#[test]
fn spells_may_have_any_name_and_any_code_for_the_event() {
    let names = [("tenure", "months on book"), ("churn", "left (1)"), ("fiber", "有光纤"), ("echeck", "e check")];
    both("survival-telco", &names);
}

#[test]
fn units_of_a_synthetic_control_may_have_any_name() {
    both("synthetic-control-prop99", &[("packs", "packs sold"), ("California", "Baden-Württemberg (Süd)")]);
}

#[test]
fn questions_of_an_index_may_have_any_name() {
    both(
        "csi-mobi",
        &[("IMAG1", "Q 1"), ("IMAG2", "问题二"), ("CUEX1", "q-3"), ("Image", "Brand image"), ("CUSA1", "s/1")],
    );
}
