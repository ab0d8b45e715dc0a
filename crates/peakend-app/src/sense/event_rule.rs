//! Event rules and the contact rule: who is asked after what, and who is not.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use peakend_domain::sense::ask::{Ask, AskState, Withheld};
use peakend_domain::sense::contact_rule::{ContactRule, LONGEST_GAP_DAYS};
use peakend_domain::sense::event::Event;
use peakend_domain::sense::event_rule::{EventRule, condition};
use peakend_domain::{AskId, EventRuleId, OrgId, Permission, SurveyId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::{ask, contact_rule, event, event_rule, survey};
use serde_json::{Value, json};

use crate::{App, Ctx, Error};

/// What staff say of a rule.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// Code; fixed once made. Without one a new rule takes its event's name.
    pub code: String,
    /// Name.
    pub name: String,
    /// The event's name.
    pub event_name: String,
    /// Condition over `event.…`; may be empty.
    pub condition: String,
    /// Survey id or code.
    pub survey: String,
    /// Wait so long before showing.
    pub delay_seconds: i64,
    /// Whether it is at work.
    pub enabled: bool,
    /// Name to path of a property, or a fixed text.
    pub context: BTreeMap<String, String>,
}

/// All rules.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<EventRule>, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(event_rule::all(&mut tx, ctx.org()).await?)
}

/// Add a rule.
pub async fn create(ctx: &Ctx<'_>, text: &RuleText) -> Result<EventRule, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let made = create_in(ctx, &mut tx, text).await?;
    tx.commit().await?;
    Ok(made)
}

/// [`create`] within the caller's transaction.
pub async fn create_in(ctx: &Ctx<'_>, tx: &mut Tx, text: &RuleText) -> Result<EventRule, Error> {
    ctx.require(Permission::Ask)?;
    let id = EventRuleId::new(ctx.now(), &*ctx.app.entropy);
    let before = event_rule::all(tx, ctx.org()).await?;
    let mut text = text.clone();
    if text.code.trim().is_empty() {
        text.code = free_code(&text.event_name, &before);
    }
    let rule = read(tx, ctx.org(), id, &text).await?;
    if before.iter().any(|r| r.code == rule.code) {
        return Err(Error::field("code", "taken", format!("there is a rule `{}` already", rule.code)));
    }
    event_rule::insert(tx, ctx.org(), &rule, ctx.now()).await?;
    audit::record(tx, ctx.actor, ctx.now(), "event_rule.added", rule.id.as_str(), &json!({"code": rule.code})).await?;
    Ok(rule)
}

/// A code from the event's name that no other rule has.
fn free_code(event_name: &str, before: &[EventRule]) -> String {
    let letters =
        event_name.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    let stem: String = letters.take(40).collect();
    let stem = if stem.chars().any(|c| c != '_') { stem } else { "rule".to_owned() };
    let numbered = (2..).map(|n| format!("{stem}_{n}"));
    let free = |code: &String| before.iter().all(|r| r.code != *code);
    std::iter::once(stem.clone()).chain(numbered).find(free).unwrap_or(stem)
}

/// Replace everything but the code.
pub async fn save(ctx: &Ctx<'_>, id: &str, text: &RuleText) -> Result<EventRule, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.begin().await?;
    let before = event_rule::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("event rule"))?;
    let text = RuleText { code: before.code.clone(), ..text.clone() };
    let rule = read(&mut tx, ctx.org(), before.id, &text).await?;
    event_rule::save(&mut tx, ctx.org(), &rule).await?;
    let detail = json!({"enabled": rule.enabled});
    audit::record(&mut tx, ctx.actor, ctx.now(), "event_rule.changed", rule.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(rule)
}

async fn read(tx: &mut Tx, org: &OrgId, id: EventRuleId, text: &RuleText) -> Result<EventRule, Error> {
    let mut faults = Vec::new();
    let tree = condition(&text.condition).map_err(|f| faults.push(f)).ok();
    let found = match super::survey::find(tx, org, &text.survey).await {
        Ok(row) => Some(row.id),
        Err(Error::NotFound(_)) => {
            let message = format!("there is no survey `{}`", text.survey);
            faults.push(peakend_domain::FieldFault::new("survey", "unknown_survey", message));
            None
        }
        Err(e) => return Err(e),
    };
    let rule = EventRule {
        id,
        code: text.code.trim().to_owned(),
        name: text.name.trim().to_owned(),
        event_name: text.event_name.trim().to_owned(),
        condition: text.condition.trim().to_owned(),
        tree: tree.unwrap_or_else(peakend_domain::sense::expression::Expr::always),
        survey: found.unwrap_or_else(|| SurveyId::stored(String::new())),
        delay_seconds: text.delay_seconds,
        enabled: text.enabled,
        context: text.context.clone(),
    };
    faults.extend(rule.check());
    if faults.is_empty() { Ok(rule) } else { Err(Error::Invalid(faults)) }
}

/// The contact rule.
pub async fn contact(ctx: &Ctx<'_>) -> Result<ContactRule, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(contact_rule::find(&mut tx, ctx.org()).await?)
}

/// Set the contact rule.
pub async fn set_contact(ctx: &Ctx<'_>, rule: ContactRule) -> Result<ContactRule, Error> {
    ctx.require(Permission::Ask)?;
    if rule.minimum_gap_days > LONGEST_GAP_DAYS {
        let message = format!("expected 0 to {LONGEST_GAP_DAYS} days");
        return Err(Error::field("minimum_gap_days", "out_of_range", message));
    }
    let mut tx = ctx.app.store.begin().await?;
    contact_rule::save(&mut tx, ctx.org(), rule, ctx.now()).await?;
    let detail = json!({"minimum_gap_days": rule.minimum_gap_days});
    audit::record(&mut tx, ctx.actor, ctx.now(), "contact_rule.set", ctx.org().as_str(), &detail).await?;
    tx.commit().await?;
    Ok(rule)
}

/// Rules at work and who may be asked, read once per batch.
#[derive(Debug, Clone, Default)]
pub struct AskRules {
    rules: Vec<EventRule>,
    contact: ContactRule,
    /// Surveys that can be answered.
    open: Vec<SurveyId>,
}

impl AskRules {
    /// Read the organisation's rules.
    pub async fn load(tx: &mut Tx, org: &OrgId) -> Result<Self, Error> {
        let rules: Vec<_> = event_rule::all(tx, org).await?.into_iter().filter(|r| r.enabled).collect();
        if rules.is_empty() {
            return Ok(Self::default());
        }
        let surveys = survey::all(tx, org).await?;
        let open = surveys.into_iter().filter(|s| s.published_version.is_some() && s.closed_at.is_none());
        Ok(Self { rules, contact: contact_rule::find(tx, org).await?, open: open.map(|s| s.id).collect() })
    }
}

/// Decide whom to ask after an event; every decision is kept, also the one not
/// to ask. Several rules may fit: the first asks, the contact rule withholds the rest.
pub async fn decide_in(
    tx: &mut Tx,
    app: &App,
    org: &OrgId,
    rules: &AskRules,
    event: &Event,
    now: Timestamp,
) -> Result<Vec<Ask>, Error> {
    let mut decided = Vec::new();
    if event.person.is_empty() {
        return Ok(decided);
    }
    for rule in rules.rules.iter().filter(|r| r.matches(&event.name, &event.properties)) {
        let last = ask::last_of_person(tx, org, &event.person).await?;
        let made = Ask {
            id: AskId::new(now, &*app.entropy),
            rule: Some(rule.id.clone()),
            survey: rule.survey.clone(),
            person: event.person.clone(),
            event: Some(event.id.clone()),
            state: decide(rules, rule, last, now),
            context: Value::Object(rule.context_of(&event.properties)),
            decided_at: now,
            show_at: now.checked_add(SignedDuration::from_secs(rule.delay_seconds)).unwrap_or(now),
        };
        ask::insert(tx, org, &made).await?;
        decided.push(made);
    }
    Ok(decided)
}

fn decide(rules: &AskRules, rule: &EventRule, last: Option<Timestamp>, now: Timestamp) -> AskState {
    if !rules.open.contains(&rule.survey) {
        return AskState::Withheld { reason: Withheld::SurveyNotOpen, last: None };
    }
    if !rules.contact.allows(last, now) {
        return AskState::Withheld { reason: Withheld::AskedRecently, last };
    }
    AskState::Due
}

/// What a rule would have done with the last day's events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// First instant looked at.
    pub from: Timestamp,
    /// End, not included.
    pub to: Timestamp,
    /// Events of that name.
    pub events: u64,
    /// Events that fulfil the condition.
    pub matched: u64,
    /// People who would have been asked.
    pub would_ask: u64,
    /// Decisions not to ask, by reason.
    pub withheld: BTreeMap<String, u64>,
    /// Whether there were more events than a dry run looks at.
    pub truncated: bool,
}

/// Events a dry run looks at, at most.
const DRY_RUN_MOST: i64 = 50_000;

/// Try a rule, saved or not, on the stored events of the last 24 hours. Nothing is written.
pub async fn dry_run(ctx: &Ctx<'_>, text: &RuleText) -> Result<DryRun, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    let to = ctx.now();
    let from = to.checked_sub(SignedDuration::from_hours(24)).unwrap_or(to);
    let id = EventRuleId::stored(String::new());
    let rule = EventRule { enabled: true, ..read(&mut tx, ctx.org(), id, text).await? };
    let surveys = survey::all(&mut tx, ctx.org()).await?;
    let open = surveys.into_iter().filter(|s| s.published_version.is_some() && s.closed_at.is_none());
    let rules = AskRules {
        contact: contact_rule::find(&mut tx, ctx.org()).await?,
        open: open.map(|s| s.id).collect(),
        rules: Vec::new(),
    };
    let events = event::of_name(&mut tx, ctx.org(), &rule.event_name, from, to, DRY_RUN_MOST).await?;
    let mut run = DryRun { from, to, events: events.len() as u64, ..DryRun::default() };
    run.truncated = events.len() as i64 >= DRY_RUN_MOST;
    let mut last: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    for event in events.iter().filter(|e| rule.matches(&e.name, &e.properties)) {
        run.matched += 1;
        if !last.contains_key(&event.person) {
            let known = ask::last_of_person(&mut tx, ctx.org(), &event.person).await?;
            // asks that this day's events have led to in earnest are not held against a trial of the day
            last.insert(event.person.clone(), known.filter(|at| *at < from));
        }
        let before = last.get(&event.person).copied().flatten();
        match decide(&rules, &rule, before, event.at) {
            AskState::Withheld { reason, .. } => *run.withheld.entry(reason.name().to_owned()).or_default() += 1,
            _ => {
                run.would_ask += 1;
                last.insert(event.person.clone(), Some(event.at));
            }
        }
    }
    Ok(run)
}

/// Names of events that came in within thirty days, for choosing one.
pub async fn event_names(ctx: &Ctx<'_>) -> Result<Vec<(String, i64)>, Error> {
    // whoever sets rules about events, and whoever counts what persons did
    ctx.require(Permission::Ask).or_else(|_| ctx.require(Permission::SeeFigures))?;
    let mut tx = ctx.app.store.read().await?;
    let since = ctx.now().checked_sub(SignedDuration::from_hours(24 * 30)).unwrap_or(Timestamp::MIN);
    Ok(event::names(&mut tx, ctx.org(), since).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(code: &str) -> EventRule {
        EventRule {
            id: EventRuleId::stored(format!("rul_{code}")),
            code: code.to_owned(),
            name: String::new(),
            event_name: String::new(),
            condition: String::new(),
            tree: peakend_domain::sense::expression::Expr::always(),
            survey: SurveyId::stored(String::new()),
            delay_seconds: 0,
            enabled: true,
            context: BTreeMap::new(),
        }
    }

    #[test]
    fn a_rule_without_a_code_takes_its_events_name_and_a_number_when_that_is_taken() {
        assert_eq!(free_code(" Fund Redeemed ", &[]), "fund_redeemed");
        let before = [rule("fund_redeemed"), rule("fund_redeemed_2"), rule("rule")];
        assert_eq!(free_code("Fund Redeemed", &before), "fund_redeemed_3");
        assert_eq!(free_code("基金赎回", &before), "rule_2", "no letter of it is left");
        assert_eq!(free_code(&"x".repeat(90), &[]).len(), 40);
    }
}
