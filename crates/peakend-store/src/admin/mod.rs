//! Organisations, members of staff, sessions, keys, audit.
pub mod audit;
