//! Cases of the method "CUPED variance reduction": `data.csv` with outcome, arm
//! and covariates from before.

use serde_json::Value;

use super::case::CaseError;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::compare::Difference;
use crate::table::Table;
use crate::value::cuped::{Adjusted, ArmRow, SampleRatio, cuped};

/// All figures of the case; none when the comparison is refused.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let outcome = spec.role(&["y=", "outcome"], &["y", "outcome"], &table)?;
    let arms = ["treat", "treated", "group", "arm", "variant", "t"];
    let arm = spec.role(&["group", "arm", "treatment", "t="], &arms, &table)?;
    let mut covariates = spec.columns(&["covariate(s)", "covariates", "covariate", "x="], &table);
    if covariates.is_empty() {
        covariates = (0..table.header().len()).filter(|c| ![outcome, arm].contains(c)).collect();
    }
    let rows = rows(&table, spec, outcome, arm, &covariates)?;
    let mut figures = Figures::new();
    let level = Level::of(spec);
    let planned = planned(ids, spec);
    put_refusal(&mut figures, "", &cuped(&rows, planned));
    let Ok(found) = cuped(&rows, None) else { return Ok(figures) };
    if let Some(planned) = planned {
        put_ratio(&SampleRatio::of(found.raw.n, planned), &mut figures);
    }
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    put("n1".into(), found.raw.n[0].into());
    put("n0".into(), found.raw.n[1].into());
    for (model, difference) in [("raw", &found.raw), ("cuped", &found.effect)] {
        put_difference(model, difference, level, &mut put);
    }
    for (model, adjusted) in [("reg", &found.regression), ("lin", &found.interacted)] {
        put_adjusted(model, adjusted, level, &mut put);
    }
    put("var_reduction".into(), found.variance_reduction.into());
    for (j, &column) in covariates.iter().enumerate() {
        let name = &table.header()[column];
        put(format!("theta.{name}"), found.theta[j].into());
        put(format!("smd.{name}"), found.balance[j].into());
    }
    Ok(figures)
}

fn put_difference(model: &str, difference: &Difference, level: Level, put: &mut impl FnMut(String, Value)) {
    put(format!("{model}.effect"), difference.value.into());
    put(format!("{model}.se"), difference.standard_error.into());
    put(format!("{model}.t"), difference.statistic.into());
    put(format!("{model}.df"), difference.df.into());
    put(format!("{model}.p"), difference.p.into());
    let [lo, hi] = level.of_difference(difference);
    put(format!("{model}.lo"), lo.into());
    put(format!("{model}.hi"), hi.into());
}

fn put_adjusted(model: &str, adjusted: &Adjusted, level: Level, put: &mut impl FnMut(String, Value)) {
    put(format!("{model}.effect"), adjusted.value.into());
    put(format!("{model}.se_hc2"), adjusted.inference.standard_error.into());
    put(format!("{model}.p"), adjusted.inference.p.into());
    let [lo, hi] = level.of_inference(adjusted.value, &adjusted.inference);
    put(format!("{model}.lo"), lo.into());
    put(format!("{model}.hi"), hi.into());
}

/// The share meant to be treated, from "planned share 0.5", "planned 60:40" or "50/50
/// split"; a half where the sample ratio is asked for without one.
fn planned(ids: &[&str], spec: Spec<'_>) -> Option<f64> {
    let number = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (first, rest) = (text[..end].trim_end_matches('.').parse::<f64>().ok()?, &text[end..]);
        let second = rest.strip_prefix([':', '/']).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse::<f64>().unwrap_or(f64::NAN)
        });
        match second {
            Some(second) => Some(first / (first + second)),
            None if rest.starts_with('%') => Some(first / 100.0),
            None => Some(first),
        }
    };
    let keys = ["planned share", "planned ratio", "planned split", "planned allocation", "planned", "expected split"];
    let said = keys.iter().flat_map(|key| spec.mentions(key)).find_map(number);
    let asked = ids.iter().any(|id| id.starts_with("srm"));
    said.filter(|share| (0.0..1.0).contains(share) && *share > 0.0).or(asked.then_some(0.5))
}

fn put_ratio(ratio: &SampleRatio, figures: &mut Figures) {
    for (id, value) in [("srm.p", ratio.p), ("srm.share", ratio.observed), ("srm.planned", ratio.planned)] {
        figures.insert(id.to_owned(), value.into());
    }
    for id in ["srm.chi2", "srm.chisq", "srm.stat"] {
        figures.insert(id.to_owned(), ratio.chi_square.into());
    }
    for id in ["srm.refuse", "srm.refused", "srm.mismatch"] {
        figures.insert(id.to_owned(), ratio.mismatched().into());
    }
}

fn rows(
    table: &Table,
    spec: Spec<'_>,
    outcome: usize,
    arm: usize,
    covariates: &[usize],
) -> Result<Vec<ArmRow>, CaseError> {
    let value = |row: usize, column: usize| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
    (0..table.len())
        .map(|row| {
            Ok(ArmRow {
                treated: spec.flag(table, row, arm)?,
                y: value(row, outcome)?,
                x: covariates.iter().map(|&c| value(row, c)).collect::<Result<_, CaseError>>()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_specification() {
        let mut csv = "variant,before,spend\n".to_owned();
        for i in 0..60_u32 {
            csv += &format!("{},{},{}\n", i % 2, (i * 7) % 13, 2 * ((i * 7) % 13) + 5 * (i % 2) + (i * 5) % 3);
        }
        let spec = Spec("y=spend, group variant (1=treated), pre-period covariate(s) ['before']. raw: and so on.");
        let figures = figures(&[], spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        assert_eq!(figures["n1"], 30);
        assert!((figures["theta.before"].as_f64().unwrap() - 2.0).abs() < 0.2);
        assert!((figures["lin.effect"].as_f64().unwrap() - 5.0).abs() < 0.5);
        assert!(figures.contains_key("smd.before"));
    }

    #[test]
    fn arms_that_contradict_the_plan_are_refused_with_their_test() {
        let mut csv = "variant,before,spend\n".to_owned();
        for i in 0..400_u32 {
            csv += &format!("{},{},{}\n", u32::from(i % 10 < 4), (i * 7) % 13, (i * 7) % 13 + (i * 5) % 3);
        }
        let read = |name: &str| (name == "data.csv").then(|| csv.clone());
        let spec = Spec("y=spend, group variant (1=treated), pre-period covariates ['before']. Planned split 50:50.");
        let found = figures(&["srm.p"], spec, &read).unwrap();
        // scipy.stats.chisquare([160, 240])
        assert!((found["srm.chi2"].as_f64().unwrap() - 16.0).abs() < 1e-12);
        assert!((found["srm.p"].as_f64().unwrap() - 6.334_248_367e-5).abs() < 1e-12);
        assert!(found["srm.refuse"] == true && found["refused"] == true);
        assert!(found.contains_key("cuped.effect"));
        let fair = Spec("y=spend, group variant (1=treated), covariates ['before']. Planned share 0.4.");
        assert_eq!(figures(&["srm.p"], fair, &read).unwrap()["refused"], false);
    }
}
