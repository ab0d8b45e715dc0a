//! Sense: intake log, places, people, surveys, voices.
pub mod ask;
pub mod channel;
pub mod contact_rule;
pub mod erasure;
pub mod event;
pub mod event_rule;
pub mod import;
pub mod intake;
pub mod journey;
pub mod line;
pub mod link;
pub mod person;
pub mod retention;
pub mod survey;
pub mod touchpoint;
pub mod unit;
pub mod voice;
