//! Persons and their aliases.

use std::collections::BTreeMap;

use peakend_domain::sense::person::{Alias, AliasKind, Candidate, Person, PersonKind};
use peakend_domain::{OrgId, PersonId, Scope, UnitScope, micros, timestamp};
use sqlx::AssertSqlSafe;

use crate::row::{Columns, placeholders, rows_of};
use crate::{StoreError, Tx};

const COLUMNS: &str = "id, kind, unit_code, line_code, segment, language, name, attributes, created_at, updated_at";

/// Who holds each of some aliases; aliases that nobody holds are left out.
pub async fn holders(tx: &mut Tx, org: &OrgId, aliases: &[Alias]) -> Result<BTreeMap<Alias, PersonId>, StoreError> {
    let mut found = BTreeMap::new();
    for kind in AliasKind::ALL {
        let values: Vec<&str> = aliases.iter().filter(|a| a.kind == kind).map(|a| a.value.as_str()).collect();
        for chunk in values.chunks(rows_of(1)) {
            let sql = format!(
                "SELECT value, person_id FROM person_alias WHERE org_id = $1 AND kind = $2 AND value IN {}",
                placeholders(1, chunk.len(), 2)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(org.as_str()).bind(kind.name());
            for value in chunk {
                query = query.bind(*value);
            }
            let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("look up aliases"))?;
            for row in &rows {
                let columns = Columns::of(row, "read an alias");
                let alias = Alias { kind, value: columns.text("value")? };
                found.insert(alias, PersonId::stored(columns.text("person_id")?));
            }
        }
    }
    Ok(found)
}

/// All aliases of some persons.
pub async fn candidates(tx: &mut Tx, org: &OrgId, ids: &[PersonId]) -> Result<Vec<Candidate>, StoreError> {
    let mut all: BTreeMap<String, Vec<Alias>> = BTreeMap::new();
    for chunk in ids.chunks(rows_of(1)) {
        let sql = format!(
            "SELECT person_id, kind, value FROM person_alias WHERE org_id = $1 AND person_id IN {} ORDER BY kind, value",
            placeholders(1, chunk.len(), 1)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(org.as_str());
        for id in chunk {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("read aliases"))?;
        for row in &rows {
            let columns = Columns::of(row, "read an alias");
            let alias = Alias { kind: columns.word("kind", AliasKind::parse)?, value: columns.text("value")? };
            all.entry(columns.text("person_id")?).or_default().push(alias);
        }
    }
    Ok(all.into_iter().map(|(id, aliases)| Candidate { id: PersonId::stored(id), aliases }).collect())
}

/// Insert persons, or replace everything known about them but the aliases.
pub async fn put_many(tx: &mut Tx, org: &OrgId, persons: &[Person]) -> Result<(), StoreError> {
    for chunk in persons.chunks(rows_of(11)) {
        let sql = format!(
            "INSERT INTO person (org_id, {COLUMNS}) VALUES {} ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, \
             unit_code = excluded.unit_code, line_code = excluded.line_code, segment = excluded.segment, \
             language = excluded.language, name = excluded.name, attributes = excluded.attributes, \
             updated_at = excluded.updated_at",
            placeholders(chunk.len(), 11, 0)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for p in chunk {
            query = query
                .bind(org.as_str())
                .bind(p.id.as_str())
                .bind(p.kind.name())
                .bind(p.unit.as_str())
                .bind(p.line.as_str())
                .bind(p.segment.as_str())
                .bind(p.language.as_str())
                .bind(p.name.as_str())
                .bind(attributes(p)?)
                .bind(micros(p.created_at))
                .bind(micros(p.updated_at));
        }
        query.execute(&mut **tx).await.map_err(StoreError::on("insert persons"))?;
    }
    Ok(())
}

/// Give persons aliases. The caller has looked them up: nobody holds them.
pub async fn insert_aliases(tx: &mut Tx, org: &OrgId, aliases: &[(Alias, PersonId)]) -> Result<(), StoreError> {
    for chunk in aliases.chunks(rows_of(4)) {
        let sql = format!(
            "INSERT INTO person_alias (org_id, kind, value, person_id) VALUES {}",
            placeholders(chunk.len(), 4, 0)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (alias, person) in chunk {
            query = query.bind(org.as_str()).bind(alias.kind.name()).bind(alias.value.as_str()).bind(person.as_str());
        }
        query.execute(&mut **tx).await.map_err(StoreError::on("insert aliases"))?;
    }
    Ok(())
}

/// Some persons of an organisation, by id; unknown ids are left out.
pub async fn find_many(tx: &mut Tx, org: &OrgId, ids: &[PersonId]) -> Result<BTreeMap<PersonId, Person>, StoreError> {
    find_seen(tx, &Scope::all(org.clone()), ids).await
}

/// One person within the scope: with a unit scope, only persons whose home
/// unit stands below it now.
pub async fn find(tx: &mut Tx, scope: &Scope, id: &PersonId) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE org_id = $1 AND {IN_SCOPE} AND id = $3");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(prefix(scope))
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a person"))?;
    row.as_ref().map(|row| read(Columns::of(row, "read a person"))).transpose()
}

/// Those of some persons that are within the scope, as [`find`] finds them.
pub async fn find_seen(tx: &mut Tx, scope: &Scope, ids: &[PersonId]) -> Result<BTreeMap<PersonId, Person>, StoreError> {
    let mut all = BTreeMap::new();
    for chunk in ids.chunks(rows_of(1)) {
        let sql = format!(
            "SELECT {COLUMNS} FROM person WHERE org_id = $1 AND {IN_SCOPE} AND id IN {}",
            placeholders(1, chunk.len(), 2)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(scope.org.as_str()).bind(prefix(scope));
        for id in chunk {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(&mut **tx).await.map_err(StoreError::on("find persons"))?;
        for row in &rows {
            let person = read(Columns::of(row, "read a person"))?;
            all.insert(person.id.clone(), person);
        }
    }
    Ok(all)
}

/// `$1` organisation, `$2` path prefix, empty for the whole organisation.
const IN_SCOPE: &str = "($2 = '' OR unit_code IN (SELECT u.code FROM unit u JOIN unit_placement p ON p.unit_id = u.id \
    WHERE u.org_id = $1 AND p.valid_to IS NULL AND substr(p.path, 1, length($2)) = $2))";

/// `$3` what to search for: part of a name or the beginning of an alias; empty for all.
const MATCHES: &str = "($3 = '' OR lower(name) LIKE '%' || $3 || '%' ESCAPE '!' OR id IN (SELECT a.person_id \
    FROM person_alias a WHERE a.org_id = $1 AND lower(a.value) LIKE $3 || '%' ESCAPE '!'))";

fn prefix(scope: &Scope) -> String {
    match &scope.units {
        UnitScope::All => String::new(),
        UnitScope::Subtree(path) => path.clone(),
    }
}

fn pattern(q: &str) -> String {
    q.trim().to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Persons within the scope, newest first, after a cursor (an id; empty for the first page).
pub async fn list(tx: &mut Tx, scope: &Scope, q: &str, cursor: &str, limit: i64) -> Result<Vec<Person>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM person WHERE org_id = $1 AND {IN_SCOPE} AND {MATCHES} AND ($4 = '' OR id < $4) \
         ORDER BY id DESC LIMIT $5"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(prefix(scope))
        .bind(pattern(q))
        .bind(cursor)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list persons"))?;
    rows.iter().map(|row| read(Columns::of(row, "read a person"))).collect()
}

/// How many persons [`list`] has over all pages.
pub async fn count(tx: &mut Tx, scope: &Scope, q: &str) -> Result<i64, StoreError> {
    let sql =
        format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM person WHERE org_id = $1 AND {IN_SCOPE} AND {MATCHES}");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(scope.org.as_str())
        .bind(prefix(scope))
        .bind(pattern(q))
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count persons"))?;
    Columns::of(&row, "count persons").number("n")
}

/// Move everything of one person to another and forget the first; its id
/// keeps leading to the other.
pub async fn merge(
    tx: &mut Tx,
    org: &OrgId,
    from: &PersonId,
    into: &PersonId,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    const MOVES: [&str; 7] = [
        "UPDATE person_alias SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE voice SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE event SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE case_file SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE ask SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE survey_link SET person_id = $3 WHERE org_id = $1 AND person_id = $2",
        "UPDATE person_merge SET into_id = $3 WHERE org_id = $1 AND into_id = $2",
    ];
    for sql in MOVES {
        sqlx::query(sql)
            .bind(org.as_str())
            .bind(from.as_str())
            .bind(into.as_str())
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("merge persons"))?;
    }
    sqlx::query("INSERT INTO person_merge (org_id, from_id, into_id, at) VALUES ($1, $2, $3, $4)")
        .bind(org.as_str())
        .bind(from.as_str())
        .bind(into.as_str())
        .bind(micros(now))
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("record a merge"))?;
    sqlx::query("DELETE FROM person WHERE org_id = $1 AND id = $2")
        .bind(org.as_str())
        .bind(from.as_str())
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("forget a merged person"))?;
    Ok(())
}

/// Who a merged person is now; none when that person was never merged.
pub async fn merged_into(tx: &mut Tx, org: &OrgId, id: &PersonId) -> Result<Option<PersonId>, StoreError> {
    let row = sqlx::query("SELECT into_id FROM person_merge WHERE org_id = $1 AND from_id = $2")
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("follow a merge"))?;
    row.map(|row| Columns::of(&row, "read a merge").text("into_id").map(PersonId::stored)).transpose()
}

/// Who merged persons are now, by their former id. Figures stored elsewhere
/// under a former id are read through this.
pub async fn merged(tx: &mut Tx, org: &OrgId) -> Result<BTreeMap<PersonId, PersonId>, StoreError> {
    let rows = sqlx::query("SELECT from_id, into_id FROM person_merge WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list merges"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a merge");
            Ok((PersonId::stored(columns.text("from_id")?), PersonId::stored(columns.text("into_id")?)))
        })
        .collect()
}

/// Everybody who is an employee, or goes by an employee's number.
pub async fn employees(tx: &mut Tx, org: &OrgId) -> Result<Vec<PersonId>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM person WHERE org_id = $1 AND kind = 'employee' \
         UNION SELECT person_id FROM person_alias WHERE org_id = $1 AND kind = 'employee_id'",
    )
    .bind(org.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list employees"))?;
    rows.iter().map(|row| Columns::of(row, "read an employee").text("id").map(PersonId::stored)).collect()
}

/// Ids of persons that were merged into this one.
pub async fn former(tx: &mut Tx, org: &OrgId, id: &PersonId) -> Result<Vec<PersonId>, StoreError> {
    let rows = sqlx::query("SELECT from_id FROM person_merge WHERE org_id = $1 AND into_id = $2 ORDER BY from_id")
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list a person's former ids"))?;
    rows.iter().map(|row| Columns::of(row, "read a merge").text("from_id").map(PersonId::stored)).collect()
}

/// Everybody's names, by person, after a person's id (empty for the first page).
pub async fn names(tx: &mut Tx, org: &OrgId, after: &str, limit: i64) -> Result<Vec<Candidate>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT person_id FROM person_alias WHERE org_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3",
    )
    .bind(org.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list names"))?;
    let ids: Result<Vec<PersonId>, StoreError> =
        rows.iter().map(|row| Columns::of(row, "read a name").text("person_id").map(PersonId::stored)).collect();
    candidates(tx, org, &ids?).await
}

/// Numbers of a person's cases with phase and day of opening, newest first, within the scope.
pub async fn cases(tx: &mut Tx, scope: &Scope, id: &PersonId, limit: i64) -> Result<Vec<PersonCase>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, number, title, phase, opened_at FROM case_file WHERE org_id = $1 AND person_id = $3 \
         AND ($2 = '' OR substr(unit_path, 1, length($2)) = $2) ORDER BY opened_at DESC LIMIT $4",
    )
    .bind(scope.org.as_str())
    .bind(prefix(scope))
    .bind(id.as_str())
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::on("list a person's cases"))?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "read a person's case");
            Ok(PersonCase {
                id: columns.text("id")?,
                number: columns.number("number")?,
                title: columns.text("title")?,
                phase: columns.text("phase")?,
                opened_at: timestamp(columns.number("opened_at")?),
            })
        })
        .collect()
}

/// A case as a person's page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCase {
    /// Case id.
    pub id: String,
    /// Number shown to people.
    pub number: i64,
    /// Title.
    pub title: String,
    /// Phase.
    pub phase: String,
    /// When it was opened.
    pub opened_at: jiff::Timestamp,
}

fn attributes(person: &Person) -> Result<String, StoreError> {
    serde_json::to_string(&person.attributes).map_err(|e| StoreError::corrupt("person.attributes", e))
}

fn read(columns: Columns<'_>) -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId::stored(columns.text("id")?),
        kind: columns.word("kind", PersonKind::parse)?,
        unit: columns.text("unit_code")?,
        line: columns.text("line_code")?,
        segment: columns.text("segment")?,
        language: columns.text("language")?,
        name: columns.text("name")?,
        attributes: serde_json::from_str(&columns.text("attributes")?)
            .map_err(|e| StoreError::corrupt("person.attributes", e))?,
        created_at: timestamp(columns.number("created_at")?),
        updated_at: timestamp(columns.number("updated_at")?),
    })
}
