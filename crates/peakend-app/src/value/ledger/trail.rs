//! From an amount back to the sentences, and from a sentence on to the amounts.

use peakend_domain::sense::voice::Voice;
use peakend_domain::value::evaluation::{Evaluation, Subject};
use peakend_domain::value::ledger::LedgerEntry;
use peakend_domain::{EvaluationId, FindingId, LedgerEntryId, Permission, PersonId};
use peakend_store::Tx;
use peakend_store::act::initiative;
use peakend_store::insight::finding;
use peakend_store::sense::{person, voice};
use peakend_store::value::{evaluation, ledger};

use crate::{Ctx, Error};

/// Sentences shown.
const SHOWN: i64 = 20;

/// One station between amount and sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `ledger_entry`, `evaluation`, `initiative`, `cases` or `finding`.
    pub kind: &'static str,
    /// Its id, or the key of closed cases.
    pub id: String,
    /// Its name; empty when it has none.
    pub title: String,
    /// The page that shows it.
    pub href: String,
}

/// A sentence a customer wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Voice id.
    pub voice: String,
    /// When.
    pub at: jiff::Timestamp,
    /// Score as it was given, when there was one.
    pub score: Option<u8>,
    /// The sentence.
    pub text: String,
    /// The page that shows it.
    pub href: String,
}

/// The whole way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// From the amount on.
    pub steps: Vec<Step>,
    /// Sentences of matched treated persons that the reader may see.
    pub sentence_count: u64,
    /// The unhappiest of them; none for a reader who may not read voices.
    pub sentences: Vec<Sentence>,
}

/// The trail of an entry.
pub async fn trail(ctx: &Ctx<'_>, id: &LedgerEntryId) -> Result<Trail, Error> {
    ctx.require(Permission::SeeValue)?;
    let mut tx = ctx.app.store.read().await?;
    let entry = ledger::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("ledger entry"))?;
    let of = evaluation::find(&mut tx, ctx.org(), &entry.evaluation).await?.ok_or(Error::NotFound("evaluation"))?;
    let mut steps = vec![
        step("ledger_entry", id.as_str(), &entry.note, format!("/prove/ledger?entry={id}")),
        step("evaluation", of.id.as_str(), &of.title, format!("/prove/evaluations/{}", of.id)),
    ];
    steps.extend(subject_steps(&mut tx, ctx, &of).await?);
    let count = evaluation::voice_count(&mut tx, ctx.scope(), &of.id).await?;
    let may_read = ctx.require(Permission::ReadVoices).is_ok();
    let voices = if may_read { evaluation::voices(&mut tx, ctx.scope(), &of.id, SHOWN).await? } else { Vec::new() };
    Ok(Trail {
        steps,
        sentence_count: u64::try_from(count).unwrap_or(0),
        sentences: voices.into_iter().map(sentence).collect(),
    })
}

fn step(kind: &'static str, id: &str, title: &str, href: String) -> Step {
    Step { kind, id: id.to_owned(), title: title.to_owned(), href }
}

async fn subject_steps(tx: &mut Tx, ctx: &Ctx<'_>, of: &Evaluation) -> Result<Vec<Step>, Error> {
    let id = match &of.subject {
        Subject::Cases(_) => {
            return Ok(vec![step("cases", &of.subject.key(), "", "/act/cases?view=closed".to_owned())]);
        }
        Subject::Initiative { id } => id,
    };
    let mut steps = vec![step("initiative", id.as_str(), &of.title, format!("/act/initiatives/{id}"))];
    let Some(found) = initiative::find(tx, ctx.org(), id).await? else { return Ok(steps) };
    if let Ok(id) = FindingId::parse(&found.finding)
        && let Some(finding) = finding::find(tx, ctx.org(), &id).await?
    {
        steps.push(step("finding", id.as_str(), &finding.title, format!("/insight/findings/{id}")));
    }
    Ok(steps)
}

fn sentence(v: Voice) -> Sentence {
    Sentence {
        href: format!("/insight/voices?voice={}&from={}&to={}", encoded(&v.id), v.day, v.day),
        voice: v.id,
        at: v.at,
        score: v.nps.or(v.csat).or(v.ces),
        text: v.text,
    }
}

/// A client's own id as part of an address.
fn encoded(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Entries to whose amount a person contributed.
pub async fn of_person(ctx: &Ctx<'_>, id: &PersonId) -> Result<Vec<LedgerEntry>, Error> {
    ctx.require(Permission::SeeValue)?;
    ctx.require(Permission::ReadVoices)?;
    let mut tx = ctx.app.store.read().await?;
    person::find(&mut tx, ctx.scope(), id).await?.ok_or(Error::NotFound("person"))?;
    let evaluations = evaluation::of_person(&mut tx, ctx.org(), id.as_str(), "", 100).await?;
    entries(&mut tx, ctx, evaluations).await
}

/// Entries that began, among others, with this voice.
pub async fn of_voice(ctx: &Ctx<'_>, id: &str) -> Result<Vec<LedgerEntry>, Error> {
    ctx.require(Permission::SeeValue)?;
    ctx.require(Permission::ReadVoices)?;
    let mut tx = ctx.app.store.read().await?;
    voice::find(&mut tx, ctx.scope(), id).await?.ok_or(Error::NotFound("voice"))?;
    let evaluations = evaluation::of_person(&mut tx, ctx.org(), "", id, 100).await?;
    entries(&mut tx, ctx, evaluations).await
}

async fn entries(tx: &mut Tx, ctx: &Ctx<'_>, evaluations: Vec<EvaluationId>) -> Result<Vec<LedgerEntry>, Error> {
    let mut found = Vec::new();
    for id in evaluations {
        if let Some(entry) = ledger::of_evaluation(tx, ctx.org(), &id).await? {
            found.extend(ledger::find(tx, ctx.org(), &entry).await?);
        }
    }
    Ok(found)
}
