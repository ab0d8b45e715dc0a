//! Event study: the gap between the arms period by period, against the last
//! period before the change, and the joint test that the leads are zero.
//!
//! With few clusters and many periods the leads are averaged in consecutive
//! blocks before they are tested: a third as many as the smaller arm has clusters.

use std::collections::BTreeSet;

use serde::Serialize;

use super::cells::{CellFit, CellRow, Products};
use super::did::{DidRow, Inference};
use super::linear::{inverse, quadratic_form, traces};
use crate::distribution::f_upper;
use crate::figure::{IntervalMethod, Refusal, RefusalReason};

/// A joint p below this rejects parallel trends.
pub(crate) const REJECTED_BELOW: f64 = 0.05;

/// The gap between the arms in one period, less the gap in the reference period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeriodGap {
    /// Period number as given.
    pub period: i32,
    /// Whether it lies after the change.
    pub post: bool,
    /// (T - C) in this period minus (T - C) in the reference period.
    pub value: f64,
    /// CR1 inference.
    #[serde(flatten)]
    pub inference: Inference,
}

/// The joint test of the leads, with every period's gap to draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreTrend {
    /// Definition id.
    pub definition: &'static str,
    /// The last period before the change.
    pub reference: i32,
    /// All other periods in order, leads and lags.
    pub gaps: Vec<PeriodGap>,
    /// Joint statistic, scaled to F (Hotelling).
    pub f: f64,
    /// Periods before the change other than the reference.
    pub leads: u64,
    /// Consecutive blocks into which the leads are averaged for the test.
    pub blocks: u64,
    /// Denominator degrees of freedom (Krishnamoorthy-Yu).
    pub df: f64,
    /// p of the joint test.
    pub p: f64,
    /// Whether the trends before may be called parallel (p at least 0.05).
    pub holds: bool,
    /// Clusters.
    pub clusters: u64,
    /// Rows.
    pub n: u64,
}

/// Tests the leads jointly. Periods in which an arm was not observed are left out.
///
/// # Errors
/// A [`Refusal`] with fewer than two periods before the change, or fewer than three
/// clusters in one arm.
pub fn pre_trend(rows: &[DidRow]) -> Result<PreTrend, Refusal> {
    let periods = shared_periods(rows);
    let before: Vec<usize> = (0..periods.len()).filter(|&i| !periods[i].1).collect();
    let Some((&reference, leads)) = before.split_last().filter(|(_, leads)| !leads.is_empty()) else {
        let have = before.len() as u64;
        return Err(Refusal::count(RefusalReason::NoPrePeriod, have, 2));
    };
    let fit = fit(rows, &periods);
    let contrast = |period: usize| {
        let mut c = vec![0.0; 2 * periods.len()];
        (c[2 * period], c[2 * period + 1]) = (-1.0, 1.0);
        (c[2 * reference], c[2 * reference + 1]) = (1.0, -1.0);
        c
    };
    let others: Vec<usize> = (0..periods.len()).filter(|&i| i != reference).collect();
    let contrasts: Vec<Vec<f64>> = others.iter().map(|&i| contrast(i)).collect();
    let covariance = fit.cr1(&contrasts);
    let values: Vec<f64> = contrasts.iter().map(|c| fit.contrast(c)).collect();
    let clusters = fit.clusters as f64;
    let gaps = others
        .iter()
        .enumerate()
        .map(|(k, &i)| PeriodGap {
            period: periods[i].0,
            post: periods[i].1,
            value: values[k],
            inference: Inference::of(values[k], covariance[k][k].sqrt(), clusters - 1.0, IntervalMethod::ClusterRobust),
        })
        .collect();
    let blocks = lead_blocks(leads, &fit)?;
    let tested: Vec<Vec<f64>> = blocks.iter().map(|block| average(block.iter().map(|&i| contrast(i)))).collect();
    let (f, df) = joint(&fit, &tested)?;
    let p = f_upper(f, tested.len() as f64, df);
    Ok(PreTrend {
        definition: "pre-trend.v1",
        reference: periods[reference].0,
        gaps,
        f,
        leads: leads.len() as u64,
        blocks: tested.len() as u64,
        df,
        p,
        holds: p >= REJECTED_BELOW,
        clusters: fit.clusters,
        n: fit.n,
    })
}

/// Periods seen in both arms, in order, with whether they lie after the change.
fn shared_periods(rows: &[DidRow]) -> Vec<(i32, bool)> {
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    let mut last = [None; 2];
    for row in rows.iter().filter(|r| r.y.is_finite() && r.weight > 0.0) {
        let (arm, period) = (usize::from(row.treated), (row.period, row.post));
        // rows mostly come in runs of one period: spare the set
        if last[arm] != Some(period) {
            seen[arm].insert(period);
            last[arm] = Some(period);
        }
    }
    seen[0].intersection(&seen[1]).copied().collect()
}

fn fit(rows: &[DidRow], periods: &[(i32, bool)]) -> CellFit {
    let cells = rows
        .iter()
        .filter(|r| r.y.is_finite() && r.weight.is_finite() && r.weight > 0.0)
        .filter_map(|row| {
            let period = periods.binary_search(&(row.period, row.post)).ok()?;
            Some(CellRow {
                cluster: row.cluster,
                cell: u32::try_from(2 * period + usize::from(row.treated)).ok()?,
                y: row.y,
                weight: row.weight,
            })
        })
        .collect();
    CellFit::of(cells, 2 * periods.len())
}

/// Clusters of the smaller arm per tested block: with fewer the joint test
/// rejects parallel trends far too often.
const CLUSTERS_PER_BLOCK: u64 = 3;

/// Whether a cell belongs to the treated arm.
fn is_treated(cell: usize) -> bool {
    cell % 2 == 1
}

/// Consecutive leads in as many blocks as the smaller arm can carry.
fn lead_blocks<'a>(leads: &'a [usize], fit: &CellFit) -> Result<Vec<&'a [usize]>, Refusal> {
    let arm = |treated| fit.by_cluster().filter(|c| c.iter().any(|b| is_treated(b.cell) == treated)).count() as u64;
    let least = arm(true).min(arm(false));
    if least < CLUSTERS_PER_BLOCK {
        return Err(Refusal::count(RefusalReason::TooFewClusters, least, CLUSTERS_PER_BLOCK));
    }
    let most = usize::try_from(least / CLUSTERS_PER_BLOCK).unwrap_or(usize::MAX);
    let size = leads.len().div_ceil(most.min(leads.len()));
    Ok(leads.chunks(size).collect())
}

fn average(contrasts: impl ExactSizeIterator<Item = Vec<f64>>) -> Vec<f64> {
    let count = contrasts.len() as f64;
    let total = contrasts.reduce(|a, b| a.iter().zip(&b).map(|(x, y)| x + y).collect());
    total.unwrap_or_default().into_iter().map(|x| x / count).collect()
}

/// Hotelling's statistic of several contrasts with its denominator degrees of
/// freedom. The arms may differ in size and spread, so the degrees of freedom
/// are those of Krishnamoorthy and Yu over treated, control and mixed clusters.
fn joint(fit: &CellFit, contrasts: &[Vec<f64>]) -> Result<(f64, f64), Refusal> {
    let refusal = Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 };
    let q = contrasts.len();
    let mut groups = vec![Products::of(q); 3];
    fit.each_score(contrasts, |blocks, score| {
        let treated = blocks.iter().any(|b| is_treated(b.cell));
        let control = blocks.iter().any(|b| !is_treated(b.cell));
        groups[usize::from(treated) + usize::from(treated && control)].add(score);
    });
    let parts: Vec<(f64, Vec<Vec<f64>>)> = groups
        .iter()
        .filter(|group| group.count > 1)
        .map(|group| (group.count as f64 - 1.0, group.scaled(group.count as f64 / (group.count as f64 - 1.0))))
        .collect();
    let total: Vec<Vec<f64>> =
        (0..q).map(|i| (0..q).map(|j| parts.iter().map(|(_, v)| v[i][j]).sum()).collect()).collect();
    let inverse = inverse(&total).ok_or(refusal)?;
    let spread: f64 = parts
        .iter()
        .map(|(df, v)| {
            let (first, second) = traces(v, &inverse);
            (second + first * first) / df
        })
        .sum();
    let q = q as f64;
    let nu = (q + q * q) / spread;
    let df = nu - q + 1.0;
    if df.is_nan() || df <= 0.0 {
        return Err(refusal);
    }
    let values: Vec<f64> = contrasts.iter().map(|c| fit.contrast(c)).collect();
    Ok((quadratic_form(&inverse, &values) * df / (nu * q), df))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten persons per arm, four periods, the change before the last.
    fn panel(drift: f64) -> Vec<DidRow> {
        let mut rows = Vec::new();
        for unit in 0..20_u64 {
            let treated = unit < 10;
            for period in 0..4_i32 {
                let noise = ((unit * 7 + period as u64 * 13) % 11) as f64 / 11.0;
                let trend = if treated { drift * f64::from(period) } else { 0.0 };
                rows.push(DidRow {
                    unit,
                    cluster: unit,
                    treated,
                    period,
                    post: period == 3,
                    y: unit as f64 + noise + trend,
                    weight: 1.0,
                });
            }
        }
        rows
    }

    #[test]
    fn parallel_arms_pass_and_drifting_arms_fail() {
        let parallel = pre_trend(&panel(0.0)).unwrap();
        assert_eq!((parallel.leads, parallel.reference), (2, 2));
        assert_eq!(parallel.gaps.len(), 3);
        assert!(parallel.holds, "p {}", parallel.p);
        assert!(!pre_trend(&panel(2.0)).unwrap().holds);
    }

    #[test]
    fn one_period_before_cannot_be_tested() {
        let rows: Vec<DidRow> = panel(0.0).into_iter().filter(|r| r.period >= 2).collect();
        assert_eq!(pre_trend(&rows).unwrap_err().reason, RefusalReason::NoPrePeriod);
    }
}
