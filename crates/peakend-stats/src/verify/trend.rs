//! Cases of the method "Control charts, trend test, change point": one table of
//! single values and one of counts per period, told apart by the check ids.

use serde_json::Value;

use super::case::CaseError;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::control_chart::{ControlChart, score_limits};
use crate::insight::level_change::{LevelChange, levels, levels_with};
use crate::insight::nps::NpsCounts;
use crate::insight::season::season;
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
        } else if let Some(scores) = periods(name, &tables)? {
            score_series(name, &scores, &mut figures);
        } else {
            let values = values(name, &tables)?;
            single_values(name, &own, &values, &mut figures);
            levels_and_season(name, &own, spec, &values, &mut figures);
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

/// Several changes of level (PELT), and the chart of what is left of a season.
fn levels_and_season(name: &str, own: &[&str], spec: Spec<'_>, values: &[f64], figures: &mut Figures) {
    let number = |key: &str| {
        spec.mentions(key).find_map(|rest| {
            let rest = rest.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            rest[..end].trim_end_matches('.').parse::<f64>().ok()
        })
    };
    let penalty = number("penalty").or_else(|| number("pen"));
    let found = penalty.map_or_else(|| levels(values), |penalty| levels_with(values, penalty));
    if let Ok(found) = found {
        let mut put = |id: &str, value: Value| {
            figures.insert(format!("{name}.pelt{id}"), value);
        };
        let starts: Vec<usize> = found.levels.iter().skip(1).map(|level| level.from).collect();
        put("", starts.clone().into());
        put(".index", starts.clone().into());
        put(".count", starts.len().into());
        put(".penalty", found.penalty.into());
        for (i, level) in found.levels.iter().enumerate() {
            put(&format!(".{i}"), starts.get(i).copied().into());
            put(&format!(".mean.{i}"), level.mean.into());
        }
    }
    let length = ["season length", "season of", "season", "cycle of", "cycle", "seasonal period"];
    let length = length.iter().find_map(|key| number(key)).filter(|length| *length >= 2.0);
    let weekly = || spec.mentions("weekly").next().map(|_| 7.0);
    let (Some(length), true) = (length.or_else(weekly), own.iter().any(|id| id.starts_with("season"))) else {
        return;
    };
    if let Ok(found) = season(values, length as usize, &[]) {
        let mut put = |id: &str, value: Value| {
            figures.insert(format!("{name}.season.{id}"), value);
        };
        for (phase, usual) in found.profile.iter().enumerate() {
            put(&phase.to_string(), (*usual).into());
        }
        for (i, value) in found.adjusted.iter().enumerate() {
            put(&format!("adjusted.{i}"), (*value).into());
        }
        let chart = ControlChart::of(&found.adjusted, found.adjusted.len());
        put("centre", chart.centre.into());
        put("mrbar", chart.mean_range.into());
        put("lcl", chart.lower.into());
        put("ucl", chart.upper.into());
        put("rule1", chart.signals.outside.into());
        put("rule_run8", chart.signals.run.into());
        put("rule_trend6", chart.signals.drift.into());
    }
}

/// Promoters, passives and detractors per period, where a table has them.
fn periods(name: &str, tables: &[(String, Table)]) -> Result<Option<Vec<NpsCounts>>, CaseError> {
    let Some(table) = table_of(name, tables) else { return Ok(None) };
    let classes = [["p", "promoters"], ["n", "passives"], ["d", "detractors"]];
    let [Some(p), Some(n), Some(d)] = classes.map(|names| table.maybe_column(&names)) else { return Ok(None) };
    let count = |row| Ok(NpsCounts::new(table.count(row, p)?, table.count(row, n)?, table.count(row, d)?));
    (0..table.len()).map(count).collect::<Result<Vec<_>, CaseError>>().map(Some)
}

/// The chart of NPS per period: individuals, limits widened by each period's own error.
fn score_series(name: &str, periods: &[NpsCounts], figures: &mut Figures) {
    let values: Vec<f64> = periods.iter().map(NpsCounts::nps).collect();
    let errors: Vec<f64> = periods.iter().map(NpsCounts::standard_error).collect();
    let found = score_limits(&values, &errors, values.len());
    put_refusal(figures, &format!("{name}."), &found);
    let Ok((chart, limits)) = found else { return };
    let mut put = |id: &str, value: Value| {
        figures.insert(format!("{name}.{id}"), value);
    };
    put("centre", chart.centre.into());
    put("mrbar", chart.mean_range.into());
    put("out", chart.signals.outside.clone().into());
    put("rule1", chart.signals.outside.into());
    put("rule_run8", chart.signals.run.into());
    put("rule_trend6", chart.signals.drift.into());
    let between = ((limits[0][1] - chart.centre) / 3.0).powi(2) - errors[0].powi(2);
    put("sigma_between", between.max(0.0).sqrt().into());
    for (i, [lower, upper]) in limits.into_iter().enumerate() {
        put(&format!("nps.{i}"), values[i].into());
        put(&format!("se.{i}"), errors[i].into());
        put(&format!("lcl.{i}"), lower.into());
        put(&format!("ucl.{i}"), upper.into());
    }
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

    #[test]
    fn several_levels_and_a_weekly_season_are_found() {
        let mut csv = "day,calls\n".to_owned();
        for i in 0..42_i32 {
            let level = if i < 14 { 10 } else { 30 };
            csv += &format!("{i},{}\n", level + if i % 7 == 0 { 7 } else { 0 });
        }
        let read = |name: &str| (name == "data.csv").then(|| csv.clone());
        let ids = ["calls.pelt", "calls.season.0", "calls.season.ucl"];
        let spec = Spec("PELT with penalty=300; season length 7 by medians of a centred moving average.");
        let figures = figures(&ids, spec, &read).unwrap();
        assert_eq!(figures["calls.pelt"], serde_json::json!([14]));
        // 7 a week: 6 above and 1 below its mean
        assert!((figures["calls.season.0"].as_f64().unwrap() - 6.0).abs() < 1e-12);
        assert!((figures["calls.pelt.mean.0"].as_f64().unwrap() - 11.0).abs() < 1e-12);
        assert!((figures["calls.season.centre"].as_f64().unwrap() - (14.0 * 11.0 + 28.0 * 31.0) / 42.0).abs() < 1e-12);
    }

    #[test]
    fn nps_per_period_is_charted_with_its_own_error() {
        let mut csv = "week,promoters,passives,detractors\n".to_owned();
        for i in 0..12_u32 {
            csv += &format!("{i},{},30,{}\n", 50 + 10 * (i % 2), 20 - 10 * (i % 2));
        }
        let read = |name: &str| (name == "nps.csv").then(|| csv.clone());
        let spec = Spec("One chart of nps.csv.");
        let found = figures(&["nps.centre", "nps.lcl.0"], spec, &read).unwrap();
        let at = |id: &str| found[id].as_f64().unwrap();
        // 30 and 50 in turn: mean range 20, 20 / 1.128 in all; errors sqrt(.61) * 10 and sqrt(.45) * 10
        let between = (20.0_f64 / 1.128).powi(2) - f64::midpoint(61.0, 45.0);
        assert!((at("nps.centre") - 40.0).abs() < 1e-12 && (at("nps.mrbar") - 20.0).abs() < 1e-12);
        assert!((at("nps.sigma_between") - between.sqrt()).abs() < 0.02, "{}", at("nps.sigma_between"));
        assert!((at("nps.ucl.1") - (40.0 + 3.0 * (between + 45.0).sqrt())).abs() < 0.05);
    }
}
