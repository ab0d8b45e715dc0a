//! Cases from the voice that opens one to the answer that settles it.
use jiff::SignedDuration;
use peakend_app::act::alert_rule::try_out;
use peakend_app::act::case::{self, CaseQuery, CaseView, Seen};
use peakend_app::act::{job, recovery};
use peakend_app::{Ctx, Error};
use peakend_domain::act::case::{Contact, ContactOutcome, Phase, Priority, Resolution, RootCause};
use peakend_domain::act::job::JobState;
use peakend_domain::act::recovery::Recovery;
use peakend_domain::act::sla::SlaReading;
use peakend_domain::{CaseId, LocalText, Pillar, Role, SurveyId};
use peakend_store::sense::survey::{self, SurveyRow};

use super::Bank;

fn seen(id: &CaseId) -> Seen {
    Seen { id: id.clone(), revision: None }
}

fn reached() -> Contact {
    Contact { channel: "phone".to_owned(), outcome: ContactOutcome::Reached, note: String::new() }
}

fn resolution() -> Resolution {
    Resolution { root_cause: RootCause::Process, note: "two forms".to_owned() }
}

fn code(e: &Error) -> &'static str {
    match e {
        Error::Refused { code, .. } | Error::Conflict { code, .. } => code,
        other => panic!("neither refused nor in conflict: {other}"),
    }
}

#[tokio::test]
async fn detractor_opens_case_for_branch_owner() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    assert!(bank.hear(&bank.voice("per_1", "b1", 9)).await.is_empty(), "a promoter opens none");
    let opened = bank.hear(&bank.voice("per_1", "b1", 2)).await;
    let reading = case::read(&bank.ctx(), &opened[0]).await.unwrap();
    assert_eq!((reading.case.owner.as_ref(), reading.case.opening.number), (Some(&bank.agent), 1));
    // Monday 09:00 in Shanghai: four and eight business hours are the same day
    assert_eq!(reading.clocks.contact, SlaReading::Running { minutes_left: 240 });
    assert_eq!(reading.case.sla.resolve_due_at.to_string(), "2026-01-05T09:00:00Z");
    assert_eq!((reading.voices.len(), reading.entries.len()), (1, 1));
    let elsewhere = bank.hear(&bank.voice("per_2", "b2", 2)).await;
    assert_eq!(case::read(&bank.ctx(), &elsewhere[0]).await.unwrap().case.owner, None);
}

#[tokio::test]
async fn the_same_voice_and_quiet_and_employee_voices_open_nothing() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    let voice = bank.voice("per_1", "b1", 2);
    assert_eq!(bank.hear(&voice).await.len(), 1);
    assert!(bank.hear(&voice).await.is_empty());
    let mut quiet = bank.voice("per_2", "b1", 0);
    quiet.quiet = true;
    assert!(bank.hear(&quiet).await.is_empty());
    let mut employee = bank.voice("", "b1", 0);
    employee.pillar = Pillar::Employee;
    assert!(bank.hear(&employee).await.is_empty());
    let by_hand = case::open_by_hand(&bank.ctx(), &employee.id, Priority::High).await.unwrap_err();
    assert_eq!(code(&by_hand), "employee_opens_no_case");
}

#[tokio::test]
async fn a_second_voice_within_seven_days_joins_the_open_case() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::Normal).await;
    bank.rule("furious", "nps == 0 && text.contains('赎回')", Priority::Urgent).await;
    let first = bank.hear(&bank.voice("per_1", "b1", 0)).await;
    assert_eq!(first.len(), 1, "two rules, one case");
    assert_eq!(case::read(&bank.ctx(), &first[0]).await.unwrap().case.opening.priority, Priority::Urgent);
    bank.world.advance(SignedDuration::from_hours(24));
    assert!(bank.hear(&bank.voice("per_1", "b1", 3)).await.is_empty());
    let reading = case::read(&bank.ctx(), &first[0]).await.unwrap();
    assert_eq!((reading.voices.len(), reading.entries.last().unwrap().kind.as_str()), (2, "voice_joined"));
    bank.world.advance(SignedDuration::from_hours(24 * 7));
    assert_eq!(bank.hear(&bank.voice("per_1", "b1", 3)).await.len(), 1);
    let trial = try_out(&bank.ctx(), Pillar::Customer, "nps <= 6").await.unwrap();
    assert_eq!((trial.examined, trial.matched, trial.cases), (3, 3, 2));
}

#[tokio::test]
async fn an_agent_sees_the_units_cases_and_their_own() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    let in_b1 = bank.hear(&bank.voice("per_1", "b1", 2)).await.remove(0);
    let in_b2 = bank.hear(&bank.voice("per_2", "b2", 2)).await.remove(0);
    let actor = bank.actor(&bank.agent, Role::Agent, Some("/hq/b1/"));
    let agent = Ctx::new(&bank.world.app, &actor);
    assert!(case::read(&agent, &in_b1).await.is_ok());
    assert!(matches!(case::read(&agent, &in_b2).await, Err(Error::NotFound(_))));
    assert!(matches!(case::take(&agent, &seen(&in_b2)).await, Err(Error::NotFound(_))));
    case::assign(&bank.ctx(), &seen(&in_b2), &bank.agent).await.unwrap();
    assert!(case::read(&agent, &in_b2).await.is_ok());
    let query =
        CaseQuery { view: CaseView::Mine, order: None, filter: case::CaseFilter::default(), after: None, limit: 50 };
    let list = case::list(&agent, &query).await.unwrap();
    assert_eq!((list.total, list.counts.mine, list.counts.all), (2, 2, 2));
    let viewer = bank.actor(&bank.agent, Role::Viewer, None);
    assert!(matches!(case::list(&Ctx::new(&bank.world.app, &viewer), &query).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn a_stale_revision_is_a_conflict_and_changes_nothing() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    let id = bank.hear(&bank.voice("per_1", "b1", 2)).await.remove(0);
    case::take(&bank.ctx(), &Seen { id: id.clone(), revision: Some(0) }).await.unwrap();
    let stale = case::note(&bank.ctx(), &Seen { id: id.clone(), revision: Some(0) }, "late").await.unwrap_err();
    assert_eq!(code(&stale), "case_changed");
    let unreached = case::resolve(&bank.ctx(), &seen(&id), resolution()).await.unwrap_err();
    assert_eq!(code(&unreached), "case_no_contact_tried");
    assert_eq!(case::read(&bank.ctx(), &id).await.unwrap().entries.len(), 2);
}

pub(super) async fn publish_reask(bank: &Bank) {
    let now = bank.world.app.now();
    let row = SurveyRow {
        id: SurveyId::new(now, &*bank.world.app.entropy),
        code: recovery::SURVEY.to_owned(),
        pillar: Pillar::Customer,
        title: LocalText::one("And now?"),
        draft: String::new(),
        draft_revision: 1,
        published_version: Some(1),
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = bank.world.app.store.begin().await.unwrap();
    survey::insert(&mut tx, &bank.world.org, &row).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) async fn closed(bank: &Bank, person: &str) -> CaseId {
    let id = bank.hear(&bank.voice(person, "b1", 2)).await.remove(0);
    let ctx = bank.ctx();
    case::take(&ctx, &seen(&id)).await.unwrap();
    case::contact(&ctx, &seen(&id), reached()).await.unwrap();
    let case = case::resolve(&ctx, &seen(&id), resolution()).await.unwrap();
    assert_eq!((case.state.phase(), case.recovery), (Phase::Resolved, Recovery::Waiting));
    id
}

async fn answer(bank: &Bank, id: &CaseId, person: &str, nps: u8) -> Option<Recovery> {
    let voice = bank.voice(person, "b1", nps);
    let app = &bank.world.app;
    let mut tx = app.store.begin().await.unwrap();
    let settled = recovery::settle_in(&mut tx, &*app.entropy, id, &voice, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    settled.map(|case| case.recovery)
}

#[tokio::test]
async fn the_person_is_asked_again_and_the_answer_decides() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    publish_reask(&bank).await;
    let (content, unhappy) = (closed(&bank, "per_1").await, closed(&bank, "per_2").await);
    assert_eq!(answer(&bank, &content, "per_9", 9).await, None, "a stranger's answer decides nothing");
    assert_eq!(answer(&bank, &content, "per_1", 7).await, Some(Recovery::Recovered));
    assert_eq!(answer(&bank, &unhappy, "per_2", 6).await, Some(Recovery::NotRecovered));
    assert_eq!(answer(&bank, &unhappy, "per_2", 10).await, None, "the first answer stands");
    // both are answered: their jobs find nothing left to do
    bank.world.advance(SignedDuration::from_hours(24 * 40));
    assert_eq!(bank.world.app.run_jobs(bank.world.app.now()).await.unwrap(), 4);
    assert_eq!(case::read(&bank.ctx(), &content).await.unwrap().case.recovery, Recovery::Recovered);
}

#[tokio::test]
async fn without_an_answer_the_recovery_is_unknown_and_stays_visible() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    publish_reask(&bank).await;
    let id = closed(&bank, "per_1").await;
    bank.world.advance(SignedDuration::from_hours(24 * 3));
    assert_eq!(bank.world.app.run_jobs(bank.world.app.now()).await.unwrap(), 1);
    let due = case::read(&bank.ctx(), &id).await.unwrap();
    assert_eq!((due.case.recovery, due.entries.last().unwrap().kind.as_str()), (Recovery::Waiting, "reask_sent"));
    bank.world.advance(SignedDuration::from_hours(24 * 30));
    bank.world.app.run_jobs(bank.world.app.now()).await.unwrap();
    assert_eq!(case::read(&bank.ctx(), &id).await.unwrap().case.recovery, Recovery::Unknown);
    assert_eq!(answer(&bank, &id, "per_1", 8).await, Some(Recovery::Recovered), "a late answer still counts");
    let jobs = job::list(&bank.ctx(), Some(JobState::Done), "", 10).await.unwrap();
    assert_eq!(jobs.total, 2);
}

#[tokio::test]
async fn a_reopened_case_is_asked_again_after_it_is_closed_again() {
    let bank = Bank::new().await;
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    publish_reask(&bank).await;
    let id = closed(&bank, "per_1").await;
    let ctx = bank.ctx();
    let reopened = case::reopen(&ctx, &seen(&id), "called again").await.unwrap();
    assert_eq!((reopened.state.phase(), reopened.recovery), (Phase::Reopened, Recovery::NotAsked));
    case::take(&ctx, &seen(&id)).await.unwrap();
    case::contact(&ctx, &seen(&id), reached()).await.unwrap();
    bank.world.advance(SignedDuration::from_hours(24));
    case::resolve(&ctx, &seen(&id), resolution()).await.unwrap();
    // the first round's job is due, its question is not the one that waits
    bank.world.advance(SignedDuration::from_hours(24 * 2 + 1));
    bank.world.app.run_jobs(bank.world.app.now()).await.unwrap();
    assert_eq!(case::read(&ctx, &id).await.unwrap().entries.last().unwrap().kind, "resolved");
    bank.world.advance(SignedDuration::from_hours(24));
    bank.world.app.run_jobs(bank.world.app.now()).await.unwrap();
    assert_eq!(case::read(&ctx, &id).await.unwrap().entries.last().unwrap().kind, "reask_sent");
}
