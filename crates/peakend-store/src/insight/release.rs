//! What the release gate remembers: every set of employees it has answered about.

use peakend_domain::{OrgId, micros};
use sqlx::Row as _;

use crate::{Engine, StoreError, Tx};

/// A set to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// What was asked: stable over time.
    pub view_key: String,
    /// Hash of `view_key` and `members`; the same release twice is one row.
    pub signature: String,
    /// Log positions of the answers, ascending.
    pub members: Vec<u64>,
}

/// A set that was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Order of releases.
    pub seq: i64,
    /// What was asked.
    pub view_key: String,
    /// Log positions of the answers, ascending.
    pub members: Vec<u64>,
}

/// Everything released about a measure, oldest first.
pub async fn all(tx: &mut Tx, org: &OrgId, measure: &str) -> Result<Vec<Release>, StoreError> {
    let rows =
        sqlx::query("SELECT seq, view_key, members FROM release_log WHERE org_id = $1 AND measure = $2 ORDER BY seq")
            .bind(org.as_str())
            .bind(measure)
            .fetch_all(&mut **tx)
            .await
            .map_err(StoreError::on("read released sets"))?;
    rows.iter()
        .map(|row| {
            let text = |name: &str| row.try_get::<String, _>(name).map_err(StoreError::on("read a released set"));
            Ok(Release {
                seq: row.try_get("seq").map_err(StoreError::on("read a released set"))?,
                view_key: text("view_key")?,
                members: unpack(&text("members")?)?,
            })
        })
        .collect()
}

/// The last position in the memory; taken under a lock, so that two viewers who
/// ask at the same time cannot both be answered against the older memory.
pub async fn lock(tx: &mut Tx, org: &OrgId, measure: &str) -> Result<i64, StoreError> {
    if tx.engine() == Engine::Postgres {
        sqlx::query("LOCK TABLE release_log IN EXCLUSIVE MODE")
            .execute(&mut **tx)
            .await
            .map_err(StoreError::on("lock the released sets"))?;
    }
    sqlx::query(
        "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS last FROM release_log WHERE org_id = $1 AND measure = $2",
    )
    .bind(org.as_str())
    .bind(measure)
    .fetch_one(&mut **tx)
    .await
    .and_then(|row| row.try_get("last"))
    .map_err(StoreError::on("read the last released set"))
}

/// Remembers releases; one that is known already changes nothing.
pub async fn record(
    tx: &mut Tx,
    org: &OrgId,
    measure: &str,
    releases: &[NewRelease],
    at: jiff::Timestamp,
    to: &str,
) -> Result<(), StoreError> {
    for release in releases {
        sqlx::query(
            "INSERT INTO release_log (org_id, measure, view_key, signature, members, released_at, released_to) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, measure, signature) DO NOTHING",
        )
        .bind(org.as_str())
        .bind(measure)
        .bind(release.view_key.as_str())
        .bind(release.signature.as_str())
        .bind(pack(&release.members))
        .bind(micros(at))
        .bind(to)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::on("remember a released set"))?;
    }
    Ok(())
}

/// Ascending numbers as steps in base 36, joined by points.
fn pack(members: &[u64]) -> String {
    let mut text = String::with_capacity(members.len() * 2);
    let mut last = 0;
    for (i, &member) in members.iter().enumerate() {
        if i > 0 {
            text.push('.');
        }
        push_base36(&mut text, member.saturating_sub(last));
        last = member;
    }
    text
}

fn push_base36(text: &mut String, mut n: u64) {
    let start = text.len();
    loop {
        let digit = u32::try_from(n % 36).unwrap_or(0);
        text.insert(start, char::from_digit(digit, 36).unwrap_or('0'));
        n /= 36;
        if n == 0 {
            return;
        }
    }
}

fn unpack(text: &str) -> Result<Vec<u64>, StoreError> {
    let mut last = 0;
    text.split('.')
        .filter(|step| !step.is_empty())
        .map(|step| {
            let step = u64::from_str_radix(step, 36).map_err(|e| StoreError::corrupt("release_log.members", e))?;
            last += step;
            Ok(last)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_back_as_written() {
        let members = vec![0, 1, 7, 35, 36, 37, 1_000_000, 9_007_199_254_740_993];
        assert_eq!(unpack(&pack(&members)).unwrap(), members);
        assert_eq!(unpack("").unwrap(), Vec::<u64>::new());
        assert!(unpack("1.?").is_err());
    }
}
