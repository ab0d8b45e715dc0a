//! The store's suite, on SQLite always and on PostgreSQL when
//! `PEAKEND_TEST_PG_URL` names one; skips PostgreSQL loudly otherwise.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests fail by panicking")]
mod act;
mod ask;
mod disk;
mod erasure;
mod insight;
mod intake;
mod journal;
mod place;
mod retention;
mod upgrade;
mod value;
mod voice;

use peakend_store::Store;

/// Runs a test body on a fresh database of each engine.
pub async fn on_both<F, Fut>(name: &str, body: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("t.sqlite").display())).await.unwrap();
    body(store.clone()).await;
    store.close().await;
    #[expect(clippy::disallowed_methods, reason = "the test run names its PostgreSQL this way")]
    let named = std::env::var("PEAKEND_TEST_PG_URL");
    let Ok(server) = named else {
        println!("SKIPPED on PostgreSQL: PEAKEND_TEST_PG_URL is not set ({name})");
        return;
    };
    let store = Store::open(&fresh_postgres(&server, name).await).await.unwrap();
    body(store.clone()).await;
    store.close().await;
}

/// A new empty database on the server, named after the test.
async fn fresh_postgres(server: &str, name: &str) -> String {
    use sqlx::{Connection as _, Executor as _};
    sqlx::any::install_default_drivers();
    let mut admin = sqlx::AnyConnection::connect(&format!("{server}/postgres")).await.expect("PostgreSQL is reachable");
    let database = format!("t_{}_{name}", std::process::id());
    admin.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {database}"))).await.unwrap();
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}"))).await.unwrap();
    format!("{server}/{database}")
}

/// A fixed instant plus some seconds.
pub fn at(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_767_603_600 + seconds).unwrap()
}
