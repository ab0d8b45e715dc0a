//! Sense: taking in, asking, people and places.
pub mod ask;
pub mod attribute;
pub mod channel;
pub mod erasure;
pub mod event;
pub mod event_rule;
pub mod import;
pub mod journey;
pub mod line;
pub mod link;
mod mask;
pub mod person;
pub mod place;
pub(crate) mod pump;
pub(crate) mod reading;
pub mod response;
pub mod retention;
pub mod signal;
pub mod survey;
pub(crate) mod take_in;
pub mod touchpoint;
pub mod unit;

pub use pump::fact;
