//! Sense: intake log, places, people, surveys, voices.
pub mod intake;
pub mod voice;
