//! Findings with their frozen evidence.

use peakend_domain::insight::finding::{Finding, FindingKind, FindingState};
use peakend_domain::{FindingId, OrgId, Pillar, micros, timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{StoreError, Tx};

const COLUMNS: &str = "org_id, id, kind, pillar, title, touchpoint_code, line_code, metric, question, evidence, state, \
    created_at, created_by";

/// Insert a finding.
pub async fn insert(tx: &mut Tx, f: &Finding) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO finding (org_id, id, kind, pillar, title, touchpoint_code, line_code, metric, question, evidence, \
         phase, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(f.org.as_str())
    .bind(f.id.as_str())
    .bind(f.kind.name())
    .bind(f.pillar.name())
    .bind(f.title.as_str())
    .bind(f.touchpoint_code.as_str())
    .bind(f.line_code.as_str())
    .bind(f.metric.as_str())
    .bind(f.question.to_string())
    .bind(f.evidence.to_string())
    .bind(f.state.phase())
    .bind(state_text(&f.state)?)
    .bind(micros(f.created_at))
    .bind(f.created_by.as_str())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a finding"))?;
    Ok(())
}

/// Save where a finding stands.
pub async fn save(tx: &mut Tx, f: &Finding) -> Result<(), StoreError> {
    sqlx::query("UPDATE finding SET phase = $1, state = $2 WHERE org_id = $3 AND id = $4")
        .bind(f.state.phase())
        .bind(state_text(&f.state)?)
        .bind(f.org.as_str())
        .bind(f.id.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("save a finding"))?;
    Ok(())
}

/// One finding.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &FindingId) -> Result<Option<Finding>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM finding WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a finding"))?;
    row.as_ref().map(read).transpose()
}

/// Which findings; an empty text does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Phase
    pub phase: String,
    /// Pillar
    pub pillar: String,
    /// Kind
    pub kind: String,
}

const WHERE: &str = "org_id = $1 AND ($2 = '' OR phase = $2) AND ($3 = '' OR pillar = $3) AND ($4 = '' OR kind = $4)";

/// A page, newest first.
pub async fn page(
    tx: &mut Tx,
    org: &OrgId,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> Result<Vec<Finding>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM finding WHERE {WHERE} ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(wanted.phase.as_str())
        .bind(wanted.pillar.as_str())
        .bind(wanted.kind.as_str())
        .bind(limit)
        .bind(offset)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list findings"))?;
    rows.iter().map(read).collect()
}

/// How many.
pub async fn count(tx: &mut Tx, org: &OrgId, wanted: &Wanted) -> Result<i64, StoreError> {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM finding WHERE {WHERE}");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(wanted.phase.as_str())
        .bind(wanted.pillar.as_str())
        .bind(wanted.kind.as_str())
        .fetch_one(&mut **tx)
        .await
        .and_then(|row| row.try_get("n"))
        .map_err(StoreError::on("count findings"))
}

/// Whether the same thing has been found and not been dismissed before an instant.
pub async fn is_known(tx: &mut Tx, f: &Finding, dismissed_before: jiff::Timestamp) -> Result<bool, StoreError> {
    let n: i64 = sqlx::query(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM finding WHERE org_id = $1 AND kind = $2 AND pillar = $3 \
         AND metric = $4 AND touchpoint_code = $5 AND line_code = $6 AND (phase <> 'dismissed' OR created_at >= $7)",
    )
    .bind(f.org.as_str())
    .bind(f.kind.name())
    .bind(f.pillar.name())
    .bind(f.metric.as_str())
    .bind(f.touchpoint_code.as_str())
    .bind(f.line_code.as_str())
    .bind(micros(dismissed_before))
    .fetch_one(&mut **tx)
    .await
    .and_then(|row| row.try_get("n"))
    .map_err(StoreError::on("look for a like finding"))?;
    Ok(n > 0)
}

fn state_text(state: &FindingState) -> Result<String, StoreError> {
    serde_json::to_string(state).map_err(|e| StoreError::corrupt("finding.state", e))
}

fn read(row: &AnyRow) -> Result<Finding, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a finding"));
    let json = |name: &'static str| -> Result<serde_json::Value, StoreError> {
        serde_json::from_str(&text(name)?).map_err(|e| StoreError::corrupt(name, e))
    };
    let (kind, pillar) = (text("kind")?, text("pillar")?);
    Ok(Finding {
        id: FindingId::stored(text("id")?),
        org: OrgId::stored(text("org_id")?),
        kind: FindingKind::parse(&kind).ok_or_else(|| StoreError::corrupt("finding.kind", &kind))?,
        pillar: Pillar::parse(&pillar).ok_or_else(|| StoreError::corrupt("finding.pillar", &pillar))?,
        title: text("title")?,
        touchpoint_code: text("touchpoint_code")?,
        line_code: text("line_code")?,
        metric: text("metric")?,
        question: json("question")?,
        evidence: json("evidence")?,
        state: serde_json::from_value(json("state")?).map_err(|e| StoreError::corrupt("finding.state", e))?,
        created_at: timestamp(row.try_get("created_at").map_err(StoreError::on("read a finding"))?),
        created_by: text("created_by")?,
    })
}
