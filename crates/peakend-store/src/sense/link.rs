//! Links to surveys, found by the hash of their token.

use peakend_domain::sense::link::Link;
use peakend_domain::{OrgId, SurveyId, micros, timestamp};

use crate::row::Columns;
use crate::{StoreError, Tx};

const COLUMNS: &str =
    "token_hash, survey_id, person_id, ask_id, case_id, context, single_use, created_at, expires_at, used_at";

/// Insert a link.
pub async fn insert(tx: &mut Tx, org: &OrgId, link: &Link) -> Result<(), StoreError> {
    let sql =
        format!("INSERT INTO survey_link (org_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(link.token_hash.as_str())
        .bind(link.survey.as_str())
        .bind(link.person.as_deref())
        .bind(link.ask.as_deref())
        .bind(link.case.as_deref())
        .bind(serde_json::Value::Object(link.context.clone()).to_string())
        .bind(i64::from(link.single_use))
        .bind(micros(link.created_at))
        .bind(link.expires_at.map(micros))
        .bind(link.used_at.map(micros))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert a link"))?;
    Ok(())
}

/// The link of a token, whatever its organisation: the token is the proof.
pub async fn find(tx: &mut Tx, token_hash: &str) -> Result<Option<(OrgId, Link)>, StoreError> {
    let sql = format!("SELECT org_id, {COLUMNS} FROM survey_link WHERE token_hash = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(token_hash)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a link"))?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::of(&row, "read a link");
    Ok(Some((OrgId::stored(columns.text("org_id")?), read(columns)?)))
}

/// Links of a survey that people hand out: for everybody, newest first.
pub async fn open_of_survey(tx: &mut Tx, org: &OrgId, survey: &SurveyId) -> Result<Vec<Link>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM survey_link WHERE org_id = $1 AND survey_id = $2 AND single_use = 0 \
         ORDER BY created_at DESC, token_hash LIMIT 200"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(survey.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list links"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a link"))).collect()
}

/// Note that a link has been answered; the first time counts.
pub async fn mark_used(tx: &mut Tx, org: &OrgId, token_hash: &str, at: jiff::Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE survey_link SET used_at = $3 WHERE org_id = $1 AND token_hash = $2 AND used_at IS NULL")
        .bind(org.as_str())
        .bind(token_hash)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("mark a link as used"))?;
    Ok(())
}

/// End a link.
pub async fn expire(tx: &mut Tx, org: &OrgId, token_hash: &str, at: jiff::Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE survey_link SET expires_at = $3 WHERE org_id = $1 AND token_hash = $2")
        .bind(org.as_str())
        .bind(token_hash)
        .bind(micros(at))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("end a link"))?;
    Ok(done.rows_affected() == 1)
}

fn read(columns: Columns<'_>) -> Result<Link, StoreError> {
    let context = columns.text("context")?;
    Ok(Link {
        token_hash: columns.text("token_hash")?,
        survey: SurveyId::stored(columns.text("survey_id")?),
        person: columns.maybe_text("person_id")?,
        ask: columns.maybe_text("ask_id")?,
        case: columns.maybe_text("case_id")?,
        context: serde_json::from_str(&context).map_err(|e| StoreError::corrupt("survey_link.context", e))?,
        single_use: columns.number("single_use")? != 0,
        created_at: timestamp(columns.number("created_at")?),
        expires_at: columns.maybe_number("expires_at")?.map(timestamp),
        used_at: columns.maybe_number("used_at")?.map(timestamp),
    })
}
