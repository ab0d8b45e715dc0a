//! Removes what tells of one person, statement by statement.
//!
//! A table that is added to the schema and names a person belongs here: the
//! canary test of the use case searches every byte of the files.

use peakend_domain::OrgId;
use peakend_domain::act::case::{CaseState, Deed};
use peakend_domain::sense::erasure::ErasureCounts;

use crate::row::Columns;
use crate::{StoreError, Tx};

const FAULT: &str = "remove a person";

/// Remove a person by id: names, voices, events, asks and links go; their
/// entries in the intake log become tombstones; cases stay as numbers.
pub async fn remove(tx: &mut Tx, org: &OrgId, person: &str) -> Result<ErasureCounts, StoreError> {
    // the log first: its entries are found through what they became
    let mut log_entries = 0;
    for sql in [
        "UPDATE intake SET body = '', body_hash = '' WHERE org_id = $1 AND body <> '' \
         AND seq IN (SELECT seq FROM voice WHERE org_id = $1 AND person_id = $2)",
        "UPDATE intake SET body = '', body_hash = '' WHERE org_id = $1 AND body <> '' \
         AND seq IN (SELECT seq FROM event WHERE org_id = $1 AND person_id = $2)",
    ] {
        log_entries += run(tx, sql, org, person).await?;
    }
    let cases = cases(tx, org, person).await?;
    let counts = ErasureCounts {
        voices: run(tx, "DELETE FROM voice WHERE org_id = $1 AND person_id = $2", org, person).await?,
        events: run(tx, "DELETE FROM event WHERE org_id = $1 AND person_id = $2", org, person).await?,
        asks: run(tx, "DELETE FROM ask WHERE org_id = $1 AND person_id = $2", org, person).await?,
        links: run(tx, "DELETE FROM survey_link WHERE org_id = $1 AND person_id = $2", org, person).await?,
        aliases: run(tx, "DELETE FROM person_alias WHERE org_id = $1 AND person_id = $2", org, person).await?,
        cases,
        log_entries,
        imports: 0,
        warehouse_rows: 0,
    };
    for sql in [
        "DELETE FROM evaluation_person WHERE org_id = $1 AND person_id = $2",
        "DELETE FROM person_merge WHERE org_id = $1 AND into_id = $2",
        "DELETE FROM person WHERE org_id = $1 AND id = $2",
    ] {
        run(tx, sql, org, person).await?;
    }
    Ok(counts)
}

async fn run(tx: &mut Tx, sql: &'static str, org: &OrgId, key: &str) -> Result<u64, StoreError> {
    let done = sqlx::query(sql).bind(org.as_str()).bind(key).execute(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    Ok(done.rows_affected())
}

/// Take person, words and link from every case of the person.
async fn cases(tx: &mut Tx, org: &OrgId, person: &str) -> Result<u64, StoreError> {
    let found = texts(tx, "SELECT id, state AS body FROM case_file WHERE org_id = $1 AND person_id = $2", org, person);
    let found = found.await?;
    for (id, state) in &found {
        silence(tx, org, id, state).await?;
    }
    Ok(found.len() as u64)
}

/// Take person, words and link from a case, whose state is given as it is stored.
pub(in crate::sense) async fn silence(tx: &mut Tx, org: &OrgId, id: &str, state: &str) -> Result<(), StoreError> {
    let state: CaseState = serde_json::from_str(state).map_err(|e| StoreError::corrupt("case_file.state", e))?;
    let state = serde_json::to_string(&state.without_words());
    let state = state.map_err(|e| StoreError::corrupt("case_file.state", e))?;
    let bare = "UPDATE case_file SET person_id = '', title = '', state = $3 WHERE org_id = $1 AND id = $2";
    set(tx, bare, org, id, &state).await?;
    history(tx, org, id).await?;
    // what a mail relay answered may hold the address
    let silent =
        "UPDATE job SET last_error = '' WHERE org_id = $1 AND last_error <> '' AND payload LIKE '%' || $2 || '%'";
    run(tx, silent, org, id).await?;
    run(tx, "DELETE FROM survey_link WHERE org_id = $1 AND case_id = $2", org, id).await?;
    Ok(())
}

/// Take the words from a case's history; its opening holds ids only.
async fn history(tx: &mut Tx, org: &OrgId, case: &str) -> Result<(), StoreError> {
    let sql = "SELECT id, body FROM case_entry WHERE org_id = $1 AND case_id = $2 AND kind <> 'opened'";
    for (id, body) in texts(tx, sql, org, case).await? {
        let deed: Deed = serde_json::from_str(&body).map_err(|e| StoreError::corrupt("case_entry.body", e))?;
        let bare = serde_json::to_string(&deed.without_words());
        let bare = bare.map_err(|e| StoreError::corrupt("case_entry.body", e))?;
        if bare != body {
            set(tx, "UPDATE case_entry SET body = $3 WHERE org_id = $1 AND id = $2", org, &id, &bare).await?;
        }
    }
    Ok(())
}

async fn texts(tx: &mut Tx, sql: &'static str, org: &OrgId, key: &str) -> Result<Vec<(String, String)>, StoreError> {
    let query = sqlx::query(sql).bind(org.as_str()).bind(key);
    let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, FAULT);
            Ok((columns.text("id")?, columns.text("body")?))
        })
        .collect()
}

async fn set(tx: &mut Tx, sql: &'static str, org: &OrgId, id: &str, text: &str) -> Result<(), StoreError> {
    sqlx::query(sql).bind(org.as_str()).bind(id).bind(text).execute(&mut **tx).await.map_err(StoreError::on(FAULT))?;
    Ok(())
}
