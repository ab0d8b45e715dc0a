//! Evaluation: the effect of closed cases or of an initiative on an outcome.
//!
//! Subject and design are stated before anything is computed, and stay with the
//! result for ever; a second look is a second evaluation.
mod result;

use serde::{Deserialize, Serialize};

pub use result::{
    Arm, BalanceRow, CellMean, Effect, Evaluated, FourMeans, Gap, MonthsSeen, NotProven, Remark, Sensitivity,
    SensitivityKind, Total, Trend, Verdict,
};

use crate::{EvaluationId, FieldFault, InitiativeId, Month, OrgId, Pillar};

/// Least months before: two are needed to see a trend.
pub const LEAST_BEFORE: i32 = 2;
/// Most months on either side.
pub const MOST_MONTHS: i32 = 24;

/// Closed cases of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedCases {
    /// Pillar.
    pub pillar: Pillar,
    /// First month of resolution.
    pub from: Month,
    /// Last month of resolution.
    pub to: Month,
    /// Only cases at this touchpoint; empty for all.
    pub touchpoint: String,
    /// Only cases whose person answered again outside the detractor band.
    pub recovered_only: bool,
}

/// What is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// An initiative, as it stood.
    Initiative {
        /// Which.
        id: InitiativeId,
    },
    /// Closed cases.
    Cases(ClosedCases),
}

impl Subject {
    /// The stored and public name of the kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Initiative { .. } => "initiative",
            Self::Cases(_) => "cases",
        }
    }

    /// What distinguishes it within its kind: the initiative's id, or period and
    /// filters of the cases.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Initiative { id } => id.to_string(),
            Self::Cases(cases) => {
                let whose = if cases.recovered_only { "recovered" } else { "resolved" };
                let place = if cases.touchpoint.is_empty() { "*" } else { &cases.touchpoint };
                format!("{}/{place}/{}..{}/{whose}", cases.pillar.name(), cases.from, cases.to)
            }
        }
    }
}

/// How it is evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Code of the outcome kind.
    pub outcome: String,
    /// Months compared before the change.
    pub months_before: i32,
    /// Months compared after it, as far as they are over and delivered.
    pub months_after: i32,
    /// Controls per treated person.
    pub controls: i32,
    /// Most by which a matched control may differ, in standard deviations.
    pub calliper: f64,
}

impl Design {
    /// Six months on either side, one control each, a quarter of a deviation.
    #[must_use]
    pub fn of(outcome: &str) -> Self {
        Self { outcome: outcome.to_owned(), months_before: 6, months_after: 6, controls: 1, calliper: 0.25 }
    }

    /// All faults of a design.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let mut range = |path: &str, value: f64, low: f64, high: f64| {
            if !(low..=high).contains(&value) {
                let message = format!("must lie between {low} and {high}");
                let fault = FieldFault::new(path, "out_of_range", message);
                faults.push(fault.arg("low", low.to_string()).arg("high", high.to_string()));
            }
        };
        let most = f64::from(MOST_MONTHS);
        range("months_before", f64::from(self.months_before), f64::from(LEAST_BEFORE), most);
        range("months_after", f64::from(self.months_after), 1.0, most);
        range("controls", f64::from(self.controls), 1.0, 5.0);
        range("calliper", self.calliper, 0.05, 1.0);
        faults
    }
}

/// Why nothing is evaluated at all. (A design that was tried and gave no figure
/// is an evaluation whose result says so.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationRefusal {
    /// Answers of employees are never tied to a person.
    #[error("answers of employees are not tied to persons: their outcomes cannot be compared person by person")]
    EmployeePersons,
    /// It is not in effect yet.
    #[error("the initiative is not live: there is no day to compare before and after")]
    NotLive,
    /// Neither touchpoint nor line: nobody is untouched.
    #[error("the initiative names neither touchpoint nor business line: nobody is left to compare with")]
    NoScope,
    /// The first month after the change is not over.
    #[error("no month after the change is over yet: come back in the month after")]
    TooEarly,
    /// The period of the cases is not over or runs backwards.
    #[error("the months of resolution must be in order and over")]
    OpenPeriod,
    /// Persons of all units are compared.
    #[error("an evaluation compares persons of all units: ask somebody who may see the whole organisation")]
    WholeOrganisation,
}

impl EvaluationRefusal {
    /// Public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EmployeePersons => "evaluation_employee_persons",
            Self::NotLive => "evaluation_not_live",
            Self::NoScope => "evaluation_no_scope",
            Self::TooEarly => "evaluation_too_early",
            Self::OpenPeriod => "evaluation_open_period",
            Self::WholeOrganisation => "evaluation_whole_organisation",
        }
    }
}

impl ClosedCases {
    /// Whether the cases may be evaluated, seen in a month.
    pub fn check(&self, now: Month) -> Result<(), EvaluationRefusal> {
        if !self.pillar.evaluates_persons() {
            return Err(EvaluationRefusal::EmployeePersons);
        }
        if self.from > self.to || self.to >= now || self.to.0 - self.from.0 >= MOST_MONTHS {
            return Err(EvaluationRefusal::OpenPeriod);
        }
        Ok(())
    }
}

/// A finished evaluation; it never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: EvaluationId,
    /// What was evaluated.
    pub subject: Subject,
    /// Its pillar.
    pub pillar: Pillar,
    /// What people call the subject, as it was then; empty for cases.
    pub title: String,
    /// How.
    pub design: Design,
    /// What came out.
    pub result: Evaluated,
    /// When.
    pub created_at: jiff::Timestamp,
    /// By whom.
    pub created_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(from: i32, to: i32, pillar: Pillar) -> ClosedCases {
        ClosedCases { pillar, from: Month(from), to: Month(to), touchpoint: String::new(), recovered_only: false }
    }

    #[test]
    fn cases_of_employees_are_never_evaluated_person_by_person() {
        let refused = cases(10, 12, Pillar::Employee).check(Month(20));
        assert_eq!(refused, Err(EvaluationRefusal::EmployeePersons));
    }

    #[test]
    fn a_month_that_is_not_over_proves_nothing() {
        assert_eq!(cases(10, 20, Pillar::Customer).check(Month(20)), Err(EvaluationRefusal::OpenPeriod));
        assert_eq!(cases(12, 10, Pillar::Customer).check(Month(20)), Err(EvaluationRefusal::OpenPeriod));
        assert_eq!(cases(10, 19, Pillar::Customer).check(Month(20)), Ok(()));
    }

    #[test]
    fn a_design_out_of_range_names_each_field() {
        let design = Design { months_before: 1, calliper: 9.0, ..Design::of("aum") };
        let paths: Vec<String> = design.faults().into_iter().map(|f| f.path).collect();
        assert_eq!(paths, ["months_before", "calliper"]);
        assert!(Design::of("aum").faults().is_empty());
    }

    #[test]
    fn the_key_of_cases_tells_them_apart() {
        let all = cases(24_310, 24_312, Pillar::Customer);
        let recovered = ClosedCases { recovered_only: true, ..all.clone() };
        assert_eq!(Subject::Cases(all.clone()).key(), "customer/*/2025-11..2026-01/resolved");
        assert_ne!(Subject::Cases(all).key(), Subject::Cases(recovered).key());
    }
}
