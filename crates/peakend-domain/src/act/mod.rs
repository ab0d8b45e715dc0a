//! Act: one person's problem and everybody's problem become work.
pub mod alert;
pub mod alert_rule;
pub mod calendar;
pub mod case;
pub mod initiative;
pub mod job;
pub mod recovery;
pub mod sla;
