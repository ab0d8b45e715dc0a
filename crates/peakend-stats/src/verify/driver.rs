//! Cases of the method "Key-driver analysis": `data.csv` with an outcome and its
//! drivers, named in the specification or by the check ids.

use serde_json::Value;

use super::case::CaseError;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::driver::{Column, DriverAnalysis, DriverOptions, Missing, driver_analysis};
use crate::insight::quadrant::Cut;
use crate::table::Table;

/// First parts of the ids that name a driver.
const PER_DRIVER: [&str; 8] = ["rw", "rw_share", "lmg", "std_beta", "r", "vif", "mean", "quadrant"];

/// All figures of the case.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let drivers = drivers(ids, spec, &table);
    let outcome = match spec.column(&["outcome", "dependent", "target", "y="], &table) {
        Some(column) => column,
        None => {
            let free = (0..table.header().len()).find(|c| !drivers.contains(c));
            free.ok_or_else(|| CaseError::MissingTable("an outcome beside the drivers".to_owned()))?
        }
    };
    let numbers = |column: usize| -> Result<Vec<f64>, CaseError> {
        (0..table.len()).map(|row| Ok(table.number(row, column)?.unwrap_or(f64::NAN))).collect()
    };
    let values = drivers.iter().map(|c| numbers(*c)).collect::<Result<Vec<_>, _>>()?;
    let column = |c: usize| table.header()[c].as_str();
    let columns: Vec<Column<'_>> =
        drivers.iter().zip(&values).map(|(&c, values)| Column { name: column(c), values }).collect();
    let answers = numbers(outcome)?;
    let cut = if spec.0.contains("cut at the median") { Cut::Median } else { Cut::Mean };
    // "complete cases only" may be said beside it
    let pairwise = spec.mentions("pairwise").any(|rest| !rest.starts_with("complete cases"));
    let missing = if pairwise { Missing::Pairwise } else { Missing::LeftOut };
    let options = DriverOptions { resamples: 0, cut, missing, ..DriverOptions::default() };
    let analysis = DriverAnalysis::of(Column { name: column(outcome), values: &answers }, &columns, &options)
        .map_err(CaseError::Refused)?;
    let mut figures = named(&analysis);
    let outcome = Column { name: column(outcome), values: &answers };
    put_refusal(&mut figures, "", &driver_analysis(outcome, &columns, &options));
    Ok(figures)
}

fn named(analysis: &DriverAnalysis) -> Figures {
    let mut figures = Figures::new();
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    put("n".into(), analysis.n.into());
    put("r2".into(), analysis.r_squared.into());
    put("adj_r2".into(), analysis.adjusted_r_squared.into());
    put("f".into(), analysis.f.into());
    put("p".into(), analysis.p.into());
    for driver in &analysis.drivers {
        let name = &driver.name;
        put(format!("rw.{name}"), driver.weight.into());
        put(format!("rw_share.{name}"), driver.share.into());
        put(format!("lmg.{name}"), driver.ordered_gain.into());
        put(format!("lmg_share.{name}"), (driver.ordered_gain / analysis.r_squared).into());
        put(format!("std_beta.{name}"), driver.standardised.into());
        put(format!("r.{name}"), driver.correlation.into());
        put(format!("vif.{name}"), driver.inflation.into());
        put(format!("mean.{name}"), driver.mean.into());
        put(format!("quadrant.{name}"), driver.quadrant.name().into());
    }
    figures
}

/// Columns of the drivers: as listed, else those the ids speak of.
fn drivers(ids: &[&str], spec: Spec<'_>, table: &Table) -> Vec<usize> {
    let columns = |names: &mut dyn Iterator<Item = &str>| {
        let mut found = Vec::new();
        for column in names.filter_map(|name| table.maybe_column(&[name])) {
            if !found.contains(&column) {
                found.push(column);
            }
        }
        found
    };
    let listed = spec.columns(&["drivers", "predictors", "regressors"], table);
    if !listed.is_empty() {
        return listed;
    }
    columns(&mut ids.iter().filter_map(|id| id.split_once('.')).filter(|(k, _)| PER_DRIVER.contains(k)).map(|(_, n)| n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_columns_and_another_number_of_drivers_are_read() {
        let mut text = "id,speed,staff,renewal\n".to_owned();
        for i in 0..40_u32 {
            let (a, b) = ((i * 7) % 11, (i * 5) % 13);
            text += &format!("c{i},{a},{b},{}\n", 2 * a + b + i % 3);
        }
        text += "c40,,3,9\n";
        let read = |name: &str| (name == "data.csv").then(|| text.clone());
        let spec = Spec("Complete cases only. Outcome renewal; drivers: speed, staff. rw: Johnson.");
        let by_spec = figures(&[], spec, &read).unwrap();
        assert_eq!(by_spec["n"], 40);
        let sum = by_spec["rw.speed"].as_f64().unwrap() + by_spec["rw.staff"].as_f64().unwrap();
        assert!((sum - by_spec["r2"].as_f64().unwrap()).abs() < 1e-12);
        let by_ids = figures(&["rw.speed", "quadrant.staff"], Spec("Outcome renewal."), &read).unwrap();
        assert_eq!(by_spec, by_ids);
    }

    /// `DataFrame.corr()`: speed and renewal, staff and renewal, speed and staff.
    const PANDAS: [f64; 3] = [0.635_965_226_873_303_4, 0.396_452_854_729_004_3, -0.004_115_327_297_589_3];

    #[test]
    fn pairwise_correlations_take_the_rows_of_each_pair() {
        let mut text = "speed,staff,renewal\n".to_owned();
        for i in 0..300_u32 {
            let (a, b) = ((i * 7) % 11, (i * 5) % 13);
            let speed = if i % 5 == 0 { String::new() } else { a.to_string() };
            let staff = if i % 7 == 0 { String::new() } else { b.to_string() };
            text += &format!("{speed},{staff},{}\n", 2 * a + b + 8 * (i % 3));
        }
        let read = |name: &str| (name == "data.csv").then(|| text.clone());
        let found =
            figures(&[], Spec("Pairwise correlations. Outcome renewal; drivers: speed, staff."), &read).unwrap();
        assert!((found["r.speed"].as_f64().unwrap() - PANDAS[0]).abs() < 1e-10, "{found:?}");
        assert!((found["r.staff"].as_f64().unwrap() - PANDAS[1]).abs() < 1e-10);
        let ([a, b, c], r2) = (PANDAS, found["r2"].as_f64().unwrap());
        assert!((r2 - (a * a + b * b - 2.0 * a * b * c) / (1.0 - c * c)).abs() < 1e-10);
        // rows with both, which are the fewest
        assert_eq!(found["n"], 206);
    }
}
