//! A crowd of any size: from ten thousand to a hundred million customers and
//! what they answered over two years, for benchmarks and for tests of analyses.
//!
//! Everything is a pure function of a [`CrowdSpec`]. Responses come in slices of
//! time and customers in parts; each depends on nothing but the specification
//! and its own number, so they may be made in any order and beside each other,
//! in the memory of one slice. [`CrowdTruth`] says what is planted.
mod alias;
mod column;
mod customers;
mod dice;
mod effects;
mod odds;
mod responses;
mod spec;
mod truth;

pub use column::{Column, Values};
pub use customers::CustomerPart;
pub use responses::ResponseSlice;
pub use spec::{CrowdFault, CrowdSpec};
pub use truth::{CrowdTruth, Devotion, Outlier, Repair};

use effects::Effects;
use odds::Odds;

/// A crowd ready to be drawn: the specification with its tables.
#[derive(Debug)]
pub struct Crowd {
    spec: CrowdSpec,
    odds: Odds,
    effects: Effects,
    bell: dice::Bell,
}
