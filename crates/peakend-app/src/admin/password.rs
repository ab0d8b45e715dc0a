//! Passwords: argon2id, minimum length, no other ceremony.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier as _, Version};
use peakend_domain::Entropy;

use crate::Error;

/// Shortest password accepted (NIST SP 800-63B asks for at least 8; we ask for 10).
pub const MINIMUM_LENGTH: usize = 10;

/// OWASP's second recommended argon2id setting: 19 MiB, 2 passes, 1 lane.
fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| Error::Fault(format!("argon2 parameters: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hash a new password; faults name the field `password`.
pub fn hash(password: &str, entropy: &dyn Entropy) -> Result<String, Error> {
    if password.chars().count() < MINIMUM_LENGTH {
        return Err(Error::field(
            "password",
            "too_short",
            format!("use at least {MINIMUM_LENGTH} characters; a few words in a row are easy to remember"),
        ));
    }
    let bytes = entropy.bytes();
    let salt = bytes.get(..16).unwrap_or(&bytes);
    hasher()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|h| h.to_string())
        .map_err(|e| Error::Fault(format!("hash a password: {e}")))
}

/// Whether the password fits the stored hash. An unreadable hash never fits.
#[must_use]
pub fn verify(password: &str, stored: &str) -> bool {
    let Ok(parsed) = argon2::password_hash::phc::PasswordHash::new(stored) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}
