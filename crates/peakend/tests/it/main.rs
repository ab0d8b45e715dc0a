//! The binary's verbs, as somebody types them: real files, a real server, one after the other.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod behaviour;
mod bench;
mod loaded;
