//! Alert rule: a condition on a voice that opens a case, and the promise it makes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Priority;
use super::sla::SlaTargets;
use crate::{AlertRuleId, CalendarId, FieldFault, OrgId, Pillar};

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: AlertRuleId,
    /// The organisation's code for it, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Which pillar's voices it looks at.
    pub pillar: Pillar,
    /// The condition as written.
    pub condition: String,
    /// Priority of its cases.
    pub priority: Priority,
    /// The promise.
    pub targets: SlaTargets,
    /// Calendar in whose hours the promise runs.
    pub calendar: CalendarId,
    /// Whether it is in force.
    pub enabled: bool,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// A rule as written by somebody, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRuleDraft {
    /// Code: letters, digits, `_` and `-`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Pillar.
    pub pillar: Pillar,
    /// Condition.
    pub condition: String,
    /// Priority.
    pub priority: Priority,
    /// Business minutes until the first contact.
    pub contact_minutes: u32,
    /// Business minutes until it is resolved.
    pub resolve_minutes: u32,
    /// Calendar.
    pub calendar: CalendarId,
    /// Whether it is in force.
    pub enabled: bool,
}

/// A promise of more than a year of business hours is none.
const LONGEST_MINUTES: u32 = 366 * 24 * 60;
/// Letters of a condition.
const LONGEST_CONDITION: usize = 2000;

impl AlertRuleDraft {
    /// Everything that is wrong with it, the condition's grammar apart.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let is_code = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if self.code.is_empty() || self.code.len() > 64 || !self.code.chars().all(is_code) {
            let what = "a code has 1 to 64 letters, digits, `_` or `-`";
            faults.push(FieldFault::new("code", "code_invalid", what));
        }
        let letters = self.name.trim().chars().count();
        if letters == 0 || letters > 120 {
            faults.push(FieldFault::new("name", "name_length", "a name has 1 to 120 letters"));
        }
        if self.condition.chars().count() > LONGEST_CONDITION {
            let what = format!("a condition has at most {LONGEST_CONDITION} letters");
            faults.push(FieldFault::new("condition", "condition_too_long", what));
        }
        if !self.pillar.opens_cases() {
            let what = "employee voices open no cases: nobody may be recognised; use an initiative";
            faults.push(FieldFault::new("pillar", "employee_opens_no_case", what));
        }
        for (path, minutes) in [("contact_minutes", self.contact_minutes), ("resolve_minutes", self.resolve_minutes)] {
            if minutes == 0 || minutes > LONGEST_MINUTES {
                let what = format!("give 1 to {LONGEST_MINUTES} business minutes");
                faults.push(FieldFault::new(path, "minutes_out_of_range", what));
            }
        }
        if self.contact_minutes > self.resolve_minutes {
            let what = "the first contact cannot be due after the resolution";
            faults.push(FieldFault::new("contact_minutes", "contact_after_resolution", what));
        }
        faults
    }

    /// The rule, once it is without fault.
    #[must_use]
    pub fn into_rule(self, org: OrgId, id: AlertRuleId, created_at: Timestamp) -> AlertRule {
        AlertRule {
            org,
            id,
            code: self.code,
            name: self.name.trim().to_owned(),
            pillar: self.pillar,
            condition: self.condition,
            priority: self.priority,
            targets: SlaTargets { contact_minutes: self.contact_minutes, resolve_minutes: self.resolve_minutes },
            calendar: self.calendar,
            enabled: self.enabled,
            created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> AlertRuleDraft {
        AlertRuleDraft {
            code: "detractor".to_owned(),
            name: "Detractor".to_owned(),
            pillar: Pillar::Customer,
            condition: "nps <= 6".to_owned(),
            priority: Priority::High,
            contact_minutes: 480,
            resolve_minutes: 1440,
            calendar: CalendarId::stored("cal_1".to_owned()),
            enabled: true,
        }
    }

    #[test]
    fn an_employee_rule_is_refused() {
        assert!(draft().faults().is_empty());
        let employee = AlertRuleDraft { pillar: Pillar::Employee, ..draft() };
        assert_eq!(employee.faults()[0].code, "employee_opens_no_case");
    }

    #[test]
    fn a_promise_must_be_possible() {
        let reversed = AlertRuleDraft { contact_minutes: 2000, ..draft() };
        assert_eq!(reversed.faults()[0].code, "contact_after_resolution");
        let none = AlertRuleDraft { contact_minutes: 0, ..draft() };
        assert_eq!(none.faults()[0].code, "minutes_out_of_range");
    }
}
