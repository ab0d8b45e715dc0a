//! Asks: decisions to ask a person, or not to ask and why.

use peakend_domain::sense::ask::{Ask, AskState, Withheld};
use peakend_domain::{AskId, EventRuleId, OrgId, SurveyId, micros, timestamp};
use serde_json::json;

use crate::row::Columns;
use crate::{StoreError, Tx};

const COLUMNS: &str = "id, rule_id, survey_id, person_id, event_id, state, reason, context, decided_at, show_at, \
    shown_at, answered_at";

/// Insert a decision.
pub async fn insert(tx: &mut Tx, org: &OrgId, ask: &Ask) -> Result<(), StoreError> {
    let sql =
        format!("INSERT INTO ask (org_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
    let reason = match &ask.state {
        AskState::Withheld { reason, last } => json!({"code": reason, "last": last}).to_string(),
        _ => String::new(),
    };
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(ask.id.as_str())
        .bind(ask.rule.as_ref().map(|r| r.as_str()))
        .bind(ask.survey.as_str())
        .bind(ask.person.as_str())
        .bind(ask.event.as_deref())
        .bind(ask.state.name())
        .bind(reason)
        .bind(ask.context.to_string())
        .bind(micros(ask.decided_at))
        .bind(micros(ask.show_at))
        .bind(None::<i64>)
        .bind(None::<i64>)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("insert an ask"))?;
    Ok(())
}

/// When a person was last to be asked (by any survey), withheld asks not counted.
pub async fn last_of_person(tx: &mut Tx, org: &OrgId, person: &str) -> Result<Option<jiff::Timestamp>, StoreError> {
    let row = sqlx::query(
        "SELECT MAX(decided_at) AS last FROM ask WHERE org_id = $1 AND person_id = $2 AND state <> 'withheld'",
    )
    .bind(org.as_str())
    .bind(person)
    .fetch_one(&mut **tx)
    .await
    .map_err(StoreError::on("find a person's last ask"))?;
    Ok(Columns::of(&row, "read a person's last ask").maybe_number("last")?.map(timestamp))
}

/// The oldest ask that waits to be shown to a person, due by `now` and decided after `since`.
pub async fn due_of_person(
    tx: &mut Tx,
    org: &OrgId,
    person: &str,
    since: jiff::Timestamp,
    now: jiff::Timestamp,
) -> Result<Option<Ask>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ask WHERE org_id = $1 AND person_id = $2 AND state = 'due' AND show_at <= $3 \
         AND decided_at > $4 ORDER BY show_at, id LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(person)
        .bind(micros(now))
        .bind(micros(since))
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find an ask that is due"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read an ask"))).transpose()
}

/// Note that a page shows an ask; false when somebody else's page already does.
pub async fn mark_shown(tx: &mut Tx, org: &OrgId, id: &AskId, at: jiff::Timestamp) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE ask SET state = 'shown', shown_at = $3 WHERE org_id = $1 AND id = $2 AND state = 'due'")
            .bind(org.as_str())
            .bind(id.as_str())
            .bind(micros(at))
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("mark an ask as shown"))?;
    Ok(done.rows_affected() == 1)
}

/// Note that an ask was answered; the first answer counts.
pub async fn mark_answered(tx: &mut Tx, org: &OrgId, id: &str, at: jiff::Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE ask SET state = 'answered', answered_at = $3 \
         WHERE org_id = $1 AND id = $2 AND answered_at IS NULL AND state <> 'withheld'",
    )
    .bind(org.as_str())
    .bind(id)
    .bind(micros(at))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("mark an ask as answered"))?;
    Ok(())
}

/// Decisions, newest first, after a cursor (an ask's id; empty for the first
/// page), of one state unless empty.
pub async fn page(tx: &mut Tx, org: &OrgId, state: &str, cursor: &str, limit: i64) -> Result<Vec<Ask>, StoreError> {
    // ids begin with their time, so their order is the order of decisions
    let sql = format!(
        "SELECT {COLUMNS} FROM ask WHERE org_id = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) \
         ORDER BY id DESC LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(state)
        .bind(cursor)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list asks"))?;
    rows.iter().map(|row| read(Columns::of(row, "read an ask"))).collect()
}

/// How many decisions there are per state.
pub async fn counts(tx: &mut Tx, org: &OrgId) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT state, CAST(COUNT(*) AS BIGINT) AS n FROM ask WHERE org_id = $1 GROUP BY state ORDER BY state",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("count asks"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a count of asks");
            Ok((columns.text("state")?, columns.number("n")?))
        })
        .collect()
}

fn read(columns: Columns<'_>) -> Result<Ask, StoreError> {
    let at = |name: &str| -> Result<jiff::Timestamp, StoreError> {
        Ok(timestamp(columns.maybe_number(name)?.unwrap_or_default()))
    };
    let state = columns.text("state")?;
    let context = columns.text("context")?;
    Ok(Ask {
        id: AskId::stored(columns.text("id")?),
        rule: columns.maybe_text("rule_id")?.map(EventRuleId::stored),
        survey: SurveyId::stored(columns.text("survey_id")?),
        person: columns.text("person_id")?,
        event: columns.maybe_text("event_id")?,
        state: match state.as_str() {
            "due" => AskState::Due,
            "shown" => AskState::Shown { at: at("shown_at")? },
            "answered" => AskState::Answered { at: at("answered_at")? },
            "withheld" => withheld(&columns.text("reason")?)?,
            _ => return Err(StoreError::corrupt("ask.state", &state)),
        },
        context: serde_json::from_str(&context).map_err(|e| StoreError::corrupt("ask.context", e))?,
        decided_at: timestamp(columns.number("decided_at")?),
        show_at: timestamp(columns.number("show_at")?),
    })
}

fn withheld(reason: &str) -> Result<AskState, StoreError> {
    #[derive(serde::Deserialize)]
    struct Reason {
        code: Withheld,
        last: Option<jiff::Timestamp>,
    }
    let reason: Reason = serde_json::from_str(reason).map_err(|e| StoreError::corrupt("ask.reason", e))?;
    Ok(AskState::Withheld { reason: reason.code, last: reason.last })
}
