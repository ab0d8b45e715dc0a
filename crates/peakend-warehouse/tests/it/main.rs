//! Tests of the warehouse through its trait, with the naive one as oracle.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that should not fail")]

mod behaviour;
mod bulk;
mod differential;
mod durability;
mod elsewhere;
mod newest;
mod retention;
mod rows;
mod shared;
mod uneven;
