//! Counts of the home page: the loop as a funnel, and what waits for the reader.

use peakend_domain::{Scope, UnitScope, micros};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// What the operational store knows about a stretch of time. The warehouse adds
/// the voices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Findings made.
    pub findings: i64,
    /// Cases opened.
    pub cases: i64,
    /// Of these, resolved in time.
    pub cases_in_time: i64,
    /// Of these, closed at all.
    pub cases_closed: i64,
    /// Of these, recovered.
    pub recovered: i64,
    /// Initiatives begun.
    pub initiatives: i64,
    /// Evaluations that proved a gain.
    pub proven: i64,
}

/// What waits now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Open cases of the reader.
    pub my_cases: i64,
    /// Open cases past their time.
    pub overdue_cases: i64,
    /// Open cases without an owner.
    pub unowned_cases: i64,
    /// Findings nobody has judged.
    pub new_findings: i64,
    /// Persons not asked since the given instant.
    pub withheld_asks: i64,
    /// Live initiatives that could be evaluated and have not been.
    pub due_evaluations: i64,
}

fn prefix(scope: &Scope) -> &str {
    match &scope.units {
        UnitScope::All => "",
        UnitScope::Subtree(path) => path,
    }
}

async fn one(tx: &mut Tx, sql: &'static str, texts: [&str; 4], numbers: [i64; 2]) -> Result<i64, StoreError> {
    let mut query = sqlx::query(sql);
    for text in texts {
        query = query.bind(text.to_owned());
    }
    for number in numbers {
        query = query.bind(number);
    }
    query.fetch_one(&mut **tx).await.and_then(|row| row.try_get("n")).map_err(StoreError::on("count for the home page"))
}

/// Counts between two instants (the second exclusive), of one pillar or of all
/// (empty text). Cases are those of the scope.
pub async fn counts(
    tx: &mut Tx,
    scope: &Scope,
    pillar: &str,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
) -> Result<Counts, StoreError> {
    let texts = [scope.org.as_str(), pillar, prefix(scope), ""];
    let between = [micros(from), micros(to)];
    macro_rules! cases {
        ($extra:literal) => {
            one(
                tx,
                concat!(
                    "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM case_file WHERE org_id = $1 AND ($2 = '' OR pillar = $2) \
                     AND substr(unit_path, 1, length($3)) = $3 AND $4 = '' AND opened_at >= $5 AND opened_at < $6",
                    $extra
                ),
                texts,
                between,
            )
            .await?
        };
    }
    Ok(Counts {
        cases: cases!(""),
        cases_closed: cases!(" AND closed_at IS NOT NULL"),
        cases_in_time: cases!(" AND closed_at IS NOT NULL AND closed_at <= resolve_due_at"),
        recovered: cases!(" AND recovery = 'recovered'"),
        findings: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM finding WHERE org_id = $1 AND ($2 = '' OR pillar = $2) \
             AND length($3) >= 0 AND $4 = '' AND created_at >= $5 AND created_at < $6 AND phase <> 'dismissed'",
            texts,
            between,
        )
        .await?,
        initiatives: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM initiative WHERE org_id = $1 AND ($2 = '' OR pillar = $2) \
             AND length($3) >= 0 AND $4 = '' AND created_at >= $5 AND created_at < $6",
            texts,
            between,
        )
        .await?,
        proven: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM ledger_entry WHERE org_id = $1 AND ($2 = '' OR pillar = $2) \
             AND length($3) >= 0 AND $4 = '' AND booked_at >= $5 AND booked_at < $6 AND verdict = 'gain'",
            texts,
            between,
        )
        .await?,
    })
}

/// What waits for a user (empty for a key). `evaluable_before` is the last day
/// on which an initiative must have gone live to be judged now.
pub async fn waiting(
    tx: &mut Tx,
    scope: &Scope,
    user: &str,
    now: jiff::Timestamp,
    since: jiff::Timestamp,
    evaluable_before: i32,
) -> Result<Waiting, StoreError> {
    let org = scope.org.as_str();
    let texts = [org, user, prefix(scope), ""];
    macro_rules! open_cases {
        ($extra:literal) => {
            one(
                tx,
                concat!(
                    "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM case_file WHERE org_id = $1 AND closed_at IS NULL \
                     AND substr(unit_path, 1, length($3)) = $3 AND $4 = '' AND $6 = 0",
                    $extra
                ),
                texts,
                [micros(now), 0],
            )
            .await?
        };
    }
    Ok(Waiting {
        my_cases: open_cases!(" AND owner_user_id = $2 AND opened_at <= $5"),
        overdue_cases: open_cases!(" AND length($2) >= 0 AND resolve_due_at < $5"),
        unowned_cases: open_cases!(" AND length($2) >= 0 AND owner_user_id IS NULL AND opened_at <= $5"),
        new_findings: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM finding WHERE org_id = $1 AND phase = 'new' \
             AND length($2) >= 0 AND length($3) >= 0 AND $4 = '' AND $5 = 0 AND $6 = 0",
            texts,
            [0, 0],
        )
        .await?,
        withheld_asks: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM ask WHERE org_id = $1 AND state = 'withheld' \
             AND length($2) >= 0 AND length($3) >= 0 AND $4 = '' AND decided_at >= $5 AND $6 = 0",
            texts,
            [micros(since), 0],
        )
        .await?,
        due_evaluations: one(
            tx,
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM initiative WHERE org_id = $1 AND live_on IS NOT NULL \
             AND live_on <= $5 AND length($2) >= 0 AND length($3) >= 0 AND $4 = '' AND $6 = 0 AND NOT EXISTS \
             (SELECT 1 FROM evaluation e WHERE e.org_id = $1 AND e.subject_kind = 'initiative' AND e.subject_id = initiative.id)",
            texts,
            [i64::from(evaluable_before), 0],
        )
        .await?,
    })
}
