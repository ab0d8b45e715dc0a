//! Recovery: the person of a closed case is asked again, and the answer decides.
//!
//! The survey asked is the organisation's published survey with the code
//! [`SURVEY`]; without one, and without a known person, nobody is asked and the
//! case says so. The link is shown on the case, so that whoever works it can
//! send it at once; when it is due a job mails it, or says on the case why not.

mod mail;

use jiff::{SignedDuration, Timestamp};
use peakend_channel::act::mail::MailError;
use peakend_domain::act::case::{Case, CaseState, Deed};
use peakend_domain::act::job::{Job, JobRequest};
use peakend_domain::act::recovery::{REASK_AFTER_DAYS, REASK_OPEN_DAYS, Reask, Recovery};
use peakend_domain::sense::link::{self, Link};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Actor, CaseId, Entropy, OrgId, Scope};
use peakend_store::Tx;
use peakend_store::act::case::{self as cases, CaseSight};
use peakend_store::sense::{link as links, survey};
use serde_json::{Map, Value, json};

use super::case::apply_in;
use super::job::enqueue;
use crate::{App, Error, sha256_hex};

/// Code of the survey that asks again.
pub const SURVEY: &str = "reask";
/// Kind of the job that is due when the re-ask should go out.
pub const REASK: &str = "reask";
/// Kind of the job that closes an unanswered re-ask.
pub const REASK_CLOSE: &str = "reask_close";

/// Plan the second question for a case that is about to be closed: a link for
/// its person, and the jobs that send it and give up on it. None when nobody
/// can be asked.
pub async fn plan_in(tx: &mut Tx, app: &App, case: &Case, now: Timestamp) -> Result<Option<Reask>, Error> {
    let opening = &case.opening;
    if opening.person.is_empty() || !opening.pillar.opens_cases() {
        return Ok(None);
    }
    let found = survey::find_by_code(tx, &opening.org, SURVEY).await?;
    let open = found.filter(|s| s.published_version.is_some() && s.closed_at.is_none());
    let Some(survey) = open.map(|s| s.id) else { return Ok(None) };
    let (send_at, expires_at) = (after(now, REASK_AFTER_DAYS), after(now, REASK_AFTER_DAYS + REASK_OPEN_DAYS));
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = app.entropy.bytes();
    let token = link::token([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]);
    let link = Link {
        token_hash: sha256_hex(token.as_bytes()),
        survey,
        person: Some(opening.person.clone()),
        ask: None,
        case: Some(opening.id.to_string()),
        context: context(case),
        single_use: true,
        created_at: now,
        expires_at: Some(expires_at),
        used_at: None,
    };
    links::insert(tx, &opening.org, &link).await?;
    for (kind, run_at) in [(REASK, send_at), (REASK_CLOSE, expires_at)] {
        let request = JobRequest {
            kind: kind.to_owned(),
            payload: json!({"case": opening.id}),
            run_at,
            // a case that is reopened and closed again is asked again
            unique_key: format!("{}.{}", opening.id, case.revision),
        };
        enqueue(tx, &*app.entropy, &opening.org, &request, now).await?;
    }
    Ok(Some(Reask { survey: SURVEY.to_owned(), link: format!("/s/{token}"), send_at, expires_at, answered_by: None }))
}

/// The answer to a re-ask has come in. Returns the case when it decides it; an
/// answer without a score, or to a case that is open again, decides nothing.
pub async fn settle_in(
    tx: &mut Tx,
    entropy: &dyn Entropy,
    case: &CaseId,
    answer: &Voice,
    now: Timestamp,
) -> Result<Option<Case>, Error> {
    let Some(found) = find(tx, &answer.org, case).await? else { return Ok(None) };
    let waiting = matches!(found.recovery, Recovery::Waiting | Recovery::Unknown);
    let decided = Recovery::of_answer(answer.nps, answer.csat, answer.ces);
    // only the person of the case can say whether they are content
    let same = answer.person.is_empty() || answer.person == found.opening.person;
    let (true, true, Some(recovery)) = (waiting, same, decided) else { return Ok(None) };
    let deed = Deed::Settled { recovery, voice: answer.id.clone() };
    // a client's clock may be behind ours; that must not stop the intake
    let at = now.max(found.opening.at);
    Ok(Some(apply_in(tx, &Actor::system(answer.org.clone()), entropy, found, &deed, at).await?))
}

/// Hand the due re-ask to the mail relay, outside any transaction. None when
/// nothing waits any more. A relay that cannot be reached is an error, so that
/// the job tries again; what can never arrive is written on the case.
pub(super) async fn deliver(app: &App, job: &Job) -> Result<Option<Deed>, Error> {
    let mut tx = app.store.read().await?;
    let Some(case) = waiting(&mut tx, job).await? else { return Ok(None) };
    let sent =
        |through: &str, problem: &str| Deed::ReaskSent { through: through.to_owned(), problem: problem.to_owned() };
    let Some(mailer) = &app.mailer else { return Ok(Some(sent("", "no_channel"))) };
    let Some(message) = mail::write_in(&mut tx, app, &case).await? else { return Ok(Some(sent("", "no_address"))) };
    drop(tx);
    match mailer.send(&message).await {
        Ok(()) => Ok(Some(sent("email", ""))),
        Err(MailError::Later(reason)) => Err(Error::Fault(format!("mail a re-ask: {reason}"))),
        Err(refused) => {
            tracing::warn!(case = case.opening.id.as_str(), reason = %refused, "a re-ask cannot be mailed");
            Ok(Some(sent("", "mail_refused")))
        }
    }
}

/// The job at the time of sending: writes on the case what [`deliver`] did,
/// unless it was answered already.
pub(super) async fn send_in(
    tx: &mut Tx,
    app: &App,
    job: &Job,
    deed: Option<&Deed>,
    now: Timestamp,
) -> Result<(), Error> {
    let (Some(deed), Some(case)) = (deed, waiting(tx, job).await?) else { return Ok(()) };
    apply_in(tx, &Actor::system(job.org.clone()), &*app.entropy, case, deed, now).await?;
    Ok(())
}

/// The job at the end: without an answer the recovery is unknown, and counted as such.
pub(super) async fn close_in(tx: &mut Tx, app: &App, job: &Job, now: Timestamp) -> Result<(), Error> {
    let Some(case) = waiting(tx, job).await? else { return Ok(()) };
    let deed = Deed::Settled { recovery: Recovery::Unknown, voice: String::new() };
    apply_in(tx, &Actor::system(job.org.clone()), &*app.entropy, case, &deed, now).await?;
    Ok(())
}

/// The job's case, while this job's re-ask is the one that waits.
async fn waiting(tx: &mut Tx, job: &Job) -> Result<Option<Case>, Error> {
    let id = job.request.payload.get("case").and_then(Value::as_str).unwrap_or_default();
    let id = CaseId::parse(id).map_err(|e| Error::Fault(format!("a {} job names no case: {e}", job.request.kind)))?;
    let Some(case) = find(tx, &job.org, &id).await? else { return Ok(None) };
    let due = match (&case.state, job.request.kind.as_str()) {
        (CaseState::Resolved { reask: Some(reask), .. }, REASK) => reask.send_at,
        (CaseState::Resolved { reask: Some(reask), .. }, _) => reask.expires_at,
        _ => return Ok(None),
    };
    // the waits between failed attempts move a job's own instant, never before this one
    let mine = job.request.run_at >= due;
    Ok(Some(case).filter(|c| mine && c.recovery == Recovery::Waiting))
}

async fn find(tx: &mut Tx, org: &OrgId, id: &CaseId) -> Result<Option<Case>, Error> {
    let scope = Scope::all(org.clone());
    Ok(cases::find(tx, CaseSight { scope: &scope, own: None }, id).await?)
}

fn context(case: &Case) -> Map<String, Value> {
    let o = &case.opening;
    let places = [("unit", &o.unit_code), ("touchpoint", &o.touchpoint_code), ("line", &o.line_code)];
    places.into_iter().filter(|(_, c)| !c.is_empty()).map(|(k, c)| (k.to_owned(), json!(c))).collect()
}

fn after(now: Timestamp, days: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now)
}
