//! Secrets: 256 random bits shown once, SHA-256 kept.

use peakend_domain::Entropy;
use sha2::{Digest as _, Sha256};

/// A secret that is shown once.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A fresh secret with a prefix that says what it is for.
    #[must_use]
    pub fn new(prefix: &str, entropy: &dyn Entropy) -> Self {
        Self(format!("{prefix}{}", hex::encode(entropy.bytes())))
    }

    /// The secret itself, for the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }
}

/// SHA-256 as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = [0; 64];
    // the place has two letters for each of the 32 bytes
    let _written = hex::encode_to_slice(Sha256::digest(bytes), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
