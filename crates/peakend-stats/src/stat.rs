//! Methods as a command for analysts: a table with named columns in, a report
//! with plain words out, or a refusal that says what is there and what is needed.
//!
//! Each method is one file that reads its columns, calls the method's own entry
//! point and puts the result into lines. Reading files and printing is the
//! caller's part.

mod causal;
mod caution;
mod chart;
mod compare;
mod csi;
mod cuped;
mod did;
mod drivers;
mod input;
mod interrupted;
mod linkage;
mod matching;
mod method;
mod nps;
mod panel;
mod raking;
mod reason;
mod refused;
mod report;
mod staggered;
mod survival;
mod synthetic;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::table::Table;

pub use self::method::{METHODS, Method, RoleUse, method_list};
pub use self::refused::StatError;
pub use self::report::{Line, Report};

/// What a column is to a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Outcome.
    Y,
    /// Drivers, regressors, covariates, margins: one or several.
    X,
    /// What was sampled or assigned together.
    Cluster,
    /// Who or what was observed.
    Unit,
    /// When; in survival, how long.
    Time,
    /// Who received the change.
    Treated,
    /// Groups to show side by side.
    Group,
    /// Sampling or base weight.
    Weight,
    /// Whether the event happened at the end of the time.
    Event,
    /// When observation began.
    Entry,
    /// Answers behind a count.
    N,
}

impl Role {
    /// The option that names its column.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Y => "--y",
            Self::X => "--x",
            Self::Cluster => "--cluster",
            Self::Unit => "--unit",
            Self::Time => "--time",
            Self::Treated => "--treated",
            Self::Group => "--group",
            Self::Weight => "--weight",
            Self::Event => "--event",
            Self::Entry => "--entry",
            Self::N => "--n",
        }
    }
}

/// How the outcome of a comparison is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// By its mean.
    #[default]
    Mean,
    /// By the net promoter score of answers from 0 to 10.
    Nps,
    /// By the share of ones among 0 and 1.
    Share,
}

/// What a method may be told beside its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Seed of everything random.
    pub seed: u64,
    /// How `compare` sums up.
    pub measure: Measure,
    /// First period after the change, as it stands in the column of times.
    pub at: Option<String>,
    /// Points per cycle of a season: 12 for months.
    pub season: Option<usize>,
    /// Periods from which a chart takes its limits.
    pub base: Option<usize>,
    /// Lowest and highest possible answer.
    pub scale: Option<(f64, f64)>,
    /// Share of units meant to be treated.
    pub planned: Option<f64>,
    /// Time up to which survival is summed up.
    pub horizon: Option<f64>,
    /// Population totals as JSON: column to category to total.
    pub targets: Option<String>,
    /// Constructs and links: `Trust=q1,q2; Stay=q3,q4; Trust>Stay`.
    pub model: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            measure: Measure::Mean,
            at: None,
            season: None,
            base: None,
            scale: None,
            planned: None,
            horizon: None,
            targets: None,
            model: None,
        }
    }
}

/// A method, the columns it reads and its options.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// Name of the method, as [`METHODS`] lists it.
    pub method: String,
    /// Names of columns by role.
    pub columns: BTreeMap<Role, Vec<String>>,
    /// Options.
    pub options: Options,
}

impl Request {
    /// A request without columns.
    #[must_use]
    pub fn of(method: &str) -> Self {
        Self { method: method.to_owned(), ..Self::default() }
    }

    /// The same with other options.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The same with columns for a role; no names leave the role empty.
    #[must_use]
    pub fn with<N: Into<String>>(mut self, role: Role, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).filter(|n| !n.is_empty()).collect();
        if !names.is_empty() {
            self.columns.insert(role, names);
        }
        self
    }
}

/// Runs a method over CSV text with a header; `name` stands in errors.
///
/// # Errors
/// A [`StatError`] that says what is there and what is needed: an unknown method,
/// a missing role or column, a field that cannot be read, an infinity, a constant
/// column, a cluster per row, and every refusal of the method itself.
pub fn stat(request: &Request, name: &str, csv: &str) -> Result<Report, StatError> {
    let method = METHODS.iter().find(|m| m.name == request.method).ok_or_else(|| StatError::UnknownMethod {
        given: request.method.clone(),
        known: METHODS.iter().map(|m| m.name).collect(),
    })?;
    let table = Table::of(name, csv)?;
    let input = input::Input::of(method, request, &table)?;
    (method.run)(&input)
}
