//! An answer that is not given, with what would be needed.

use serde::Serialize;

/// Too little text for a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{reason}: have {have}, need {need}")]
pub struct Refusal {
    /// What is too little.
    pub reason: &'static str,
    /// What there is.
    pub have: usize,
    /// What is needed.
    pub need: usize,
}
