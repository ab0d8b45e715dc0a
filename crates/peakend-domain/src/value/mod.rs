//! Value: outcomes, evaluations and the ledger.
pub mod contrast;
pub mod evaluation;
pub mod ledger;
pub mod outcome;
pub mod ranking;
