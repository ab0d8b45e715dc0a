//! Act: alerts, cases, initiatives, jobs.
pub mod alert;
pub mod alert_rule;
pub mod calendar;
pub mod case;
pub mod initiative;
pub mod job;
pub mod recovery;
