//! The crate against reference cases of independent tools, and laws that hold
//! for any input.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "tests fail by panicking, and say what they skip")]

mod base_laws;
mod laws;
mod lifetime;
mod model_laws;
mod reference;
mod renamed;
