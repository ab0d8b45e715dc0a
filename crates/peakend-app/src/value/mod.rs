//! Value: outcomes, evaluations, the ledger.
