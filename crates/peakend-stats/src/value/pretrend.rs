//! Event study: the gap between the arms period by period, against the last
//! period before the change, and the joint test that the leads are zero.

use std::collections::BTreeSet;

use serde::Serialize;

use super::cells::{CellFit, CellRow};
use super::did::{DidRow, Inference};
use super::linear::quadratic_form;
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
    /// Joint statistic of the leads, scaled to F (Hotelling).
    pub f: f64,
    /// Leads tested.
    pub leads: u64,
    /// Denominator degrees of freedom, G minus the leads.
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
/// A [`Refusal`] with fewer than two periods before the change, or with no more
/// clusters than leads.
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
    let tested: Vec<usize> = (0..others.len()).filter(|&k| leads.contains(&others[k])).collect();
    let (f, df) = joint(&covariance, &values, &tested, fit.clusters)?;
    let p = f_upper(f, tested.len() as f64, df);
    Ok(PreTrend {
        definition: "pre-trend.v1",
        reference: periods[reference].0,
        gaps,
        f,
        leads: tested.len() as u64,
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

/// Hotelling's scaling of the Wald statistic: with few clusters the plain one
/// rejects far too often.
fn joint(covariance: &[Vec<f64>], values: &[f64], tested: &[usize], clusters: u64) -> Result<(f64, f64), Refusal> {
    let q = tested.len() as f64;
    let refusal = Refusal::count(RefusalReason::TooFewClusters, clusters, tested.len() as u64 + 2);
    let df = clusters as f64 - q;
    if df < 2.0 {
        return Err(refusal);
    }
    let sub: Vec<Vec<f64>> = tested.iter().map(|&i| tested.iter().map(|&j| covariance[i][j]).collect()).collect();
    let d: Vec<f64> = tested.iter().map(|&i| values[i]).collect();
    let wald = quadratic_form(&sub, &d).ok_or(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 })?;
    Ok((wald * df / (q * (clusters as f64 - 1.0)), df))
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
