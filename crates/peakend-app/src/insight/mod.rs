//! Insight: figures, findings, the release gate.
pub mod behaviour;
pub mod figure;
pub mod finding;
pub mod home;
pub mod metric;
pub mod release;
pub mod rereading;
pub mod short_board;
pub mod theme;
pub mod voice_list;
