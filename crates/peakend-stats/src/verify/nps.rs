//! Cases of the method "NPS point estimate, intervals, difference tests,
//! CSAT/CES intervals, multiple comparisons".
//!
//! Tables, each optional: `survey.csv` (score and two more scores of the same
//! respondents), `counts.csv` (id, P, N, D), `diffs.csv` (id and two ids of
//! counts or of mean scores), `csat.csv` (id, k, n), `ces.csv` (mean scores),
//! `pvals.csv` (p).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::CaseError;
use super::level::Level;
use super::mean_score::{self, MeanScores};
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable};
use crate::figure::Interval;
use crate::insight::bands::{Band, NpsBands};
use crate::insight::compare::{Difference, paired};
use crate::insight::family::{benjamini_hochberg, chi_square, holm};
use crate::insight::nps::{NpsCounts, nps_of_counts};
use crate::insight::nps_compare::{
    adjusted_difference, detectable_difference, nps_change, wald_difference, welch_difference,
};
use crate::insight::nps_interval::{adjusted_wald_at, nps_interval, percentile_bootstrap_at, plain_wald_at, score_at};
use crate::insight::proportion::{agresti_coull_at, clopper_pearson_at, wilson_at};
use crate::insight::raking::WeightSpread;
use crate::insight::rank_test::mann_whitney;
use crate::insight::weighted_mean::weighted_mean;
use crate::table::Table;

/// Answers from which a customer figure is shown.
const SHOWN_FROM: u64 = 5;
/// Files of mean scores.
const MEAN_TABLES: [&str; 6] = ["ces.csv", "mean.csv", "means.csv", "scores.csv", "ratings.csv", "values.csv"];

/// All figures of the case. `ids` tells for which groups a bootstrap is wanted.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let level = Level::of(spec);
    let mut figures = Figures::new();
    let bootstrapped: BTreeSet<&str> = ids.iter().filter_map(|id| Some(id.split_once(".boot.")?.0)).collect();
    if let Some(table) = Table::find("survey.csv", read)? {
        survey(&table, level, &mut figures)?;
        weighted(&table, level, &mut figures)?;
        let counts = survey_counts(&table)?;
        group("survey", &counts, (level, bootstrapped.contains("survey")), &mut figures);
    }
    let mut scores = MeanScores::new();
    for name in MEAN_TABLES {
        if let Some(table) = Table::find(name, read)? {
            scores.extend(mean_score::groups(&table)?);
        }
    }
    mean_score::put(&scores, level, &mut figures);
    let mut groups = BTreeMap::new();
    if let Some(table) = Table::find("counts.csv", read)? {
        groups = self::groups(&table)?;
        for (id, counts) in &groups {
            group(id, counts, (level, bootstrapped.contains(id.as_str())), &mut figures);
        }
        omnibus(&groups, &mut figures);
        detectable(ids, &groups, &mut figures);
    }
    if let Some(table) = Table::find("diffs.csv", read)? {
        differences(&table, (&groups, &scores), level, &mut figures)?;
    }
    if let Some(table) = Table::find("csat.csv", read)? {
        shares(&table, level, &mut figures)?;
    }
    if let Some(table) = Table::find("pvals.csv", read)? {
        multiple(&table, &mut figures)?;
    }
    Ok(figures)
}

/// All groups at once: chi-square on the table of three classes by groups.
fn omnibus(groups: &BTreeMap<String, NpsCounts>, figures: &mut Figures) {
    let counts: Vec<[u64; 3]> = groups.values().map(NpsCounts::ordered).collect();
    let test = chi_square(&counts);
    for prefix in ["omnibus", "chi2"] {
        for name in ["chi2", "chisq", "stat", "statistic"] {
            put(figures, format!("{prefix}.{name}"), test.statistic);
        }
        put(figures, format!("{prefix}.df"), test.df);
        put(figures, format!("{prefix}.p"), test.p);
    }
}

/// `GROUP.mde.N` or `mde.GROUP.N`: the smallest difference that N answers per group
/// detect at 80 % power.
fn detectable(ids: &[&str], groups: &BTreeMap<String, NpsCounts>, figures: &mut Figures) {
    for id in ids {
        let parts: Vec<&str> = id.split('.').collect();
        let (group, n) = match parts.as_slice() {
            [group, "mde", n] | ["mde", group, n] => (groups.get(*group), n.trim_start_matches('n').parse().ok()),
            [group, "mde"] | ["mde", group] => (groups.get(*group), groups.get(*group).map(NpsCounts::n)),
            _ => (None, None),
        };
        if let (Some(counts), Some(n)) = (group, n) {
            put(figures, (*id).to_owned(), detectable_difference(counts, n));
        }
    }
}

fn put(figures: &mut Figures, id: String, value: impl Into<Value>) {
    figures.insert(id, value.into());
}

fn put_interval(figures: &mut Figures, id: &str, interval: Interval) {
    put_limits(figures, id, [interval.lo, interval.hi]);
}

fn put_limits(figures: &mut Figures, id: &str, [lo, hi]: [f64; 2]) {
    put(figures, format!("{id}.lo"), lo);
    put(figures, format!("{id}.hi"), hi);
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
fn survey(table: &Table, level: Level, figures: &mut Figures) -> Result<(), CaseError> {
    let skip = [Some(score_column(table)), table.maybe_column(&["id", "respondent"]), weight_column(table)];
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
    put_limits(figures, "paired.ci", level.of_difference(&comparison.t));
    put(figures, "paired.wilcoxon.p".into(), comparison.wilcoxon.p);
    put(figures, "paired.sign_flip.p".into(), comparison.sign_flip_p);
    Ok(())
}

fn weight_column(table: &Table) -> Option<usize> {
    table.maybe_column(&["weight", "w", "weights"])
}

/// The weighted NPS, where the survey has weights: interval with the effective base,
/// error by linearisation.
fn weighted(table: &Table, level: Level, figures: &mut Figures) -> Result<(), CaseError> {
    let Some(column) = weight_column(table) else { return Ok(()) };
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    for row in 0..table.len() {
        if let (Some(step), Some(weight)) = (step(table, row, score_column(table))?, table.number(row, column)?) {
            values.push(100.0 * f64::from(step));
            weights.push(weight);
        }
    }
    let spread = WeightSpread::of(&weights);
    put(figures, "weighted.n_eff".into(), spread.n_effective);
    put(figures, "weighted.deff".into(), spread.design_effect);
    if let Ok(found) = weighted_mean(&values, &weights, None, None, 2) {
        put(figures, "weighted.nps".into(), found.value);
        put(figures, "weighted.se".into(), found.fixed_weights);
        put_limits(figures, "weighted.ci.linear", level.around(found.value, found.fixed_weights, None));
        // shares of the classes as the weights see them, on the effective base
        let total: f64 = weights.iter().sum();
        let share = |class: f64| {
            let own: f64 = values.iter().zip(&weights).filter(|(x, _)| **x == class).map(|(_, w)| w).sum();
            own / total
        };
        let base = spread.n_effective + 3.0;
        let adjusted = |class: f64| (share(class) * spread.n_effective + 0.75) / base;
        let (p, d) = (adjusted(100.0), adjusted(-100.0));
        let error = 100.0 * ((p + d - (p - d).powi(2)) / base).sqrt();
        let limits = level.around(100.0 * (p - d), error, None).map(|limit| limit.clamp(-100.0, 100.0));
        put_limits(figures, "weighted.ci.aw", limits);
    }
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

fn group(id: &str, counts: &NpsCounts, (level, bootstrapped): (Level, bool), figures: &mut Figures) {
    let z = level.z();
    put(figures, format!("{id}.P"), counts.promoters);
    put(figures, format!("{id}.N"), counts.passives);
    put(figures, format!("{id}.D"), counts.detractors);
    put(figures, format!("{id}.n"), counts.n());
    put(figures, format!("{id}.nps"), counts.nps());
    put(figures, format!("{id}.se_wald"), counts.standard_error());
    put_interval(figures, &format!("{id}.ci.wald"), plain_wald_at(counts, z));
    put_interval(figures, &format!("{id}.ci.aw"), adjusted_wald_at(counts, z));
    put_interval(figures, &format!("{id}.ci.score"), score_at(counts, z));
    if level.outside == 0.05 {
        put_interval(figures, &format!("{id}.ci.default"), nps_interval(counts));
    }
    if let Some(tenths) = counts.tenths() {
        put(figures, format!("{id}.shown"), tenths as f64 / 10.0);
    }
    put_refusal(figures, &format!("{id}."), &nps_of_counts(counts, &NpsBands::STANDARD, SHOWN_FROM));
    if bootstrapped {
        put_interval(figures, &format!("{id}.boot"), percentile_bootstrap_at(counts, level.outside));
    }
}

fn differences(
    table: &Table,
    (groups, scores): (&BTreeMap<String, NpsCounts>, &MeanScores),
    level: Level,
    figures: &mut Figures,
) -> Result<(), CaseError> {
    let id = table.column(&["id", "diff"])?;
    let columns = [table.column(&["a"])?, table.column(&["b"])?];
    for row in 0..table.len() {
        let [a, b] = columns.map(|column| table.text(row, column));
        let id = table.text(row, id);
        if let (Some(a), Some(b)) = (scores.get(a), scores.get(b)) {
            mean_score::put_difference(id, [a, b], level, figures);
            continue;
        }
        let counts =
            |name: &str, column: usize| groups.get(name).ok_or_else(|| table.fault(row, column, "an id of counts.csv"));
        let (a, b) = (counts(a, columns[0])?, counts(b, columns[1])?);
        put_difference(figures, &format!("{id}.wald"), &wald_difference(a, b), level);
        put_difference(figures, &format!("{id}.aw"), &adjusted_difference(a, b), level);
        put_difference(figures, &format!("{id}.welch"), &welch_difference(a, b), level);
        let ranks = mann_whitney(&a.ordered(), &b.ordered());
        put(figures, format!("{id}.mwu.u"), ranks.statistic);
        put(figures, format!("{id}.mwu.z"), ranks.z);
        put(figures, format!("{id}.mwu.p"), ranks.p);
        put_refusal(figures, &format!("{id}."), &nps_change(a, b));
    }
    Ok(())
}

pub(super) fn put_difference(figures: &mut Figures, id: &str, difference: &Difference, level: Level) {
    put(figures, format!("{id}.diff"), difference.value);
    put(figures, format!("{id}.se"), difference.standard_error);
    put(figures, format!("{id}.p"), difference.p);
    put_limits(figures, id, level.of_difference(difference));
    let statistic = if difference.df.is_some() { "t" } else { "z" };
    put(figures, format!("{id}.{statistic}"), difference.statistic);
    if let Some(df) = difference.df {
        put(figures, format!("{id}.df"), df);
    }
}

fn shares(table: &Table, level: Level, figures: &mut Figures) -> Result<(), CaseError> {
    let (id, k, n) = (table.column(&["id"])?, table.column(&["k"])?, table.column(&["n"])?);
    for row in 0..table.len() {
        let (name, k, n) = (table.text(row, id), table.count(row, k)?, table.count(row, n)?);
        put(figures, format!("{name}.share"), k as f64 / n as f64);
        put_interval(figures, &format!("{name}.wilson"), wilson_at(k, n, level.z()));
        put_interval(figures, &format!("{name}.clopper_pearson"), clopper_pearson_at(k, n, level.outside));
        put_interval(figures, &format!("{name}.agresti_coull"), agresti_coull_at(k, n, level.z()));
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
