//! Cases of the method "Employee survey anonymity": `data.csv` with two
//! attributes of each person, `queries.csv` with filters asked one after another.
//!
//! The table is judged here; whether a query may be answered is asked of the
//! release gate, which the caller hands over.

use serde_json::Value;

use super::case::CaseError;
use super::filter::Filter;
use super::{Figures, ReadTable, ReleaseGate};
use crate::insight::anonymity::{CountTable, Place};
use crate::table::Table;

/// Minimum group size where the specification names none.
const MINIMUM: u64 = 5;
/// A product may hide this many cells more than the fewest possible.
const SPARE_CELLS: usize = 2;

/// All figures of the case; without a gate, none about queries.
pub(super) fn figures(
    ids: &[&str],
    spec: &str,
    read: ReadTable<'_>,
    gate: Option<ReleaseGate<'_>>,
) -> Result<Figures, CaseError> {
    let data = Table::need("data.csv", read)?;
    let minimum = minimum(spec);
    let mut figures = Figures::new();
    figures.insert("n".into(), data.len().into());
    table_figures(&GroupedPeople::of(&data, ids), minimum, &mut figures);
    if let (Some(queries), Some(gate)) = (Table::find("queries.csv", read)?, gate) {
        query_figures(&queries, &data, minimum, gate, &mut figures)?;
    }
    Ok(figures)
}

/// The number after "Minimum n=".
fn minimum(spec: &str) -> u64 {
    let lower = spec.to_lowercase();
    let after = lower.split_once("minimum").and_then(|(_, rest)| rest.split_once(|c: char| c.is_ascii_digit()));
    let Some((before, _)) = after else { return MINIMUM };
    let start = lower.find("minimum").unwrap_or(0) + "minimum".len() + before.len();
    let digits: String = lower[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(MINIMUM)
}

/// The table of people by two columns.
struct GroupedPeople {
    rows: Vec<String>,
    columns: Vec<String>,
    table: CountTable,
}

impl GroupedPeople {
    fn of(data: &Table, ids: &[&str]) -> Self {
        let across = column_named(data, ids, "row.").unwrap_or(0);
        let other = (0..data.header().len()).find(|c| *c != across).unwrap_or(0);
        let down = column_named(data, ids, "col.").unwrap_or(other);
        let labels = |column: usize| {
            let mut labels: Vec<String> = (0..data.len()).map(|row| data.text(row, column).to_owned()).collect();
            labels.sort_unstable();
            labels.dedup();
            labels
        };
        let (rows, columns) = (labels(across), labels(down));
        let mut counts = vec![vec![0; columns.len()]; rows.len()];
        for person in 0..data.len() {
            let at = |labels: &[String], column| labels.binary_search_by(|l| l.as_str().cmp(data.text(person, column)));
            if let (Ok(row), Ok(column)) = (at(&rows, across), at(&columns, down)) {
                counts[row][column] += 1;
            }
        }
        Self { rows, columns, table: CountTable::of(counts) }
    }
}

/// The column that has the value named by an id such as `row.VALUE.n`.
fn column_named(data: &Table, ids: &[&str], prefix: &str) -> Option<usize> {
    let value = ids.iter().find_map(|id| id.strip_prefix(prefix)?.strip_suffix(".n"))?;
    (0..data.header().len()).find(|&column| (0..data.len()).any(|row| data.text(row, column) == value))
}

fn table_figures(people: &GroupedPeople, minimum: u64, figures: &mut Figures) {
    let mut put = |id: &str, value: Value| {
        figures.insert(id.to_owned(), value);
    };
    for (row, label) in people.rows.iter().enumerate() {
        put(&format!("row.{label}.n"), people.table.at(Place::RowTotal { row }).into());
    }
    for (column, label) in people.columns.iter().enumerate() {
        put(&format!("col.{label}.n"), people.table.at(Place::ColumnTotal { column }).into());
    }
    let label = |place: Place| match place {
        Place::Cell { row, column } => Some(format!("{}|{}", people.rows[row], people.columns[column])),
        _ => None,
    };
    let primary: Vec<String> = people.table.primary(minimum).into_iter().filter_map(label).collect();
    put("primary.count", primary.len().into());
    put("primary", primary.into());
    match people.table.smallest_complement(minimum) {
        Ok(complement) => {
            put("complementary.min", complement.cells.len().into());
            put("complementary.max", (complement.cells.len() + SPARE_CELLS).into());
            put("complementary.min_people_hidden", complement.people.into());
        }
        Err(refusal) => {
            for id in ["complementary.min", "complementary.max", "complementary.min_people_hidden"] {
                put(id, serde_json::to_value(refusal).unwrap_or(Value::Null));
            }
        }
    }
}

fn query_figures(
    queries: &Table,
    data: &Table,
    minimum: u64,
    gate: ReleaseGate<'_>,
    figures: &mut Figures,
) -> Result<(), CaseError> {
    let id = queries.column(&["id", "query"])?;
    let column = queries.column(&["filter", "where", "condition", "expression"])?;
    let mut groups = Vec::with_capacity(queries.len());
    for query in 0..queries.len() {
        let fault = || queries.fault(query, column, "a filter on the columns of data.csv");
        let filter = Filter::parse(queries.text(query, column)).ok_or_else(fault)?;
        let mut members = Vec::new();
        for (person, row) in (0_u32..).zip(0..data.len()) {
            if filter.fits(data, row).ok_or_else(fault)? {
                members.push(person);
            }
        }
        groups.push(members);
    }
    for (query, refused) in gate(minimum, data.len(), &groups).into_iter().enumerate() {
        figures.insert(format!("{}.refuse", queries.text(query, id)), refused.into());
        figures.insert(format!("{}.n", queries.text(query, id)), groups[query].len().into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::CheckStatus;
    use crate::verify::case::verify_case_with;

    #[test]
    fn the_minimum_comes_from_the_specification() {
        assert_eq!(minimum("Minimum n=5. Published: a table with 3 columns"), 5);
        assert_eq!(minimum("The minimum group size is 10 here; 4 are too few"), 10);
        assert_eq!(minimum("nothing said"), 5);
    }

    /// 3 sites x 3 grades under other names, columns in another order, minimum 4.
    #[test]
    fn a_table_of_other_names_and_sizes_is_judged_by_its_own() {
        let mut csv = "mark,grade,site\n".to_owned();
        for (site, counts) in [("s1", [2, 9, 8]), ("s2", [7, 5, 6]), ("s3", [9, 9, 9])] {
            for (grade, n) in counts.iter().enumerate() {
                csv.push_str(&format!("3,g{grade},{site}\n").repeat(*n));
            }
        }
        let queries = "id,filter\na,all\nb,site != 's1' or grade != 'g0'\n";
        let expected = r#"{"case": "x", "method": "Employee survey anonymity: other", "spec": "Minimum n=4.",
            "checks": [{"id": "row.s1.n", "value": 19}, {"id": "col.g0.n", "value": 18},
                {"id": "primary", "value": ["s1|g0"]}, {"id": "complementary.min", "value": 3},
                {"id": "complementary.min_people_hidden", "value": 21},
                {"id": "a.refuse", "value": false}, {"id": "b.refuse", "value": true}]}"#;
        let read = |name: &str| Some(if name == "data.csv" { csv.clone() } else { queries.to_owned() });
        // stands for the gate: the second set leaves two people over
        let gate = |minimum: u64, people: usize, sets: &[Vec<u32>]| {
            sets.iter().map(|set| (1..minimum).contains(&((people - set.len()) as u64))).collect()
        };
        let report = verify_case_with("x", expected, &read, Some(&gate), None).unwrap();
        assert!(report.all_passed(), "{report}");
        let report = verify_case_with("x", expected, &read, None, None).unwrap();
        assert_eq!(report.checks[5].status, CheckStatus::NotSupported);
    }
}
