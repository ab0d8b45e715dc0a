//! Cases of the method "Difference-in-differences, cluster-robust": `data.csv`
//! with unit, arm, period, outcome and perhaps a coarser cluster.

use serde_json::Value;

use super::case::CaseError;
use super::columns::leading;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::changes::difference_of_changes;
use crate::value::did::{CellMean, DidRow, FourCells};

/// Columns of the regression `y = a + b*treat + c*post + d*treat*post`.
#[derive(Debug, PartialEq)]
struct Formula {
    outcome: usize,
    arm: usize,
    after: usize,
}

impl Formula {
    /// The two factors of the product, and what stands before the `=` ahead of it.
    fn of(spec: Spec<'_>, table: &Table) -> Option<Self> {
        let text = spec.0;
        let factor = |rest: &str| {
            let (column, after) = leading(rest, table, true).or_else(|| leading(rest, table, false))?;
            Some((column, rest.len() - after.len()))
        };
        text.match_indices(['*', ':']).find_map(|(at, _)| {
            let (arm, length) = factor(&text[at + 1..])?;
            let rest = text[at + 1 + length..].trim_start().strip_prefix(['*', ':'])?;
            let (after, _) = factor(rest)?;
            let mut outcome =
                text[..at].match_indices(['=', '~']).filter_map(|(at, _)| Spec::ending(&text[..at], table));
            Some(Self { outcome: outcome.next_back()?, arm, after })
        })
    }
}

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
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

fn rows(table: &Table, spec: Spec<'_>) -> Result<Vec<DidRow>, CaseError> {
    let formula = Formula::of(spec, table);
    let role = |from: fn(&Formula) -> usize, keys: &[&str], usual: &[&str]| match &formula {
        Some(formula) => Ok(from(formula)),
        None => spec.role(keys, usual, table),
    };
    let arm = role(|f| f.arm, &["treat=", "group"], &["treat", "treated", "t"])?;
    let after = role(|f| f.after, &["post=", "period"], &["post", "after", "p"])?;
    let outcome = role(|f| f.outcome, &["y=", "outcome"], &["y", "outcome"])?;
    let keys = ["clustered by", "cluster by", "se by", "errors by", "clusters by", "cluster="];
    let cluster = spec.column(&keys, table).or_else(|| table.maybe_column(&["cluster"]));
    let units = ["unit", "id", "customer", "store", "shop", "branch"];
    let unit = spec.column(&["unit=", "id="], table).or_else(|| table.maybe_column(&units)).or(cluster);
    let rest = || (0..table.header().len()).find(|c| ![arm, after, outcome].contains(c));
    let unit = unit.or_else(rest).map_or_else(|| table.column(&units), Ok)?;
    let cluster = cluster.unwrap_or(unit);
    let weight = table.maybe_column(&["weight", "w"]);
    let (units, clusters) = (table.codes(unit), table.codes(cluster));
    (0..table.len())
        .map(|row| {
            let post = spec.flag(table, row, after)?;
            let weight = match weight {
                Some(column) => table.number(row, column)?.unwrap_or(f64::NAN),
                None => 1.0,
            };
            Ok(DidRow {
                unit: units[row],
                cluster: clusters[row],
                treated: spec.flag(table, row, arm)?,
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
    use super::*;

    #[test]
    fn columns_come_from_the_formula() {
        let table = Table::of("t.csv", "shop,late,sales,late wave\n").unwrap();
        let spec = Spec("Two-period DiD: sales = a + b*shop + c*late + d*shop*late; d is the effect.");
        assert_eq!(Formula::of(spec, &table), Some(Formula { outcome: 2, arm: 0, after: 1 }));
        let spec = Spec("Two-period DiD: sales = a + b*shop + c*late wave + d*shop*late wave.");
        assert_eq!(Formula::of(spec, &table), Some(Formula { outcome: 2, arm: 0, after: 3 }));
        assert!(Formula::of(Spec("no formula here"), &table).is_none());
    }

    #[test]
    fn errors_are_clustered_by_what_the_specification_says() {
        let mut csv = "town,store,late,reform,jobs\n".to_owned();
        for store in 0..40_u32 {
            for late in 0..2_u32 {
                let reform = u32::from(store >= 20);
                let jobs = store % 7 + 3 * late + 2 * late * reform;
                csv += &format!("t{},{store},{late},{reform},{jobs}\n", store / 4);
            }
        }
        let spec =
            Spec("Two-period DiD: jobs = a + b*reform + c*late + d*reform*late. Cluster-robust SE by town: CR1.");
        let figures = figures(spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        assert_eq!((figures["clusters"].as_u64(), figures["fd.n_units"].as_u64()), (Some(10), Some(40)));
        assert!((figures["effect"].as_f64().unwrap() - 2.0).abs() < 1e-12);
    }
}
