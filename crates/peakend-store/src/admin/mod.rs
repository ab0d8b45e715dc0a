//! Organisations, members of staff, sessions, keys, audit.
pub mod api_key;
pub mod audit;
pub mod org;
pub mod session;
pub mod user;
