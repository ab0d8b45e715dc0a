//! The re-ask goes out by mail, or the case says why it did not.
use std::sync::Arc;

use jiff::SignedDuration;
use peakend_app::act::{case, job};
use peakend_domain::CaseId;
use peakend_domain::act::case::Priority;
use peakend_domain::act::job::JobState;
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_testkit::SmtpSink;
use serde_json::json;

use super::Bank;
use super::case::{closed, publish_reask};

/// A closed case of a person with these names, three days later, its job run once.
async fn due(bank: &Bank, aliases: &[(AliasKind, &str)]) -> CaseId {
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    publish_reask(bank).await;
    let id = closed_of(bank, aliases).await;
    bank.world.advance(SignedDuration::from_hours(24 * 3));
    bank.world.app.run_jobs(bank.world.app.now()).await.unwrap();
    id
}

/// A closed case of a person with these names.
async fn closed_of(bank: &Bank, aliases: &[(AliasKind, &str)]) -> CaseId {
    let aliases: Vec<Alias> =
        aliases.iter().map(|(kind, value)| Alias { kind: *kind, value: (*value).to_owned() }).collect();
    let traits = [("language".to_owned(), json!("zh-Hant"))].into();
    let person = peakend_app::sense::person::put(&bank.ctx(), &aliases, &traits).await.unwrap();
    closed(bank, person.as_str()).await
}

/// The last entry of a case: its kind and what it says.
async fn last(bank: &Bank, id: &CaseId) -> (String, serde_json::Value) {
    let entries = case::read(&bank.ctx(), id).await.unwrap().entries;
    let entry = entries.last().unwrap();
    (entry.kind.clone(), entry.body.clone())
}

const BOTH: [(AliasKind, &str); 2] = [(AliasKind::UserId, "u-1"), (AliasKind::Email, "li@example.com")];

#[tokio::test]
async fn three_days_after_closing_the_person_gets_a_mail_in_their_language_with_the_link() {
    let sink = SmtpSink::start().await;
    let mut bank = Bank::new().await;
    bank.world.mail_through(&sink.url());
    let id = due(&bank, &BOTH).await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: li@example.com") && mails[0].contains("Message-ID: <reask."), "{}", mails[0]);
    let (kind, body) = last(&bank, &id).await;
    assert_eq!((kind.as_str(), &body["through"], &body["problem"]), ("reask_sent", &json!("email"), &json!("")));
    // nothing is sent twice
    bank.world.app.run_jobs(bank.world.app.now()).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_case_says_when_its_person_has_no_address_or_the_relay_refuses_it() {
    let sink = SmtpSink::start().await;
    let mut bank = Bank::new().await;
    bank.world.mail_through(&sink.url());
    let id = due(&bank, &BOTH[..1]).await;
    assert_eq!(last(&bank, &id).await.1["problem"], json!("no_address"));
    assert!(sink.mails().is_empty());

    let strict = SmtpSink::answering("550 no such mailbox").await;
    let mut bank = Bank::new().await;
    bank.world.mail_through(&strict.url());
    let id = due(&bank, &BOTH).await;
    assert_eq!(last(&bank, &id).await.1["problem"], json!("mail_refused"));
}

#[tokio::test]
async fn a_relay_that_is_away_is_tried_again() {
    let mut bank = Bank::new().await;
    bank.world.mail_through("smtp://127.0.0.1:9");
    let id = due(&bank, &BOTH).await;
    assert_eq!(last(&bank, &id).await.0, "resolved", "nothing is claimed to have been sent");
    let waiting = job::list(&bank.ctx(), Some(JobState::Waiting), "", 10).await.unwrap();
    let failed = waiting.items.iter().find(|j| j.attempts == 1).unwrap();
    assert!(failed.last_error.contains("mail a re-ask"), "{}", failed.last_error);
}

#[tokio::test]
async fn while_a_relay_is_silent_the_other_jobs_stay_free_for_another_worker() {
    let relay = SmtpSink::silent().await;
    let mut bank = Bank::new().await;
    bank.world.mail_through(&relay.url());
    bank.rule("detractor", "nps <= 6", Priority::High).await;
    publish_reask(&bank).await;
    closed_of(&bank, &BOTH).await;
    closed_of(&bank, &[(AliasKind::UserId, "u-2"), (AliasKind::Email, "wang@example.com")]).await;
    bank.world.advance(SignedDuration::from_hours(24 * 3));
    let (app, now) = (Arc::clone(&bank.world.app), bank.world.app.now());
    let stalled = tokio::spawn(async move { app.run_jobs(now).await });
    relay.called().await;
    let running = job::list(&bank.ctx(), Some(JobState::Running), "", 10).await.unwrap();
    assert_eq!(running.total, 1, "only the job that stalls is leased");
    let waiting = job::list(&bank.ctx(), Some(JobState::Waiting), "", 10).await.unwrap();
    let due = waiting.items.iter().filter(|j| j.request.run_at <= now);
    assert_eq!(due.map(|j| j.attempts).collect::<Vec<_>>(), [0]);
    stalled.abort();
}
