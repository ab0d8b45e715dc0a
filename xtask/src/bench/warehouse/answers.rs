//! Whether all engines said the same: integers, value by value.

use serde_json::Value;

/// The questions of the board.
pub(super) const QUESTIONS: [(&str, &str); 9] = [
    ("Q1", "NPS by month, one line"),
    ("Q2", "line x channel, 90 days and the 90 before"),
    ("Q3", "touchpoint league with variance"),
    ("Q4", "four filters, by week"),
    ("Q5", "theme x tone"),
    ("Q6", "migration between two quarters"),
    ("Q7", "2,000 units, n of at least 10"),
    ("Q8", "driver moments by touchpoint"),
    ("Q9", "twenty detractors with the largest assets"),
];

/// Every answer that is not that of the first engine that answered, with the first value that differs.
///
/// An engine that could not answer is no difference: the table shows its error.
pub(super) fn differences(reports: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, _) in QUESTIONS {
        let mut answers = reports.iter().filter_map(|report| {
            let answer = report["questions"][name].get("answer")?;
            Some((report["engine"].as_str().unwrap_or("?"), answer))
        });
        let Some((first, expected)) = answers.next() else { continue };
        for (other, answer) in answers {
            if let Some(what) = difference(expected, answer) {
                lines.push(format!("{name}: {first} and {other}: {what}"));
            }
        }
    }
    lines
}

/// The first place where two answers part.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    if expected == found {
        return None;
    }
    if expected["columns"] != found["columns"] {
        return Some(format!("columns {} against {}", expected["columns"], found["columns"]));
    }
    let empty = Vec::new();
    let rows = |answer: &Value| answer["rows"].as_array().unwrap_or(&empty).clone();
    let (left, right) = (rows(expected), rows(found));
    let parted = left.iter().zip(&right).position(|(a, b)| a != b);
    Some(match parted {
        Some(at) => format!("row {} is {} against {}", at + 1, left[at], right[at]),
        None => format!("{} rows against {}", left.len(), right.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(engine: &str, rows: &Value) -> Value {
        json!({"engine": engine, "questions": {"Q6": {"answer": {"columns": ["from", "to", "customers"], "rows": rows}}}})
    }

    #[test]
    fn a_difference_names_question_engines_and_row() {
        let one = report("peakend", &json!([[0, 0, 5], [0, 1, 7]]));
        let same = report("polars", &json!([[0, 0, 5], [0, 1, 7]]));
        assert!(differences(&[one.clone(), same]).is_empty());
        let other = report("duckdb", &json!([[0, 0, 5], [0, 1, 8]]));
        assert_eq!(differences(&[one.clone(), other]), ["Q6: peakend and duckdb: row 2 is [0,1,7] against [0,1,8]"]);
        let short = report("chdb", &json!([[0, 0, 5]]));
        assert_eq!(differences(&[one, short]), ["Q6: peakend and chdb: 2 rows against 1"]);
    }

    #[test]
    fn an_engine_that_cannot_answer_is_no_difference() {
        let one = report("peakend", &json!([[0, 0, 5]]));
        let none = json!({"engine": "chdb", "questions": {"Q6": {"error": "not supported"}}});
        assert!(differences(&[none, one]).is_empty());
    }
}
