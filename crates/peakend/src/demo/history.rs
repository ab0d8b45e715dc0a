//! Stages: the people, and 24 months of voices month by month.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use peakend_app::sense::person::{learn_many_in, resolve_many_in};
use peakend_app::sha256_hex;
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_domain::sense::response::{PersonRef, ResponseBody};
use peakend_domain::sense::signal::SignalBody;
use peakend_domain::{Month, PersonId, Pillar};
use peakend_sim::{Customer, Experience};
use peakend_store::sense::intake::{self, IntakeEntry, IntakeKind};
use serde_json::json;

use super::{Demo, Progress, morning};

/// Entries per transaction.
const BATCH: usize = 5_000;

/// A thing that came in, with its instant, before it is written to the log.
pub(super) struct Incoming {
    /// When.
    pub(super) at: Timestamp,
    /// What.
    pub(super) kind: IntakeKind,
    /// Its id for ever.
    pub(super) id: String,
    /// Its JSON.
    pub(super) body: String,
}

impl Demo {
    /// Customers become persons under their customer numbers.
    pub(super) async fn bring_people(&self, progress: &Progress) -> anyhow::Result<()> {
        let bar = progress.stage("Bringing the customers", self.spec.customers as u64);
        let customers: Vec<Customer> = peakend_sim::customers(&self.spec).collect();
        for chunk in customers.chunks(BATCH) {
            let mut tx = self.app.store.begin().await?;
            let ids = self.persons_in(&mut tx, chunk).await?;
            let traits: Vec<_> = chunk
                .iter()
                .zip(ids)
                .map(|(c, id)| {
                    let known = json!({
                        "kind": "customer", "unit": c.branch_code(), "segment": c.segment_code(),
                        "language": c.language.tag(), "since": c.since.to_string(),
                    });
                    let map: BTreeMap<_, _> =
                        known.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
                    (id, map)
                })
                .collect();
            learn_many_in(&mut tx, self.org(), &traits, self.app.now()).await?;
            tx.commit().await?;
            bar.inc(chunk.len() as u64);
        }
        bar.finish();
        Ok(())
    }

    /// The persons of customers, in order.
    pub(super) async fn persons_in(
        &self,
        tx: &mut peakend_store::Tx,
        customers: &[Customer],
    ) -> anyhow::Result<Vec<PersonId>> {
        let aliases = customers
            .iter()
            .map(|c| Ok(vec![Alias::parse(AliasKind::CustomerId, &c.number()).map_err(|f| anyhow::anyhow!("{f:?}"))?]))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(resolve_many_in(tx, self.org(), &aliases, self.app.now(), &*self.app.entropy).await?)
    }

    /// Month by month: voices come in, rules open cases, people work them,
    /// and in the month of go-live the initiatives start.
    pub(super) async fn live_through(&mut self, progress: &Progress) -> anyhow::Result<()> {
        let customers: Vec<Customer> = peakend_sim::customers(&self.spec).collect();
        let mut persons = Vec::with_capacity(customers.len());
        for chunk in customers.chunks(BATCH) {
            let mut tx = self.app.store.begin().await?;
            persons.extend(self.persons_in(&mut tx, chunk).await?);
        }
        let (first, last) = (self.spec.first_month().0, self.spec.current_month().0);
        let bar = progress.stage("Living through 24 months", u64::try_from(last - first + 1).unwrap_or(0));
        let today = morning(self.spec.today);
        for m in first..=last {
            let month = Month(m);
            self.clock.stage(morning(month.first()));
            if month == self.spec.live_month() {
                self.start_initiatives().await?;
            }
            let mut incoming = self.month(month, &customers, &persons)?;
            incoming.retain(|i| i.at < today);
            incoming.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
            self.take_in(incoming).await?;
            let end = morning(Month(m + 1).first()).min(today);
            self.clock.stage(end);
            self.work_cases(morning(month.first()), end, today).await?;
            self.app.seal().await?;
            bar.inc(1);
        }
        self.settle_open_questions(today).await?;
        bar.finish();
        Ok(())
    }

    /// Everything that is said in a month.
    fn month(&self, month: Month, customers: &[Customer], persons: &[PersonId]) -> anyhow::Result<Vec<Incoming>> {
        let mut incoming = Vec::new();
        for (c, person) in customers.iter().zip(persons) {
            for e in peakend_sim::experiences(&self.spec, &self.bank, c, month) {
                incoming.push(answer(&e, c, month, person)?);
            }
        }
        for m in peakend_sim::mentions(&self.spec, &self.bank, month) {
            let body = SignalBody {
                channel: m.channel,
                author: m.author,
                text: m.text,
                url: String::new(),
                at: Some(m.at),
                pillar: Pillar::Brand,
                touchpoint: Some(m.touchpoint),
                unit: None,
                line: None,
                rating: m.rating,
                nps: None,
                csat: None,
                ces: None,
                person: None,
                language: Some(m.language.tag().to_owned()),
                attributes: serde_json::Value::Null,
                quiet: false,
            };
            incoming.push(Incoming {
                at: m.at,
                kind: IntakeKind::Signal,
                id: m.id,
                body: serde_json::to_string(&body)?,
            });
        }
        for a in peakend_sim::employee_answers(&self.spec, &self.bank, month) {
            let body = json!({
                "survey": "enps",
                "context": { "unit": a.unit, "touchpoint": a.touchpoint, "channel": "intranet" },
                "answers": said("enps", a.score, "comment", &a.text),
                "at": a.at, "language": a.language.tag(),
            });
            let body: ResponseBody = serde_json::from_value(body)?;
            incoming.push(Incoming {
                at: a.at,
                kind: IntakeKind::Response,
                id: a.id,
                body: serde_json::to_string(&body)?,
            });
        }
        Ok(incoming)
    }

    /// Write to the log in batches, each followed by the loop.
    pub(super) async fn take_in(&self, incoming: Vec<Incoming>) -> anyhow::Result<()> {
        let mut rest = incoming.into_iter().peekable();
        while rest.peek().is_some() {
            let entries: Vec<IntakeEntry> = rest
                .by_ref()
                .take(BATCH)
                .map(|i| IntakeEntry {
                    org: self.org().clone(),
                    kind: i.kind,
                    id: i.id,
                    body_hash: sha256_hex(i.body.as_bytes()),
                    body: i.body,
                    received_at: i.at,
                })
                .collect();
            let gate = self.app.store.gate().await?;
            let mut tx = self.app.store.begin().await?;
            intake::append(&mut tx, &gate, &entries).await?;
            tx.commit().await?;
            drop(gate);
            self.app.pump().await?;
        }
        Ok(())
    }

    /// The answer to a re-ask comes in like any other.
    pub(super) async fn answer_reasks(&self, answers: Vec<(String, String, u8, Timestamp)>) -> anyhow::Result<()> {
        let incoming = answers
            .into_iter()
            .map(|(case, person, score, at)| {
                let body = ResponseBody {
                    survey: "reask".to_owned(),
                    version: None,
                    person: Some(PersonRef::Id(person)),
                    context: serde_json::Map::new(),
                    answers: said("nps", score, "reason", ""),
                    at: Some(at),
                    language: None,
                    ask: None,
                    case: Some(case.clone()),
                    quiet: false,
                };
                let id = format!("reask-{case}");
                Ok(Incoming { at, kind: IntakeKind::Response, id, body: serde_json::to_string(&body)? })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        self.take_in(incoming).await
    }

    /// Jobs of the staged months: re-asks that nobody answered become unknown.
    async fn settle_open_questions(&self, today: Timestamp) -> anyhow::Result<()> {
        let at = today.checked_sub(1.hours()).unwrap_or(today);
        self.clock.stage(at);
        self.app.run_jobs(at).await?;
        Ok(())
    }
}

/// An answered experience as the body of a response.
fn answer(e: &Experience, c: &Customer, month: Month, person: &PersonId) -> anyhow::Result<Incoming> {
    let (survey, words) = match e.metric.as_str() {
        "csat" => ("csat", "comment"),
        "ces" => ("ces", "obstacle"),
        _ => ("nps", "reason"),
    };
    let body = json!({
        "survey": survey,
        "person": person.as_str(),
        "context": {
            "unit": c.branch_code(), "touchpoint": e.touchpoint, "channel": e.channel, "segment": c.segment_code(),
            "attributes": { "years_with_us": (month.0 - c.since.0) / 12 },
        },
        "answers": said(survey, e.score, words, &e.text),
        "at": e.at, "language": c.language.tag(),
    });
    let body: ResponseBody = serde_json::from_value(body)?;
    Ok(Incoming { at: e.at, kind: IntakeKind::Response, id: e.id.clone(), body: serde_json::to_string(&body)? })
}

fn said(metric: &str, score: u8, words: &str, text: &str) -> serde_json::Map<String, serde_json::Value> {
    let mut answers = serde_json::Map::new();
    answers.insert(metric.to_owned(), json!(score));
    if !text.is_empty() {
        answers.insert(words.to_owned(), json!(text));
    }
    answers
}
