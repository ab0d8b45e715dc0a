//! Setting up, signing in, staff and keys.
pub mod password;
pub mod session;
pub mod setup;
