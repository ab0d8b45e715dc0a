//! Cases: one row each, with the whole state as JSON and beside it the columns
//! that lists filter by.
//!
//! Reads take a [`CaseSight`]: the unit scope and the reader's own id, both
//! applied in the SQL, so no screen can forget them.
mod entry;
mod page;

use peakend_domain::act::case::{Case, CaseOpening, CaseState, Priority};
use peakend_domain::act::recovery::Recovery;
use peakend_domain::act::sla::Sla;
use peakend_domain::{CalendarId, CaseId, OrgId, Pillar, Scope, UnitScope, UserId, micros, timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::{StoreError, Tx};

pub use entry::{CaseEntry, add_entry, entries};
pub use page::{CaseCounts, CaseFilter, CaseGlance, CaseOrder, CasePage, CaseView, Cursor, counts, page};

/// Whose eyes: cases within the unit scope, and the reader's own wherever they are.
#[derive(Debug, Clone, Copy)]
pub struct CaseSight<'a> {
    /// Organisation and units.
    pub scope: &'a Scope,
    /// The reader, when a member of staff reads.
    pub own: Option<&'a UserId>,
}

impl CaseSight<'_> {
    /// The unit path that must prefix a case's; empty for the whole organisation.
    fn prefix(&self) -> &str {
        match &self.scope.units {
            UnitScope::All => "",
            UnitScope::Subtree(path) => path,
        }
    }

    /// The reader's id; a text no id equals when nobody in particular reads.
    fn own(&self) -> &str {
        self.own.map_or("-", UserId::as_str)
    }
}

/// `$1` organisation, `$2` path prefix, `$3` own id.
const SEEN: &str = "c.org_id = $1 AND (substr(c.unit_path, 1, length($2)) = $2 OR c.owner_user_id = $3)";

const COLUMNS: &str = "c.org_id, c.id, c.number, c.pillar, c.person_id, c.voice_id, c.rule_id, c.touchpoint_code, \
    c.line_code, c.unit_code, c.unit_path, c.owner_user_id, c.priority, c.state, c.score, c.title, c.calendar_id, \
    c.opened_at, c.contact_due_at, c.resolve_due_at, c.first_contact_at, c.recovery, c.revision";

/// The number of the organisation's next case. On PostgreSQL other openers of
/// the same organisation wait until this transaction ends.
pub async fn next_number(tx: &mut Tx, org: &OrgId) -> Result<i64, StoreError> {
    super::next_number(tx, org, "case_file").await
}

/// Insert a new case.
pub async fn insert(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    let o = &case.opening;
    sqlx::query(
        "INSERT INTO case_file (org_id, id, number, pillar, person_id, voice_id, rule_id, touchpoint_code, line_code, \
         unit_code, unit_path, owner_user_id, priority, phase, state, score, title, calendar_id, opened_at, \
         contact_due_at, resolve_due_at, first_contact_at, closed_at, root_cause, recovery, revision, survey_code) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24, $25, $26, COALESCE((SELECT survey_code FROM voice WHERE org_id = $1 AND id = $6), ''))",
    )
    .bind(o.org.as_str())
    .bind(o.id.as_str())
    .bind(o.number)
    .bind(o.pillar.name())
    .bind(o.person.as_str())
    .bind(o.voice.as_str())
    .bind(o.rule.as_str())
    .bind(o.touchpoint_code.as_str())
    .bind(o.line_code.as_str())
    .bind(o.unit_code.as_str())
    .bind(o.unit_path.as_str())
    .bind(case.owner.as_ref().map(UserId::as_str))
    .bind(o.priority.name())
    .bind(case.state.phase().name())
    .bind(state_text(case)?)
    .bind(o.score)
    .bind(o.title.as_str())
    .bind(o.calendar.as_str())
    .bind(micros(o.at))
    .bind(micros(case.sla.contact_due_at))
    .bind(micros(case.sla.resolve_due_at))
    .bind(case.first_contact_at.map(micros))
    .bind(case.closed_at().map(micros))
    .bind(case.root_cause().map_or("", |c| c.name()))
    .bind(case.recovery.name())
    .bind(case.revision)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a case"))?;
    Ok(())
}

/// Save a changed case over the revision its deeds began from. `false` when
/// somebody else has changed it in between; then nothing is written.
pub async fn save(tx: &mut Tx, case: &Case, seen_revision: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE case_file SET owner_user_id = $4, phase = $5, state = $6, contact_due_at = $7, resolve_due_at = $8, \
         first_contact_at = $9, closed_at = $10, root_cause = $11, recovery = $12, revision = $13 \
         WHERE org_id = $1 AND id = $2 AND revision = $3",
    )
    .bind(case.opening.org.as_str())
    .bind(case.opening.id.as_str())
    .bind(seen_revision)
    .bind(case.owner.as_ref().map(UserId::as_str))
    .bind(case.state.phase().name())
    .bind(state_text(case)?)
    .bind(micros(case.sla.contact_due_at))
    .bind(micros(case.sla.resolve_due_at))
    .bind(case.first_contact_at.map(micros))
    .bind(case.closed_at().map(micros))
    .bind(case.root_cause().map_or("", |c| c.name()))
    .bind(case.recovery.name())
    .bind(case.revision)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save a case"))?;
    Ok(done.rows_affected() == 1)
}

/// One case, if the reader may see it.
pub async fn find(tx: &mut Tx, sight: CaseSight<'_>, id: &CaseId) -> Result<Option<Case>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM case_file c WHERE {SEEN} AND c.id = $4");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(sight.scope.org.as_str())
        .bind(sight.prefix())
        .bind(sight.own())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a case"))?;
    row.as_ref().map(read).transpose()
}

/// The latest case of a person at a touchpoint that is not closed.
pub async fn open_of(tx: &mut Tx, org: &OrgId, person: &str, touchpoint: &str) -> Result<Option<Case>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM case_file c WHERE c.org_id = $1 AND c.person_id = $2 AND c.touchpoint_code = $3 \
         AND c.phase <> 'resolved' ORDER BY c.opened_at DESC, c.id DESC LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(person)
        .bind(touchpoint)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a person's open case"))?;
    row.as_ref().map(read).transpose()
}

/// Cases in a phase that were opened in `from..to`, oldest first (for work in batches).
pub async fn opened_between(
    tx: &mut Tx,
    org: &OrgId,
    phase: &str,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
) -> Result<Vec<Case>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM case_file c WHERE c.org_id = $1 AND c.phase = $2 AND c.opened_at >= $3 \
         AND c.opened_at < $4 ORDER BY c.opened_at, c.id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(phase)
        .bind(micros(from))
        .bind(micros(to))
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list cases by opening"))?;
    rows.iter().map(read).collect()
}

/// Person and month-less closing instant of every case that ended as recovered.
pub async fn recovered(tx: &mut Tx, org: &OrgId) -> Result<Vec<(String, jiff::Timestamp)>, StoreError> {
    let rows = sqlx::query(
        "SELECT person_id, closed_at FROM case_file WHERE org_id = $1 AND recovery = 'recovered' \
         AND closed_at IS NOT NULL AND person_id <> '' ORDER BY closed_at, id",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list recovered cases"))?;
    rows.iter()
        .map(|row| Ok((row.try_get("person_id")?, peakend_domain::timestamp(row.try_get("closed_at")?))))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StoreError::on("read a recovered case"))
}

fn state_text(case: &Case) -> Result<String, StoreError> {
    serde_json::to_string(&case.state).map_err(|e| StoreError::corrupt("case_file.state", e))
}

fn read(row: &AnyRow) -> Result<Case, StoreError> {
    let text = |name: &'static str| row.try_get::<String, _>(name).map_err(StoreError::on("read a case"));
    let number = |name: &'static str| row.try_get::<i64, _>(name).map_err(StoreError::on("read a case"));
    let maybe = |name: &'static str| row.try_get::<Option<i64>, _>(name).map_err(StoreError::on("read a case"));
    let owner: Option<String> = row.try_get("owner_user_id").map_err(StoreError::on("read a case"))?;
    let (pillar, priority, recovery) = (text("pillar")?, text("priority")?, text("recovery")?);
    let state: CaseState =
        serde_json::from_str(&text("state")?).map_err(|e| StoreError::corrupt("case_file.state", e))?;
    Ok(Case {
        opening: CaseOpening {
            org: OrgId::stored(text("org_id")?),
            id: CaseId::stored(text("id")?),
            number: number("number")?,
            pillar: Pillar::parse(&pillar).ok_or_else(|| StoreError::corrupt("case_file.pillar", &pillar))?,
            person: text("person_id")?,
            voice: text("voice_id")?,
            rule: text("rule_id")?,
            touchpoint_code: text("touchpoint_code")?,
            line_code: text("line_code")?,
            unit_code: text("unit_code")?,
            unit_path: text("unit_path")?,
            priority: Priority::parse(&priority).ok_or_else(|| StoreError::corrupt("case_file.priority", &priority))?,
            score: maybe("score")?,
            title: text("title")?,
            calendar: CalendarId::stored(text("calendar_id")?),
            at: timestamp(number("opened_at")?),
        },
        owner: owner.map(UserId::stored),
        sla: Sla {
            contact_due_at: timestamp(number("contact_due_at")?),
            resolve_due_at: timestamp(number("resolve_due_at")?),
        },
        state,
        first_contact_at: maybe("first_contact_at")?.map(timestamp),
        recovery: Recovery::parse(&recovery).ok_or_else(|| StoreError::corrupt("case_file.recovery", &recovery))?,
        revision: number("revision")?,
    })
}
