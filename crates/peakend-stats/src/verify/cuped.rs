//! Cases of the method "CUPED variance reduction": `data.csv` with outcome, arm
//! and covariates from before.

use serde_json::Value;

use super::case::CaseError;
use super::spec::Spec;
use super::{Figures, ReadTable};
use crate::insight::compare::Difference;
use crate::table::Table;
use crate::value::cuped::{Adjusted, ArmRow, cuped};

/// All figures of the case; none when the comparison is refused.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = Table::need("data.csv", read)?;
    let column = |keys: &[&str], others: &[&str]| {
        let named: Vec<&str> = keys.iter().filter_map(|key| spec.name(key)).chain(others.iter().copied()).collect();
        table.column(&named)
    };
    let outcome = column(&["y=", "outcome"], &["y", "outcome"])?;
    let arm = column(&["group", "arm", "treatment"], &["treat", "treated", "group", "arm", "t"])?;
    let covariates: Vec<usize> = ["covariate(s)", "covariates", "covariate"]
        .iter()
        .map(|key| spec.names(key).into_iter().filter_map(|name| table.maybe_column(&[name])).collect::<Vec<_>>())
        .find(|found| !found.is_empty())
        .unwrap_or_else(|| (0..table.header().len()).filter(|c| ![outcome, arm].contains(c)).collect());
    let rows = rows(&table, outcome, arm, &covariates)?;
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

fn rows(table: &Table, outcome: usize, arm: usize, covariates: &[usize]) -> Result<Vec<ArmRow>, CaseError> {
    let value = |row: usize, column: usize| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
    (0..table.len())
        .map(|row| {
            Ok(ArmRow {
                treated: table.flag(row, arm)?,
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
