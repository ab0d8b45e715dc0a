//! Sense: who and where, how we ask, what came in.
pub mod channel;
pub mod expression;
pub mod import;
pub mod journey;
pub mod line;
pub mod person;
pub mod place;
pub mod touchpoint;
pub mod unit;
pub mod voice;
