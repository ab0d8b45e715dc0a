//! What persons did: events, and the two questions about their order.

mod cohort;
mod event;
mod funnel;

pub use cohort::{CohortQuestion, CohortRow, Cohorts};
pub use event::{EventFact, Persons, Properties, Step};
pub use funnel::{Funnel, FunnelQuestion, FunnelRow};
