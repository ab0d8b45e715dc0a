//! Brings the schema up to date, one numbered file at a time, each in its own
//! transaction; refuses a database from a newer release.

use sqlx::{Executor as _, Row as _};

use crate::{Engine, Store, StoreError};

const SQLITE: &[(i64, &str)] = &[
    (1, include_str!("../migrations/sqlite/0001_base.sql")),
    (2, include_str!("../migrations/sqlite/0002_voice_by_survey.sql")),
    (3, include_str!("../migrations/sqlite/0003_erasure.sql")),
    (4, include_str!("../migrations/sqlite/0004_theme.sql")),
    (5, include_str!("../migrations/sqlite/0005_retention.sql")),
    (6, include_str!("../migrations/sqlite/0006_event_by_seq.sql")),
    (7, include_str!("../migrations/sqlite/0007_voice_attributes.sql")),
    (8, include_str!("../migrations/sqlite/0008_event_in_order.sql")),
    (9, include_str!("../migrations/sqlite/0009_case_survey.sql")),
];
const POSTGRES: &[(i64, &str)] = &[
    (1, include_str!("../migrations/postgres/0001_base.sql")),
    (2, include_str!("../migrations/postgres/0002_voice_by_survey.sql")),
    (3, include_str!("../migrations/postgres/0003_erasure.sql")),
    (4, include_str!("../migrations/postgres/0004_theme.sql")),
    (5, include_str!("../migrations/postgres/0005_retention.sql")),
    (6, include_str!("../migrations/postgres/0006_event_by_seq.sql")),
    (7, include_str!("../migrations/postgres/0007_voice_attributes.sql")),
    (8, include_str!("../migrations/postgres/0008_event_in_order.sql")),
    (9, include_str!("../migrations/postgres/0009_case_survey.sql")),
];

/// Whether an embedded database has the schema of this release.
pub(crate) async fn is_current(store: &Store) -> Result<bool, StoreError> {
    let mut tx = store.read().await?;
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM schema_version")
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::on("read the schema number"))?;
    let found: i64 = row.try_get("number").map_err(StoreError::on("read the schema number"))?;
    Ok(SQLITE.last().is_some_and(|file| file.0 == found))
}

pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    let files = match store.engine() {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let known = files.last().map_or(0, |f| f.0);
    let mut tx = store.begin().await?;
    if store.engine() == Engine::Postgres {
        // two servers starting at once must not both migrate
        tx.execute("SELECT CAST(pg_advisory_xact_lock(727001) AS TEXT)")
            .await
            .map_err(StoreError::on("lock the schema"))?;
    }
    tx.execute("CREATE TABLE IF NOT EXISTS schema_version (number BIGINT PRIMARY KEY)")
        .await
        .map_err(StoreError::on("create the schema table"))?;
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM schema_version")
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::on("read the schema number"))?;
    let found: i64 = row.try_get("number").map_err(StoreError::on("read the schema number"))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, text) in files.iter().filter(|f| f.0 > found) {
        sqlx::raw_sql(*text).execute(&mut *tx).await.map_err(StoreError::on("migrate the schema"))?;
        sqlx::query("INSERT INTO schema_version (number) VALUES ($1)")
            .bind(*number)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::on("record the schema number"))?;
    }
    tx.commit().await
}
