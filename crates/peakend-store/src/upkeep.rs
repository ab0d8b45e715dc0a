//! Upkeep of the embedded database's files: cleaning, copying, checking.
//!
//! PostgreSQL looks after its own files: there cleaning is `VACUUM`, copying
//! is `pg_dump`, and these functions say so instead of doing half of it.

mod log;

use std::path::{Path, PathBuf};

use sqlx::any::{AnyConnectOptions, AnyRow};
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Executor as _, Row as _};

use crate::sense::intake::Journal;
use crate::{Engine, Store, StoreError};

/// What checking a database file found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileCheck {
    /// What is wrong, one sentence each; empty when nothing is.
    pub faults: Vec<String>,
    /// Voices by organisation, up to the position asked for.
    pub voices: Vec<(String, u64)>,
    /// Erasures that are not done.
    pub erasing: u64,
    /// Entries of the intake log.
    pub log_entries: u64,
    /// Of these, tombstones.
    pub tombstones: u64,
    /// Last position of the log.
    pub last_seq: u64,
}

impl Store {
    /// Leave no byte of what was deleted: rewrite the file without free pages,
    /// then empty the write-ahead log. Writers wait meanwhile, readers do not.
    /// With PostgreSQL nothing is done: its own `VACUUM` does this.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(());
        }
        let fault = "clean the database file";
        // the journal's files are empty behind it
        drop(self.gate().await?);
        let mut writer = self.writer().acquire().await.map_err(StoreError::on(fault))?;
        // the copy that the rewriting makes may be as large as the database: not in memory
        writer.execute("PRAGMA temp_store=FILE").await.map_err(StoreError::on(fault))?;
        let rewritten = writer.execute("VACUUM").await.map_err(StoreError::on(fault));
        writer.execute("PRAGMA temp_store=MEMORY").await.map_err(StoreError::on(fault))?;
        rewritten?;
        let row = writer.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await.map_err(StoreError::on(fault))?;
        match row.try_get::<i64, _>(0) {
            Ok(0) => Ok(()),
            Ok(_) => Err(StoreError::corrupt("database", "a long read holds the write-ahead log: try again later")),
            Err(e) => Err(StoreError::on(fault)(e)),
        }
    }

    /// Leave no byte of what was deleted in the write-ahead log; in the database
    /// deleting overwrites. False when a long read still holds the log.
    pub async fn empty_log(&self) -> Result<bool, StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(true);
        }
        let fault = "empty the write-ahead log";
        // the journal's files are empty behind it
        drop(self.gate().await?);
        let mut writer = self.writer().acquire().await.map_err(StoreError::on(fault))?;
        let row = writer.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await.map_err(StoreError::on(fault))?;
        Ok(row.try_get::<i64, _>(0).map_err(StoreError::on(fault))? == 0)
    }

    /// Copy what is in the write-ahead log into the database as far as nobody
    /// reads it, so that the log begins anew and needs no more room.
    pub(crate) async fn make_room(&self) -> Result<(), StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(());
        }
        let fault = "copy the write-ahead log into the database";
        let mut writer = self.writer().acquire().await.map_err(StoreError::on(fault))?;
        writer.execute("PRAGMA wal_checkpoint(PASSIVE)").await.map(drop).map_err(StoreError::on(fault))
    }

    /// Copy the embedded database as it is at one moment into a new file, while
    /// others read and write. False with PostgreSQL, where nothing is done.
    pub async fn copy_into(&self, file: &Path) -> Result<bool, StoreError> {
        if self.engine() == Engine::Postgres {
            return Ok(false);
        }
        let fault = "copy the database";
        // what was acknowledged stands in the database behind it
        drop(self.gate().await?);
        let mut reader = self.reader().acquire().await.map_err(StoreError::on(fault))?;
        sqlx::query("VACUUM INTO $1")
            .bind(file.display().to_string())
            .execute(&mut *reader)
            .await
            .map_err(StoreError::on(fault))?;
        Ok(true)
    }
}

/// Check an embedded database's file without changing it: structure, indexes,
/// log and read models against each other. Damage is a finding, not an error.
/// Voices are counted for each organisation of `until`, up to its position.
pub async fn check_file(file: &Path, until: &[(String, i64)]) -> Result<FileCheck, StoreError> {
    crate::db::install_drivers();
    let mut found = FileCheck::default();
    let url = format!("sqlite://{}?mode=ro", file.display());
    let options: AnyConnectOptions = url.parse().map_err(StoreError::on("read the database's address"))?;
    if let Some(damage) = log_damage(file) {
        found.faults.push(format!("its write-ahead log ({}-wal): {damage}", file.display()));
        // reading the database would silently leave out what stands behind the damage
        return Ok(found);
    }
    if let Some((file, damage)) = journal_damage(file)? {
        found.faults.push(format!("its intake journal ({}): {damage}", file.display()));
    }
    let mut connection = match options.disable_statement_logging().connect().await {
        Ok(connection) => connection,
        Err(e) => {
            found.faults.push(format!("it does not open: {e}"));
            return Ok(found);
        }
    };
    for pragma in ["PRAGMA integrity_check(20)", "PRAGMA foreign_key_check"] {
        match connection.fetch_all(pragma).await {
            Ok(rows) => found.faults.extend(rows.iter().filter_map(complaint)),
            Err(e) => found.faults.push(format!("it does not read: {e}")),
        }
    }
    if found.faults.is_empty()
        && let Err(e) = content(&mut connection, until, &mut found).await
    {
        found.faults.push(format!("it does not read: {e}"));
    }
    let _closed = connection.close().await;
    Ok(found)
}

/// What is wrong with the write-ahead log beside an embedded database; none when
/// it is sound, absent or cannot be read.
pub(crate) fn log_damage(file: &Path) -> Option<String> {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    log::damage(Path::new(&name)).ok().flatten()
}

fn journal_damage(file: &Path) -> Result<Option<(PathBuf, String)>, StoreError> {
    Journal::beside(file).map_or(Ok(None), |journal| journal.damage())
}

fn complaint(row: &AnyRow) -> Option<String> {
    match row.try_get::<String, _>(0) {
        Ok(text) if text == "ok" => None,
        Ok(text) => Some(text),
        Err(e) => Some(e.to_string()),
    }
}

/// Questions whose answer is 0 in a sound database, and what another answer means.
const LAWS: [(&str, &str); 6] = [
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM intake GROUP BY org_id, kind, id HAVING COUNT(*) > 1)",
        "ids stand twice in the intake log",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM intake WHERE kind NOT IN ('response', 'signal', 'event', 'identify')",
        "entries of the intake log have no known kind",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM intake WHERE (body = '') <> (body_hash = '') \
         OR (body <> '' AND (NOT json_valid(body) OR length(body_hash) <> 64))",
        "entries of the intake log are neither whole nor tombstones",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM voice v WHERE NOT EXISTS (SELECT 1 FROM intake i WHERE i.seq = v.seq \
         AND i.org_id = v.org_id AND v.id = substr(i.kind, 1, 1) || '.' || i.id)",
        "voices stand on no entry of the intake log",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM voice WHERE nps NOT BETWEEN 0 AND 10 OR csat NOT BETWEEN 1 AND 5 \
         OR ces NOT BETWEEN 1 AND 7 OR sentiment NOT BETWEEN -100 AND 100 OR NOT json_valid(answers)",
        "voices have a score outside its scale or answers that do not read",
    ),
    (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM consumer WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM intake)",
        "consumers stand behind the end of the intake log",
    ),
];

async fn content(
    connection: &mut AnyConnection,
    until: &[(String, i64)],
    found: &mut FileCheck,
) -> Result<(), sqlx::Error> {
    for (question, meaning) in LAWS {
        let n: i64 = connection.fetch_one(question).await?.try_get(0)?;
        if n > 0 {
            found.faults.push(format!("{n} {meaning}"));
        }
    }
    let row = connection
        .fetch_one(
            "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(body = ''), 0) AS BIGINT), \
             CAST(COALESCE(MAX(seq), 0) AS BIGINT) FROM intake",
        )
        .await?;
    let count = |column: usize| row.try_get::<i64, _>(column).map(|n| u64::try_from(n).unwrap_or(0));
    (found.log_entries, found.tombstones, found.last_seq) = (count(0)?, count(1)?, count(2)?);
    for (org, seq) in until {
        let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) FROM voice WHERE org_id = $1 AND seq <= $2")
            .bind(org.as_str())
            .bind(*seq)
            .fetch_one(&mut *connection)
            .await?;
        found.voices.push((org.clone(), u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0)));
    }
    // a database of an older version has no such table until it is next opened
    let row = connection.fetch_one("SELECT COUNT(*) FROM sqlite_master WHERE name = 'erasure'").await?;
    if row.try_get::<i64, _>(0)? == 0 {
        return Ok(());
    }
    let row = connection.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) FROM erasure WHERE state <> 'done'").await?;
    found.erasing = u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
    Ok(())
}
