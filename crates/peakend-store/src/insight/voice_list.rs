//! Which case works on a voice, for the reader of voices.

use std::collections::BTreeMap;

use peakend_domain::Scope;
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// A case as a voice points to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLink {
    /// Id.
    pub id: String,
    /// Number.
    pub number: i64,
    /// Phase.
    pub phase: String,
}

/// Cases opened by or joined by these voices, by voice id.
pub async fn cases_of(tx: &mut Tx, scope: &Scope, voices: &[String]) -> Result<BTreeMap<String, CaseLink>, StoreError> {
    let mut links = BTreeMap::new();
    for chunk in voices.chunks(200) {
        let holes: Vec<String> = (2..chunk.len() + 2).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT a.voice_id, c.id, c.number, c.phase FROM alert a JOIN case_file c ON c.org_id = a.org_id AND \
             c.id = a.case_id WHERE a.org_id = $1 AND a.voice_id IN ({})",
            holes.join(", ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(scope.org.as_str().to_owned());
        for id in chunk {
            query = query.bind(id.clone());
        }
        for row in query.fetch_all(&mut **tx).await.map_err(StoreError::on("read cases of voices"))? {
            let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a case of a voice"));
            let number = row.try_get("number").map_err(StoreError::on("read a case of a voice"))?;
            links.insert(text("voice_id")?, CaseLink { id: text("id")?, number, phase: text("phase")? });
        }
    }
    Ok(links)
}
