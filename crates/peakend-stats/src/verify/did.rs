//! Cases of the method "Difference-in-differences, cluster-robust": `data.csv`
//! with unit, arm, period, outcome and perhaps a coarser cluster.

use serde_json::Value;

use super::case::CaseError;
use super::columns::leading;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::changes::difference_of_changes;
use crate::value::did::{CellMean, DidRow, FourCells, difference_in_differences};
use crate::value::pretrend::pre_trend;

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
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let level = Level::of(spec);
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
    let [lo, hi] = level.of_inference(cells.effect(), &cr1);
    put("ci.lo", lo.into());
    put("ci.hi", hi.into());
    put("se.hc1", cells.hc1().into());
    put("se.cr2", cr2.standard_error.into());
    put("t.cr2", cr2.t.into());
    put("df.cr2", cr2.df.into());
    put("p.cr2", cr2.p.into());
    let [lo, hi] = level.of_inference(cells.effect(), &cr2);
    put("ci.cr2.lo", lo.into());
    put("ci.cr2.hi", hi.into());
    put("fd.n_units", units.into());
    put("fd.effect", changes.value.into());
    put("fd.se_welch", changes.standard_error.into());
    put("fd.p", changes.p.into());
    let [lo, hi] = level.of_difference(&changes);
    put("fd.lo", lo.into());
    put("fd.hi", hi.into());
    put("se.independent_cells", cells.independent_cells().into());
    put_refusal(&mut figures, "", &difference_in_differences(&rows));
    event_study(ids, &rows, level, &mut figures);
    Ok(figures)
}

/// The gap between the arms in every period, less that in the last one before the
/// change: `es.PERIOD`, by period, or by time since the change where an id has a
/// negative one; and the joint test of the leads.
fn event_study(ids: &[&str], rows: &[DidRow], level: Level, figures: &mut Figures) {
    let Ok(trend) = pre_trend(rows) else { return };
    let start = rows.iter().filter(|row| row.post).map(|row| row.period).min().unwrap_or(0);
    let since = ids.iter().any(|id| id.contains(".-"));
    let at = |period: i32| if since { period - start } else { period };
    for prefix in ["es", "event", "event_study"] {
        figures.insert(format!("{prefix}.{}", at(trend.reference)), 0.0.into());
        for gap in &trend.gaps {
            let id = format!("{prefix}.{}", at(gap.period));
            let [lo, hi] = level.of_inference(gap.value, &gap.inference);
            for (name, value) in [
                ("", gap.value),
                (".effect", gap.value),
                (".se", gap.inference.standard_error),
                (".t", gap.inference.t),
                (".p", gap.inference.p),
                (".lo", lo),
                (".hi", hi),
            ] {
                figures.insert(format!("{id}{name}"), value.into());
            }
        }
    }
    for prefix in ["pretrend", "leads"] {
        figures.insert(format!("{prefix}.f"), trend.f.into());
        figures.insert(format!("{prefix}.df"), trend.df.into());
        figures.insert(format!("{prefix}.p"), trend.p.into());
        figures.insert(format!("{prefix}.holds"), trend.holds.into());
    }
}

/// Rows from a first period on, from `post = year >= 1992`.
fn from_period(spec: Spec<'_>, table: &Table, period: usize) -> Option<i64> {
    spec.mentions(&table.header()[period]).find_map(|_| {
        let text: String = spec.0.chars().filter(|c| !c.is_whitespace()).collect();
        let (_, bound) = text.split_once(&format!("{}>=", table.header()[period]))?;
        bound[..bound.find(|c: char| !c.is_ascii_digit()).unwrap_or(bound.len())].parse().ok()
    })
}

fn rows(table: &Table, spec: Spec<'_>) -> Result<Vec<DidRow>, CaseError> {
    let formula = Formula::of(spec, table);
    let role = |from: fn(&Formula) -> usize, keys: &[&str], usual: &[&str]| match &formula {
        Some(formula) => Ok(from(formula)),
        None => spec.role(keys, usual, table),
    };
    let arm = role(|f| f.arm, &["treat=", "group"], &["treat", "treated", "t"])?;
    let period = spec.column(&["period=", "time=", "periods"], table);
    let period = period.or_else(|| table.maybe_column(&["period", "time", "year", "month", "quarter", "week", "wave"]));
    let started = period.and_then(|column| Some((column, from_period(spec, table, column)?)));
    let after = match started {
        Some((column, _)) => column,
        None => role(|f| f.after, &["post=", "period"], &["post", "after", "p"])?,
    };
    let period = period.filter(|column| *column != after || started.is_some());
    let periods = period.map(|column| table.periods(column)).transpose()?;
    let outcome = role(|f| f.outcome, &["y=", "outcome"], &["y", "outcome"])?;
    let keys = ["clustered by", "cluster by", "se by", "errors by", "clusters by", "cluster="];
    let cluster = spec.column(&keys, table).or_else(|| table.maybe_column(&["cluster"]));
    let units = ["unit", "id", "customer", "store", "shop", "branch"];
    let unit = spec.column(&["unit=", "id="], table).or_else(|| table.maybe_column(&units)).or(cluster);
    let rest = || (0..table.header().len()).find(|c| ![arm, after, outcome].contains(c) && Some(*c) != period);
    let unit = unit.or_else(rest).map_or_else(|| table.column(&units), Ok)?;
    let cluster = cluster.unwrap_or(unit);
    let weight = table.maybe_column(&["weight", "w"]);
    let (units, clusters) = (table.codes(unit), table.codes(cluster));
    (0..table.len())
        .map(|row| {
            let at = periods.as_ref().map(|periods| periods[row]);
            let post = match (started, at) {
                (Some((_, first)), Some(at)) => at >= first,
                _ => spec.flag(table, row, after)?,
            };
            let weight = match weight {
                Some(column) => table.number(row, column)?.unwrap_or(f64::NAN),
                None => 1.0,
            };
            Ok(DidRow {
                unit: units[row],
                cluster: clusters[row],
                treated: spec.flag(table, row, arm)?,
                period: at.and_then(|at| i32::try_from(at).ok()).unwrap_or(i32::from(post)),
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
        let figures = figures(&[], spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        assert_eq!((figures["clusters"].as_u64(), figures["fd.n_units"].as_u64()), (Some(10), Some(40)));
        assert!((figures["effect"].as_f64().unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn an_event_study_has_a_gap_for_every_period() {
        let mut csv = "store,month,reform,jobs\n".to_owned();
        for store in 0..40_u32 {
            for month in 1..=6_u32 {
                let reform = u32::from(store % 2 == 1);
                let lift = if month >= 5 { 2 * reform } else { 0 };
                csv += &format!(
                    "{store},{month},{reform},{}\n",
                    (store * store * 3 + month * month * 7 + store * month) % 11 + 4 * reform + lift
                );
            }
        }
        let spec = Spec(
            "Event study: jobs = a + b*reform + c*month + d*reform*month, post = month>=5. \
             Clustered by store, 90% CI.",
        );
        let figures = figures(&["es.-2"], spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        let at = |id: &str| figures[id].as_f64().unwrap();
        // by hand: the gap of a month is the difference of arms less that of month 4
        let mean = |month: u32, odd: u32| {
            let stores = (0..40).filter(|store| store % 2 == odd);
            stores.map(|store| f64::from((store * store * 3 + month * month * 7 + store * month) % 11)).sum::<f64>()
                / 20.0
        };
        let gap = |month| mean(month, 1) - mean(month, 0);
        assert!((at("es.0") - (gap(5) - gap(4) + 2.0)).abs() < 1e-12);
        assert!((at("es.-3") - (gap(2) - gap(4))).abs() < 1e-12);
        assert_eq!(at("es.-1"), 0.0);
        assert!(((at("es.1.hi") - at("es.1")) / at("es.1.se") - 1.684_875_122).abs() < 1e-7);
        assert!(at("leads.p") > 0.0 && figures["refused"] == false);
    }
}
