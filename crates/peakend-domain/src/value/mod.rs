//! Value: outcomes, evaluations and the ledger.
