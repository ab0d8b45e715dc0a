//! Questions as plans that other processes run.
//!
//! The same Parquet segments and the same fused aggregate as in the engine of
//! one machine; what differs is that a plan must carry everything it needs: the
//! places of its segments, the hot rows themselves, the members of a set, and
//! groups named by their codes instead of numbers that one process gave them.
//! What coded columns can count is counted from them where the plan runs.
mod answer;
mod companions;
mod counted;
mod function;
mod list;
mod migration;
mod movers;
mod outcome;
mod planned;
mod ranked;
mod ranking;
mod table;
mod tally;

pub use companions::Companions;
pub use function::{aggregates, function_bytes, function_of};
pub use planned::{Elsewhere, Planned};
pub use table::{table_bytes, table_of};
pub use tally::{tally_bytes, tally_of};
