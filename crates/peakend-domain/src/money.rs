//! Money as integers of the minor unit.

use serde::{Deserialize, Serialize};

/// An amount in the currency's minor unit (cents, fen).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Amount in minor units; negative for a loss.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}
