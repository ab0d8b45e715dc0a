//! Why there is no report: what is there and what is needed, in one sentence and
//! as JSON.

use serde_json::{Value, json};

use super::reason::in_words;
use crate::figure::Refusal;
use crate::table::TableError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum StatError {
    /// No method has this name.
    #[error("there is no method `{given}`; there are {}", known.join(", "))]
    UnknownMethod {
        /// As given.
        given: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// A role the method cannot do without names no column.
    #[error("{method} needs {flag} ({what}); the table has the columns {found}")]
    MissingRole {
        /// Method.
        method: &'static str,
        /// Option that names the column.
        flag: &'static str,
        /// What the column holds.
        what: &'static str,
        /// Columns of the table.
        found: String,
    },
    /// A role the method does not read.
    #[error("{method} does not read {flag}; it reads {reads}")]
    UnusedRole {
        /// Method.
        method: &'static str,
        /// Option given.
        flag: &'static str,
        /// Options it reads.
        reads: String,
    },
    /// Several columns where one is meant.
    #[error("{flag} names {have} columns, and {method} reads one")]
    OneColumn {
        /// Method.
        method: &'static str,
        /// Option given.
        flag: &'static str,
        /// Columns named.
        have: usize,
    },
    /// The table, a column or a field cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A header without rows.
    #[error("table `{table}` has a header and no row; {method} needs rows")]
    NoRows {
        /// Table.
        table: String,
        /// Method.
        method: &'static str,
    },
    /// An infinity.
    #[error(
        "line {line}, column `{column}`: `{text}` is not a finite number; correct it, or leave the field empty when it is unknown"
    )]
    NotFinite {
        /// Line in the file, the header being 1.
        line: usize,
        /// Column.
        column: String,
        /// The text of the field.
        text: String,
    },
    /// A column that never changes.
    #[error("column `{column}` is constant: {rows} rows, all `{value}`; at least two different values are needed")]
    Constant {
        /// Column.
        column: String,
        /// Rows with a value.
        rows: usize,
        /// The value.
        value: String,
    },
    /// A column that changes between units only.
    #[error("column `{column}` never changes within a `{unit}`; a regressor that varies over time is needed")]
    ConstantWithin {
        /// Column.
        column: String,
        /// Column of the units.
        unit: String,
    },
    /// As many clusters as rows.
    #[error(
        "column `{column}` has a cluster per row: {rows} rows, {rows} clusters; a column whose values are shared by rows that belong together is needed"
    )]
    ClusterPerRow {
        /// Column.
        column: String,
        /// Rows.
        rows: usize,
    },
    /// Not the number of groups a method compares.
    #[error("column `{column}` has {have} groups ({}); {method} needs {need}", names.join(", "))]
    Groups {
        /// Method.
        method: &'static str,
        /// Column.
        column: String,
        /// Groups there.
        have: usize,
        /// Groups needed.
        need: usize,
        /// The first of their names.
        names: Vec<String>,
    },
    /// An option is missing or cannot be used.
    #[error("{method} needs {need}; {have}")]
    Option {
        /// Method.
        method: &'static str,
        /// What is needed.
        need: String,
        /// What is there.
        have: String,
    },
    /// The method withholds its figure.
    #[error("{}", in_words(.0))]
    Refused(#[from] Refusal),
}

impl StatError {
    /// Name of the kind.
    #[must_use]
    pub fn code(&self) -> Value {
        let code = match self {
            Self::UnknownMethod { .. } => "unknown_method",
            Self::MissingRole { .. } => "missing_role",
            Self::UnusedRole { .. } => "unused_role",
            Self::OneColumn { .. } => "one_column",
            Self::Table(TableError::MissingColumn { .. }) => "missing_column",
            Self::Table(TableError::Field { .. }) => "field",
            Self::Table(TableError::Csv { .. }) => "not_csv",
            Self::NoRows { .. } => "no_rows",
            Self::NotFinite { .. } => "not_finite",
            Self::Constant { .. } => "constant_column",
            Self::ConstantWithin { .. } => "constant_within_unit",
            Self::ClusterPerRow { .. } => "cluster_per_row",
            Self::Groups { .. } => "groups",
            Self::Option { .. } => "option",
            Self::Refused(refusal) => return serde_json::to_value(refusal.reason).unwrap_or_default(),
        };
        code.into()
    }

    /// `{"refused": kind, "words": sentence}`, with `have` and `need` where they
    /// are numbers.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({ "refused": self.code(), "words": self.to_string() });
        let numbers = match self {
            Self::Refused(refusal) => Some((refusal.have, refusal.need)),
            Self::Groups { have, need, .. } => Some((*have as f64, *need as f64)),
            Self::OneColumn { have, .. } => Some((*have as f64, 1.0)),
            Self::Constant { .. } => Some((1.0, 2.0)),
            Self::NoRows { .. } => Some((0.0, 1.0)),
            _ => None,
        };
        if let Some((have, need)) = numbers {
            json["have"] = have.into();
            json["need"] = need.into();
        }
        json
    }
}
