//! What a re-ask needs of other tables: the survey to ask, and the person's link.

use peakend_domain::sense::link::Link;
use peakend_domain::{OrgId, SurveyId, micros};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// The published survey of that code that is not closed.
pub async fn open_survey(tx: &mut Tx, org: &OrgId, code: &str) -> Result<Option<SurveyId>, StoreError> {
    let row = sqlx::query(
        "SELECT id FROM survey WHERE org_id = $1 AND code = $2 AND published_version IS NOT NULL AND closed_at IS NULL",
    )
    .bind(org.as_str())
    .bind(code)
    .fetch_optional(&mut **tx)
    .await
    .map_err(StoreError::on("find the re-ask survey"))?;
    row.map(|row| row.try_get("id").map(SurveyId::stored).map_err(StoreError::on("find the re-ask survey"))).transpose()
}

/// Insert the link at which a person answers the re-ask.
pub async fn insert_link(tx: &mut Tx, org: &OrgId, link: &Link) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO survey_link (token_hash, org_id, survey_id, person_id, ask_id, case_id, context, single_use, \
         created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(link.token_hash.as_str())
    .bind(org.as_str())
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
    .map_err(StoreError::on("insert a re-ask link"))?;
    Ok(())
}
