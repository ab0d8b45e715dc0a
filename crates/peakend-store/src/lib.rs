//! The operational store: the only room that knows SQL.
//!
//! One SQL text with `$n` placeholders serves SQLite (embedded default, WAL,
//! `synchronous=FULL`) and PostgreSQL. To add an aggregate: a table in both
//! migration folders, a module named like the noun in the step's folder, free
//! functions that take `&mut Tx` and a [`peakend_domain::Scope`] (or the
//! `OrgId`) first, domain types out. "Not found" is `None`, never an error.
//!
//! Reads: `let mut tx = store.read().await?`. Writes: `store.begin()`, then
//! `tx.commit()`; dropping without commit rolls everything back.
pub mod act;
pub mod admin;
mod db;
mod error;
mod insert;
pub mod insight;
mod migration;
mod row;
pub mod sense;
pub mod upkeep;
pub mod value;

pub use db::{Engine, Store, Tx, View};
pub use error::{DiskFault, StoreError};
