//! Cases of the method "Linkage of a score to an operating figure": `data.csv`
//! with customer, period, score and figure.

use serde_json::Value;

use super::case::CaseError;
use super::columns::leading;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::figure::{Answer, Refusal};
use crate::insight::bands::{Band, NpsBands};
use crate::table::Table;
use crate::value::dose::{band_outcomes, level_means};
use crate::value::linkage::{
    Linkage, LinkageRow, first_differences, is_reverse, lead_placebo, linkage, pooled, within,
};
use crate::value::panel::Slope;

/// All figures of the case. A model that is refused leaves its checks open.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let rows = rows(&table, spec)?;
    let level = Level::of(spec);
    let mut figures = Figures::new();
    let models: [(&str, Result<Slope, Refusal>); 4] = [
        ("ols", pooled(&rows)),
        ("twfe", within(&rows)),
        ("fd", first_differences(&rows)),
        ("lead", lead_placebo(&rows)),
    ];
    for (model, slope) in &models {
        if let Ok(slope) = slope {
            put_slope(model, slope, level, &mut figures);
        }
    }
    let whole = linkage(&rows);
    put_refusal(&mut figures, "", &whole);
    if let Ok(whole) = &whole {
        checks(whole, level, &mut figures);
    }
    if let Ok(lead) = &models[3].1 {
        figures.insert("lead.warn".into(), is_reverse(lead).into());
    }
    for (score, mean) in level_means(&rows) {
        let mut put = |id: &str, value: Value| figures.insert(format!("dose.{score}.{id}"), value);
        put("n", mean.n.into());
        put("mean", mean.mean.into());
        put("se", mean.standard_error.into());
        // the intervals of single scores are normal, as the cases say
        let [lo, hi] = match level.outside {
            0.05 => [mean.interval.lo, mean.interval.hi],
            _ => level.around(mean.mean, mean.standard_error, None),
        };
        put("lo", lo.into());
        put("hi", hi.into());
    }
    for outcome in band_outcomes(&rows, &NpsBands::STANDARD) {
        let name = match outcome.band {
            Band::Promoter => "promoter",
            Band::Passive => "passive",
            Band::Detractor => "detractor",
        };
        figures.insert(format!("group.{name}.n"), outcome.figure.n.into());
        figures.insert(format!("group.{name}.mean"), outcome.figure.mean.into());
        figures.insert(format!("group.{name}.change"), outcome.change.into());
    }
    Ok(figures)
}

/// What heavy tails would change, and whether a line describes the scores.
fn checks(whole: &Linkage, level: Level, figures: &mut Figures) {
    if let Answer::Shown(slope) = &whole.tails.winsorised {
        put_slope("winsor", slope, level, figures);
    }
    if let Answer::Shown(slope) = &whole.tails.logarithm {
        put_slope("log", slope, level, figures);
    }
    if let Some(gap) = whole.tails.median_gap {
        figures.insert("median.gap".into(), gap.into());
    }
    let Answer::Shown(dose) = &whole.dose else { return };
    if let Answer::Shown(line) = &dose.line {
        for (id, value) in [("slope", line.slope), ("f", line.f), ("p", line.p)] {
            figures.insert(format!("dose.line.{id}"), value.into());
        }
        figures.insert("dose.line.holds".into(), line.holds.into());
    }
}

fn put_slope(model: &str, slope: &Slope, level: Level, figures: &mut Figures) {
    let mut put = |id: &str, value: Value| figures.insert(format!("{model}.{id}"), value);
    put("n", slope.n.into());
    put("b", slope.value.into());
    put("se", slope.inference.standard_error.into());
    put("t", slope.inference.t.into());
    put("p", slope.inference.p.into());
    let [lo, hi] = level.of_inference(slope.value, &slope.inference);
    put("lo", lo.into());
    put("hi", hi.into());
}

/// Columns around the `~` of a formula: figure and score.
fn formula(spec: Spec<'_>, table: &Table) -> Option<(usize, usize)> {
    spec.0.match_indices('~').find_map(|(at, _)| {
        let score = leading(&spec.0[at + 1..], table, true).or_else(|| leading(&spec.0[at + 1..], table, false));
        Some((Spec::ending(&spec.0[..at], table)?, score?.0))
    })
}

fn rows(table: &Table, spec: Spec<'_>) -> Result<Vec<LinkageRow>, CaseError> {
    let formula = formula(spec, table);
    let customers = ["customer", "customer_id", "client", "person", "unit", "id"];
    let customer = spec.role(&["cluster by", "clustered by", "customer="], &customers, table)?;
    // "twfe: customer and period effects"
    let effects = spec.mentions("twfe").find_map(|rest| rest.split_once(" effects")).map_or("", |(effects, _)| effects);
    let period = Spec::ending(effects, table).filter(|column| *column != customer);
    let usual = ["period", "wave", "month", "quarter", "year", "time"];
    let period = period.map_or_else(|| spec.role(&["period="], &usual, table), Ok)?;
    let score =
        formula.map_or_else(|| Ok(table.column(&["nps", "score", "csat"])?), |(_, score)| Ok::<_, CaseError>(score))?;
    let roles = [customer, period, score];
    let rest = || (0..table.header().len()).find(|c| !roles.contains(c));
    let usual = ["aum", "figure", "revenue", "value", "y"];
    let figure = formula.map(|(figure, _)| figure).or_else(|| table.maybe_column(&usual)).or_else(rest);
    let figure = figure.map_or_else(|| table.column(&usual), Ok)?;
    let (customers, periods) = (table.codes(customer), table.periods(period)?);
    (0..table.len())
        .map(|row| {
            Ok(LinkageRow {
                customer: customers[row],
                cluster: customers[row],
                period: periods[row],
                score: table.number(row, score)?.unwrap_or(f64::NAN),
                figure: table.number(row, figure)?.unwrap_or(f64::NAN),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_specification() {
        let mut csv = "mood,shop,week,sales\n".to_owned();
        for i in 0..120_u32 {
            let (shop, week) = (i / 4, i % 4);
            let mood = (i * 7 + week * week) % 11;
            csv +=
                &format!("{mood},s{shop},{week},{}\n", f64::from(2 * mood + 5 * shop + week) + f64::from(i % 3) / 9.0);
        }
        let spec = Spec("ols: sales ~ mood, cluster by shop. twfe: shop and week effects, cluster by shop.");
        let figures = figures(spec, &|name| (name == "data.csv").then(|| csv.clone())).unwrap();
        assert!((figures["twfe.b"].as_f64().unwrap() - 2.0).abs() < 0.05);
        assert_eq!(figures["fd.n"], 90);
        assert!(figures.contains_key("dose.10.se") && figures.contains_key("group.passive.change"));
    }
}
