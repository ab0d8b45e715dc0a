//! Cases of the method "Difference-in-differences, cluster-robust": `data.csv`
//! with unit, arm, period, outcome and perhaps a coarser cluster.

use serde_json::Value;

use super::case::CaseError;
use super::{Figures, ReadTable};
use crate::table::Table;
use crate::value::changes::difference_of_changes;
use crate::value::did::{CellMean, DidRow, FourCells};

/// Column names of the regression `y = a + b*treat + c*post + d*treat*post`.
#[derive(Debug, PartialEq)]
struct Formula<'a> {
    outcome: &'a str,
    arm: &'a str,
    after: &'a str,
}

impl<'a> Formula<'a> {
    /// Reads the names from the specification; the interaction names both factors.
    fn of(spec: &'a str) -> Option<Self> {
        let name = |text: &'a str| text.trim().trim_matches(|c: char| !is_name(c));
        let (left, right) = spec.split_once('=')?;
        let outcome = name(left.rsplit(|c: char| !is_name(c) && c != ' ').next()?);
        let outcome = outcome.rsplit(' ').next().unwrap_or(outcome);
        let formula = right.split([';', ',']).next()?;
        let interaction = formula.split('+').find(|term| term.matches('*').count() == 2)?;
        let mut factors = interaction.split('*').skip(1).map(|f| {
            let f = f.trim();
            &f[..f.find(|c: char| !is_name(c)).unwrap_or(f.len())]
        });
        let (arm, after) = (factors.next()?, factors.next()?);
        (!outcome.is_empty() && !arm.is_empty() && !after.is_empty()).then_some(Self { outcome, arm, after })
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All figures of the case.
pub(super) fn figures(spec: &str, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = Table::need("data.csv", read)?;
    let rows = rows(&table, spec)?;
    let cells = FourCells::of(&rows);
    let (cr1, cr2) = (cells.cr1(), cells.cr2());
    let (units, changes) = difference_of_changes(&rows);
    let means = cells.means();
    let mut figures = Figures::new();
    let mut put = |id: &str, value: Value| {
        figures.insert(id.to_owned(), value);
    };
    put("n", cells.n().into());
    put("clusters", cells.clusters().into());
    let four: [(&str, CellMean); 4] = [
        ("00", means.control_before),
        ("01", means.control_after),
        ("10", means.treated_before),
        ("11", means.treated_after),
    ];
    for (cell, mean) in four {
        put(&format!("mean.{cell}"), mean.mean.into());
        put(&format!("n.{cell}"), mean.n.into());
    }
    put("effect", cells.effect().into());
    put("se.cr1", cr1.standard_error.into());
    put("t", cr1.t.into());
    put("df", cr1.df.into());
    put("p", cr1.p.into());
    put("ci.lo", cr1.interval.lo.into());
    put("ci.hi", cr1.interval.hi.into());
    put("se.hc1", cells.hc1().into());
    put("se.cr2", cr2.standard_error.into());
    put("t.cr2", cr2.t.into());
    put("df.cr2", cr2.df.into());
    put("p.cr2", cr2.p.into());
    put("ci.cr2.lo", cr2.interval.lo.into());
    put("ci.cr2.hi", cr2.interval.hi.into());
    put("fd.n_units", units.into());
    put("fd.effect", changes.value.into());
    put("fd.se_welch", changes.standard_error.into());
    put("fd.p", changes.p.into());
    put("se.independent_cells", cells.independent_cells().into());
    Ok(figures)
}

fn rows(table: &Table, spec: &str) -> Result<Vec<DidRow>, CaseError> {
    let formula = Formula::of(spec);
    let named = |from: fn(&Formula<'_>) -> String, others: &[&'static str]| {
        let name = formula.as_ref().map(from).unwrap_or_default();
        let mut names = vec![name.as_str()];
        names.extend(others);
        Ok::<_, CaseError>(table.column(&names)?)
    };
    let arm = named(|f| f.arm.to_owned(), &["treat", "treated", "t"])?;
    let after = named(|f| f.after.to_owned(), &["post", "after", "p"])?;
    let outcome = named(|f| f.outcome.to_owned(), &["y", "outcome"])?;
    let unit = table.column(&["unit", "id", "customer", "cluster"])?;
    let cluster = table.maybe_column(&["cluster"]).unwrap_or(unit);
    let weight = table.maybe_column(&["weight", "w"]);
    let (units, clusters) = (table.codes(unit), table.codes(cluster));
    (0..table.len())
        .map(|row| {
            let post = table.flag(row, after)?;
            let weight = match weight {
                Some(column) => table.number(row, column)?.unwrap_or(f64::NAN),
                None => 1.0,
            };
            Ok(DidRow {
                unit: units[row],
                cluster: clusters[row],
                treated: table.flag(row, arm)?,
                period: i32::from(post),
                post,
                y: table.number(row, outcome)?.unwrap_or(f64::NAN),
                weight,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Formula;

    #[test]
    fn column_names_come_from_the_formula() {
        let spec = "Two-period DiD: sales = a + b*shop + c*late + d*shop*late; d is the effect.";
        let formula = Formula::of(spec).unwrap();
        assert_eq!(formula, Formula { outcome: "sales", arm: "shop", after: "late" });
        assert!(Formula::of("no formula here").is_none());
    }
}
