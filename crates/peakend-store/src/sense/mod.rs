//! Sense: intake log, places, people, surveys, voices.
pub mod channel;
pub mod import;
pub mod intake;
pub mod journey;
pub mod line;
pub mod person;
pub mod touchpoint;
pub mod unit;
pub mod voice;
