//! Links: addresses at which a survey is answered.
//!
//! A link carries 128 random bits and is stored hashed. It may be open (anybody,
//! any number of answers) or for one person, one ask or one case, once.

use serde_json::{Map, Value};

use crate::SurveyId;

/// Characters of a token: 128 bits in base 62.
pub const TOKEN_LENGTH: usize = 22;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A link as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// What is asked.
    pub survey: SurveyId,
    /// Who is asked; anybody without.
    pub person: Option<String>,
    /// The ask it serves.
    pub ask: Option<String>,
    /// The case whose re-ask it serves.
    pub case: Option<String>,
    /// Place and placeholders.
    pub context: Map<String, Value>,
    /// Whether one answer ends it.
    pub single_use: bool,
    /// When it was made.
    pub created_at: jiff::Timestamp,
    /// When it ends.
    pub expires_at: Option<jiff::Timestamp>,
    /// When it was answered, for links of single use.
    pub used_at: Option<jiff::Timestamp>,
}

/// Whether a link can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Yes.
    Open,
    /// It has been answered.
    Used,
    /// Its time is over.
    Expired,
}

impl Link {
    /// Whether it can be answered now.
    #[must_use]
    pub fn state(&self, now: jiff::Timestamp) -> LinkState {
        if self.single_use && self.used_at.is_some() {
            LinkState::Used
        } else if self.expires_at.is_some_and(|at| at <= now) {
            LinkState::Expired
        } else {
            LinkState::Open
        }
    }
}

/// A token from 128 random bits.
#[must_use]
pub fn token(random: [u8; 16]) -> String {
    let mut bits = u128::from_be_bytes(random);
    let mut letters = [0u8; TOKEN_LENGTH];
    for letter in letters.iter_mut().rev() {
        let index = usize::try_from(bits % 62).unwrap_or(0);
        *letter = ALPHABET.get(index).copied().unwrap_or(b'0');
        bits /= 62;
    }
    letters.iter().map(|b| char::from(*b)).collect()
}

/// Whether a text can be a token at all.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_all_bits() {
        assert_eq!(token([0; 16]), "0".repeat(22));
        assert_ne!(token([255; 16]), token([254; 16]));
        assert!(is_token(&token([7; 16])));
        assert!(!is_token("../../etc/passwd......"));
    }

    #[test]
    fn a_link_of_single_use_is_used_once_and_ends_at_its_time() {
        let at = |s| jiff::Timestamp::from_second(s).unwrap();
        let link = Link {
            token_hash: String::new(),
            survey: SurveyId::stored("svy_1".to_owned()),
            person: None,
            ask: None,
            case: None,
            context: Map::new(),
            single_use: true,
            created_at: at(0),
            expires_at: Some(at(100)),
            used_at: None,
        };
        assert_eq!(link.state(at(99)), LinkState::Open);
        assert_eq!(link.state(at(100)), LinkState::Expired);
        assert_eq!(Link { used_at: Some(at(5)), ..link }.state(at(6)), LinkState::Used);
    }
}
