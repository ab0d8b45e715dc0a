//! Insight against a real store.
mod theme;
