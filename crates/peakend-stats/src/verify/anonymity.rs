//! Cases of the method "Employee survey anonymity": `data.csv` with two
//! attributes of each person, `queries.csv` with filters asked one after another.
//!
//! A query is judged by the rule the cases state: its own size, and the nested
//! sets answered before. The release gate, which the caller hands over, is stricter
//! (it also sees sums of several sets), so it need not agree, but an answer of the
//! gate that breaks the rule shows up as a query not refused.

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
        let (mut rows, mut columns) = (labels(across), labels(down));
        let mut counts = vec![vec![0; columns.len()]; rows.len()];
        for person in 0..data.len() {
            let at = |labels: &[String], column| labels.binary_search_by(|l| l.as_str().cmp(data.text(person, column)));
            if let (Ok(row), Ok(column)) = (at(&rows, across), at(&columns, down)) {
                counts[row][column] += 1;
            }
        }
        let (row_order, column_order) = (by_number(&rows), by_number(&columns));
        counts = row_order.iter().map(|&r| column_order.iter().map(|&c| counts[r][c]).collect()).collect();
        rows = row_order.into_iter().map(|r| rows[r].clone()).collect();
        columns = column_order.into_iter().map(|c| columns[c].clone()).collect();
        Self { rows, columns, table: CountTable::of(counts) }
    }
}

/// Places of labels by size where all are numbers, else as they stand.
fn by_number(labels: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    if let Ok(numbers) = labels.iter().map(|label| label.parse::<f64>()).collect::<Result<Vec<_>, _>>() {
        order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    }
    order
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
    let by_gate = gate(minimum, data.len(), &groups);
    let by_rule = refused_by_rule(minimum, &groups);
    for (query, refused) in by_rule.into_iter().enumerate() {
        let answered = (0..query).filter(|&earlier| !by_gate[earlier]).map(|earlier| &groups[earlier]);
        let leaks = !by_gate[query] && breaks_rule(minimum, &groups[query], answered);
        figures.insert(format!("{}.refuse", queries.text(query, id)), (refused && !leaks).into());
        figures.insert(format!("{}.n", queries.text(query, id)), groups[query].len().into());
    }
    Ok(())
}

/// Whether each set is refused, given those answered before it.
fn refused_by_rule(minimum: u64, sets: &[Vec<u32>]) -> Vec<bool> {
    let (mut answered, mut refusals): (Vec<&Vec<u32>>, _) = (Vec::new(), Vec::with_capacity(sets.len()));
    for set in sets {
        let refused = breaks_rule(minimum, set, answered.iter().copied());
        if !refused {
            answered.push(set);
        }
        refusals.push(refused);
    }
    refusals
}

/// A set of 1 to minimum - 1 people, or one that differs from an answered set
/// around it or within it by as few. Sets are ascending.
fn breaks_rule<'a>(minimum: u64, set: &[u32], mut answered: impl Iterator<Item = &'a Vec<u32>>) -> bool {
    let few = |n: usize| (1..minimum).contains(&(n as u64));
    let within = |inner: &[u32], outer: &[u32]| inner.iter().all(|person| outer.binary_search(person).is_ok());
    few(set.len())
        || answered.any(|other| few(set.len().abs_diff(other.len())) && (within(set, other) || within(other, set)))
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

    #[test]
    fn queries_are_judged_by_size_and_nested_differences_alone() {
        let sets = [(0..30).collect(), (0..12).collect(), (0..9).collect(), (0..3).collect(), (12..29).collect()];
        // the last is no subset of the second, and the rest of both is one person: the gate sees that, the rule not
        assert_eq!(refused_by_rule(5, &sets), [false, false, true, true, false]);
        assert_eq!(by_number(&["10".to_owned(), "9".to_owned()]), [1, 0]);
        assert_eq!(by_number(&["10".to_owned(), "9b".to_owned()]), [0, 1]);
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
