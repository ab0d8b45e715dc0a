//! Sense: taking in, asking, people and places.
