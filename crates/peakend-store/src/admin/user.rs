//! Members of staff who sign in.

use peakend_domain::{OrgId, Role, UserId, micros, timestamp};
use sqlx::Row as _;

use crate::{StoreError, Tx};

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Tenant.
    pub org: OrgId,
    /// Id.
    pub id: UserId,
    /// Sign-in name, lower case, unique over all organisations.
    pub email: String,
    /// Display name.
    pub name: String,
    /// argon2id hash in PHC form; `None` until a password is set.
    pub password_hash: Option<String>,
    /// Role.
    pub role: Role,
    /// Unit that bounds the scope; `None` for the whole organisation.
    pub unit_id: Option<String>,
    /// Language tag.
    pub locale: String,
    /// When created.
    pub created_at: jiff::Timestamp,
    /// When disabled; disabled users cannot sign in.
    pub disabled_at: Option<jiff::Timestamp>,
}

const SELECT: &str = "SELECT org_id, id, email, name, password_hash, role, unit_id, locale, created_at, disabled_at \
    FROM user_account";

/// Insert a user; a unique violation means the e-mail is taken.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO user_account (org_id, id, email, name, password_hash, role, unit_id, locale, created_at, \
         disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(user.org.as_str())
    .bind(user.id.as_str())
    .bind(user.email.as_str())
    .bind(user.name.as_str())
    .bind(user.password_hash.as_deref())
    .bind(user.role.name())
    .bind(user.unit_id.as_deref())
    .bind(user.locale.as_str())
    .bind(micros(user.created_at))
    .bind(user.disabled_at.map(micros))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("insert a user"))?;
    Ok(())
}

/// Replace a user's editable fields.
pub async fn save(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE user_account SET name = $3, password_hash = $4, role = $5, unit_id = $6, locale = $7, \
         disabled_at = $8 WHERE org_id = $1 AND id = $2",
    )
    .bind(user.org.as_str())
    .bind(user.id.as_str())
    .bind(user.name.as_str())
    .bind(user.password_hash.as_deref())
    .bind(user.role.name())
    .bind(user.unit_id.as_deref())
    .bind(user.locale.as_str())
    .bind(user.disabled_at.map(micros))
    .execute(&mut **tx)
    .await
    .map_err(StoreError::on("save a user"))?;
    Ok(())
}

/// The user with that e-mail, in whichever organisation (sign-in knows no tenant yet).
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE email = $1")))
        .bind(email)
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a user by e-mail"))?;
    row.as_ref().map(read).transpose()
}

/// The user of that id within an organisation.
pub async fn find(tx: &mut Tx, org: &OrgId, id: &UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE org_id = $1 AND id = $2")))
        .bind(org.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(StoreError::on("find a user"))?;
    row.as_ref().map(read).transpose()
}

/// All users of an organisation by name.
pub async fn list(tx: &mut Tx, org: &OrgId) -> Result<Vec<User>, StoreError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE org_id = $1 ORDER BY name, id")))
        .bind(org.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::on("list users"))?;
    rows.iter().map(read).collect()
}

/// How many organisations' users exist (0 means first run).
pub async fn count_all(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM user_account")
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::on("count users"))?;
    row.try_get("n").map_err(StoreError::on("count users"))
}

fn read(row: &sqlx::any::AnyRow) -> Result<User, StoreError> {
    let role: String = row.try_get("role").map_err(StoreError::on("read a user"))?;
    let role = Role::parse(&role).ok_or_else(|| StoreError::corrupt("user_account.role", &role))?;
    (|| {
        Ok(User {
            org: OrgId::stored(row.try_get("org_id")?),
            id: UserId::stored(row.try_get("id")?),
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            password_hash: row.try_get("password_hash")?,
            role,
            unit_id: row.try_get("unit_id")?,
            locale: row.try_get("locale")?,
            created_at: timestamp(row.try_get("created_at")?),
            disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(timestamp),
        })
    })()
    .map_err(StoreError::on("read a user"))
}
