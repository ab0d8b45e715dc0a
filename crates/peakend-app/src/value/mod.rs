//! Value: outcomes, evaluations and the ledger.
pub mod evaluation;
pub mod ledger;
pub mod outcome;
