//! Sense: taking in, asking, people and places.
mod pump;
mod take_in;

pub use pump::fact;
