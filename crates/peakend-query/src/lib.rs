//! Analytics questions as plain data, and the trait that answers them.
//!
//! Nothing here names an engine, a table of the operational store, or a rule of
//! the loop. Codes (touchpoint, unit, line…) are opaque strings. Every score
//! metric derives from the integer histograms of a [`Cell`], so counts come
//! first and ratios last, above this crate.
mod attribute;
mod behaviour;
mod error;
mod fact;
mod filter;
mod migration;
mod naive;
mod question;
mod ranking;
mod table;
mod warehouse;

pub use attribute::{ATTRIBUTE_NAME, ATTRIBUTE_VALUE, ATTRIBUTES, AttributeName, Attributes};
pub use behaviour::{
    CohortQuestion, CohortRow, Cohorts, EventFact, Funnel, FunnelQuestion, FunnelRow, Persons, Properties, Step,
};
pub use error::WarehouseError;
pub use fact::{OutcomeFact, Retention, VoiceFact, VoiceKind};
pub use filter::{Band, Filter, Score, Tone};
pub use migration::{Joint, JointRow, Migration, MigrationQuestion};
pub use naive::NaiveWarehouse;
pub use question::{Counting, DayRange, Dimension, Grain, OutcomeQuestion, Question, VoiceList, VoiceOrder};
pub use ranking::{Ranked, RankingQuestion};
pub use table::{Cell, Provenance, Route, Row, Table, VoicePage};
pub use warehouse::{Loaded, Warehouse};
