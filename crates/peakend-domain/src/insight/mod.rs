//! Insight: what the voices mean, as figures and findings.
