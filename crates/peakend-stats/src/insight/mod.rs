//! Insight: what the answers mean. Scores, shares, comparisons, short
//! boards, drivers, charts over time.

pub mod anomaly;
pub mod anonymity;
pub mod bands;
pub(crate) mod blocks;
pub mod ces;
pub mod compare;
pub(crate) mod complete_rows;
pub mod control_chart;
pub mod csat;
pub mod detectable;
pub mod driver;
pub mod family;
pub mod histogram;
pub mod level_change;
pub mod mean;
pub mod nps;
pub mod nps_compare;
pub mod nps_interval;
pub mod ordering;
pub mod path_model;
pub mod peak_end;
pub mod proportion;
pub mod quadrant;
pub mod raking;
pub mod rank_test;
pub mod relative_weight;
pub mod response_rate;
pub mod season;
pub mod share_chart;
pub mod share_compare;
pub mod short_board;
pub mod trend_test;
pub mod unit_score;
pub mod weighted_mean;
pub mod weighted_nps;
