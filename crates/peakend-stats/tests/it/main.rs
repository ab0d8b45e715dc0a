//! The crate against reference cases of independent tools, and laws that hold
//! for any input.

mod laws;
mod reference;
