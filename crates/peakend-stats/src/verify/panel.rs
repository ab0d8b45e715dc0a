//! Cases of the method "Panel regression": `data.csv` with entity, time, outcome
//! and regressors; pooled, entity and two-way effects with their errors.

use super::case::CaseError;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::panel::{Effects, Factor, Panel, PanelFit, PanelRow};

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let outcome = spec.role(&["outcome", "y="], &["y"], &table)?;
    let entity = spec.role(&["entity", "unit"], &["entity", "firm", "customer", "unit", "id"], &table)?;
    let time = spec.role(&["time", "period"], &["time", "year", "period", "month", "wave"], &table)?;
    let roles = [outcome, entity, time];
    let named = spec.columns(&["regressors", "regressor", "x="], &table);
    let regressors =
        if named.is_empty() { (0..table.header().len()).filter(|c| !roles.contains(c)).collect() } else { named };
    let rows = rows(&table, roles, &regressors)?;
    let names: Vec<&str> = regressors.iter().map(|&c| table.header()[c].as_str()).collect();
    Ok(all(&Panel::of(&rows), &names))
}

fn rows(table: &Table, [outcome, entity, time]: [usize; 3], x: &[usize]) -> Result<Vec<PanelRow>, CaseError> {
    let (entities, periods) = (table.codes(entity), table.periods(time)?);
    (0..table.len())
        .map(|row| {
            let value = |column: usize| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
            Ok(PanelRow {
                entity: entities[row],
                period: periods[row],
                cluster: entities[row],
                y: value(outcome)?,
                x: x.iter().map(|&c| value(c)).collect::<Result<_, CaseError>>()?,
            })
        })
        .collect()
}

fn all(panel: &Panel, names: &[&str]) -> Figures {
    let mut figures = Figures::new();
    let [entities, periods, _] = panel.sizes();
    for (id, size) in [("N", panel.n()), ("G", entities), ("T", periods)] {
        figures.insert(id.to_owned(), size.into());
    }
    let models = [("ols", Effects::None), ("fe", Effects::Entity), ("twfe", Effects::TwoWay)];
    for (model, effects) in models {
        let fit = panel.fit(effects);
        if let Some(constant) = fit.constant() {
            figures.insert(format!("{model}.b.const"), constant.into());
        }
        for (kind, values) in errors(&fit) {
            for (name, value) in names.iter().zip(values) {
                figures.insert(format!("{model}.{kind}.{name}"), value.into());
            }
        }
    }
    figures
}

/// The coefficients and every kind of error we have.
fn errors(fit: &PanelFit<'_>) -> Vec<(&'static str, Vec<f64>)> {
    vec![
        ("b", fit.slopes().to_vec()),
        ("se_iid", fit.classical()),
        ("se_hc1", fit.hc1()),
        ("se_ent", fit.by_entity(Factor::Cr1)),
        ("se_ent_cr0", fit.by_entity(Factor::None)),
        ("se_ent_cr1", fit.by_entity(Factor::Cr1)),
        ("se_time", fit.by_period(Factor::Cr1)),
        ("se_time_cr0", fit.by_period(Factor::None)),
        ("se_time_cr1", fit.by_period(Factor::Cr1)),
        ("se_twoway", fit.both_ways()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_number_of_regressors_come_from_the_specification() {
        let mut csv = "branch,score,month,sales,calls\n".to_owned();
        for i in 0..60_u32 {
            let (branch, month) = (i / 6, i % 6);
            let (score, calls) = ((i * 7) % 11, (i * 5) % 13);
            csv += &format!("b{branch},{score},2025-{:02},{},{calls}\n", month + 1, 3 * score + 2 * calls + branch);
        }
        let spec = Spec("Outcome sales; regressors ['score', 'calls']; entity branch; time month. And so on.");
        let figures = figures(spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        let at = |id: &str| figures[id].as_f64().unwrap();
        assert_eq!((at("N"), at("G"), at("T")), (60.0, 10.0, 6.0));
        assert!((at("fe.b.score") - 3.0).abs() < 1e-10 && (at("twfe.b.calls") - 2.0).abs() < 1e-10);
        assert!(figures.contains_key("ols.se_twoway.calls"));
    }
}
