//! A database of an earlier release is brought up to date with what it holds.

use peakend_domain::OrgId;
use peakend_store::Store;
use peakend_store::sense::event;
use sqlx::{AnyConnection, Connection as _};

/// The schema before events were put in the order of the log.
const BEFORE: [&str; 7] = [
    include_str!("../../migrations/sqlite/0001_base.sql"),
    include_str!("../../migrations/sqlite/0002_voice_by_survey.sql"),
    include_str!("../../migrations/sqlite/0003_erasure.sql"),
    include_str!("../../migrations/sqlite/0004_theme.sql"),
    include_str!("../../migrations/sqlite/0005_retention.sql"),
    include_str!("../../migrations/sqlite/0006_event_by_seq.sql"),
    include_str!("../../migrations/sqlite/0007_voice_attributes.sql"),
];

#[tokio::test]
async fn events_of_a_database_of_before_are_still_there_in_the_order_of_the_log() {
    sqlx::any::install_default_drivers();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("peakend.sqlite");
    let mut old = AnyConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
    sqlx::raw_sql("CREATE TABLE schema_version (number BIGINT PRIMARY KEY)").execute(&mut old).await.unwrap();
    for (number, text) in (1_i64..).zip(BEFORE) {
        sqlx::raw_sql(text).execute(&mut old).await.unwrap();
        sqlx::query("INSERT INTO schema_version (number) VALUES ($1)").bind(number).execute(&mut old).await.unwrap();
    }
    for (org, id, seq) in [("a", "late", 9_i64), ("a", "early", 2), ("b", "other", 5)] {
        let sql = "INSERT INTO event (org_id, id, seq, person_id, name, at, properties) \
                   VALUES ($1, $2, $3, 'per_1', 'Fund Redeemed', 7, '{\"amount\":5}')";
        sqlx::query(sql).bind(org).bind(id).bind(seq).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();

    let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let found = event::after(&mut tx, &OrgId::stored("a".to_owned()), 0, 10).await.unwrap();
    let ids: Vec<(&str, i64)> = found.iter().map(|e| (e.id.as_str(), e.seq)).collect();
    assert_eq!(ids, [("early", 2), ("late", 9)]);
    assert_eq!(found[0].properties["amount"], 5);
    assert_eq!(event::after(&mut tx, &OrgId::stored("b".to_owned()), 0, 10).await.unwrap().len(), 1);
}
