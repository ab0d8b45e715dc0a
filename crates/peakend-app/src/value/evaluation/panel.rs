//! Outcomes of the cohort as a dense table: one row per candidate, one column per month.

use std::collections::{BTreeMap, HashMap};

use peakend_domain::PersonId;
use peakend_domain::value::outcome::{Absent, OutcomeKind};
use peakend_query::OutcomeQuestion;

use super::cohort::Cohort;
use crate::{Ctx, Error};

/// Values by candidate and month; NaN where nothing is known.
#[derive(Debug)]
pub(super) struct Panel {
    first: i32,
    width: usize,
    values: Vec<f64>,
    /// First and last month in which anybody has a value.
    pub(super) delivered: Option<(i32, i32)>,
}

impl Panel {
    /// The value of a candidate in a month.
    pub(super) fn at(&self, candidate: usize, month: i32) -> f64 {
        let column = usize::try_from(month - self.first).ok().filter(|c| *c < self.width);
        column.and_then(|c| self.values.get(candidate * self.width + c)).copied().unwrap_or(f64::NAN)
    }
}

/// Fetch what the cohort needs, once.
pub(super) async fn fetch(
    ctx: &Ctx<'_>,
    kind: &OutcomeKind,
    cohort: &Cohort,
    merged: &BTreeMap<PersonId, PersonId>,
) -> Result<Panel, Error> {
    let (first, last) = (cohort.months.from.0, cohort.months.to.0);
    let width = usize::try_from(last - first + 1).unwrap_or(0);
    let mut index: HashMap<String, usize> = HashMap::with_capacity(cohort.candidates.len());
    for (i, candidate) in cohort.candidates.iter().enumerate() {
        index.insert(candidate.person.clone(), i);
    }
    for (from, into) in merged {
        if let Some(&i) = index.get(into.as_str()) {
            index.insert(from.to_string(), i);
        }
    }
    let question = OutcomeQuestion {
        org: ctx.org().as_str().to_owned(),
        kind: kind.code.clone(),
        from: first,
        to: last,
        persons: Some(index.keys().cloned().collect()),
    };
    let facts = if index.is_empty() { Vec::new() } else { ctx.app.warehouse.outcomes(&question).await? };
    let mut panel = Panel { first, width, values: vec![f64::NAN; cohort.candidates.len() * width], delivered: None };
    for facts in facts.chunk_by(|a, b| a.person == b.person) {
        let Some(&row) = facts.first().and_then(|f| index.get(&f.person)) else { continue };
        for fact in facts {
            let Some(column) = usize::try_from(fact.month - first).ok().filter(|c| *c < width) else { continue };
            if let Some(place) = panel.values.get_mut(row * width + column) {
                // two former persons of one: their values of a month add up
                *place = if place.is_nan() { fact.value as f64 } else { *place + fact.value as f64 };
            }
            let (low, high) = panel.delivered.unwrap_or((fact.month, fact.month));
            panel.delivered = Some((low.min(fact.month), high.max(fact.month)));
        }
    }
    if kind.absent == Absent::Zero {
        panel.fill_delivered();
    }
    Ok(panel)
}

impl Panel {
    /// Nothing happened where a delivered month has no value; months that were
    /// never delivered stay unknown.
    fn fill_delivered(&mut self) {
        let Some((low, high)) = self.delivered else { return };
        let months = self.first..self.first + i32::try_from(self.width).unwrap_or(0);
        for row in self.values.chunks_mut(self.width.max(1)) {
            for (value, month) in row.iter_mut().zip(months.clone()) {
                if value.is_nan() && (low..=high).contains(&month) {
                    *value = 0.0;
                }
            }
        }
    }
}
