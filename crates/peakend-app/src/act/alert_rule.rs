//! Alert rules: edit them, check a condition, try it on what has been heard.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use peakend_domain::act::alert;
use peakend_domain::act::alert_rule::{AlertRule, AlertRuleDraft};
use peakend_domain::act::case::JOIN_DAYS;
use peakend_domain::sense::expression::{self, Expr, FactKind, Misfit};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{AlertRuleId, FieldFault, Permission, Pillar};
use peakend_store::act::{alert_rule as store, calendar};
use peakend_store::admin::audit;
use peakend_store::sense::voice;

use crate::{Ctx, Error};

/// Days of voices on which a condition is tried.
pub const TRIAL_DAYS: i64 = 30;
/// Voices that one trial reads at most; it says when there were more.
const TRIAL_VOICES: usize = 200_000;
const TRIAL_PAGE: i64 = 5000;

/// A rule with what it has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleWithCount {
    /// The rule.
    pub rule: AlertRule,
    /// Cases it has opened.
    pub cases: i64,
}

/// What a condition would have done.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Voices looked at.
    pub examined: usize,
    /// Voices that meet the condition.
    pub matched: usize,
    /// Cases it would have opened: several voices of one person at one
    /// touchpoint within seven days are one case.
    pub cases: usize,
    /// Whether there were more voices than a trial reads.
    pub truncated: bool,
    /// The latest voices that meet it.
    pub examples: Vec<Voice>,
}

/// All rules, most urgent first.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<RuleWithCount>, Error> {
    ctx.require(Permission::Configure)?;
    let mut tx = ctx.app.store.read().await?;
    let counts: BTreeMap<String, i64> = store::case_counts(&mut tx, ctx.org()).await?.into_iter().collect();
    let rules = store::list(&mut tx, ctx.org()).await?;
    let counted = |rule: AlertRule| RuleWithCount { cases: counts.get(rule.id.as_str()).copied().unwrap_or(0), rule };
    Ok(rules.into_iter().map(counted).collect())
}

/// Make a rule, or replace the one of that id.
pub async fn put(ctx: &Ctx<'_>, id: Option<&AlertRuleId>, draft: AlertRuleDraft) -> Result<AlertRule, Error> {
    ctx.require(Permission::Configure)?;
    let mut tx = ctx.app.store.begin().await?;
    let before = match id {
        Some(id) => Some(store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("alert rule"))?),
        None => None,
    };
    let mut faults = draft.faults();
    if let Err(fault) = condition(&draft.condition) {
        faults.push(fault);
    }
    if calendar::find(&mut tx, ctx.org(), &draft.calendar).await?.is_none() {
        faults.push(FieldFault::new(
            "calendar",
            "calendar_unknown",
            "there is no such calendar: choose one of the list",
        ));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let created_at = before.as_ref().map_or(ctx.now(), |rule| rule.created_at);
    let id = before.map_or_else(|| AlertRuleId::new(ctx.now(), &*ctx.app.entropy), |rule| rule.id);
    let rule = draft.into_rule(ctx.org().clone(), id, created_at);
    if !store::put(&mut tx, &rule).await? {
        return Err(Error::field("code", "code_taken", "another alert rule has this code: choose another"));
    }
    let detail = serde_json::json!({"code": rule.code, "condition": rule.condition, "enabled": rule.enabled});
    audit::record(&mut tx, ctx.actor, ctx.now(), "alert_rule.put", rule.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(rule)
}

/// A condition over voice fields, parsed; the fault names what is wrong with it.
pub fn condition(text: &str) -> Result<Expr, FieldFault> {
    if text.trim().is_empty() {
        let what = "a condition is needed, such as `nps <= 6`: without one every voice would open a case";
        return Err(FieldFault::new("condition", "condition_empty", what));
    }
    let expr = expression::parse(text).map_err(|fault| {
        FieldFault::new("condition", "condition_unreadable", fault.to_string()).arg("reason", fault.to_string())
    })?;
    for path in expr.paths() {
        let known = path.first().is_some_and(|name| match path.len() {
            1 => alert::FIELDS.contains(&name.as_str()) || name == "answers",
            _ => name == "answers",
        });
        if !known {
            let name = path.join(".");
            let what = format!("`{name}` is no field of a voice: use {} or answers.…", alert::FIELDS.join(", "));
            return Err(FieldFault::new("condition", "field_unknown", what).arg("name", name));
        }
    }
    if let Some(misfit) = expr.misfit(&alert::kind) {
        return Err(never_holds(&misfit));
    }
    Ok(expr)
}

/// A comparison that no voice can meet.
fn never_holds(misfit: &Misfit) -> FieldFault {
    let Misfit { fact, kind, with } = misfit;
    let example = if fact == "sentiment" { "`sentiment < 0` for what sounds bad" } else { "such as `nps <= 6`" };
    let what = match (kind, with.as_str()) {
        (FactKind::Number, "") => format!("`{fact}` is a number, not a text: compare it, {example}"),
        (FactKind::Number, with) => format!("`{fact}` is a number and never equals {with}: compare it, {example}"),
        (FactKind::Text, with) => {
            format!("`{fact}` is a text and never meets {with}: put the value in quotation marks")
        }
    };
    let fault = FieldFault::new("condition", "never_holds", what);
    fault.arg("name", fact.as_str()).arg("kind", kind.name()).arg("with", with.as_str())
}

/// Try a condition on the voices of the last thirty days. Nothing is opened.
pub async fn try_out(ctx: &Ctx<'_>, pillar: Pillar, text: &str) -> Result<Trial, Error> {
    ctx.require(Permission::Configure)?;
    if !pillar.opens_cases() {
        return Err(Error::refused(
            "employee_opens_no_case",
            "employee voices open no cases: nobody may be recognised",
        ));
    }
    let expr = condition(text).map_err(|fault| Error::Invalid(vec![fault]))?;
    let from = ctx.now().saturating_sub(SignedDuration::from_hours(24 * TRIAL_DAYS)).unwrap_or(ctx.now());
    let mut trial = Trial { examined: 0, matched: 0, cases: 0, truncated: false, examples: Vec::new() };
    let mut opened: BTreeMap<(String, String), jiff::Timestamp> = BTreeMap::new();
    let mut tx = ctx.app.store.read().await?;
    let mut seq = 0;
    loop {
        let page = voice::since(&mut tx, ctx.org(), pillar, from, seq, TRIAL_PAGE).await?;
        let Some(last) = page.last() else { break };
        seq = last.seq;
        trial.examined += page.len();
        for voice in page.into_iter().filter(|v| expr.holds(&alert::fields(v))) {
            trial.matched += 1;
            trial.cases += usize::from(opens(&mut opened, &voice));
            trial.examples.insert(0, voice);
            trial.examples.truncate(5);
        }
        if trial.examined >= TRIAL_VOICES {
            trial.truncated = true;
            break;
        }
    }
    Ok(trial)
}

/// Whether a voice would open a case of its own.
fn opens(opened: &mut BTreeMap<(String, String), jiff::Timestamp>, voice: &Voice) -> bool {
    if voice.person.is_empty() {
        return true;
    }
    let key = (voice.person.clone(), voice.touchpoint_code.clone());
    let joins = opened.get(&key).is_some_and(|at| at.duration_until(voice.at).as_secs() < JOIN_DAYS * 86_400);
    if !joins {
        opened.insert(key, voice.at);
    }
    !joins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_may_name_voice_fields_only() {
        assert!(condition("nps <= 6 && text.contains('赎回')").is_ok());
        assert!(condition("answers.why == 'fee' || channel in ['app', 'web']").is_ok());
        assert_eq!(condition("salary > 3").unwrap_err().code, "field_unknown");
        assert_eq!(condition("nps <=").unwrap_err().code, "condition_unreadable");
        assert_eq!(condition("  ").unwrap_err().code, "condition_empty");
        let never = condition("sentiment == 'negative'").unwrap_err();
        assert_eq!(never.code, "never_holds");
        assert!(never.message.contains("`sentiment < 0`"), "{}", never.message);
    }
}
