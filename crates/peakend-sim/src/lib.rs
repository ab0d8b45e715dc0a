//! A seeded generator of the demo bank with planted effects.
//!
//! Everything is a pure function of a [`Spec`]: the bank's structure, its
//! customers and employees, month by month what they said and what their
//! accounts did. The true sizes of what is planted are in [`Truth`], so that
//! tests can ask whether an analysis finds what is there, and nothing where
//! nothing is. Nothing here knows a store or a clock. The [`crowd`] module makes
//! the same kind of truth at any size, as columns; [`truth`] makes small tables
//! with one planted number each, by the hundred.
mod bank;
mod brand;
pub mod crowd;
mod customer;
mod employee;
mod experience;
mod ledger;
mod random;
mod spec;
mod text;
pub mod truth;

pub use bank::{Bank, Channel, Journey, Line, Name, Touchpoint, Unit};
pub use brand::{Mention, mentions};
pub use customer::{Customer, customers};
pub use employee::{EmployeeAnswer, employee_answers};
pub use experience::{Experience, Recovery, experiences, recovery};
pub use ledger::{History, MonthFigures, month_figures};
pub use random::Random;
pub use spec::{Planted, Spec, Truth};
pub use text::Language;
