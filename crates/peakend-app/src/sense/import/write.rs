//! Writes prepared rows in one transaction, with the record of the import.

use std::collections::BTreeMap;

use peakend_domain::PersonId;
use peakend_domain::sense::import::{FAULTS_SHOWN, ImportReport, ImportState, RowFault};
use peakend_domain::sense::person::Alias;
use peakend_query::{Loaded, OutcomeFact};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::import::{self, Import};
use peakend_store::sense::intake::{Gate, IntakeEntry, Receipt};

use super::Progress;
use super::prepare::{Prepared, Ready};
use crate::sense::person::{Traits, learn_counted_in, resolve_counted_in, resolve_many_in};
use crate::{Ctx, Error, sha256_hex};

/// Who, which month, and the values by outcome kind.
type PersonMonth = (Vec<Alias>, i32, Vec<(String, i64)>);

/// Rows between two words about progress.
const STEP: usize = 5_000;

/// Record that nothing was written because rows are faulty.
pub(super) async fn refuse(ctx: &Ctx<'_>, import: Import, report: ImportReport) -> Result<Import, Error> {
    end(ctx, Import { state: ImportState::Refused, report, ..import }).await
}

async fn end(ctx: &Ctx<'_>, import: Import) -> Result<Import, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let ended = end_in(ctx, &mut tx, import).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn end_in(ctx: &Ctx<'_>, tx: &mut Tx, import: Import) -> Result<Import, Error> {
    let ended = Import { finished_at: Some(ctx.now()), ..import };
    import::save(tx, ctx.org(), &ended).await?;
    let r = &ended.report;
    let detail = serde_json::json!({
        "kind": ended.kind.name(), "state": ended.state.name(), "total": r.rows_total, "added": r.rows_added,
        "same": r.rows_same, "faulty": r.rows_faulty,
    });
    audit::record(tx, ctx.actor, ctx.now(), "import.ended", ended.id.as_str(), &detail).await?;
    Ok(ended)
}

/// Write the good rows; all of them or none.
pub(super) async fn write(
    ctx: &Ctx<'_>,
    import: Import,
    prepared: Prepared,
    skip_faulty: bool,
    watch: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Import, Error> {
    let Prepared { rows, mut report } = prepared;
    let total = rows.len() as u64;
    let tell = |done: usize| watch(Progress { state: ImportState::Writing, done: done as u64, total });
    tell(0);
    let mut sorted = Sorted::default();
    for (number, ready) in rows {
        sorted.take(number, ready);
    }
    let gate = ctx.app.store.gate().await?;
    let mut tx = ctx.app.store.begin().await?;
    append(&mut tx, &gate, &sorted, &mut report, &tell).await?;
    if report.rows_faulty > 0 && !skip_faulty {
        drop(tx);
        report.rows_added = 0;
        return refuse(ctx, import, report).await;
    }
    learn(ctx, &mut tx, &sorted.people, &mut report, &tell).await?;
    let facts = facts(ctx, &mut tx, &sorted.outcomes, &tell).await?;
    report.written = true;
    if facts.is_empty() {
        let done = end_in(ctx, &mut tx, Import { state: ImportState::Done, report, ..import }).await?;
        tx.commit().await?;
        drop(gate);
        ctx.app.intake.written().notify_one();
        return Ok(done);
    }
    // persons first: a batch that is loaded twice is one batch, so a crash in between heals by importing again
    tx.commit().await?;
    drop(gate);
    let counted = sorted.outcomes.len() as u64;
    let batch = format!("import-{}", sha256_hex(canonical(&facts).as_bytes()));
    match ctx.app.warehouse.load_outcomes(ctx.org().as_str(), &batch, facts).await? {
        Loaded::Added(_) => report.rows_added += counted,
        Loaded::AlreadyThere => report.rows_same += counted,
    }
    end(ctx, Import { state: ImportState::Done, report, ..import }).await
}

/// Rows by how they are written.
#[derive(Default)]
struct Sorted {
    numbers: Vec<u64>,
    entries: Vec<IntakeEntry>,
    people: Vec<(Vec<Alias>, Traits)>,
    outcomes: Vec<PersonMonth>,
}

impl Sorted {
    fn take(&mut self, number: u64, ready: Ready) {
        match ready {
            Ready::Entry(entry) => {
                self.numbers.push(number);
                self.entries.push(*entry);
            }
            Ready::Person(aliases, traits) => self.people.push((aliases, traits)),
            Ready::Outcomes(aliases, month, values) => self.outcomes.push((aliases, month.0, values)),
        }
    }
}

async fn append(
    tx: &mut Tx,
    gate: &Gate,
    sorted: &Sorted,
    report: &mut ImportReport,
    tell: &impl Fn(usize),
) -> Result<(), Error> {
    let mut done = 0;
    for (entries, numbers) in sorted.entries.chunks(STEP).zip(sorted.numbers.chunks(STEP)) {
        for (receipt, (entry, number)) in
            import::append_many(tx, gate, entries).await?.into_iter().zip(entries.iter().zip(numbers))
        {
            match receipt {
                Receipt::Accepted { .. } => report.rows_added += 1,
                Receipt::Replayed { .. } => report.rows_same += 1,
                Receipt::Conflict => {
                    report.rows_faulty += 1;
                    if report.faults.len() < FAULTS_SHOWN {
                        report.faults.push(conflict(*number, &entry.id));
                    }
                }
            }
        }
        done += entries.len();
        tell(done);
    }
    Ok(())
}

fn conflict(row: u64, id: &str) -> RowFault {
    let message =
        format!("the id `{id}` was taken in before with other values: what came in never changes, use a new id");
    RowFault { row, column: "id".to_owned(), code: "id_conflict".to_owned(), message }
}

async fn learn(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    people: &[(Vec<Alias>, Traits)],
    report: &mut ImportReport,
    tell: &impl Fn(usize),
) -> Result<(), Error> {
    let mut done = 0;
    for chunk in people.chunks(STEP) {
        let groups: Vec<Vec<Alias>> = chunk.iter().map(|(aliases, _)| aliases.clone()).collect();
        let told: Vec<Traits> = chunk.iter().map(|(_, traits)| traits.clone()).collect();
        let (ids, mut touched) =
            resolve_counted_in(tx, ctx.org(), &groups, &told, ctx.now(), &*ctx.app.entropy).await?;
        let mut times: BTreeMap<&PersonId, u64> = BTreeMap::new();
        for id in &ids {
            *times.entry(id).or_default() += 1;
        }
        // somebody new who stands in one row has learned it already
        let again = |id: &PersonId| !touched.contains(id) || times.get(id).is_some_and(|n| *n > 1);
        let traits: Vec<(PersonId, Traits)> = ids.iter().cloned().zip(told).filter(|(id, _)| again(id)).collect();
        touched.extend(learn_counted_in(tx, ctx.org(), &traits, ctx.now()).await?);
        let changed = ids.iter().filter(|id| touched.contains(id)).count() as u64;
        report.rows_added += changed;
        report.rows_same += chunk.len() as u64 - changed;
        done += chunk.len();
        tell(done);
    }
    Ok(())
}

async fn facts(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    outcomes: &[PersonMonth],
    tell: &impl Fn(usize),
) -> Result<Vec<OutcomeFact>, Error> {
    let mut facts = Vec::new();
    let mut done = 0;
    for chunk in outcomes.chunks(STEP) {
        let groups: Vec<Vec<Alias>> = chunk.iter().map(|(aliases, ..)| aliases.clone()).collect();
        let ids = resolve_many_in(tx, ctx.org(), &groups, ctx.now(), &*ctx.app.entropy).await?;
        for (id, (_, month, values)) in ids.iter().zip(chunk) {
            facts.extend(values.iter().map(|(kind, value)| OutcomeFact {
                person: id.to_string(),
                kind: kind.clone(),
                month: *month,
                value: *value,
            }));
        }
        done += chunk.len();
        tell(done);
    }
    Ok(facts)
}

/// The same figures in the same order are the same batch.
fn canonical(facts: &[OutcomeFact]) -> String {
    facts.iter().map(|f| format!("{}\u{1f}{}\u{1f}{}\u{1f}{}\n", f.person, f.kind, f.month, f.value)).collect()
}
