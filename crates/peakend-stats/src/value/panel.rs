//! Panel regression (`panel.v1`): the same units seen in several periods, with
//! effects of the unit, of the period, both or none.
//!
//! Unit effects are removed by subtracting each unit's means; period effects stay
//! as columns, so that unbalanced panels are exact. Errors are clustered by the
//! unit or whatever coarser was assigned together. Unit effects alone that are nested
//! in the clusters do not count among the estimated coefficients (as in R plm and
//! Stata xtreg); Petersen (2009), Cameron & Miller (2015). Below 30 clusters the
//! shown inference is CR2 with Satterthwaite degrees of freedom.

use std::collections::BTreeMap;

use serde::Serialize;

use super::did::Inference;
use crate::figure::{IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::linear::covariance::{self, Hc, clustered, cr1_factor, heteroskedastic};
use crate::linear::reduced::cr2;
use crate::linear::{Fit, Matrix, least_squares};

/// Below this many clusters CR2 is shown, with a warning.
const CLUSTERS_FROM: usize = 30;

/// A regressor whose variation within units is below this share of its whole
/// variation does not vary within units.
const FLAT: f64 = 1e-9;

/// One unit in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelRow {
    /// Who or what was observed.
    pub entity: u64,
    /// Ordered period number.
    pub period: i64,
    /// What was assigned together; the entity itself without.
    pub cluster: u64,
    /// Outcome.
    pub y: f64,
    /// Regressors, the same number in every row.
    pub x: Vec<f64>,
}

/// What is taken out before the regressors are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effects {
    /// A constant alone (pooled).
    None,
    /// One level per entity.
    Entity,
    /// One level per entity and one per period.
    TwoWay,
}

/// Whether a covariance gets its small-sample factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// CR0.
    None,
    /// CR1: G/(G-1) (N-1)/(N-K).
    Cr1,
}

/// Usable rows in order of entity and period.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Entity per row.
    pub entities: Vec<u64>,
    /// Period per row.
    pub periods: Vec<i64>,
    /// Cluster per row.
    pub clusters: Vec<u64>,
    y: Vec<f64>,
    x: Matrix,
}

impl Panel {
    /// Sorts the rows, so that their order cannot matter, and leaves out those
    /// with a value that is not finite.
    #[must_use]
    pub fn of(rows: &[PanelRow]) -> Self {
        let mut rows: Vec<&PanelRow> =
            rows.iter().filter(|r| r.y.is_finite() && r.x.iter().all(|x| x.is_finite())).collect();
        rows.sort_by(|a, b| {
            let values = || a.x.iter().zip(&b.x).map(|(p, q)| p.total_cmp(q)).find(|o| o.is_ne());
            (a.entity, a.period, a.cluster)
                .cmp(&(b.entity, b.period, b.cluster))
                .then_with(|| a.y.total_cmp(&b.y))
                .then_with(|| values().unwrap_or(std::cmp::Ordering::Equal))
        });
        Self {
            entities: rows.iter().map(|r| r.entity).collect(),
            periods: rows.iter().map(|r| r.period).collect(),
            clusters: rows.iter().map(|r| r.cluster).collect(),
            y: rows.iter().map(|r| r.y).collect(),
            x: Matrix::from_rows(&rows.iter().map(|r| r.x.as_slice()).collect::<Vec<_>>()),
        }
    }

    /// Rows.
    #[must_use]
    pub fn n(&self) -> usize {
        self.y.len()
    }

    /// Number of different entities, periods and clusters.
    #[must_use]
    pub fn sizes(&self) -> [usize; 3] {
        [distinct(&self.entities), distinct(&self.periods), distinct(&self.clusters)]
    }

    /// Fits the regressors beside the effects.
    #[must_use]
    pub fn fit(&self, effects: Effects) -> PanelFit<'_> {
        let mut columns: Vec<Vec<f64>> = (0..self.x.columns()).map(|j| self.x.column(j)).collect();
        let mut y = self.y.clone();
        match effects {
            Effects::None => columns.push(vec![1.0; self.n()]),
            Effects::Entity => {}
            Effects::TwoWay => columns.extend(self.period_columns()),
        }
        if effects != Effects::None {
            let spreads: Vec<f64> = columns.iter().map(|c| spread(c)).collect();
            for column in columns.iter_mut().chain([&mut y]) {
                self.subtract_entity_means(column);
            }
            for (column, spread_before) in columns.iter_mut().zip(spreads) {
                // what rounding left of a constant is no variation
                if spread(column) <= FLAT * FLAT * spread_before {
                    column.fill(0.0);
                }
            }
        }
        let x = Matrix::from_columns(&columns);
        let fit = least_squares(&x, &y);
        PanelFit { panel: self, effects, slopes: self.x.columns(), x, fit }
    }

    /// One 0/1 column per period but the first.
    fn period_columns(&self) -> Vec<Vec<f64>> {
        let mut periods = self.periods.clone();
        periods.sort_unstable();
        periods.dedup();
        let flag = |period: i64| self.periods.iter().map(|p| f64::from(u8::from(*p == period))).collect();
        periods.into_iter().skip(1).map(flag).collect()
    }

    fn subtract_entity_means(&self, values: &mut [f64]) {
        let mut start = 0;
        while start < values.len() {
            let run = self.entities[start..].iter().take_while(|e| **e == self.entities[start]).count();
            let own = &mut values[start..start + run];
            let mean = own.iter().sum::<f64>() / run as f64;
            own.iter_mut().for_each(|v| *v -= mean);
            start += run;
        }
    }

    /// Whether every entity lies in one cluster.
    fn nested(&self, clusters: &[u64]) -> bool {
        let mut home = BTreeMap::new();
        self.entities.iter().zip(clusters).all(|(entity, cluster)| home.entry(*entity).or_insert(*cluster) == cluster)
    }
}

fn distinct<T: Ord + Copy>(values: &[T]) -> usize {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values.len()
}

fn spread(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}

/// A fitted panel: what reference cases check, before any judgement.
#[derive(Debug)]
pub struct PanelFit<'a> {
    panel: &'a Panel,
    effects: Effects,
    slopes: usize,
    x: Matrix,
    fit: Fit,
}

impl PanelFit<'_> {
    /// Coefficients of the regressors.
    #[must_use]
    pub fn slopes(&self) -> &[f64] {
        &self.fit.coefficients[..self.slopes]
    }

    /// Whether a regressor has no variation of its own left beside the effects.
    #[must_use]
    pub fn is_dropped(&self, slope: usize) -> bool {
        self.fit.dropped.contains(&slope)
    }

    /// The constant of a pooled fit.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        (self.effects == Effects::None).then(|| self.fit.coefficients[self.slopes])
    }

    /// Coefficients that count. Unit effects alone are not counted when they are
    /// nested in the clusters; beside period effects all of them are, as linearmodels
    /// does, which errs on the wide side.
    fn coefficients(&self, nested: bool) -> usize {
        let counted = match self.effects {
            Effects::None => false,
            Effects::Entity => !nested,
            Effects::TwoWay => true,
        };
        self.fit.rank + if counted { self.panel.sizes()[0] } else { 0 }
    }

    /// Standard errors for equal variances and no clusters.
    #[must_use]
    pub fn classical(&self) -> Vec<f64> {
        let df = self.panel.n() as f64 - self.coefficients(false) as f64;
        let variance = self.fit.residual_squares() / df;
        self.roots(&self.fit.bread.clone().scaled(variance))
    }

    /// Standard errors for unequal variances and no clusters (HC1).
    #[must_use]
    pub fn hc1(&self) -> Vec<f64> {
        let n = self.panel.n() as f64;
        let factor = n / (n - self.coefficients(false) as f64);
        self.roots(&heteroskedastic(&self.x, &self.fit, Hc::Zero).scaled(factor))
    }

    /// Standard errors by cluster.
    #[must_use]
    pub fn by_cluster(&self, clusters: &[u64], factor: Factor) -> Vec<f64> {
        let robust = clustered(&self.x, &self.fit, clusters);
        let factor = match factor {
            Factor::None => 1.0,
            Factor::Cr1 => {
                let k = self.coefficients(self.panel.nested(clusters));
                cr1_factor(robust.clusters, self.panel.n(), k)
            }
        };
        self.roots(&robust.covariance.scaled(factor))
    }

    /// Standard errors by entity.
    #[must_use]
    pub fn by_entity(&self, factor: Factor) -> Vec<f64> {
        self.by_cluster(&self.panel.entities, factor)
    }

    /// Standard errors by period.
    #[must_use]
    pub fn by_period(&self, factor: Factor) -> Vec<f64> {
        self.by_cluster(&self.period_codes(), factor)
    }

    /// Standard errors by entity and by period at once, each part with its factor.
    #[must_use]
    pub fn both_ways(&self) -> Vec<f64> {
        self.roots(&covariance::two_way(&self.x, &self.fit, &self.panel.entities, &self.period_codes()).covariance)
    }

    fn period_codes(&self) -> Vec<u64> {
        self.panel.periods.iter().map(|p| p.cast_unsigned()).collect()
    }

    fn roots(&self, covariance: &Matrix) -> Vec<f64> {
        covariance.diagonal().into_iter().take(self.slopes).map(f64::sqrt).collect()
    }

    /// Inference by the clusters of the rows: CR1 with t(G - 1), CR2 below 30.
    #[must_use]
    pub fn inference(&self, slope: usize) -> Inference {
        let value = self.fit.coefficients[slope];
        let clusters = self.panel.sizes()[2];
        if clusters < CLUSTERS_FROM {
            let mut contrast = vec![0.0; self.x.columns()];
            contrast[slope] = 1.0;
            if let Some(reduced) = cr2(&self.x, &self.fit, &self.panel.clusters, &contrast) {
                return Inference::of(value, reduced.standard_error, reduced.df, IntervalMethod::BiasReducedCluster);
            }
        }
        let se = self.by_cluster(&self.panel.clusters, Factor::Cr1)[slope];
        Inference::of(value, se, clusters as f64 - 1.0, IntervalMethod::ClusterRobust)
    }
}

/// A coefficient with its inference and base.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slope {
    /// Change of the outcome per unit of the regressor.
    pub value: f64,
    /// Clustered inference.
    #[serde(flatten)]
    pub inference: Inference,
    /// Rows.
    pub n: u64,
    /// Clusters.
    pub clusters: u64,
}

/// A panel regression fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PanelEstimate {
    /// Definition id.
    pub definition: &'static str,
    /// What was taken out.
    pub effects: Effects,
    /// One per regressor, in their order.
    pub slopes: Vec<Slope>,
    /// Rows.
    pub n: u64,
    /// Entities.
    pub entities: u64,
    /// Periods.
    pub periods: u64,
    /// Clusters.
    pub clusters: u64,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// Regresses the outcome on the regressors beside the effects.
///
/// # Errors
/// A [`Refusal`] below two clusters, with fewer rows than coefficients, or when a
/// regressor has no variation of its own.
pub fn panel_regression(rows: &[PanelRow], effects: Effects) -> Result<PanelEstimate, Refusal> {
    let panel = Panel::of(rows);
    let [entities, periods, clusters] = panel.sizes().map(|size| size as u64);
    let n = panel.n() as u64;
    let dropped = rows.len() as u64 - n;
    if clusters < 2 {
        return Err(Refusal::count(RefusalReason::TooFewClusters, clusters, 2));
    }
    let fit = panel.fit(effects);
    let needed = fit.coefficients(false) as u64 + 1;
    if n < needed {
        return Err(Refusal::count(RefusalReason::TooFewAnswers, n, needed));
    }
    if (0..fit.slopes).any(|j| fit.is_dropped(j)) {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let slopes: Vec<Slope> =
        (0..fit.slopes).map(|j| Slope { value: fit.slopes()[j], inference: fit.inference(j), n, clusters }).collect();
    if slopes.iter().any(|s| s.inference.standard_error.is_nan() || s.inference.standard_error <= 0.0) {
        return Err(Refusal { reason: RefusalReason::NoVariation, have: 0.0, need: 0.0 });
    }
    let few = (clusters < CLUSTERS_FROM as u64)
        .then(|| Warning::count(WarningCode::FewClusters, clusters, CLUSTERS_FROM as u64));
    let missing = (dropped > 0).then(|| Warning::count(WarningCode::MissingDropped, dropped, 0));
    Ok(PanelEstimate {
        definition: "panel.v1",
        effects,
        slopes,
        n,
        entities,
        periods,
        clusters,
        warnings: few.into_iter().chain(missing).collect(),
    })
}

#[cfg(test)]
mod tests;
