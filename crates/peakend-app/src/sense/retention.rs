//! Retention: what an organisation no longer keeps goes from every file, once a day.
//!
//! A daily job removes what is older than the setting allows, in small
//! transactions that can be repeated: a crash in between finishes later, and a
//! restored backup is brought in line on its first day.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use peakend_domain::act::job::JobRequest;
use peakend_domain::sense::retention::{
    Retention, RetentionChange, RetentionCounts, RetentionLimits, RetentionRun, RetentionSetting, SurveyMonths,
    VoicesOf, survey_path,
};
use peakend_domain::{Day, FieldFault, Month, OrgId, day_of};
use peakend_store::Tx;
use peakend_store::admin::{audit, org};
use peakend_store::sense::{import, retention as store, survey};
use serde_json::json;

use super::erasure::administer;
use super::place::zone;
use crate::act::job::enqueue;
use crate::{App, Ctx, Error};

mod preview;

pub use preview::{RetentionPreview, SurveyPreview, preview};

/// Kind of the job.
pub(crate) const RETAIN: &str = "retain";

/// The setting; none while everything is kept for good.
pub async fn find(ctx: &Ctx<'_>) -> Result<Option<RetentionSetting>, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(store::find(&mut tx, ctx.org()).await?)
}

/// Set how long things are kept, and remove at once what is older.
pub async fn set(ctx: &Ctx<'_>, change: RetentionChange) -> Result<RetentionSetting, Error> {
    administer(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let keep = asked(&mut tx, ctx.org(), change).await?;
    store::save(&mut tx, ctx.org(), &keep, &ctx.actor.label(), ctx.now()).await?;
    audit::record(&mut tx, ctx.actor, ctx.now(), "retention.set", ctx.org().as_str(), &json!(keep)).await?;
    let key = format!("set {}", ctx.now());
    plan_in(&mut tx, ctx.app, ctx.org(), key).await?;
    let setting = store::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("retention"))?;
    tx.commit().await?;
    Ok(setting)
}

/// The setting that somebody asks for, with every fault of it.
async fn asked(tx: &mut Tx, org: &OrgId, change: RetentionChange) -> Result<Retention, Error> {
    let mut faults = match &change.surveys {
        Some(surveys) => unknown(tx, org, surveys).await?,
        None => Vec::new(),
    };
    let before = store::find(tx, org).await?.map(|setting| setting.keep).unwrap_or_default();
    let keep = change.after(&before);
    faults.extend(keep.check().err().unwrap_or_default());
    if faults.is_empty() { Ok(keep) } else { Err(Error::Invalid(faults)) }
}

/// A time for a survey that nobody asks would be a spelling mistake that keeps everything.
async fn unknown(tx: &mut Tx, org: &OrgId, surveys: &SurveyMonths) -> Result<Vec<FieldFault>, Error> {
    let mut faults = Vec::new();
    for code in surveys.keys() {
        if survey::find_by_code(tx, org, code).await?.is_none() {
            let message = format!("there is no survey `{code}`: take its code from the list of surveys");
            faults.push(FieldFault::new(survey_path(code), "unknown_survey", message));
        }
    }
    Ok(faults)
}

impl App {
    /// Plan today's removal for every organisation that has a setting; safe to repeat.
    pub async fn plan_retention(&self) -> Result<(), Error> {
        let mut tx = self.store.read().await?;
        let mut due = Vec::new();
        for org in org::all(&mut tx).await? {
            if store::find(&mut tx, &org.id).await?.is_some() {
                let today = day_of(self.now(), &TimeZone::get(&org.time_zone).unwrap_or(TimeZone::UTC));
                due.push((org.id, today));
            }
        }
        drop(tx);
        for (org, today) in due {
            let mut tx = self.store.begin_flow().await?;
            plan_in(&mut tx, self, &org, format!("day {today}")).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Remove what an organisation no longer keeps; returns what went.
    pub async fn retain(&self, org: &OrgId) -> Result<RetentionCounts, Error> {
        let mut tx = self.store.read().await?;
        let Some(setting) = store::find(&mut tx, org).await? else { return Ok(RetentionCounts::default()) };
        let zone = zone(&mut tx, org).await?;
        drop(tx);
        let limits = setting.keep.limits(day_of(self.now(), &zone));
        let mut removed = RetentionCounts::default();
        let voices = limits.each();
        if let Some(day) = voices.iter().map(|(_, day)| *day).max() {
            // a file may be of several surveys: what it quoted goes by the shortest time
            let mut tx = self.store.begin_flow().await?;
            import::forget_messages(&mut tx, org, start(day, &zone)).await?;
            tx.commit().await?;
        }
        for (of, day) in &voices {
            removed = removed.plus(self.retain_voices(org, of, *day, start(*day, &zone)).await?);
        }
        if let Some(day) = limits.events {
            removed = removed.plus(self.retain_events(org, start(day, &zone)).await?);
        }
        if limits != RetentionLimits::default() {
            // a batch that the pump has committed but not yet appended would bring rows back
            let _alone = self.pumping.lock().await;
            let _unfollowed = self.following.lock().await;
            let first = |day: Option<Day>| day.unwrap_or(Day(i32::MIN)).0;
            let keep = peakend_query::Retention {
                first_day: first(limits.voices),
                surveys: limits.surveys.iter().map(|(code, day)| (code.clone(), first(*day))).collect(),
                first_month: limits.outcomes.unwrap_or(Month(i32::MIN)).0,
                first_event_day: first(limits.events),
            };
            removed.warehouse_rows = self.warehouse.expire(org.as_str(), keep).await?;
            self.employees.forget();
        }
        if !self.store.empty_log().await? {
            return Err(Error::Fault("a long read holds the write-ahead log: trying again later".to_owned()));
        }
        let mut tx = self.store.begin_flow().await?;
        store::note(&mut tx, org, RetentionRun { at: self.now(), removed }).await?;
        tx.commit().await?;
        Ok(removed)
    }

    async fn retain_voices(
        &self,
        org: &OrgId,
        of: &VoicesOf<'_>,
        first: Day,
        at: Timestamp,
    ) -> Result<RetentionCounts, Error> {
        let mut removed = RetentionCounts::default();
        let mut tx = self.store.begin_flow().await?;
        store::remove_links(&mut tx, org, of, at).await?;
        tx.commit().await?;
        loop {
            let mut tx = self.store.begin_flow().await?;
            let voices = store::remove_voices(&mut tx, org, of, first).await?;
            tx.commit().await?;
            if voices == RetentionCounts::default() {
                break;
            }
            removed = removed.plus(voices);
        }
        loop {
            let mut tx = self.store.begin_flow().await?;
            let cases = store::silence_cases(&mut tx, org, of, at).await?;
            tx.commit().await?;
            if cases == RetentionCounts::default() {
                return Ok(removed);
            }
            removed = removed.plus(cases);
        }
    }

    async fn retain_events(&self, org: &OrgId, at: Timestamp) -> Result<RetentionCounts, Error> {
        let mut tx = self.store.begin_flow().await?;
        let mut removed = store::remove_asks(&mut tx, org, at).await?;
        tx.commit().await?;
        loop {
            let mut tx = self.store.begin_flow().await?;
            let events = store::remove_events(&mut tx, org, at).await?;
            tx.commit().await?;
            if events == RetentionCounts::default() {
                return Ok(removed);
            }
            removed = removed.plus(events);
        }
    }
}

async fn plan_in(tx: &mut Tx, app: &App, org: &OrgId, unique_key: String) -> Result<(), Error> {
    let request = JobRequest { kind: RETAIN.to_owned(), payload: json!({}), run_at: app.now(), unique_key };
    enqueue(tx, &*app.entropy, org, &request, app.now()).await?;
    Ok(())
}

/// The instant at which a day begins.
fn start(day: Day, zone: &TimeZone) -> Timestamp {
    day.date().to_zoned(zone.clone()).map_or(Timestamp::MIN, |z| z.timestamp())
}
