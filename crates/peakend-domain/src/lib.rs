//! Words and rules of the loop: no I/O, no clock, no randomness.
//!
//! Folders are the four steps of the loop; `pillar` holds the few rules in
//! which brand, customer and employee truly differ. Time and randomness arrive
//! as parameters ([`Clock`], [`Entropy`]).
pub mod act;
mod canonical;
mod fault;
mod id;
pub mod insight;
mod lang;
mod money;
pub mod pillar;
mod role;
mod scope;
pub mod sense;
mod time;
pub mod value;

pub use canonical::{canonical_json, canonical_json_without, read_json};
pub use fault::FieldFault;
pub use id::{Entropy, IdFault, ids::*};
pub use lang::{Lang, LocalText};
pub use money::Money;
pub use pillar::Pillar;
pub use role::{Permission, Role};
pub use scope::{Actor, ActorKind, Scope, UnitScope};
pub use time::{Clock, Day, Month, day_of, micros, timestamp};
