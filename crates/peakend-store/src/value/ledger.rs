//! Ledger entries: inserted, never updated.

use peakend_domain::value::evaluation::Verdict;
use peakend_domain::value::ledger::{Amount, LedgerEntry};
use peakend_domain::{EvaluationId, LedgerEntryId, Month, OrgId, Pillar, micros, timestamp};
use sqlx::{AssertSqlSafe, Row as _};

use crate::row::{Columns, placeholders};
use crate::{StoreError, Tx};

const COLUMNS: &str = "org_id, id, evaluation_id, subject_kind, subject_id, title, outcome_kind, pillar, verdict, \
    amount_minor, low_minor, high_minor, cost_minor, currency, from_month, to_month, booked_at, booked_by, note";

/// Insert an entry; a second one for the same evaluation is a fault of uniqueness.
pub async fn insert(tx: &mut Tx, e: &LedgerEntry) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO ledger_entry ({COLUMNS}) VALUES {}", placeholders(1, 19, 0));
    sqlx::query(AssertSqlSafe(sql))
        .bind(e.org.as_str())
        .bind(e.id.as_str())
        .bind(e.evaluation.as_str())
        .bind(e.subject_kind.as_str())
        .bind(e.subject_key.as_str())
        .bind(e.title.as_str())
        .bind(e.outcome.as_str())
        .bind(e.pillar.name())
        .bind(e.verdict.name())
        .bind(e.amount.map(|a| a.minor))
        .bind(e.amount.map(|a| a.low))
        .bind(e.amount.map(|a| a.high))
        .bind(e.cost_minor)
        .bind(e.currency.as_str())
        .bind(i64::from(e.from.0))
        .bind(i64::from(e.to.0))
        .bind(micros(e.booked_at))
        .bind(e.booked_by.as_str())
        .bind(e.note.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a ledger entry"))?;
    Ok(())
}

/// One entry.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &LedgerEntryId) -> Result<Option<LedgerEntry>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_entry WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a ledger entry"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read a ledger entry"))).transpose()
}

/// Every entry of a pillar (none: of all), newest first. A ledger has as many
/// entries as there were evaluations worth booking: some hundreds, not millions.
pub async fn all(tx: &mut Tx, org: &OrgId, pillar: Option<Pillar>) -> Result<Vec<LedgerEntry>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger_entry WHERE org_id = $1 AND ($2 = '' OR pillar = $2) \
         ORDER BY booked_at DESC, id DESC"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(pillar.map_or("", Pillar::name))
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list ledger entries"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a ledger entry"))).collect()
}

/// Hold the organisation's ledger until the transaction ends, so that two
/// bookings of the same money cannot miss each other.
pub async fn lock(tx: &mut Tx, org: &OrgId) -> Result<(), StoreError> {
    // a write of the organisation's own row, which changes nothing, is a lock on both databases
    sqlx::query("UPDATE org SET name = name WHERE id = $1")
        .bind(org.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("hold the ledger"))?;
    Ok(())
}

/// The entry of an evaluation.
pub async fn of_evaluation(tx: &mut Tx, org: &OrgId, id: &EvaluationId) -> Result<Option<LedgerEntryId>, StoreError> {
    sqlx::query("SELECT id FROM ledger_entry WHERE org_id = $1 AND evaluation_id = $2")
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.map(|row| row.try_get("id").map(LedgerEntryId::stored)).transpose())
        .map_err(StoreError::on("find the entry of an evaluation"))
}

fn read(columns: Columns<'_>) -> Result<LedgerEntry, StoreError> {
    let month = |name: &'static str| -> Result<Month, StoreError> {
        i32::try_from(columns.number(name)?).map(Month).map_err(|e| StoreError::corrupt(name, e))
    };
    let parts = (
        columns.maybe_number("amount_minor")?,
        columns.maybe_number("low_minor")?,
        columns.maybe_number("high_minor")?,
    );
    let amount = match parts {
        (Some(minor), Some(low), Some(high)) => Some(Amount { minor, low, high }),
        _ => None,
    };
    Ok(LedgerEntry {
        org: OrgId::stored(columns.text("org_id")?),
        id: LedgerEntryId::stored(columns.text("id")?),
        evaluation: EvaluationId::stored(columns.text("evaluation_id")?),
        subject_kind: columns.text("subject_kind")?,
        subject_key: columns.text("subject_id")?,
        title: columns.text("title")?,
        outcome: columns.text("outcome_kind")?,
        pillar: columns.word("pillar", Pillar::parse)?,
        verdict: columns.word("verdict", Verdict::parse)?,
        amount,
        cost_minor: columns.number("cost_minor")?,
        currency: columns.text("currency")?,
        from: month("from_month")?,
        to: month("to_month")?,
        booked_at: timestamp(columns.number("booked_at")?),
        booked_by: columns.text("booked_by")?,
        note: columns.text("note")?,
    })
}
