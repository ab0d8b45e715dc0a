//! Use cases of the loop: permission, load, domain verb, save, audit, enqueue.
//!
//! Every use case takes a [`Ctx`] first. What must happen inside somebody
//! else's transaction has a twin that ends in `_in` and takes `&mut Tx`.
pub mod act;
pub mod admin;
mod app;
mod ctx;
mod error;
mod fresh;
pub mod insight;
pub mod sense;
mod token;
pub mod value;

pub use app::{App, Settings};
pub use ctx::Ctx;
pub use error::Error;
pub use token::{Token, sha256_hex};
