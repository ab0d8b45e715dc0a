//! Value: outcome kinds, evaluations, the ledger.
pub mod evaluation;
pub mod ledger;
pub mod outcome;
