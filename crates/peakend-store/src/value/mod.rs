//! Value: outcome kinds, evaluations, the ledger.
