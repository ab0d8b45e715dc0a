//! Cases of the method "Control charts, trend test, change point": one table of
//! single values and one of counts per period, told apart by the check ids.

use serde_json::Value;

use super::case::CaseError;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::control_chart::ControlChart;
use crate::insight::level_change::LevelChange;
use crate::insight::share_chart::ShareChart;
use crate::insight::share_compare::Part;
use crate::insight::trend_test::Trend;
use crate::table::Table;

/// Last parts of the ids that only a chart of shares has.
const SHARE_IDS: [&str; 2] = ["pbar", "laney_sigma_z"];

/// All figures of the case.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let tables = tables::all(spec, read)?;
    let mut figures = Figures::new();
    let mut series: Vec<&str> = ids.iter().filter_map(|id| id.split('.').next()).collect();
    series.sort_unstable();
    series.dedup();
    for name in series {
        let own: Vec<&str> = ids.iter().filter_map(|id| id.strip_prefix(name)?.strip_prefix('.')).collect();
        if own.iter().any(|id| SHARE_IDS.contains(id)) {
            shares(name, &counts(name, &tables)?, &mut figures);
        } else {
            single_values(name, &own, &values(name, &tables)?, &mut figures);
        }
    }
    Ok(figures)
}

fn single_values(name: &str, own: &[&str], values: &[f64], figures: &mut Figures) {
    let mut put = |id: &str, value: Value| {
        figures.insert(format!("{name}.{id}"), value);
    };
    let mut chart = |prefix: &str, base: usize| {
        let chart = ControlChart::of(values, base);
        put(&format!("{prefix}centre"), chart.centre.into());
        put(&format!("{prefix}mrbar"), chart.mean_range.into());
        put(&format!("{prefix}lcl"), chart.lower.into());
        put(&format!("{prefix}ucl"), chart.upper.into());
        put(&format!("{prefix}mr_ucl"), chart.range_upper.into());
        put(&format!("{prefix}rule1"), chart.signals.outside.into());
        put(&format!("{prefix}rule_run8"), chart.signals.run.into());
        put(&format!("{prefix}rule_trend6"), chart.signals.drift.into());
    };
    chart("", values.len());
    let mut bases: Vec<&str> = own.iter().filter_map(|id| id.strip_prefix("base")?.split('.').next()).collect();
    bases.dedup();
    for base in bases {
        if let Ok(rows) = base.parse() {
            chart(&format!("base{base}."), rows);
        }
    }
    let trend = Trend::of(values);
    put("mk.S", trend.s.into());
    put("mk.z", trend.z.into());
    put("mk.p", trend.p.into());
    put("theil_sen", trend.slope.into());
    put("tau_b", trend.tau_b.into());
    let change = LevelChange::of(values, 0, 0);
    put("change.index", change.index.into());
    put("change.before", change.before.into());
    put("change.after", change.after.into());
    put("cusum.range", change.cusum_range.into());
}

fn shares(name: &str, parts: &[Part], figures: &mut Figures) {
    let chart = ShareChart::of(parts, parts.len());
    let mut put = |id: &str, value: Value| {
        figures.insert(format!("{name}.{id}"), value);
    };
    put("pbar", chart.centre.into());
    put("laney_sigma_z", chart.spread.into());
    put("out", chart.outside_binomial.clone().into());
    put("laney.out", chart.outside_laney.clone().into());
    for (i, point) in chart.points.iter().enumerate() {
        put(&format!("lcl.{i}"), point.binomial[0].into());
        put(&format!("ucl.{i}"), point.binomial[1].into());
        put(&format!("laney.lcl.{i}"), point.laney[0].into());
        put(&format!("laney.ucl.{i}"), point.laney[1].into());
    }
}

/// The table named like the series, else the one with a column of its name.
fn table_of<'a>(name: &str, tables: &'a [(String, Table)]) -> Option<&'a Table> {
    let stem = |file: &str| file.trim_end_matches(".csv").eq_ignore_ascii_case(name);
    let by_file = tables.iter().find(|(file, _)| stem(file));
    by_file.or_else(|| tables.iter().find(|(_, t)| t.maybe_column(&[name]).is_some())).map(|(_, table)| table)
}

fn values(name: &str, tables: &[(String, Table)]) -> Result<Vec<f64>, CaseError> {
    let missing = || CaseError::MissingTable(format!("{name}.csv"));
    let usual = ["value", "y", "x"];
    let with_values = || tables.iter().map(|(_, table)| table).find(|t| t.maybe_column(&usual).is_some());
    let table = table_of(name, tables).or_else(with_values).ok_or_else(missing)?;
    let named: Vec<&str> = [name].into_iter().chain(usual).collect();
    let column = match table.maybe_column(&named) {
        Some(column) => column,
        None => *numeric(table).last().ok_or_else(missing)?,
    };
    (0..table.len()).filter_map(|row| table.number(row, column).map_err(CaseError::from).transpose()).collect()
}

fn counts(name: &str, tables: &[(String, Table)]) -> Result<Vec<Part>, CaseError> {
    let missing = || CaseError::MissingTable(format!("{name}.csv"));
    let usual = ["n", "total", "count", "size", "base"];
    let with_totals = || tables.iter().map(|(_, table)| table).find(|t| t.maybe_column(&usual).is_some());
    let table = table_of(name, tables).or_else(with_totals).ok_or_else(missing)?;
    let total = table.column(&usual)?;
    let counted = [name, "k", "hits", "events", "defects"];
    let counted = match table.maybe_column(&counted) {
        Some(column) => column,
        None => numeric(table).into_iter().rfind(|c| *c != total).ok_or_else(missing)?,
    };
    (0..table.len()).map(|row| Ok(Part { k: table.count(row, counted)?, n: table.count(row, total)? })).collect()
}

/// Columns whose first field is a number.
fn numeric(table: &Table) -> Vec<usize> {
    (0..table.header().len()).filter(|&c| table.len() > 0 && table.text(0, c).parse::<f64>().is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_find_their_tables_by_other_names_too() {
        let read = |name: &str| match name {
            "README.md" => Some("- calls.csv: waits; desk_weekly.csv: complaints of all calls".to_owned()),
            "calls.csv" => Some("week,wait\n1,4\n2,6\n3,5\n4,9\n5,7\n6,8\n".to_owned()),
            "desk_weekly.csv" => Some("week,total,angry\n1,50,5\n2,40,6\n3,60,3\n".to_owned()),
            _ => None,
        };
        let ids = ["calls.centre", "calls.base4.centre", "angry.pbar", "angry.lcl.1", "calls.mk.S"];
        let figures = figures(&ids, Spec(""), &read).unwrap();
        assert_eq!(figures["calls.centre"], 6.5);
        assert_eq!(figures["calls.base4.centre"], 6.0);
        assert_eq!(figures["calls.mk.S"], 9);
        assert!((figures["angry.pbar"].as_f64().unwrap() - 14.0 / 150.0).abs() < 1e-12);
        assert_eq!(figures["angry.lcl.1"], 0.0);
    }
}
