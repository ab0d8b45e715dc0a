//! Event rules: when this event happens to a person, ask this survey.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::expression::{self, Expr};
use crate::{EventRuleId, FieldFault, SurveyId};

/// Longest delay: one day.
pub const LONGEST_DELAY_SECONDS: i64 = 86_400;

/// An event rule.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRule {
    /// Id.
    pub id: EventRuleId,
    /// Code within the organisation.
    pub code: String,
    /// Name for staff.
    pub name: String,
    /// The event's name, compared exactly.
    pub event_name: String,
    /// Further condition over `event.…` (the properties); the empty text always holds.
    pub condition: String,
    /// Its tree.
    pub tree: Expr,
    /// What to ask.
    pub survey: SurveyId,
    /// Wait so long before showing.
    pub delay_seconds: i64,
    /// Whether it is at work.
    pub enabled: bool,
    /// What the survey gets to know: name to a path (`properties.fund_name`) or a fixed text.
    pub context: BTreeMap<String, String>,
}

/// Read a rule's condition; the empty text always holds.
pub fn condition(text: &str) -> Result<Expr, FieldFault> {
    if text.trim().is_empty() {
        return Ok(Expr::always());
    }
    let tree = expression::parse(text).map_err(|e| e.at("condition"))?;
    for path in tree.paths() {
        if path.first().map(String::as_str) != Some("event") || path.len() < 2 {
            let message = format!("`{}` is not known here: write event.name for a property", path.join("."));
            return Err(FieldFault::new("condition", "unknown_fact", message));
        }
    }
    Ok(tree)
}

impl EventRule {
    /// Whether the rule asks after this event.
    #[must_use]
    pub fn matches(&self, name: &str, properties: &Value) -> bool {
        self.enabled && self.event_name == name && self.tree.holds(&json!({"event": properties}))
    }

    /// What the survey gets to know of the event. Without a mapping: all
    /// properties that are texts, numbers or flags.
    #[must_use]
    pub fn context_of(&self, properties: &Value) -> Map<String, Value> {
        let plain = |v: &Value| matches!(v, Value::String(_) | Value::Number(_) | Value::Bool(_));
        let mapped = self.context.iter().filter_map(|(name, source)| {
            let value = match source.strip_prefix("properties.") {
                Some(path) => path.split('.').try_fold(properties, |at, step| at.get(step))?.clone(),
                None => Value::from(source.as_str()),
            };
            plain(&value).then(|| (name.clone(), value))
        });
        if self.context.is_empty() {
            let all = properties.as_object().into_iter().flatten();
            return all.filter(|(_, v)| plain(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        }
        mapped.collect()
    }

    /// All faults of the plain fields.
    #[must_use]
    pub fn check(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if let Err(fault) = super::place::parse_code("code", &self.code) {
            faults.push(fault);
        }
        for (path, text) in [("name", &self.name), ("event_name", &self.event_name)] {
            if text.trim().is_empty() || text.chars().count() > 128 {
                faults.push(FieldFault::new(path, "required", "expected 1 to 128 characters"));
            }
        }
        if !(0..=LONGEST_DELAY_SECONDS).contains(&self.delay_seconds) {
            let message = format!("expected 0 to {LONGEST_DELAY_SECONDS} seconds");
            faults.push(FieldFault::new("delay_seconds", "out_of_range", message));
        }
        if self.context.len() > 32 {
            faults.push(FieldFault::new("context", "too_many", "at most 32 fields"));
        }
        for (name, source) in &self.context {
            if name.trim().is_empty() || source.chars().count() > 256 {
                let message = "expected a name and a path such as properties.fund_name";
                faults.push(FieldFault::new(format!("context.{name}"), "bad_context", message));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(condition_text: &str, context: &[(&str, &str)]) -> EventRule {
        EventRule {
            id: EventRuleId::stored("rul_1".to_owned()),
            code: "redeem".to_owned(),
            name: "Redeem".to_owned(),
            event_name: "Fund Redeemed".to_owned(),
            condition: condition_text.to_owned(),
            tree: condition(condition_text).unwrap(),
            survey: SurveyId::stored("svy_1".to_owned()),
            delay_seconds: 2,
            enabled: true,
            context: context.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        }
    }

    #[test]
    fn a_rule_asks_only_after_its_event_and_when_the_condition_holds() {
        let rule = rule("event.amount >= 1000", &[]);
        assert!(rule.matches("Fund Redeemed", &json!({"amount": 1000})));
        assert!(!rule.matches("Fund Redeemed", &json!({"amount": 999})));
        assert!(!rule.matches("Fund Redeemed", &json!({})));
        assert!(!rule.matches("fund redeemed", &json!({"amount": 1000})));
        assert!(!EventRule { enabled: false, ..rule }.matches("Fund Redeemed", &json!({"amount": 1000})));
    }

    #[test]
    fn context_is_mapped_from_properties_or_fixed() {
        let properties = json!({"fund_name": "稳健一号", "amount": 5, "deep": {"x": true}, "list": [1]});
        let mapped = rule(
            "",
            &[
                ("fund", "properties.fund_name"),
                ("x", "properties.deep.x"),
                ("channel", "app"),
                ("gone", "properties.no"),
            ],
        );
        assert_eq!(
            Value::Object(mapped.context_of(&properties)),
            json!({"channel": "app", "fund": "稳健一号", "x": true})
        );
        assert_eq!(Value::Object(rule("", &[]).context_of(&properties)), json!({"fund_name": "稳健一号", "amount": 5}));
    }

    #[test]
    fn a_condition_may_read_only_the_event() {
        assert_eq!(condition("answers.q1 > 3").unwrap_err().code, "unknown_fact");
        assert_eq!(condition("event.a >").unwrap_err().code, "bad_expression");
    }
}
