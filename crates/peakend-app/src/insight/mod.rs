//! Insight: figures, findings, the release gate.
