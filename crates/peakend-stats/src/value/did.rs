//! Difference-in-differences (`did.v1`): (T1 - T0) - (C1 - C0) with
//! cluster-robust errors, four means, and the test of the trends before.
//!
//! Inference is CR1 with t(G - 1); below 50 clusters, or below ten treated ones,
//! CR2 with Satterthwaite degrees of freedom.

use serde::Serialize;

use super::cells::{CellFit, CellRow};
use super::linear::cr2;
use super::pretrend::{PreTrend, pre_trend};
use crate::distribution::{t_two_sided, t95};
use crate::figure::{Answer, Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};

/// Below this many clusters CR2 is the headline.
const CR1_FROM: u64 = 50;
/// Below this many treated clusters CR2 is the headline, with a warning.
const TREATED_CLUSTERS_FROM: u64 = 10;
/// Below this many clusters there is a warning.
const CLUSTERS_FROM: u64 = 30;
/// T1 - T0 - (C1 - C0) over the cells control before, control after, treated
/// before, treated after.
pub(crate) const EFFECT: [f64; 4] = [1.0, -1.0, -1.0, 1.0];

/// One unit in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DidRow {
    /// Who or what was observed.
    pub unit: u64,
    /// What was assigned together: person, pair or branch.
    pub cluster: u64,
    /// Whether the unit belongs to the treated arm (for all its periods).
    pub treated: bool,
    /// Ordered period number, such as months since year 0.
    pub period: i32,
    /// Whether the period lies after the change.
    pub post: bool,
    /// Outcome.
    pub y: f64,
    /// Matching or sampling weight; 1 without.
    pub weight: f64,
}

impl DidRow {
    fn usable(&self) -> bool {
        self.y.is_finite() && self.weight.is_finite() && self.weight > 0.0
    }

    fn cell(&self) -> u32 {
        2 * u32::from(self.treated) + u32::from(self.post)
    }
}

/// A cell mean and its rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CellMean {
    /// Weighted mean of the outcome.
    pub mean: f64,
    /// Rows.
    pub n: u64,
}

/// The four means an effect is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FourMeans {
    /// C0.
    pub control_before: CellMean,
    /// C1.
    pub control_after: CellMean,
    /// T0.
    pub treated_before: CellMean,
    /// T1.
    pub treated_after: CellMean,
}

/// One way of judging an effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Inference {
    /// Standard error.
    pub standard_error: f64,
    /// Effect / standard error.
    pub t: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p.
    pub p: f64,
    /// 95 % interval.
    pub interval: Interval,
}

impl Inference {
    pub(crate) fn of(value: f64, se: f64, df: f64, method: IntervalMethod) -> Self {
        let t = if value == 0.0 { 0.0 } else { value / se };
        let reach = t95(df) * se;
        Self {
            standard_error: se,
            t,
            df,
            p: t_two_sided(t, df),
            interval: Interval::new(value - reach, value + reach, method),
        }
    }
}

/// A difference-in-differences fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DidEstimate {
    /// Definition id.
    pub definition: &'static str,
    /// The effect, in the unit of the outcome.
    pub value: f64,
    /// The inference to show: CR1 or CR2, named in its interval.
    #[serde(flatten)]
    pub shown: Inference,
    /// Rows used.
    pub n: u64,
    /// Clusters.
    pub clusters: u64,
    /// Clusters with treated rows.
    pub treated_clusters: u64,
    /// Clusters with control rows.
    pub control_clusters: u64,
    /// The four means.
    pub means: FourMeans,
    /// Cluster-robust, t(G - 1).
    pub cr1: Inference,
    /// Bias-reduced, Satterthwaite.
    pub cr2: Inference,
    /// Joint test of the leads, or why there is none.
    pub pre_trend: Answer<PreTrend>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

impl DidEstimate {
    /// Whether the trends before allow to call this an effect. False greys the
    /// figure; an untestable trend is only warned about.
    #[must_use]
    pub fn trends_hold(&self) -> bool {
        match &self.pre_trend {
            Answer::Shown(trend) => trend.holds,
            Answer::Refused(_) => true,
        }
    }
}

/// The 2 x 2 design fitted, before any judgement: what reference cases check.
#[derive(Debug)]
pub struct FourCells {
    pub(crate) fit: CellFit,
}

impl FourCells {
    /// Fits the usable rows.
    #[must_use]
    pub fn of(rows: &[DidRow]) -> Self {
        let cells = rows
            .iter()
            .filter(|row| row.usable())
            .map(|row| CellRow { cluster: row.cluster, cell: row.cell(), y: row.y, weight: row.weight })
            .collect();
        Self { fit: CellFit::of(cells, 4) }
    }

    /// Rows used.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.fit.n
    }

    /// Clusters.
    #[must_use]
    pub fn clusters(&self) -> u64 {
        self.fit.clusters
    }

    /// The effect.
    #[must_use]
    pub fn effect(&self) -> f64 {
        self.fit.contrast(&EFFECT)
    }

    /// The four means.
    #[must_use]
    pub fn means(&self) -> FourMeans {
        let at = |i: usize| CellMean { mean: self.fit.cells[i].mean, n: self.fit.cells[i].n };
        FourMeans { control_before: at(0), control_after: at(1), treated_before: at(2), treated_after: at(3) }
    }

    /// CR1 with t(G - 1).
    #[must_use]
    pub fn cr1(&self) -> Inference {
        let variance = self.fit.cr1(&[EFFECT.to_vec()])[0][0];
        let df = self.fit.clusters as f64 - 1.0;
        Inference::of(self.effect(), variance.sqrt(), df, IntervalMethod::ClusterRobust)
    }

    /// CR2 with Satterthwaite degrees of freedom.
    #[must_use]
    pub fn cr2(&self) -> Inference {
        let reduced = cr2(&self.fit, &EFFECT);
        Inference::of(self.effect(), reduced.standard_error, reduced.df, IntervalMethod::BiasReducedCluster)
    }

    /// HC1 standard error: ignores that units repeat; never to be reported.
    #[must_use]
    pub fn hc1(&self) -> f64 {
        self.fit.hc1(&EFFECT)
    }

    /// Square root of the summed var / n of the cells; never to be reported.
    #[must_use]
    pub fn independent_cells(&self) -> f64 {
        let variance: f64 = self.fit.cells.iter().map(|c| c.squares / (c.n as f64 - 1.0) / c.n as f64).sum();
        variance.sqrt()
    }

    fn clusters_per_arm(&self) -> [u64; 2] {
        let mut arms = [0, 0];
        for blocks in self.fit.by_cluster() {
            arms[0] += u64::from(blocks.iter().any(|b| b.cell < 2));
            arms[1] += u64::from(blocks.iter().any(|b| b.cell >= 2));
        }
        arms
    }
}

/// Estimates the effect of a change on the treated arm.
///
/// # Errors
/// A [`Refusal`] when a cell is empty, an arm has fewer than two clusters, or
/// nothing varies.
pub fn difference_in_differences(rows: &[DidRow]) -> Result<DidEstimate, Refusal> {
    let fitted = FourCells::of(rows);
    if let Some(empty) = fitted.fit.cells.iter().map(|c| c.n).find(|n| *n == 0) {
        return Err(Refusal::count(RefusalReason::EmptyCell, empty, 1));
    }
    let [control_clusters, treated_clusters] = fitted.clusters_per_arm();
    let least = control_clusters.min(treated_clusters);
    if least < 2 {
        return Err(Refusal::count(RefusalReason::TooFewClusters, least, 2));
    }
    let (cr1, cr2) = (fitted.cr1(), fitted.cr2());
    if cr1.standard_error.is_nan() || cr1.standard_error <= 0.0 {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let small = fitted.clusters() < CR1_FROM || treated_clusters < TREATED_CLUSTERS_FROM;
    let pre_trend = pre_trend(rows);
    let mut warnings = cluster_warnings(fitted.clusters(), treated_clusters);
    warnings.extend(trend_warning(&pre_trend));
    let dropped = rows.len() as u64 - fitted.n();
    if dropped > 0 {
        warnings.push(Warning::count(WarningCode::MissingDropped, dropped, 0));
    }
    Ok(DidEstimate {
        definition: "did.v1",
        value: fitted.effect(),
        shown: if small && cr2.df.is_finite() { cr2 } else { cr1 },
        n: fitted.n(),
        clusters: fitted.clusters(),
        treated_clusters,
        control_clusters,
        means: fitted.means(),
        cr1,
        cr2,
        pre_trend: pre_trend.into(),
        warnings,
    })
}

fn cluster_warnings(clusters: u64, treated: u64) -> Vec<Warning> {
    let few = (clusters < CLUSTERS_FROM).then(|| Warning::count(WarningCode::FewClusters, clusters, CLUSTERS_FROM));
    let few_treated = (treated < TREATED_CLUSTERS_FROM)
        .then(|| Warning::count(WarningCode::FewTreatedClusters, treated, TREATED_CLUSTERS_FROM));
    few.into_iter().chain(few_treated).collect()
}

fn trend_warning(trend: &Result<PreTrend, Refusal>) -> Option<Warning> {
    match trend {
        Ok(trend) if trend.holds => None,
        Ok(trend) => {
            Some(Warning { code: WarningCode::PreTrendRejected, have: trend.p, bound: super::pretrend::REJECTED_BELOW })
        }
        Err(refusal) => Some(Warning { code: WarningCode::TrendUntestable, have: refusal.have, bound: refusal.need }),
    }
}

#[cfg(test)]
mod tests;
