//! Sense: taking in, asking, people and places.
pub mod channel;
pub mod journey;
pub mod line;
pub mod person;
pub mod place;
mod pump;
mod take_in;
pub mod touchpoint;
pub mod unit;

pub use pump::fact;
