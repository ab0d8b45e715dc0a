//! Setting up, signing in, staff, keys, backups.
pub mod api_key;
pub mod backup;
pub mod password;
pub mod profile;
pub mod session;
pub mod setup;
pub mod user;
