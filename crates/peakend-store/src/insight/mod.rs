//! Insight: findings and released employee views.
