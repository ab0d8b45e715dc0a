//! Sense: who and where, how we ask, what came in.
pub mod expression;
pub mod voice;
