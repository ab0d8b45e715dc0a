//! Insight: findings, themes and the rereading of voices, the memory of the release gate, names of codes, counts of the home page.
pub mod figure;
pub mod finding;
pub mod home;
pub mod release;
pub mod rereading;
pub mod theme;
pub mod voice_list;
