//! Cases of the method "Interrupted time series": `data.csv` in order of time with
//! the series and covariates; the change, season and lag stand in the specification.

use super::case::CaseError;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::interrupted::{Harmonics, Interruption, SegmentedFit, interrupted_series};
use crate::value::interrupted_counts::{InterruptedCounts, interrupted_counts};

/// First parts of the ids that ask for the model of counts.
const COUNT_MODELS: [&str; 5] = ["qp", "quasipoisson", "poisson", "count", "glm"];

/// All figures of the case.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let outcome = spec.role(&["y=", "outcome"], &["y", "value"], &table)?;
    let y = series(&table, outcome)?;
    let covariates = covariates(&table, ids, outcome);
    let interruption = Interruption {
        change_at: change_at(&table, spec)?,
        season: season(spec),
        covariates: covariates.iter().map(|&c| series(&table, c)).collect::<Result<_, _>>()?,
        lag: number(spec.after("L=")).or_else(|| number(spec.after("lag"))),
    };
    let level = Level::of(spec);
    let mut figures = all(&SegmentedFit::of(&y, &interruption), &names(&interruption, &covariates, &table), level);
    put_refusal(&mut figures, "", &interrupted_series(&y, &interruption));
    if let Some(prefix) = ids.iter().filter_map(|id| id.split('.').next()).find(|part| COUNT_MODELS.contains(part)) {
        let exposure = match spec.column(&["exposure", "offset", "log(", "ln("], &table) {
            Some(column) => series(&table, column)?,
            None => vec![1.0; y.len()],
        };
        if let Ok(counts) = interrupted_counts(&y, &exposure, &interruption) {
            put_counts(prefix, &counts, &mut figures);
        }
    }
    Ok(figures)
}

fn put_counts(prefix: &str, counts: &InterruptedCounts, figures: &mut Figures) {
    let ratios = [("level", &counts.level), ("slope", &counts.slope), ("effect", &counts.effect)];
    for (name, ratio) in ratios {
        figures.insert(format!("{prefix}.b.{name}"), ratio.ratio.ln().into());
        figures.insert(format!("{prefix}.se.{name}"), ratio.log.standard_error.into());
        figures.insert(format!("{prefix}.p.{name}"), ratio.log.p.into());
        figures.insert(format!("{prefix}.rr.{name}"), ratio.ratio.into());
        figures.insert(format!("{prefix}.rr.{name}.lo"), ratio.limits[0].into());
        figures.insert(format!("{prefix}.rr.{name}.hi"), ratio.limits[1].into());
    }
    figures.insert(format!("{prefix}.dispersion"), counts.dispersion.into());
}

fn series(table: &Table, column: usize) -> Result<Vec<f64>, CaseError> {
    (0..table.len())
        .map(|row| Ok(table.number(row, column)?.ok_or_else(|| table.fault(row, column, "a value at every time"))?))
        .collect()
}

/// The columns that a check on a coefficient names.
fn covariates(table: &Table, ids: &[&str], outcome: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for name in ids.iter().filter_map(|id| id.strip_prefix("b.")).filter(|name| !is_own(name)) {
        let column = table.header().iter().position(|h| h == name).filter(|c| *c != outcome && !found.contains(c));
        found.extend(column);
    }
    found
}

/// Names of the columns the design makes itself.
fn is_own(name: &str) -> bool {
    let harmonic =
        name.strip_prefix(['s', 'c']).is_some_and(|k| !k.is_empty() && k.bytes().all(|b| b.is_ascii_digit()));
    harmonic || matches!(name, "const" | "t" | "level" | "slope")
}

/// The whole number a text begins with.
fn number(text: Option<&str>) -> Option<usize> {
    let text = text?;
    text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

/// The change from `t>=170` (t counted from 1), else the first row of a 0/1 column.
fn change_at(table: &Table, spec: Spec<'_>) -> Result<usize, CaseError> {
    let text: String = spec.0.chars().filter(|c| !c.is_whitespace()).collect();
    let after = |sign: &str| text.split_once(sign).and_then(|(_, rest)| number(Some(rest)));
    let first = after("t>=").or_else(|| after("t≥")).or_else(|| after("t>").map(|last| last + 1));
    if let Some(first) = first.filter(|first| (1..=table.len()).contains(first)) {
        return Ok(first - 1);
    }
    let flag = table.column(&["after", "post", "law", "level", "intervention"])?;
    for row in 0..table.len() {
        if table.flag(row, flag)? {
            return Ok(row);
        }
    }
    Err(table.fault(0, flag, "a change from 0 to 1").into())
}

/// `sin/cos of 2*pi*k*t/12 for k=1..2`.
fn season(spec: Spec<'_>) -> Option<Harmonics> {
    let text: String = spec.0.chars().filter(|c| !c.is_whitespace()).collect();
    let (_, rest) = text.split_once("sin")?;
    let period = rest.split("t/").nth(1).and_then(|rest| number(Some(rest)))?;
    let pairs = rest.split_once("k=").and_then(|(_, range)| {
        let range =
            &range[..range.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(range.len())];
        range.split(['.', ',']).filter_map(|k| k.parse().ok()).max()
    });
    Some(Harmonics { period, pairs: pairs.unwrap_or(1) })
}

/// Column names in the order of the design.
fn names(interruption: &Interruption, covariates: &[usize], table: &Table) -> Vec<String> {
    let mut names: Vec<String> = ["const", "t", "level", "slope"].map(str::to_owned).into();
    for k in 1..=interruption.season.map_or(0, |s| s.pairs) {
        names.extend([format!("s{k}"), format!("c{k}")]);
    }
    names.extend(covariates.iter().map(|&c| table.header()[c].clone()));
    names
}

fn all(fitted: &SegmentedFit, names: &[String], level: Level) -> Figures {
    let mut figures = Figures::new();
    for (j, name) in names.iter().enumerate() {
        let inference = fitted.coefficient(j);
        figures.insert(format!("b.{name}"), fitted.fit.coefficients[j].into());
        figures.insert(format!("se_hac.{name}"), inference.standard_error.into());
        figures.insert(format!("t.{name}"), inference.t.into());
        figures.insert(format!("p.{name}"), inference.p.into());
        let [lo, hi] = level.of_inference(fitted.fit.coefficients[j], &inference);
        figures.insert(format!("ci.{name}.lo"), lo.into());
        figures.insert(format!("ci.{name}.hi"), hi.into());
    }
    let (effect, inference) = fitted.average_effect();
    figures.insert("dw".into(), fitted.durbin_watson().into());
    figures.insert("cf.mean".into(), fitted.counterfactual_mean().into());
    figures.insert("effect.avg".into(), effect.into());
    figures.insert("effect.avg.se".into(), inference.standard_error.into());
    let [lo, hi] = level.of_inference(effect, &inference);
    figures.insert("effect.avg.lo".into(), lo.into());
    figures.insert("effect.avg.hi".into(), hi.into());
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_season_lag_and_covariates_come_from_the_case() {
        let mut csv = "calls,rain\n".to_owned();
        for i in 0..52_u32 {
            let (rain, drop) = ((i * 7) % 5, if i >= 30 { 6 } else { 0 });
            csv += &format!("{},{rain}\n", f64::from(40 + 2 * rain - drop) + f64::from((i * 11) % 7) / 70.0);
        }
        let spec = Spec(
            "y=calls; regressors: intercept, t=1..n, level=1[t>=31], slope=(t-30)*level (0 before), \
             sin/cos of 2*pi*k*t/4 for k=1..1, rain. hac: Bartlett kernel, lag L=5, no prewhitening.",
        );
        let read = |name: &str| (name == "data.csv").then(|| csv.clone());
        let figures = figures(&["b.const", "b.s1", "b.rain"], spec, &read).unwrap();
        assert!((figures["b.level"].as_f64().unwrap() + 6.0).abs() < 0.1);
        assert!((figures["b.rain"].as_f64().unwrap() - 2.0).abs() < 0.05);
        assert!(figures.contains_key("se_hac.c1") && !figures.contains_key("b.s2"));
        assert_eq!(season(spec), Some(Harmonics { period: 4, pairs: 1 }));
        assert_eq!(number(spec.after("L=")), Some(5));
    }
}
