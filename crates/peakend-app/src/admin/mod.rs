//! Setting up, signing in, staff and keys.
pub mod api_key;
pub mod password;
pub mod profile;
pub mod session;
pub mod setup;
pub mod user;
