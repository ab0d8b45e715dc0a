//! Cases of the method "Observational comparison: propensity score, IPW,
//! regression adjustment, doubly robust, matching, balance": `data.csv` with
//! outcome, arm and covariates.

use super::case::CaseError;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::arms::{ArmRow, TwoArms};
use crate::value::observational::{ObservationalEffect, ObservationalOptions, compare_arms};

/// Columns that name a unit and are no covariate.
const UNITS: [&str; 5] = ["id", "unit", "customer", "person", "index"];

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let outcome = spec.role(&["y=", "outcome"], &["y", "outcome", "result"], &table)?;
    let arm = spec.role(&["t=", "treatment", "treat="], &["treat", "treated", "t"], &table)?;
    let covariates = covariates(&table, spec, outcome, arm);
    let names: Vec<&str> = covariates.iter().map(|&c| table.header()[c].as_str()).collect();
    let rows: Result<Vec<ArmRow>, CaseError> = (0..table.len())
        .map(|row| {
            let number = |column| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
            Ok(ArmRow {
                treated: spec.flag(&table, row, arm)?,
                outcome: number(outcome)?,
                covariates: covariates.iter().map(|&c| number(c)).collect::<Result<_, CaseError>>()?,
            })
        })
        .collect();
    let mut figures = Figures::new();
    let found = compare_arms(&TwoArms::of(&names, &rows?), ObservationalOptions::default());
    put_refusal(&mut figures, "", &found.clone().and_then(ObservationalEffect::judged));
    if let Ok(effect) = found {
        put_all(&effect, &mut figures);
    }
    Ok(figures)
}

/// The columns the specification lists, or all but outcome, arm and unit.
fn covariates(table: &Table, spec: Spec<'_>, outcome: usize, arm: usize) -> Vec<usize> {
    let keys = ["x=", "covariates", "confounders", "design columns"];
    let mut listed = spec.columns(&keys, table);
    listed.retain(|column| ![outcome, arm].contains(column));
    if !listed.is_empty() {
        return listed;
    }
    let unit = table.maybe_column(&UNITS);
    (0..table.header().len()).filter(|c| *c != outcome && *c != arm && Some(*c) != unit).collect()
}

fn put_all(effect: &ObservationalEffect, figures: &mut Figures) {
    let mut put = |id: &str, value: f64| {
        figures.insert(id.to_owned(), value.into());
    };
    put("n", effect.n as f64);
    put("treated", effect.treated as f64);
    put("naive", effect.naive);
    put("ps.min", effect.propensity.min);
    put("ps.max", effect.propensity.max);
    put("ps.mean_treated", effect.propensity.mean_treated);
    put("ps.mean_control", effect.propensity.mean_control);
    put("ps.loglik", effect.propensity.log_likelihood);
    for (name, weighted) in [("ipw.ate", &effect.weighted_everybody), ("ipw.att", &effect.weighted_treated)] {
        put(name, weighted.effect.value);
        put(&format!("{name}.se_hc0"), weighted.effect.standard_error);
        put(&format!("{name}.ess_control"), weighted.effective_controls);
        put(&format!("{name}.max_weight_share"), weighted.largest_share);
    }
    put("ra.ate", effect.adjusted_everybody);
    put("ra.att", effect.adjusted_treated);
    let rest = [
        ("aipw.ate", effect.robust_everybody),
        ("aipw.att", effect.robust_treated),
        ("nn.att", effect.matched.effect),
        ("nnwo.att", effect.matched_once.effect),
    ];
    for (name, robust) in rest {
        put(name, robust.value);
        put(&format!("{name}.se"), robust.standard_error);
    }
    put("nn.controls", effect.matched.controls as f64);
    put("nnwo.n", (effect.matched_once.treated + effect.matched_once.controls) as f64);
    for balance in &effect.balance {
        put(&format!("smd.before.{}", balance.covariate), balance.before);
        put(&format!("smd.after_ipw_att.{}", balance.covariate), balance.after);
    }
}

#[cfg(test)]
mod tests {
    use crate::verify::verify_case;

    /// Two covariates under other names, a unit column and columns in another order.
    #[test]
    fn roles_come_from_the_specification() {
        let mut csv = "person,tenure,club,rich,spend\n".to_owned();
        for i in 0..80_u32 {
            let (tenure, rich) = (i % 7, u32::from(i % 3 == 0));
            let club = u32::from((i * 13 + tenure * 5) % 11 > 5);
            csv.push_str(&format!("p{i},{tenure},{club},{rich},{}\n", 2 * tenure + 4 * club + rich));
        }
        let expected = r#"{"case": "x", "method": "Observational comparison: all", "spec": "y=spend, t=club.",
            "checks": [{"id": "n", "value": 80}, {"id": "ra.ate", "value": 4, "abs": 1e-9},
                {"id": "aipw.att", "value": 4, "abs": 1e-9}, {"id": "aipw.ate", "value": 4, "abs": 1e-9}]}"#;
        let report = verify_case("x", expected, &|_| Some(csv.clone())).unwrap();
        assert!(report.all_passed(), "{report}");
    }
}
