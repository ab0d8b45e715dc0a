//! Cases of the method "Raking": `data.csv` with respondents, `targets.json` with
//! population totals per margin, and perhaps the expected weights.

use serde_json::Value;

use super::case::CaseError;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable};
use crate::insight::raking::{Margin, Raked, RakingRules, rake};
use crate::insight::weighted_mean::{Calibration, weighted_mean};
use crate::summation::Moments;
use crate::table::Table;

/// As strict as the cases ask.
const RULES: RakingRules = RakingRules { tolerance: 1e-10, passes: 500, cap: None, cap_rounds: 0 };
/// Rounds of capping and raking again.
const CAP_ROUNDS: u32 = 5;

/// With a cap where the specification says so: "trimmed at 5 x mean", "cap 3".
fn rules(spec: Spec<'_>) -> RakingRules {
    let words = ["cap", "capped", "capping", "trim", "trimmed", "trimming"];
    let said = |word: &str| {
        let at = spec.0.to_ascii_lowercase().find(word)?;
        let before = spec.0[..at].trim_end().to_ascii_lowercase();
        let denied = ["no", "not", "without", "never"].iter().any(|no| before.ends_with(*no));
        let rest = spec.after(word).filter(|_| !denied)?;
        let sentence = rest.split([';', '\n']).next()?.split(". ").next()?;
        let numbers = sentence.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|n| n.parse::<f64>().ok());
        numbers.into_iter().find(|cap| *cap > 1.0)
    };
    let cap = words.iter().find_map(|word| said(word));
    RakingRules { cap, cap_rounds: if cap.is_some() { CAP_ROUNDS } else { 0 }, ..RULES }
}

/// All figures of the case; none when raking is refused.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = Table::need("data.csv", read)?;
    let base = base(&table, spec)?;
    let margins = margins(&table, read)?;
    let mut figures = Figures::new();
    let raked = rake(&base, &margins, &rules(spec));
    put_refusal(&mut figures, "", &raked);
    let Ok(raked) = raked else { return Ok(figures) };
    figures.insert("sum_weights".into(), raked.weights.iter().sum::<f64>().into());
    figures.insert("deff_kish".into(), raked.design_effect.into());
    figures.insert("n_eff".into(), raked.n_effective.into());
    figures.insert("max_over_mean".into(), raked.largest.into());
    figures.insert("min_over_mean".into(), raked.smallest.into());
    figures.insert("passes".into(), raked.passes.into());
    figures.insert("capped".into(), raked.capped.into());
    figures.insert("margin_error".into(), raked.margin_error.into());
    if let Some(difference) = against_expected(&raked, read)? {
        figures.insert("weights.csv".into(), difference.into());
    }
    let calibration = Calibration { base: &base, margins: &margins };
    for name in outcomes(ids, spec) {
        let Some(column) = table.maybe_column(&[name]) else { continue };
        outcome(&table, column, &raked, calibration, &mut figures)?;
    }
    Ok(figures)
}

/// Names behind `y=`, and those the checks ask for.
fn outcomes<'a>(ids: &[&'a str], spec: Spec<'a>) -> Vec<&'a str> {
    let mut names = spec.names("y=");
    for id in ids {
        let asked = id.strip_prefix("mean.").or_else(|| id.strip_prefix("se.")).and_then(|rest| rest.rsplit_once('.'));
        if let Some((name, _)) = asked.filter(|(name, _)| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

fn base(table: &Table, spec: Spec<'_>) -> Result<Vec<f64>, CaseError> {
    let named: Vec<&str> = ["base=", "base weight"].iter().filter_map(|key| spec.name(key)).collect();
    let column = named.iter().chain(&["base", "weight", "pw", "w"]).find_map(|name| table.maybe_column(&[name]));
    let Some(column) = column else { return Ok(vec![1.0; table.len()]) };
    (0..table.len())
        .map(|row| Ok(table.number(row, column)?.ok_or_else(|| table.fault(row, column, "a weight"))?))
        .collect()
}

/// Margins in the order of `targets.json`: an object per column, category to total.
fn margins(table: &Table, read: ReadTable<'_>) -> Result<Vec<Margin>, CaseError> {
    let text = read("targets.json").ok_or_else(|| CaseError::MissingTable("targets.json".into()))?;
    let targets: serde_json::Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let mut margins = Vec::new();
    for (name, categories) in targets.iter().filter_map(|(name, value)| Some((name, value.as_object()?))) {
        let column = table.column(&[name])?;
        let names: Vec<&String> = categories.keys().collect();
        let place = |row: usize| {
            let text = table.text(row, column);
            names.iter().position(|name| same(name, text))
        };
        margins.push(Margin {
            targets: categories.values().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect(),
            categories: (0..table.len()).map(place).collect(),
        });
    }
    Ok(margins)
}

/// Equal as text, or as numbers (1 and 1.0).
fn same(a: &str, b: &str) -> bool {
    a == b || a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}

/// Largest relative difference to the expected weights, row by row.
fn against_expected(raked: &Raked, read: ReadTable<'_>) -> Result<Option<f64>, CaseError> {
    let Some(table) = Table::find("expected_weights.csv", read)? else { return Ok(None) };
    let column = table.column(&["weight", "w"])?;
    let row_column = table.maybe_column(&["row", "id"]);
    let mut worst: f64 = 0.0;
    for row in 0..table.len() {
        let respondent = row_column.map_or(Ok(row as u64), |c| table.count(row, c))? as usize;
        let expected = table.number(row, column)?.unwrap_or(f64::NAN);
        let ours = raked.weights.get(respondent).copied().unwrap_or(f64::NAN);
        let difference = (ours / expected - 1.0).abs();
        worst = if difference.is_nan() { f64::INFINITY } else { worst.max(difference) };
    }
    Ok(Some(worst))
}

fn outcome(
    table: &Table,
    column: usize,
    raked: &Raked,
    calibration: Calibration<'_>,
    figures: &mut Figures,
) -> Result<(), CaseError> {
    let name = table.header()[column].clone();
    let y: Vec<f64> = (0..table.len())
        .map(|row| Ok(table.number(row, column)?.unwrap_or(f64::NAN)))
        .collect::<Result<_, CaseError>>()?;
    let answered: Vec<f64> = y.iter().copied().filter(|y| y.is_finite()).collect();
    figures.insert(format!("mean.{name}.raw"), Moments::of(&answered).mean.into());
    if let Ok(found) = weighted_mean(&y, &raked.weights, None, Some(calibration), 2) {
        figures.insert(format!("mean.{name}.raked"), found.value.into());
        figures.insert(format!("se.{name}.fixed_weights"), found.fixed_weights.into());
        figures.insert(format!("se.{name}.calibrated"), found.standard_error.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_base_and_outcomes_come_from_the_case() {
        let mut csv = "age,region,size,score\n".to_owned();
        for i in 0..50_u32 {
            csv += &format!("{},{},{},{}\n", if i % 3 == 0 { "old" } else { "young" }, i % 2, 1 + i % 4, i % 11);
        }
        let read = |name: &str| match name {
            "data.csv" => Some(csv.clone()),
            "targets.json" => Some(r#"{"age": {"young": 60, "old": 40}, "region": {"0": 50, "1": 50}}"#.to_owned()),
            _ => None,
        };
        let spec = Spec("Start from column base weight; rake. base=size, y=score.");
        let figures = figures(&["mean.score.raw"], spec, &read).unwrap();
        assert!((figures["sum_weights"].as_f64().unwrap() - 100.0).abs() < 1e-6);
        assert!(figures["se.score.calibrated"].as_f64().unwrap() > 0.0);
        assert!(!figures.contains_key("weights.csv"));
    }

    #[test]
    fn a_cap_is_kept_and_a_category_without_respondents_is_refused() {
        let mut csv = "age,score\n".to_owned();
        for i in 0..60_u32 {
            csv += &format!("{},{}\n", if i < 3 { "old" } else { "young" }, i % 11);
        }
        let read = |targets: &'static str| {
            let csv = csv.clone();
            move |name: &str| match name {
                "data.csv" => Some(csv.clone()),
                "targets.json" => Some(targets.to_owned()),
                _ => None,
            }
        };
        let even = read(r#"{"age": {"young": 50, "old": 50}}"#);
        let capped = figures(&[], Spec("Rake; weights trimmed at 5 x mean. y=score."), &even).unwrap();
        assert_eq!(capped["capped"], 3);
        assert!(capped["margin_error"].as_f64().unwrap() > 0.1);
        let free = figures(&[], Spec("Rake, not trimmed at 5 x mean. y=score."), &even).unwrap();
        assert_eq!((free["capped"].as_u64(), free["refused"].as_bool()), (Some(0), Some(false)));
        let absent = read(r#"{"age": {"young": 50, "old": 40, "unborn": 10}}"#);
        assert_eq!(figures(&[], Spec("Rake. y=score."), &absent).unwrap()["refused"], true);
    }
}
