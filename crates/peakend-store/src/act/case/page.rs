//! Pages of the inbox and the counts beside its tabs.

use std::fmt::Write as _;

use peakend_domain::act::case::{Case, Phase, Priority};
use peakend_domain::act::recovery::Recovery;
use peakend_domain::{Pillar, micros};
use sqlx::Row as _;

use super::{COLUMNS, CaseSight, SEEN, read};
use crate::{StoreError, Tx};

/// A tab of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseView {
    /// Mine, not closed.
    Mine,
    /// Everything in sight that is not closed.
    Team,
    /// Not closed and past one of its two instants.
    Overdue,
    /// Closed.
    Closed,
    /// All.
    All,
}

impl CaseView {
    /// The order that is meant when none is asked for: work by what is due, the rest newest first.
    #[must_use]
    pub fn usual_order(self) -> CaseOrder {
        match self {
            Self::Mine | Self::Team | Self::Overdue => CaseOrder::Due,
            Self::Closed | Self::All => CaseOrder::Newest,
        }
    }
}

/// Order of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseOrder {
    /// By the instant that matters next, first contact or resolution; closed cases last.
    Due,
    /// Last opened first; on the tab of closed cases last closed first.
    Newest,
    /// Worst score first, the three scales made alike; cases without a score last.
    Score,
}

impl CaseOrder {
    /// The order of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "due" => Some(Self::Due),
            "newest" => Some(Self::Newest),
            "score" => Some(Self::Score),
            _ => None,
        }
    }

    /// A whole number per row, and whether the lowest comes first.
    fn key(self, view: CaseView) -> (&'static str, bool) {
        match (self, view) {
            (Self::Due, _) => (
                "CASE WHEN c.phase = 'resolved' THEN 9000000000000000000 WHEN c.first_contact_at IS NULL \
                 AND c.contact_due_at < c.resolve_due_at THEN c.contact_due_at ELSE c.resolve_due_at END",
                true,
            ),
            (Self::Newest, CaseView::Closed) => ("c.closed_at", false),
            (Self::Newest, _) => ("c.opened_at", false),
            (Self::Score, _) => (
                "CASE WHEN c.score IS NULL THEN 2000 WHEN v.nps IS NOT NULL THEN c.score * 100 \
                 WHEN v.csat IS NOT NULL THEN (c.score - 1) * 250 WHEN v.ces IS NOT NULL \
                 THEN (c.score - 1) * 1000 / 6 ELSE 2000 END",
                true,
            ),
        }
    }
}

/// What narrows a tab; empty texts and `None` do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Phase.
    pub phase: Option<Phase>,
    /// Priority.
    pub priority: Option<Priority>,
    /// Pillar.
    pub pillar: Option<Pillar>,
    /// Recovery.
    pub recovery: Option<Recovery>,
    /// Touchpoint code.
    pub touchpoint: String,
    /// Business line code.
    pub line: String,
    /// Unit code; everything below it counts too.
    pub unit: String,
    /// Owner's user id.
    pub owner: String,
    /// Person id.
    pub person: String,
    /// Root cause.
    pub root_cause: String,
    /// Main themes of the voice that opened it; any of them.
    pub themes: Vec<String>,
    /// Languages of that voice; any of them.
    pub languages: Vec<String>,
    /// Lowest and highest sentiment of that voice.
    pub sentiment: Option<(i8, i8)>,
    /// Opened at or after.
    pub from: Option<jiff::Timestamp>,
    /// Opened before.
    pub until: Option<jiff::Timestamp>,
}

/// Where a page ended: its last row's sort key in the page's order, and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Sort key.
    pub key: i64,
    /// Case id.
    pub id: String,
}

/// A case as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseGlance {
    /// The case.
    pub case: Case,
    /// Name of its owner.
    pub owner_name: Option<String>,
    /// Which score it is: `nps`, `csat`, `ces`; empty without.
    pub score_kind: &'static str,
}

/// A page of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePage {
    /// The rows.
    pub items: Vec<CaseGlance>,
    /// How many there are in all pages.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// Cases per tab.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// Mine.
    pub mine: i64,
    /// The team's.
    pub team: i64,
    /// Overdue.
    pub overdue: i64,
    /// Closed.
    pub closed: i64,
    /// All.
    pub all: i64,
}

const LATE: &str = "c.phase <> 'resolved' AND (c.resolve_due_at < $4 OR (c.first_contact_at IS NULL \
    AND c.contact_due_at < $4))";

enum Value {
    Text(String),
    Number(i64),
}

/// A condition that grows, with its values; `$1`..`$4` are taken by the sight and now.
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn and(&mut self, sql: &str, value: Value) {
        self.values.push(value);
        let place = format!("${}", self.values.len() + 4);
        // writing to a String does not fail
        let _ok = write!(self.sql, " AND {}", sql.replace("$?", &place));
    }

    /// A column of the voice that opened the case holds one of these.
    fn voice_in(&mut self, column: &str, codes: &[String]) {
        if codes.is_empty() {
            return;
        }
        self.values.extend(codes.iter().cloned().map(Value::Text));
        let last = self.values.len() + 4;
        let places: Vec<String> = (last + 1 - codes.len()..=last).map(|place| format!("${place}")).collect();
        // writing to a String does not fail
        let _ok = write!(self.sql, " AND {VOICE} AND heard.{column} IN ({}))", places.join(", "));
    }

    fn text(&mut self, column: &str, value: &str) {
        if !value.is_empty() {
            self.and(&format!("c.{column} = $?"), Value::Text(value.to_owned()));
        }
    }
}

/// The voice that opened a case, as far as its parenthesis is open.
const VOICE: &str = "EXISTS (SELECT 1 FROM voice heard WHERE heard.org_id = c.org_id AND heard.id = c.voice_id";

fn condition(view: CaseView, filter: &CaseFilter) -> Condition {
    let tab = match view {
        CaseView::Mine => "c.phase <> 'resolved' AND c.owner_user_id = $3".to_owned(),
        CaseView::Team => "c.phase <> 'resolved'".to_owned(),
        CaseView::Overdue => LATE.to_owned(),
        CaseView::Closed => "c.phase = 'resolved'".to_owned(),
        CaseView::All => "1 = 1".to_owned(),
    };
    // every statement names $4, so that its number of values is the same on each tab
    let mut c = Condition { sql: format!("{SEEN} AND $4 > 0 AND {tab}"), values: Vec::new() };
    c.text("phase", filter.phase.map_or("", Phase::name));
    c.text("priority", filter.priority.map_or("", Priority::name));
    c.text("pillar", filter.pillar.map_or("", Pillar::name));
    c.text("recovery", filter.recovery.map_or("", Recovery::name));
    c.text("touchpoint_code", &filter.touchpoint);
    c.text("line_code", &filter.line);
    c.text("owner_user_id", &filter.owner);
    c.text("person_id", &filter.person);
    c.text("root_cause", &filter.root_cause);
    if !filter.unit.is_empty() {
        // a path that contains the code between slashes changes when they are taken out
        let below = "replace(c.unit_path, '/' || $? || '/', '') <> c.unit_path";
        c.and(below, Value::Text(filter.unit.clone()));
    }
    for (column, codes) in [("theme", &filter.themes), ("language", &filter.languages)] {
        c.voice_in(column, codes);
    }
    if let Some((low, high)) = filter.sentiment {
        c.and(&format!("{VOICE} AND heard.sentiment >= $?)"), Value::Number(i64::from(low)));
        c.and(&format!("{VOICE} AND heard.sentiment <= $?)"), Value::Number(i64::from(high)));
    }
    if let Some(from) = filter.from {
        c.and("c.opened_at >= $?", Value::Number(micros(from)));
    }
    if let Some(until) = filter.until {
        c.and("c.opened_at < $?", Value::Number(micros(until)));
    }
    c
}

/// A page of a tab in an order.
pub async fn page(
    tx: &mut Tx,
    sight: CaseSight<'_>,
    (view, order): (CaseView, CaseOrder),
    filter: &CaseFilter,
    now: jiff::Timestamp,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<CasePage, StoreError> {
    let mut condition = condition(view, filter);
    let total = total(tx, sight, &condition, now).await?;
    let (key, ascending) = order.key(view);
    let (sign, order) = if ascending { (">", "ASC") } else { ("<", "DESC") };
    if let Some(cursor) = after {
        // ids are compared as bytes on both engines: they are ASCII
        condition.values.push(Value::Number(cursor.key));
        condition.values.push(Value::Text(cursor.id.clone()));
        let (k, i) = (condition.values.len() + 3, condition.values.len() + 4);
        let _ok = write!(condition.sql, " AND (({key}) {sign} ${k} OR (({key}) = ${k} AND c.id {sign} ${i}))");
    }
    let place = condition.values.len() + 5;
    let sql = format!(
        "SELECT {COLUMNS}, CAST({key} AS BIGINT) AS sort_key, u.name AS owner_name, CASE WHEN v.nps IS NOT NULL \
         THEN 'nps' WHEN v.csat IS NOT NULL THEN 'csat' WHEN v.ces IS NOT NULL THEN 'ces' ELSE '' END AS score_kind \
         FROM case_file c LEFT JOIN user_account u ON u.id = c.owner_user_id \
         LEFT JOIN voice v ON v.org_id = c.org_id AND v.id = c.voice_id \
         WHERE {} ORDER BY {key} {order}, c.id {order} LIMIT ${place}",
        condition.sql
    );
    let query = bind(sqlx::query(sqlx::AssertSqlSafe(sql)), sight, now, &condition);
    let rows = query.bind(limit + 1).fetch_all(&mut **tx).await.map_err(StoreError::on("list cases"))?;
    let wanted = usize::try_from(limit).unwrap_or(0);
    let mut items = Vec::with_capacity(rows.len().min(wanted));
    let mut last = 0;
    for row in rows.iter().take(wanted) {
        last = row.try_get("sort_key").map_err(StoreError::on("list cases"))?;
        items.push(glance(row)?);
    }
    let next = (rows.len() > wanted)
        .then(|| items.last().map(|g| Cursor { key: last, id: g.case.opening.id.to_string() }))
        .flatten();
    Ok(CasePage { items, total, next })
}

/// How many cases each tab holds under the same filter.
pub async fn counts(
    tx: &mut Tx,
    sight: CaseSight<'_>,
    filter: &CaseFilter,
    now: jiff::Timestamp,
) -> Result<CaseCounts, StoreError> {
    let condition = condition(CaseView::All, filter);
    let count = |when: &str| format!("CAST(COALESCE(SUM(CASE WHEN {when} THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let sql = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) AS all_cases, {} AS closed, {} AS mine, {} AS overdue FROM case_file c \
         WHERE {}",
        count("c.phase = 'resolved'"),
        count("c.phase <> 'resolved' AND c.owner_user_id = $3"),
        count(LATE),
        condition.sql
    );
    let row = bind(sqlx::query(sqlx::AssertSqlSafe(sql)), sight, now, &condition)
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count cases"))?;
    let number = |name: &str| row.try_get::<i64, _>(name).map_err(StoreError::on("count cases"));
    let (all, closed) = (number("all_cases")?, number("closed")?);
    Ok(CaseCounts { mine: number("mine")?, team: all - closed, overdue: number("overdue")?, closed, all })
}

async fn total(
    tx: &mut Tx,
    sight: CaseSight<'_>,
    condition: &Condition,
    now: jiff::Timestamp,
) -> Result<i64, StoreError> {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS total FROM case_file c WHERE {}", condition.sql);
    let row = bind(sqlx::query(sqlx::AssertSqlSafe(sql)), sight, now, condition)
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count cases"))?;
    row.try_get("total").map_err(StoreError::on("count cases"))
}

type AnyQuery<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn bind<'q>(query: AnyQuery<'q>, sight: CaseSight<'_>, now: jiff::Timestamp, condition: &Condition) -> AnyQuery<'q> {
    let mut query = query
        .bind(sight.scope.org.to_string())
        .bind(sight.prefix().to_owned())
        .bind(sight.own().to_owned())
        .bind(micros(now));
    for value in &condition.values {
        query = match value {
            Value::Text(text) => query.bind(text.clone()),
            Value::Number(number) => query.bind(*number),
        };
    }
    query
}

fn glance(row: &sqlx::any::AnyRow) -> Result<CaseGlance, StoreError> {
    let kind: String = row.try_get("score_kind").map_err(StoreError::on("list cases"))?;
    let score_kind = ["nps", "csat", "ces"].into_iter().find(|k| *k == kind).unwrap_or("");
    let owner_name = row.try_get("owner_name").map_err(StoreError::on("list cases"))?;
    Ok(CaseGlance { case: read(row)?, owner_name, score_kind })
}
