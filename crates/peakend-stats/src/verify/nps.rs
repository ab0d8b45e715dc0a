//! Cases of the method "NPS point estimate, intervals, difference tests,
//! CSAT/CES intervals, multiple comparisons".
//!
//! Tables, each optional: `survey.csv` (score and two more scores of the same
//! respondents), `counts.csv` (id, P, N, D), `diffs.csv` (id and two ids of
//! counts), `csat.csv` (id, k, n), `pvals.csv` (p).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::CaseError;
use super::{Figures, ReadTable};
use crate::figure::Interval;
use crate::insight::bands::{Band, NpsBands};
use crate::insight::compare::{Difference, paired};
use crate::insight::family::{benjamini_hochberg, holm};
use crate::insight::nps::NpsCounts;
use crate::insight::nps_compare::{adjusted_difference, wald_difference, welch_difference};
use crate::insight::nps_interval::{adjusted_wald, percentile_bootstrap, plain_wald, score};
use crate::insight::proportion::{agresti_coull, clopper_pearson, wilson};
use crate::insight::rank_test::mann_whitney;
use crate::table::Table;

/// All figures of the case. `ids` tells for which groups a bootstrap is wanted.
pub(super) fn figures(ids: &[&str], read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let mut figures = Figures::new();
    let bootstrapped: BTreeSet<&str> = ids.iter().filter_map(|id| Some(id.split_once(".boot.")?.0)).collect();
    if let Some(table) = Table::find("survey.csv", read)? {
        survey(&table, &mut figures)?;
        let counts = survey_counts(&table)?;
        group("survey", &counts, bootstrapped.contains("survey"), &mut figures);
    }
    if let Some(table) = Table::find("counts.csv", read)? {
        let groups = groups(&table)?;
        for (id, counts) in &groups {
            group(id, counts, bootstrapped.contains(id.as_str()), &mut figures);
        }
        if let Some(table) = Table::find("diffs.csv", read)? {
            differences(&table, &groups, &mut figures)?;
        }
    }
    if let Some(table) = Table::find("csat.csv", read)? {
        shares(&table, &mut figures)?;
    }
    if let Some(table) = Table::find("pvals.csv", read)? {
        multiple(&table, &mut figures)?;
    }
    Ok(figures)
}

fn put(figures: &mut Figures, id: String, value: impl Into<Value>) {
    figures.insert(id, value.into());
}

fn put_interval(figures: &mut Figures, id: &str, interval: Interval) {
    put(figures, format!("{id}.lo"), interval.lo);
    put(figures, format!("{id}.hi"), interval.hi);
}

fn score_column(table: &Table) -> usize {
    table.maybe_column(&["score", "nps"]).unwrap_or(0)
}

fn survey_counts(table: &Table) -> Result<NpsCounts, CaseError> {
    let column = score_column(table);
    let mut counts = NpsCounts::default();
    for row in 0..table.len() {
        let Some(score) = table.number(row, column)? else { continue };
        match NpsBands::STANDARD.band(score) {
            Some(Band::Promoter) => counts.promoters += 1,
            Some(Band::Passive) => counts.passives += 1,
            Some(Band::Detractor) => counts.detractors += 1,
            None => return Err(table.fault(row, column, "a score from 0 to 10").into()),
        }
    }
    Ok(counts)
}

/// +1, 0 or -1 for the class of an answer.
fn step(table: &Table, row: usize, column: usize) -> Result<Option<i32>, CaseError> {
    let Some(score) = table.number(row, column)? else { return Ok(None) };
    match NpsBands::STANDARD.band(score) {
        Some(Band::Promoter) => Ok(Some(1)),
        Some(Band::Passive) => Ok(Some(0)),
        Some(Band::Detractor) => Ok(Some(-1)),
        None => Err(table.fault(row, column, "a score from 0 to 10").into()),
    }
}

/// The paired comparison of the two columns beside the score, first minus second.
fn survey(table: &Table, figures: &mut Figures) -> Result<(), CaseError> {
    let skip = [Some(score_column(table)), table.maybe_column(&["id", "respondent"])];
    let mut others = (0..table.header().len()).filter(|c| !skip.contains(&Some(*c)));
    let (Some(first), Some(second)) = (others.next(), others.next()) else {
        return Ok(());
    };
    let mut steps = Vec::new();
    for row in 0..table.len() {
        if let (Some(a), Some(b)) = (step(table, row, first)?, step(table, row, second)?) {
            steps.push(a - b);
        }
    }
    let comparison = paired(&steps, 100.0);
    put(figures, "paired.n".into(), steps.len());
    put(figures, "paired.diff".into(), comparison.t.value);
    put(figures, "paired.se_t".into(), comparison.t.standard_error);
    put(figures, "paired.t".into(), comparison.t.statistic);
    put(figures, "paired.t.p".into(), comparison.t.p);
    put_interval(figures, "paired.ci", comparison.t.interval);
    put(figures, "paired.wilcoxon.p".into(), comparison.wilcoxon.p);
    put(figures, "paired.sign_flip.p".into(), comparison.sign_flip_p);
    Ok(())
}

fn groups(table: &Table) -> Result<BTreeMap<String, NpsCounts>, CaseError> {
    let id = table.column(&["id", "group"])?;
    let p = table.column(&["p", "promoters"])?;
    let n = table.column(&["n", "passives"])?;
    let d = table.column(&["d", "detractors"])?;
    (0..table.len())
        .map(|row| {
            let counts = NpsCounts::new(table.count(row, p)?, table.count(row, n)?, table.count(row, d)?);
            Ok((table.text(row, id).to_owned(), counts))
        })
        .collect()
}

fn group(id: &str, counts: &NpsCounts, bootstrapped: bool, figures: &mut Figures) {
    put(figures, format!("{id}.P"), counts.promoters);
    put(figures, format!("{id}.N"), counts.passives);
    put(figures, format!("{id}.D"), counts.detractors);
    put(figures, format!("{id}.n"), counts.n());
    put(figures, format!("{id}.nps"), counts.nps());
    put(figures, format!("{id}.se_wald"), counts.standard_error());
    put_interval(figures, &format!("{id}.ci.wald"), plain_wald(counts));
    put_interval(figures, &format!("{id}.ci.aw"), adjusted_wald(counts));
    put_interval(figures, &format!("{id}.ci.score"), score(counts));
    if bootstrapped {
        put_interval(figures, &format!("{id}.boot"), percentile_bootstrap(counts));
    }
}

fn differences(table: &Table, groups: &BTreeMap<String, NpsCounts>, figures: &mut Figures) -> Result<(), CaseError> {
    let id = table.column(&["id", "diff"])?;
    let columns = [table.column(&["a"])?, table.column(&["b"])?];
    for row in 0..table.len() {
        let counts = |column: usize| {
            groups.get(table.text(row, column)).ok_or_else(|| table.fault(row, column, "an id of counts.csv"))
        };
        let (a, b) = (counts(columns[0])?, counts(columns[1])?);
        let id = table.text(row, id);
        put_difference(figures, &format!("{id}.wald"), &wald_difference(a, b));
        put_difference(figures, &format!("{id}.aw"), &adjusted_difference(a, b));
        put_difference(figures, &format!("{id}.welch"), &welch_difference(a, b));
        let ranks = mann_whitney(&a.ordered(), &b.ordered());
        put(figures, format!("{id}.mwu.u"), ranks.statistic);
        put(figures, format!("{id}.mwu.z"), ranks.z);
        put(figures, format!("{id}.mwu.p"), ranks.p);
    }
    Ok(())
}

fn put_difference(figures: &mut Figures, id: &str, difference: &Difference) {
    put(figures, format!("{id}.diff"), difference.value);
    put(figures, format!("{id}.se"), difference.standard_error);
    put(figures, format!("{id}.p"), difference.p);
    put(figures, format!("{id}.lo"), difference.interval.lo);
    put(figures, format!("{id}.hi"), difference.interval.hi);
    let statistic = if difference.df.is_some() { "t" } else { "z" };
    put(figures, format!("{id}.{statistic}"), difference.statistic);
    if let Some(df) = difference.df {
        put(figures, format!("{id}.df"), df);
    }
}

fn shares(table: &Table, figures: &mut Figures) -> Result<(), CaseError> {
    let (id, k, n) = (table.column(&["id"])?, table.column(&["k"])?, table.column(&["n"])?);
    for row in 0..table.len() {
        let (name, k, n) = (table.text(row, id), table.count(row, k)?, table.count(row, n)?);
        put(figures, format!("{name}.share"), k as f64 / n as f64);
        put_interval(figures, &format!("{name}.wilson"), wilson(k, n));
        put_interval(figures, &format!("{name}.clopper_pearson"), clopper_pearson(k, n));
        put_interval(figures, &format!("{name}.agresti_coull"), agresti_coull(k, n));
    }
    Ok(())
}

fn multiple(table: &Table, figures: &mut Figures) -> Result<(), CaseError> {
    let column = table.maybe_column(&["p", "pvalue", "p_value"]).unwrap_or(0);
    let mut p = Vec::with_capacity(table.len());
    for row in 0..table.len() {
        p.push(table.number(row, column)?.ok_or_else(|| table.fault(row, column, "a p value"))?);
    }
    for (name, adjusted) in [("holm", holm(&p)), ("fdr_bh", benjamini_hochberg(&p))] {
        for (i, value) in adjusted.into_iter().enumerate() {
            put(figures, format!("mult.{name}.{i}"), value);
        }
    }
    Ok(())
}
