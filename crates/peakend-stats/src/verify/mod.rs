//! Reference cases: our figures beside those of independent tools.
//!
//! A case is an `expected.json` and its tables. Reading files is the caller's
//! part: it hands over texts and prints the report.

mod anonymity;
mod case;
mod causal_impact;
mod columns;
mod cuped;
mod did;
mod driver;
mod filter;
mod growth;
mod interrupted;
mod level;
mod linkage;
mod matching;
mod mean_score;
mod nps;
mod panel;
mod path_model;
mod raking;
mod refusal;
mod report;
mod spec;
mod staggered;
mod survival;
mod synthetic;
mod tables;
mod trend;

pub use case::{CaseError, verify_case, verify_case_with};
pub use report::{CaseReport, CheckOutcome, CheckStatus, Report};

/// Our figures of one case by check id.
pub(crate) type Figures = std::collections::BTreeMap<String, serde_json::Value>;

/// Asked for as if it were a table, gives the names of all tables, one per line.
pub const TABLE_NAMES: &str = "*";

/// Gives the text of a table of the case, by file name; [`TABLE_NAMES`] may be asked too.
pub type ReadTable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Says of each set of people, asked one after another, whether the release
/// gate for employee data refuses it. Arguments: minimum group size, number of
/// people, the sets as ascending positions of people.
pub type ReleaseGate<'a> = &'a dyn Fn(u64, usize, &[Vec<u32>]) -> Vec<bool>;

/// Figures by check id of a method that is not numerical, given its name and
/// the ids of the checks; nothing when the name is unknown there too.
pub type OtherMethods<'a> = &'a dyn Fn(
    &str,
    &[&str],
    ReadTable<'_>,
)
    -> Option<Result<std::collections::BTreeMap<String, serde_json::Value>, String>>;
