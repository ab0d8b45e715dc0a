//! The HTTP surface: thin handlers, no rules, no SQL.
//!
//! [`router`] is the whole server; [`openapi`] is its description, generated
//! from the same registrations, so that a route cannot exist undocumented.
mod caller;
mod cookie;
mod embed;
mod gate;
mod name;
mod page;
mod problem;
mod query;
mod request;
mod routes;
mod server;
mod shape;

pub use problem::Problem;
pub use request::Named;
pub use server::{ServerState, openapi, router};
