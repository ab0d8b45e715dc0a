//! Surveys: drafts with a revision, published versions that never change.

use peakend_domain::{LocalText, OrgId, Pillar, SurveyId, micros, timestamp};

use crate::row::{Columns, local};
use crate::{StoreError, Tx};

/// A survey as stored: its draft and how far it is published.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyRow {
    /// Id.
    pub id: SurveyId,
    /// Code within the organisation.
    pub code: String,
    /// Pillar.
    pub pillar: Pillar,
    /// Title of the last draft that could be read.
    pub title: LocalText,
    /// The draft's YAML, which may have faults.
    pub draft: String,
    /// Counts the saves of the draft.
    pub draft_revision: i64,
    /// The version that is asked now.
    pub published_version: Option<i64>,
    /// When it was closed to answers.
    pub closed_at: Option<jiff::Timestamp>,
    /// When it was made.
    pub created_at: jiff::Timestamp,
    /// When it was last changed.
    pub updated_at: jiff::Timestamp,
}

/// A published version.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyVersion {
    /// Number from 1.
    pub version: i64,
    /// The YAML as it was published.
    pub yaml: String,
    /// The canonical document, JSON.
    pub document: String,
    /// When.
    pub published_at: jiff::Timestamp,
    /// By whom (an actor's label).
    pub published_by: String,
}

/// What came back on a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyCount {
    /// Survey code.
    pub code: String,
    /// Responses taken in.
    pub responses: i64,
    /// When the last one was given.
    pub last_at: jiff::Timestamp,
}

const COLUMNS: &str =
    "id, code, pillar, title, draft, draft_revision, published_version, closed_at, created_at, updated_at";

/// Insert a survey; a unique violation means the code is taken.
pub async fn insert(tx: &mut Tx, org: &OrgId, s: &SurveyRow) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO survey (org_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(s.id.as_str())
        .bind(s.code.as_str())
        .bind(s.pillar.name())
        .bind(local(&s.title))
        .bind(s.draft.as_str())
        .bind(s.draft_revision)
        .bind(s.published_version)
        .bind(s.closed_at.map(micros))
        .bind(micros(s.created_at))
        .bind(micros(s.updated_at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a survey"))?;
    Ok(())
}

/// Save a survey whose draft still has the revision `was`; returns false when
/// somebody else saved in between.
pub async fn save(tx: &mut Tx, org: &OrgId, s: &SurveyRow, was: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE survey SET code = $3, pillar = $4, title = $5, draft = $6, draft_revision = $7, \
         published_version = $8, closed_at = $9, updated_at = $10 \
         WHERE org_id = $1 AND id = $2 AND draft_revision = $11",
    )
    .bind(org.as_str())
    .bind(s.id.as_str())
    .bind(s.code.as_str())
    .bind(s.pillar.name())
    .bind(local(&s.title))
    .bind(s.draft.as_str())
    .bind(s.draft_revision)
    .bind(s.published_version)
    .bind(s.closed_at.map(micros))
    .bind(micros(s.updated_at))
    .bind(was)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save a survey"))?;
    Ok(done.rows_affected() == 1)
}

/// One survey by id.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &str) -> Result<Option<SurveyRow>, StoreError> {
    one(tx, org, "id", id).await
}

/// One survey by code.
pub async fn find_by_code(tx: &mut Tx, org: &OrgId, code: &str) -> Result<Option<SurveyRow>, StoreError> {
    one(tx, org, "code", code).await
}

async fn one(tx: &mut Tx, org: &OrgId, column: &'static str, value: &str) -> Result<Option<SurveyRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM survey WHERE org_id = $1 AND {column} = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(value)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a survey"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read a survey"))).transpose()
}

/// All surveys, the last changed first.
pub async fn all(tx: &mut Tx, org: &OrgId) -> Result<Vec<SurveyRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM survey WHERE org_id = $1 ORDER BY updated_at DESC, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list surveys"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a survey"))).collect()
}

/// Responses per survey code.
pub async fn counts(tx: &mut Tx, org: &OrgId) -> Result<Vec<SurveyCount>, StoreError> {
    let rows = sqlx::query(
        "SELECT survey_code, CAST(COUNT(*) AS BIGINT) AS responses, MAX(at) AS last_at FROM voice \
         WHERE org_id = $1 AND survey_code <> '' GROUP BY survey_code",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("count responses"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a count of responses");
            Ok(SurveyCount {
                code: columns.text("survey_code")?,
                responses: columns.number("responses")?,
                last_at: timestamp(columns.number("last_at")?),
            })
        })
        .collect()
}

/// Add a version.
pub async fn insert_version(tx: &mut Tx, org: &OrgId, id: &SurveyId, v: &SurveyVersion) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO survey_version (org_id, survey_id, version, yaml, document, published_at, published_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(org.as_str())
    .bind(id.as_str())
    .bind(v.version)
    .bind(v.yaml.as_str())
    .bind(v.document.as_str())
    .bind(micros(v.published_at))
    .bind(v.published_by.as_str())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a survey version"))?;
    Ok(())
}

/// One version.
pub async fn version(
    tx: &mut Tx,
    org: &OrgId,
    id: &SurveyId,
    version: i64,
) -> Result<Option<SurveyVersion>, StoreError> {
    let row = sqlx::query(
        "SELECT version, yaml, document, published_at, published_by FROM survey_version \
         WHERE org_id = $1 AND survey_id = $2 AND version = $3",
    )
    .bind(org.as_str())
    .bind(id.as_str())
    .bind(version)
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("find a survey version"))?;
    row.as_ref().map(|row| read_version(Columns::of(row, "read a survey version"))).transpose()
}

/// All versions, the newest first.
pub async fn versions(tx: &mut Tx, org: &OrgId, id: &SurveyId) -> Result<Vec<SurveyVersion>, StoreError> {
    let rows = sqlx::query(
        "SELECT version, yaml, document, published_at, published_by FROM survey_version \
         WHERE org_id = $1 AND survey_id = $2 ORDER BY version DESC",
    )
    .bind(org.as_str())
    .bind(id.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list survey versions"))?;
    rows.iter().map(|row| read_version(Columns::of(row, "read a survey version"))).collect()
}

fn read(columns: Columns<'_>) -> Result<SurveyRow, StoreError> {
    Ok(SurveyRow {
        id: SurveyId::stored(columns.text("id")?),
        code: columns.text("code")?,
        pillar: columns.word("pillar", Pillar::parse)?,
        title: columns.local("title")?,
        draft: columns.text("draft")?,
        draft_revision: columns.number("draft_revision")?,
        published_version: columns.maybe_number("published_version")?,
        closed_at: columns.maybe_number("closed_at")?.map(timestamp),
        created_at: timestamp(columns.number("created_at")?),
        updated_at: timestamp(columns.number("updated_at")?),
    })
}

fn read_version(columns: Columns<'_>) -> Result<SurveyVersion, StoreError> {
    Ok(SurveyVersion {
        version: columns.number("version")?,
        yaml: columns.text("yaml")?,
        document: columns.text("document")?,
        published_at: timestamp(columns.number("published_at")?),
        published_by: columns.text("published_by")?,
    })
}
