//! Removing voices of one survey or of all others, and what hangs on them.

use peakend_domain::sense::retention::{RetentionCounts, VoicesOf};
use peakend_domain::{Day, OrgId, micros};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::{FAULT, STEP, remove};
use crate::row::{Columns, placeholders};
use crate::sense::erasure::silence;
use crate::{StoreError, Tx};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Remove some voices of before a day with their entries in the log; nothing
/// more is left of them when the counts are zero.
pub async fn remove_voices(
    tx: &mut Tx,
    org: &OrgId,
    of: &VoicesOf<'_>,
    before: Day,
) -> Result<RetentionCounts, StoreError> {
    let old = match of {
        // as the index by survey and instant has it, so that nothing is read of what is kept
        VoicesOf::Survey(_) => "day < $2 AND survey_code = $4 AND survey_code <> '' AND at < $5".to_owned(),
        VoicesOf::Others(_) => format!("day < $2 AND {} ORDER BY seq", among("survey_code", of, 3)),
    };
    let sql = format!("SELECT seq FROM voice WHERE org_id = $1 AND {old} LIMIT $3");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(org.as_str()).bind(i64::from(before.0)).bind(STEP);
    let mut query = bound(query, of);
    if matches!(of, VoicesOf::Survey(_)) {
        // in no time zone does an earlier day last until then
        query = query.bind((i64::from(before.0) + 1) * MICROS_PER_DAY);
    }
    let found = query.fetch_all(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    let seqs = found.iter().map(|row| Columns::of(row, FAULT).number("seq")).collect::<Result<Vec<i64>, _>>()?;
    let (voices, log_entries) = remove(tx, org, "voice", &seqs).await?;
    Ok(RetentionCounts { voices, log_entries, ..RetentionCounts::default() })
}

/// Remove personal links to surveys that were made before an instant.
pub async fn remove_links(
    tx: &mut Tx,
    org: &OrgId,
    of: &VoicesOf<'_>,
    before: jiff::Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM survey_link WHERE org_id = $1 AND single_use = 1 AND created_at < $2 \
         AND survey_id IN (SELECT id FROM survey WHERE org_id = $1 AND {})",
        among("code", of, 2)
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(org.as_str()).bind(micros(before));
    bound(query, of).execute(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    Ok(())
}

/// Take person, words and link from some cases that were closed before an instant;
/// no case is left when the counts are zero. A case is of the survey of the voice
/// that opened it.
pub async fn silence_cases(
    tx: &mut Tx,
    org: &OrgId,
    of: &VoicesOf<'_>,
    before: jiff::Timestamp,
) -> Result<RetentionCounts, StoreError> {
    let sql = format!(
        "SELECT id, state FROM case_file WHERE org_id = $1 AND closed_at < $2 AND (person_id <> '' OR title <> '') \
         AND {} LIMIT $3",
        among("survey_code", of, 3)
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(org.as_str()).bind(micros(before)).bind(STEP);
    let rows = bound(query, of).fetch_all(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    for row in &rows {
        let columns = Columns::of(row, FAULT);
        silence(tx, org, &columns.text("id")?, &columns.text("state")?).await?;
    }
    Ok(RetentionCounts { cases: rows.len() as u64, ..RetentionCounts::default() })
}

/// The condition that a column of survey codes is one of these, after some placeholders.
fn among(column: &'static str, of: &VoicesOf<'_>, skip: usize) -> String {
    match of {
        VoicesOf::Survey(_) => format!("{column} = ${}", skip + 1),
        VoicesOf::Others(codes) if codes.is_empty() => "1 = 1".to_owned(),
        VoicesOf::Others(codes) => format!("{column} NOT IN {}", placeholders(1, codes.len(), skip)),
    }
}

/// The codes of that condition.
fn bound<'q>(query: Query<'q, Any, AnyArguments>, of: &VoicesOf<'_>) -> Query<'q, Any, AnyArguments> {
    match of {
        VoicesOf::Survey(code) => query.bind((*code).to_owned()),
        VoicesOf::Others(codes) => codes.iter().fold(query, |query, code| query.bind((*code).to_owned())),
    }
}
