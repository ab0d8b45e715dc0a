//! The outside world: file readers, outbound messages, the one outbound client.
pub mod act;
pub mod sense;
