//! Whom an evaluation is about: closed cases to choose from, and the persons it chose.

use std::collections::BTreeSet;

use peakend_domain::sense::voice::Voice;
use peakend_domain::value::evaluation::ClosedCases;
use peakend_domain::{EvaluationId, OrgId, Scope, UnitScope, micros, timestamp};
use sqlx::{AssertSqlSafe, Row as _};

use crate::row::{Columns, placeholders};
use crate::sense::voice;
use crate::{StoreError, Tx};

/// Rows per statement.
const CHUNK: usize = 500;

/// A closed case as far as an evaluation needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedCase {
    /// Its person.
    pub person: String,
    /// The voice that opened it.
    pub voice: String,
    /// When it was opened.
    pub opened_at: jiff::Timestamp,
    /// When it was resolved.
    pub closed_at: jiff::Timestamp,
}

/// Cases of known persons resolved from an instant until before another, in order of resolution.
pub async fn closed_cases(
    tx: &mut Tx,
    org: &OrgId,
    wanted: &ClosedCases,
    from: jiff::Timestamp,
    until: jiff::Timestamp,
) -> Result<Vec<ClosedCase>, StoreError> {
    let rows = sqlx::query(
        "SELECT person_id, voice_id, opened_at, closed_at FROM case_file WHERE org_id = $1 AND phase = 'resolved' \
         AND closed_at >= $2 AND closed_at < $3 AND pillar = $4 AND ($5 = '' OR touchpoint_code = $5) \
         AND ($6 = '' OR recovery = $6) AND person_id <> '' ORDER BY closed_at, id",
    )
    .bind(org.as_str())
    .bind(micros(from))
    .bind(micros(until))
    .bind(wanted.pillar.name())
    .bind(wanted.touchpoint.as_str())
    .bind(if wanted.recovered_only { "recovered" } else { "" })
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list closed cases"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a closed case");
            Ok(ClosedCase {
                person: columns.text("person_id")?,
                voice: columns.text("voice_id")?,
                opened_at: timestamp(columns.number("opened_at")?),
                closed_at: timestamp(columns.number("closed_at")?),
            })
        })
        .collect()
}

/// Everybody who ever had a case.
pub async fn persons_with_cases(tx: &mut Tx, org: &OrgId) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query("SELECT DISTINCT person_id FROM case_file WHERE org_id = $1 AND person_id <> ''")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list persons with cases"))?;
    rows.iter().map(|row| Columns::of(row, "read a person with a case").text("person_id")).collect()
}

/// Record the matched treated persons, each with the voice by which it was chosen.
pub async fn insert_persons(
    tx: &mut Tx,
    org: &OrgId,
    id: &EvaluationId,
    persons: &[(String, String)],
) -> Result<(), StoreError> {
    for chunk in persons.chunks(CHUNK) {
        let sql = format!(
            "INSERT INTO evaluation_person (org_id, evaluation_id, person_id, voice_id) VALUES {}",
            placeholders(chunk.len(), 4, 0)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (person, voice) in chunk {
            query = query.bind(org.as_str()).bind(id.as_str()).bind(person.as_str()).bind(voice.as_str());
        }
        query.execute(&mut **tx).await.map_err(StoreError::on("insert the persons of an evaluation"))?;
    }
    Ok(())
}

/// `$3` path prefix of the scope, empty for all.
const WITH_TEXT: &str = "FROM evaluation_person p JOIN voice v ON v.org_id = p.org_id AND v.id = p.voice_id \
    WHERE p.org_id = $1 AND p.evaluation_id = $2 AND v.text <> '' AND ($3 = '' OR substr(v.unit_path, 1, length($3)) = $3)";

fn prefix(scope: &Scope) -> &str {
    match &scope.units {
        UnitScope::All => "",
        UnitScope::Subtree(path) => path,
    }
}

/// The sentences behind an evaluation, the unhappiest first.
pub async fn voices(tx: &mut Tx, scope: &Scope, id: &EvaluationId, limit: i64) -> Result<Vec<Voice>, StoreError> {
    let sql = format!(
        "SELECT v.id AS id {WITH_TEXT} ORDER BY COALESCE(v.nps, 2 * v.csat, v.ces, 11), v.at DESC, v.id LIMIT $4"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(id.as_str())
        .bind(prefix(scope))
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list the voices of an evaluation"))?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = Columns::of(row, "read a voice of an evaluation").text("id")?;
        found.extend(voice::find(tx, scope, &id).await?);
    }
    Ok(found)
}

/// How many sentences there are.
pub async fn voice_count(tx: &mut Tx, scope: &Scope, id: &EvaluationId) -> Result<i64, StoreError> {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n {WITH_TEXT}");
    sqlx::query(AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(id.as_str())
        .bind(prefix(scope))
        .fetch_one(&mut **tx)
        .await
        .and_then(|row| row.try_get("n"))
        .map_err(StoreError::on("count the voices of an evaluation"))
}

/// Evaluations in which a person (or exactly a voice) was among the treated, newest first.
pub async fn of_person(
    tx: &mut Tx,
    org: &OrgId,
    person: &str,
    voice: &str,
    limit: i64,
) -> Result<Vec<EvaluationId>, StoreError> {
    let rows = sqlx::query(
        "SELECT evaluation_id FROM evaluation_person WHERE org_id = $1 AND (($2 <> '' AND person_id = $2) \
         OR ($3 <> '' AND voice_id = $3)) ORDER BY evaluation_id DESC LIMIT $4",
    )
    .bind(org.as_str())
    .bind(person)
    .bind(voice)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list the evaluations of a person"))?;
    rows.iter()
        .map(|row| Ok(EvaluationId::stored(Columns::of(row, "read an evaluation of a person").text("evaluation_id")?)))
        .collect()
}
