//! Cases of the method "CUPED variance reduction": `data.csv` with outcome, arm
//! and covariates from before.

use serde_json::Value;

use super::case::CaseError;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::compare::Difference;
use crate::table::Table;
use crate::value::cuped::{Adjusted, ArmRow, cuped};

/// All figures of the case; none when the comparison is refused.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
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
    let Ok(found) = cuped(&rows, None) else { return Ok(figures) };
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    put("n1".into(), found.raw.n[0].into());
    put("n0".into(), found.raw.n[1].into());
    for (model, difference) in [("raw", &found.raw), ("cuped", &found.effect)] {
        put_difference(model, difference, &mut put);
    }
    for (model, adjusted) in [("reg", &found.regression), ("lin", &found.interacted)] {
        put_adjusted(model, adjusted, &mut put);
    }
    put("var_reduction".into(), found.variance_reduction.into());
    for (j, &column) in covariates.iter().enumerate() {
        let name = &table.header()[column];
        put(format!("theta.{name}"), found.theta[j].into());
        put(format!("smd.{name}"), found.balance[j].into());
    }
    Ok(figures)
}

fn put_difference(model: &str, difference: &Difference, put: &mut impl FnMut(String, Value)) {
    put(format!("{model}.effect"), difference.value.into());
    put(format!("{model}.se"), difference.standard_error.into());
    put(format!("{model}.t"), difference.statistic.into());
    put(format!("{model}.df"), difference.df.into());
    put(format!("{model}.p"), difference.p.into());
    put(format!("{model}.lo"), difference.interval.lo.into());
    put(format!("{model}.hi"), difference.interval.hi.into());
}

fn put_adjusted(model: &str, adjusted: &Adjusted, put: &mut impl FnMut(String, Value)) {
    put(format!("{model}.effect"), adjusted.value.into());
    put(format!("{model}.se_hc2"), adjusted.inference.standard_error.into());
    put(format!("{model}.p"), adjusted.inference.p.into());
    put(format!("{model}.lo"), adjusted.inference.interval.lo.into());
    put(format!("{model}.hi"), adjusted.inference.interval.hi.into());
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
        let figures = figures(spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        assert_eq!(figures["n1"], 30);
        assert!((figures["theta.before"].as_f64().unwrap() - 2.0).abs() < 0.2);
        assert!((figures["lin.effect"].as_f64().unwrap() - 5.0).abs() < 0.5);
        assert!(figures.contains_key("smd.before"));
    }
}
