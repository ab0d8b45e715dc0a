//! Cases of the method "Causal impact": `data.csv` with a series, control series
//! and perhaps a date, one row per period.

use super::case::CaseError;
use super::level::Level;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::causal_impact::{CausalImpact, CausalOptions, causal_impact};

/// Columns that say when and are no control.
const TIMES: [&str; 7] = ["date", "time", "period", "t", "day", "week", "index"];

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let outcome = spec.role(&["y=", "outcome"], &["y", "outcome"], &table)?;
    let time = dates(&table, outcome);
    let controls = controls(&table, spec, outcome, time);
    let values = |column: usize| -> Result<Vec<f64>, CaseError> {
        (0..table.len()).map(|row| Ok(table.number(row, column)?.unwrap_or(f64::NAN))).collect()
    };
    let series = values(outcome)?;
    let controls = controls.into_iter().map(values).collect::<Result<Vec<_>, _>>()?;
    let mut figures = Figures::new();
    let Some(pre) = pre_periods(&table, spec, time) else { return Ok(figures) };
    let options = CausalOptions { outside: Level::of(spec).outside, ..CausalOptions::default() };
    match causal_impact(&series, &controls, pre, options) {
        Ok(impact) => put_all(&impact, &mut figures),
        Err(refusal) => {
            figures.insert("effect.avg".into(), serde_json::to_value(refusal).unwrap_or_default());
        }
    }
    Ok(figures)
}

/// The column that says when: by a usual name, else the first that is no number.
fn dates(table: &Table, outcome: usize) -> Option<usize> {
    let worded = |column: &usize| (0..table.len()).any(|row| table.number(row, *column).is_err());
    let usual = table.maybe_column(&TIMES).filter(|column| *column != outcome);
    usual.or_else(|| (0..table.header().len()).filter(|column| *column != outcome).find(worded))
}

/// The controls named, or every other column of numbers.
fn controls(table: &Table, spec: Spec<'_>, outcome: usize, time: Option<usize>) -> Vec<usize> {
    let mut columns = spec.columns(&["controls=", "controls", "control series", "covariates", "x="], table);
    if !columns.is_empty() {
        columns.sort_unstable();
        return columns;
    }
    let numbers = |column: usize| (0..table.len()).all(|row| table.number(row, column).is_ok());
    (0..table.header().len()).filter(|c| *c != outcome && Some(*c) != time && numbers(*c)).collect()
}

/// Rows before the change, from the last place that speaks of the time before.
fn pre_periods(table: &Table, spec: Spec<'_>, time: Option<usize>) -> Option<usize> {
    let lower = spec.0.to_ascii_lowercase();
    ["pre period", "pre-period", "pre_period"].iter().find_map(|key| {
        let places: Vec<usize> = lower.match_indices(key).map(|(at, _)| at + key.len()).collect();
        places.into_iter().rev().find_map(|at| last_before(&spec.0[at..], table, time))
    })
}

/// "first 70 rows", "rows 1-70", or up to a date of the table.
fn last_before(rest: &str, table: &Table, time: Option<usize>) -> Option<usize> {
    let rest = rest.split(&[';', '\n']).next()?.split(". ").next()?.split("post").next()?;
    let words: Vec<&str> = rest
        .split([' ', ',', '[', ']', '\'', '"', '(', ')', '=', ':', '{', '}'])
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let dated = words.iter().filter_map(|word| {
        let column = time?;
        (0..table.len()).find(|&row| table.text(row, column) == *word)
    });
    let counted = words.contains(&"first");
    if let Some(last) = dated.take(2).last().filter(|_| !counted) {
        return Some(last + 1);
    }
    // of a range such as 1-70 the end counts
    words.iter().filter_map(|word| word.rsplit(['-', '–']).next()?.parse().ok()).take(2).last()
}

fn put_all(impact: &CausalImpact, figures: &mut Figures) {
    let mut put = |id: &str, value: f64| {
        figures.insert(id.to_owned(), value.into());
    };
    put("actual.avg", impact.actual);
    put("pred.avg", impact.expected);
    put("effect.avg", impact.average.value);
    put("effect.sd", impact.average.deviation);
    put("effect.lo", impact.average.interval.lo);
    put("effect.hi", impact.average.interval.hi);
    put("effect.cum", impact.cumulative.value);
    put("effect.cum.sd", impact.cumulative.deviation);
    put("effect.cum.lo", impact.cumulative.interval.lo);
    put("effect.cum.hi", impact.cumulative.interval.hi);
    put("effect.rel", impact.average.value / impact.expected);
    put("p", impact.tail);
    if let Some(average) = impact.likelihood_average {
        put("mle.effect.avg", average);
    }
    figures.insert("significant".into(), impact.detected.into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::verify_case;

    /// Other names, a date, and a change given by date.
    #[test]
    fn roles_come_from_the_specification() {
        let mut csv = "date,visits,news,weather\n".to_owned();
        for t in 0..60_i64 {
            let (news, weather) = (100 + t * 37 % 23, t * 11 % 7);
            let lift = if t >= 45 { 30 } else { 0 };
            csv.push_str(&format!("d{t},{},{news},{weather}\n", 3 * news + t * 5 % 4 + lift));
        }
        let expected = r#"{"case": "x", "method": "Causal impact (counterfactual)",
            "spec": "As usual. y=visits, controls=['news'], pre period = d0 to d44.",
            "checks": [{"id": "effect.avg", "value": 30, "abs": 1.5}, {"id": "mle.effect.avg", "value": 30, "abs": 1.5},
                {"id": "significant", "value": true}]}"#;
        let report = verify_case("x", expected, &|_| Some(csv.clone())).unwrap();
        assert!(report.all_passed(), "{report}");
    }

    #[test]
    fn the_end_of_the_time_before_is_read_in_several_spellings() {
        let table = Table::need("t.csv", &|_| Some("date,y\n2020-01-01,5\n2020-01-02,6\n".into())).unwrap();
        let pre = |text| pre_periods(&table, Spec(text), Some(0));
        assert_eq!(pre("pre period = first 70 rows."), Some(70));
        assert_eq!(pre("pre period = rows 1-70, post 71-100"), Some(70));
        assert_eq!(pre("pre period = 2020-01-01 to 2020-01-02."), Some(2));
        assert_eq!(pre("fitted on the pre period; see below. Pre period = first 61 rows."), Some(61));
        assert_eq!(pre("nothing"), None);
    }
}
