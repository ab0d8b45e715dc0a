//! Value: what an action was worth. Matching, difference-in-differences,
//! pre-trends, growth accounting, verdicts and money.

mod cells;
mod linear;
mod spike_slab;

pub mod arms;
pub mod balance;
pub mod causal_impact;
pub mod changes;
pub mod cohort;
pub mod contrast;
pub mod convex_weights;
pub mod cox;
pub mod cuped;
pub mod did;
pub mod dose;
pub mod doubly_robust;
pub mod growth;
pub mod interrupted;
pub mod interrupted_counts;
pub mod isotonic;
pub mod lifetime;
pub mod linkage;
pub mod local_level;
pub mod log_rank;
pub mod logistic;
pub mod matching;
pub mod nearest_score;
pub mod observational;
pub mod panel;
pub mod pretrend;
pub mod randomisation;
pub mod recovery;
pub mod repeated_look;
pub mod staggered;
pub mod survival;
pub mod synthetic_control;
pub mod verdict;
pub mod weighting;
