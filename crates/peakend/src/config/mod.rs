//! What an operator may set, one file per concern.
mod data;
mod server;

pub(crate) use data::DataOptions;
pub(crate) use server::ServerOptions;
