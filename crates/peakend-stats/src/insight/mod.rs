//! Insight: what the answers mean. Scores, shares, comparisons, short boards.

pub mod anonymity;
pub mod bands;
pub mod ces;
pub mod compare;
pub mod csat;
pub mod family;
pub mod histogram;
pub mod mean;
pub mod nps;
pub mod nps_compare;
pub mod nps_interval;
pub mod peak_end;
pub mod proportion;
pub mod rank_test;
pub mod response_rate;
pub mod share_compare;
pub mod short_board;
pub mod unit_score;
pub mod weighted_nps;
