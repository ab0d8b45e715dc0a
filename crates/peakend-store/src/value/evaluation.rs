//! Evaluations with their designs and results; they are inserted, never updated.

mod person;

use peakend_domain::value::evaluation::{Evaluation, Verdict};
use peakend_domain::{EvaluationId, OrgId, Pillar, micros, timestamp};
use sqlx::{AssertSqlSafe, Row as _};

use crate::row::Columns;
use crate::{StoreError, Tx};

pub use person::{ClosedCase, closed_cases, insert_persons, of_person, persons_with_cases, voice_count, voices};

const COLUMNS: &str = "org_id, id, subject, pillar, title, design, result, created_at, created_by";

/// Insert an evaluation.
pub async fn insert(tx: &mut Tx, e: &Evaluation) -> Result<(), StoreError> {
    let json = |what, value: Result<String, serde_json::Error>| value.map_err(|f| StoreError::corrupt(what, f));
    sqlx::query(
        "INSERT INTO evaluation (org_id, id, subject_kind, subject_id, pillar, title, subject, outcome_kind, design, \
         result, verdict, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(e.org.as_str())
    .bind(e.id.as_str())
    .bind(e.subject.kind())
    .bind(e.subject.key())
    .bind(e.pillar.name())
    .bind(e.title.as_str())
    .bind(json("evaluation.subject", serde_json::to_string(&e.subject))?)
    .bind(e.design.outcome.as_str())
    .bind(json("evaluation.design", serde_json::to_string(&e.design))?)
    .bind(json("evaluation.result", serde_json::to_string(&e.result))?)
    .bind(e.result.verdict.name())
    .bind(micros(e.created_at))
    .bind(e.created_by.as_str())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert an evaluation"))?;
    Ok(())
}

/// One evaluation.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &EvaluationId) -> Result<Option<Evaluation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM evaluation WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an evaluation"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read an evaluation"))).transpose()
}

/// Which evaluations; what is empty or none does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Kind of the subject.
    pub subject_kind: String,
    /// Key of the subject.
    pub subject_id: String,
    /// Pillar.
    pub pillar: Option<Pillar>,
    /// Verdict.
    pub verdict: Option<Verdict>,
}

const WHERE: &str = "org_id = $1 AND ($2 = '' OR subject_kind = $2) AND ($3 = '' OR subject_id = $3) \
    AND ($4 = '' OR pillar = $4) AND ($5 = '' OR verdict = $5)";

/// A page, newest first.
pub async fn page(
    tx: &mut Tx,
    org: &OrgId,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> Result<Vec<Evaluation>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM evaluation WHERE {WHERE} ORDER BY created_at DESC, id DESC LIMIT $6 OFFSET $7");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(wanted.subject_kind.as_str())
        .bind(wanted.subject_id.as_str())
        .bind(wanted.pillar.map_or("", Pillar::name))
        .bind(wanted.verdict.map_or("", Verdict::name))
        .bind(limit)
        .bind(offset)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list evaluations"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an evaluation"))).collect()
}

/// How many.
pub async fn count(tx: &mut Tx, org: &OrgId, wanted: &Wanted) -> Result<i64, StoreError> {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM evaluation WHERE {WHERE}");
    sqlx::query(AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(wanted.subject_kind.as_str())
        .bind(wanted.subject_id.as_str())
        .bind(wanted.pillar.map_or("", Pillar::name))
        .bind(wanted.verdict.map_or("", Verdict::name))
        .fetch_one(&mut **tx)
        .await
        .and_then(|row| row.try_get("n"))
        .map_err(StoreError::on("count evaluations"))
}

fn read(columns: Columns<'_>) -> Result<Evaluation, StoreError> {
    let json = |what: &'static str| -> Result<serde_json::Value, StoreError> {
        serde_json::from_str(&columns.text(what)?).map_err(|e| StoreError::corrupt(what, e))
    };
    Ok(Evaluation {
        org: OrgId::stored(columns.text("org_id")?),
        id: EvaluationId::stored(columns.text("id")?),
        subject: serde_json::from_value(json("subject")?).map_err(|e| StoreError::corrupt("evaluation.subject", e))?,
        pillar: columns.word("pillar", Pillar::parse)?,
        title: columns.text("title")?,
        design: serde_json::from_value(json("design")?).map_err(|e| StoreError::corrupt("evaluation.design", e))?,
        result: serde_json::from_value(json("result")?).map_err(|e| StoreError::corrupt("evaluation.result", e))?,
        created_at: timestamp(columns.number("created_at")?),
        created_by: columns.text("created_by")?,
    })
}
