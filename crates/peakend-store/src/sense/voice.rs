//! Voices as a read model of the intake log.

use std::borrow::Cow;
use std::collections::HashSet;

use peakend_domain::sense::attribute::Attributes;
use peakend_domain::sense::reading::Reading;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{Day, OrgId, Pillar, Scope, UnitScope, micros, timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::insert::{Cell, Insert, New};
use crate::{StoreError, Tx};

const COLUMNS: &str = "org_id, id, seq, kind, pillar, survey_code, survey_version, person_id, unit_code, unit_path, \
    line_code, journey_code, stage_code, touchpoint_code, channel_code, segment, theme, language, at, day, nps, csat, \
    ces, sentiment, answers, text, author, url, reading, attributes";

/// Insert a voice; the same id again changes nothing. Returns whether it is new.
pub async fn insert(tx: &mut Tx, v: &Voice) -> Result<bool, StoreError> {
    Ok(!insert_many(tx, &[v]).await?.is_empty())
}

/// Columns of a row.
const WIDTH: usize = 30;
const INSERT: Insert = Insert {
    table: "voice",
    columns: COLUMNS,
    numbers: &[2, 6, 18, 19, 20, 21, 22, 23],
    key: "org_id, id",
    returning: "id",
    operation: "insert voices",
};

/// Insert voices, each id once; ids that are there already change nothing.
/// Returns the ids that are new.
pub async fn insert_many(tx: &mut Tx, voices: &[&Voice]) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<_> = voices.iter().map(|v| cells(v)).collect();
    match INSERT.rows(tx, &rows).await? {
        New::All => Ok(voices.iter().map(|v| v.id.clone()).collect()),
        New::Some(new) => new.iter().map(|row| row.try_get("id").map_err(StoreError::on("insert voices"))).collect(),
    }
}

/// A voice in the order of the columns.
fn cells(v: &Voice) -> [Cell<'_>; WIDTH] {
    [
        v.org.as_str().into(),
        (&v.id).into(),
        v.seq.into(),
        v.kind.name().into(),
        v.pillar.name().into(),
        (&v.survey_code).into(),
        v.survey_version.into(),
        (&v.person).into(),
        (&v.unit_code).into(),
        (&v.unit_path).into(),
        (&v.line_code).into(),
        (&v.journey_code).into(),
        (&v.stage_code).into(),
        (&v.touchpoint_code).into(),
        (&v.channel_code).into(),
        (&v.segment).into(),
        (&v.theme).into(),
        (&v.language).into(),
        micros(v.at).into(),
        i64::from(v.day.0).into(),
        v.nps.into(),
        v.csat.into(),
        v.ces.into(),
        v.sentiment.into(),
        v.answers.to_string().into(),
        (&v.text).into(),
        (&v.author).into(),
        (&v.url).into(),
        reading_text(&v.reading).into(),
        attributes_text(v).into(),
    ]
}

fn attributes_text(v: &Voice) -> Cow<'static, str> {
    if v.attributes.is_empty() {
        return Cow::Borrowed("{}");
    }
    // texts by texts: writing them does not fail
    serde_json::to_string(&v.attributes).map_or(Cow::Borrowed("{}"), Cow::Owned)
}

/// A reading as it is stored.
pub(crate) fn reading_text(reading: &Reading) -> String {
    // numbers, codes and flags: writing them does not fail
    serde_json::to_string(reading).unwrap_or_else(|_| r#"{"scheme":0}"#.to_owned())
}

/// One voice within the scope.
pub async fn find(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Voice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a voice"))?;
    let voice = row.as_ref().map(read).transpose()?;
    Ok(voice.filter(|v| scope.units == UnitScope::All || scope.units.covers(&v.unit_path)))
}

/// Voices after a log position, in order (to refill a warehouse's hot tail).
pub async fn after(tx: &mut Tx, org: &OrgId, seq: i64, limit: i64) -> Result<Vec<Voice>, StoreError> {
    following(tx, org, seq, limit, "", "read voices").await
}

/// Voices with words after a log position, in order (to read them again).
pub async fn with_words(tx: &mut Tx, org: &OrgId, seq: i64, limit: i64) -> Result<Vec<Voice>, StoreError> {
    following(tx, org, seq, limit, "AND text <> ''", "read voices with words").await
}

async fn following(
    tx: &mut Tx,
    org: &OrgId,
    seq: i64,
    limit: i64,
    and: &'static str,
    what: &'static str,
) -> Result<Vec<Voice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND seq > $2 {and} ORDER BY seq LIMIT $3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(seq)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on(what))?;
    rows.iter().map(read).collect()
}

/// The newest voices with words, before a log position; those of employees left
/// out, whose texts leave through the release gate alone.
pub async fn newest_with_words(tx: &mut Tx, org: &OrgId, before: i64, limit: i64) -> Result<Vec<Voice>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND seq < $2 AND text <> '' AND pillar <> $3 \
         ORDER BY seq DESC LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(before)
        .bind(Pillar::Employee.name())
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("read the newest voices with words"))?;
    rows.iter().map(read).collect()
}

/// A pillar's voices at or after an instant, in log order after a position (to
/// try a rule on what has been heard).
pub async fn since(
    tx: &mut Tx,
    org: &OrgId,
    pillar: Pillar,
    from: jiff::Timestamp,
    seq: i64,
    limit: i64,
) -> Result<Vec<Voice>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND pillar = $2 AND at >= $3 AND seq > $4 ORDER BY seq LIMIT $5"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(pillar.name())
        .bind(micros(from))
        .bind(seq)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("read recent voices"))?;
    rows.iter().map(read).collect()
}

/// Voices of these days whose text holds `words` (in either case, of which SQLite
/// knows A to Z alone), the latest first, before a place in that order. Employees' are left out: their
/// texts leave through the release gate alone.
pub async fn search(
    tx: &mut Tx,
    org: &OrgId,
    words: &str,
    days: (Day, Day),
    before: Option<(jiff::Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<Voice>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND pillar <> $2 AND day >= $3 AND day <= $4 \
         AND LOWER(text) LIKE LOWER($5) ESCAPE '!' AND (at < $6 OR (at = $6 AND seq < $7)) ORDER BY at DESC, seq DESC LIMIT $8"
    );
    let (at, seq) = before.map_or((i64::MAX, i64::MAX), |(at, seq)| (micros(at), seq));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(org.as_str())
        .bind(Pillar::Employee.name())
        .bind(i64::from(days.0.0))
        .bind(i64::from(days.1.0))
        .bind(format!("%{}%", literal(words)))
        .bind(at)
        .bind(seq)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("search voices"))?;
    rows.iter().map(read).collect()
}

/// A pattern that means the text itself.
fn literal(words: &str) -> String {
    words.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// The latest voices of a person within the scope.
pub async fn of_person(tx: &mut Tx, scope: &Scope, person: &str, limit: i64) -> Result<Vec<Voice>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND person_id = $2 ORDER BY at DESC, seq DESC LIMIT $3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(person)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("read a person's voices"))?;
    let voices: Result<Vec<_>, _> = rows.iter().map(read).collect();
    Ok(voices?.into_iter().filter(|v| scope.units == UnitScope::All || scope.units.covers(&v.unit_path)).collect())
}

/// The voices of these ids within the scope, in the order asked for; unknown
/// ids are left out.
pub async fn by_ids(tx: &mut Tx, scope: &Scope, ids: &[String]) -> Result<Vec<Voice>, StoreError> {
    let mut found = std::collections::HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(200) {
        let holes: Vec<String> = (2..chunk.len() + 2).map(|i| format!("${i}")).collect();
        let sql = format!("SELECT {COLUMNS} FROM voice WHERE org_id = $1 AND id IN ({})", holes.join(", "));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(scope.org.as_str().to_owned());
        for id in chunk {
            query = query.bind(id.clone());
        }
        let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("read voices by id"))?;
        for row in &rows {
            let voice = read(row)?;
            if scope.units == UnitScope::All || scope.units.covers(&voice.unit_path) {
                found.insert(voice.id.clone(), voice);
            }
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn read(row: &AnyRow) -> Result<Voice, StoreError> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a voice"));
    let number = |name: &str| row.try_get::<Option<i64>, _>(name).map_err(StoreError::on("read a voice"));
    let required = |name: &'static str| number(name)?.ok_or_else(|| StoreError::corrupt(name, "it is null"));
    let score = |name: &'static str| -> Result<Option<u8>, StoreError> {
        number(name)?.map(|v| u8::try_from(v).map_err(|e| StoreError::corrupt(name, e))).transpose()
    };
    let kind = text("kind")?;
    let pillar = text("pillar")?;
    Ok(Voice {
        org: OrgId::stored(text("org_id")?),
        id: text("id")?,
        seq: required("seq")?,
        kind: VoiceKind::parse(&kind).ok_or_else(|| StoreError::corrupt("voice.kind", &kind))?,
        pillar: Pillar::parse(&pillar).ok_or_else(|| StoreError::corrupt("voice.pillar", &pillar))?,
        survey_code: text("survey_code")?,
        survey_version: number("survey_version")?,
        person: text("person_id")?,
        unit_code: text("unit_code")?,
        unit_path: text("unit_path")?,
        line_code: text("line_code")?,
        journey_code: text("journey_code")?,
        stage_code: text("stage_code")?,
        touchpoint_code: text("touchpoint_code")?,
        channel_code: text("channel_code")?,
        segment: text("segment")?,
        theme: text("theme")?,
        language: text("language")?,
        at: timestamp(required("at")?),
        day: Day(i32::try_from(required("day")?).map_err(|e| StoreError::corrupt("voice.day", e))?),
        nps: score("nps")?,
        csat: score("csat")?,
        ces: score("ces")?,
        sentiment: number("sentiment")?
            .map(|v| i8::try_from(v).map_err(|e| StoreError::corrupt("voice.sentiment", e)))
            .transpose()?,
        answers: serde_json::from_str(&text("answers")?).map_err(|e| StoreError::corrupt("voice.answers", e))?,
        text: text("text")?,
        author: text("author")?,
        url: text("url")?,
        reading: serde_json::from_str(&text("reading")?).map_err(|e| StoreError::corrupt("voice.reading", e))?,
        attributes: match text("attributes")?.as_str() {
            "{}" => Attributes::new(),
            some => serde_json::from_str(some).map_err(|e| StoreError::corrupt("voice.attributes", e))?,
        },
        quiet: false,
    })
}
