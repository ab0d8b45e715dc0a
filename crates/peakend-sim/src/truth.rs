//! Small worlds with a planted number, for asking how often an interval covers it.
//!
//! Unlike the bank, a world here is one table for one method, made within
//! milliseconds, so that hundreds of them can be judged. The planted number is an
//! argument or stands beside the table; the same seed gives the same world. The
//! laws behind the numbers (skew, clusters, shocks that last) are those of customer
//! figures, and the assumptions a method names are met: a world tells whether the
//! arithmetic of its interval is right, not whether its assumptions are.

mod answer;
mod panel;
mod series;
mod spell;

pub use answer::{ScoreMix, ratings, spending};
pub use panel::{BranchRow, Compared, LinkedRow, RolloutRow, branches, confounded, linked, rollout, rollout_effect};
pub use series::{monthly, regions, with_controls};
pub use spell::{Stay, driven, stays};
