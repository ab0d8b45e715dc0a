//! Deciding: which new voices meet an alert rule, and which case they open.
//!
//! A voice opens at most one case. When it meets several rules the most urgent
//! one opens it and the others are recorded as alerts on the same case. A voice
//! of a person who has an open case at the same touchpoint, opened within seven
//! days, joins that case as an entry: the problem is told twice, and the person
//! should hear from one colleague. Quiet voices (imported history) and employee
//! voices open none.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use peakend_domain::act::alert::{self, Alert};
use peakend_domain::act::alert_rule::AlertRule;
use peakend_domain::act::calendar::Calendar;
use peakend_domain::act::case::{Case, CaseOpening, Deed};
use peakend_domain::act::sla::Sla;
use peakend_domain::sense::expression::Expr;
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Actor, AlertId, CaseId, Entropy, OrgId};
use peakend_store::Tx;
use peakend_store::act::{alert as alerts, alert_rule, calendar, case};

use super::case::{apply_in, open_in};
use crate::Error;
use crate::sense::place::Places;

/// Rules in force with their conditions and calendars, read once per batch.
#[derive(Debug, Clone, Default)]
pub struct AlertRules {
    rules: Vec<(AlertRule, Expr)>,
    calendars: BTreeMap<String, Calendar>,
}

impl AlertRules {
    /// Read the organisation's rules. A rule whose condition cannot be read any
    /// more is left out with a warning in the log, never guessed at.
    pub async fn load(tx: &mut Tx, org: &OrgId) -> Result<Self, Error> {
        let mut loaded = Self::default();
        for rule in alert_rule::list(tx, org).await?.into_iter().filter(|r| r.enabled && r.pillar.opens_cases()) {
            match super::alert_rule::condition(&rule.condition) {
                Ok(expr) => loaded.rules.push((rule, expr)),
                Err(fault) => tracing::warn!(rule = rule.code, reason = fault.message, "an alert rule cannot be read"),
            }
        }
        for stored in calendar::list(tx, org).await? {
            loaded.calendars.insert(stored.id.to_string(), stored.calendar()?);
        }
        Ok(loaded)
    }

    /// Whether no rule is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules a voice meets, most urgent first.
    #[must_use]
    pub fn met_by(&self, voice: &Voice) -> Vec<&AlertRule> {
        let relevant: Vec<_> = self.rules.iter().filter(|(rule, _)| rule.pillar == voice.pillar).collect();
        if voice.quiet || relevant.is_empty() || !voice.pillar.opens_cases() {
            return Vec::new();
        }
        let fields = alert::fields(voice);
        relevant.into_iter().filter(|(_, expr)| expr.holds(&fields)).map(|(rule, _)| rule).collect()
    }

    /// The clock a rule starts at an instant. A calendar that has lost its hours
    /// must not stop the intake: the promise then runs in elapsed time, which is
    /// never later than business time, and the log says so.
    #[must_use]
    pub fn clock(&self, rule: &AlertRule, at: Timestamp) -> Sla {
        let found = self.calendars.get(rule.calendar.as_str());
        if let Some(Ok(sla)) = found.map(|calendar| Sla::start(calendar, at, rule.targets)) {
            return sla;
        }
        tracing::warn!(rule = rule.code, "an alert rule's calendar has too few hours; its clock runs in elapsed time");
        let after = |minutes: u32| at.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(at);
        Sla { contact_due_at: after(rule.targets.contact_minutes), resolve_due_at: after(rule.targets.resolve_minutes) }
    }
}

/// Decide on one new voice; returns the cases it opened (none or one). Safe to
/// repeat: a voice meets a rule once.
pub async fn decide_in(
    tx: &mut Tx,
    entropy: &dyn Entropy,
    rules: &AlertRules,
    places: &Places,
    voice: &Voice,
    now: Timestamp,
) -> Result<Vec<CaseId>, Error> {
    let met = rules.met_by(voice);
    let Some(first) = met.first() else { return Ok(Vec::new()) };
    if alerts::exists(tx, &voice.org, first.id.as_str(), &voice.id).await? {
        return Ok(Vec::new());
    }
    let (case, opened) = match joined(tx, voice, now).await? {
        Some(open) => {
            let deed = Deed::VoiceJoined { voice: voice.id.clone(), rule: first.id.to_string() };
            (apply_in(tx, &Actor::system(voice.org.clone()), entropy, open, &deed, now).await?, Vec::new())
        }
        None => {
            let case = open(tx, entropy, rules, places, voice, first, now).await?;
            let id = case.opening.id.clone();
            (case, vec![id])
        }
    };
    for rule in met {
        let alert = Alert {
            id: AlertId::new(now, entropy),
            rule: rule.id.clone(),
            voice: voice.id.clone(),
            case: case.opening.id.clone(),
            at: now,
        };
        alerts::insert(tx, &voice.org, &alert).await?;
    }
    Ok(opened)
}

/// The open case a further voice of the same person belongs to.
async fn joined(tx: &mut Tx, voice: &Voice, now: Timestamp) -> Result<Option<Case>, Error> {
    if voice.person.is_empty() {
        return Ok(None);
    }
    let open = case::open_of(tx, &voice.org, &voice.person, &voice.touchpoint_code).await?;
    Ok(open.filter(|case| case.takes_in(now)))
}

async fn open(
    tx: &mut Tx,
    entropy: &dyn Entropy,
    rules: &AlertRules,
    places: &Places,
    voice: &Voice,
    rule: &AlertRule,
    now: Timestamp,
) -> Result<Case, Error> {
    let sla = rules.clock(rule, now);
    let owner = places.owner(&voice.touchpoint_code, &voice.unit_code, voice.day);
    let opening = CaseOpening {
        org: voice.org.clone(),
        id: CaseId::new(now, entropy),
        number: case::next_number(tx, &voice.org).await?,
        pillar: voice.pillar,
        person: voice.person.clone(),
        voice: voice.id.clone(),
        rule: rule.id.to_string(),
        touchpoint_code: voice.touchpoint_code.clone(),
        line_code: voice.line_code.clone(),
        unit_code: voice.unit_code.clone(),
        unit_path: voice.unit_path.clone(),
        priority: rule.priority,
        score: alert::score(voice),
        title: alert::title(voice),
        calendar: rule.calendar.clone(),
        at: now,
    };
    open_in(tx, &Actor::system(voice.org.clone()), entropy, Case::open(opening, owner, sla)).await
}
