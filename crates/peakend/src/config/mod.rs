//! What an operator may set, one file per concern.
mod data;
mod mail;
mod server;

pub(crate) use data::DataOptions;
pub(crate) use mail::MailOptions;
pub(crate) use server::ServerOptions;
