//! The outcome of checks, for people and for programs.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Our figure is within the tolerance.
    Pass,
    /// It is not.
    Fail,
    /// We do not compute it.
    NotSupported,
}

/// One check with our figure beside the expected one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckOutcome {
    /// Check id.
    pub id: String,
    /// What became of it.
    pub status: CheckStatus,
    /// Our figure.
    pub got: Option<Value>,
    /// The expected figure; absent for a floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// The floor to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest difference allowed; absent when it must be equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// What the case says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    /// Name.
    pub case: String,
    /// Method, as the case names it.
    pub method: String,
    /// Checks passed.
    pub passed: usize,
    /// Checks failed.
    pub failed: usize,
    /// Checks we do not compute.
    pub not_supported: usize,
    /// Why nothing could be computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Every check in the order of the case.
    pub checks: Vec<CheckOutcome>,
}

impl CaseReport {
    /// Counts the outcomes.
    #[must_use]
    pub fn new(case: String, method: String, checks: Vec<CheckOutcome>, error: Option<String>) -> Self {
        let count = |status| checks.iter().filter(|c| c.status == status).count();
        Self {
            case,
            method,
            passed: count(CheckStatus::Pass),
            failed: count(CheckStatus::Fail),
            not_supported: count(CheckStatus::NotSupported),
            error,
            checks,
        }
    }

    /// A case whose `expected.json` cannot be read: one failed check.
    #[must_use]
    pub fn unreadable(case: String, error: String) -> Self {
        let check = CheckOutcome {
            id: "expected.json".to_owned(),
            status: CheckStatus::Fail,
            got: None,
            expected: None,
            min: None,
            tolerance: None,
            what: None,
        };
        Self::new(case, String::new(), vec![check], Some(error))
    }

    /// Whether every check passed, and there was one.
    #[must_use]
    pub fn all_passed(&self) -> bool {
        self.passed > 0 && self.failed == 0 && self.not_supported == 0
    }
}

/// All cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Whether every check of every case passed.
    pub ok: bool,
    /// Checks passed.
    pub passed: usize,
    /// Checks failed.
    pub failed: usize,
    /// Checks we do not compute.
    pub not_supported: usize,
    /// Case by case.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// Sums up cases.
    #[must_use]
    pub fn new(cases: Vec<CaseReport>) -> Self {
        Self {
            ok: !cases.is_empty() && cases.iter().all(CaseReport::all_passed),
            passed: cases.iter().map(|c| c.passed).sum(),
            failed: cases.iter().map(|c| c.failed).sum(),
            not_supported: cases.iter().map(|c| c.not_supported).sum(),
            cases,
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "-".to_owned(), Value::to_string)
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            CheckStatus::Pass => "pass",
            CheckStatus::Fail => "FAIL",
            CheckStatus::NotSupported => "not supported",
        };
        let ours = shown(self.got.as_ref());
        write!(f, "  {status:<14} {:<32} ours {ours:<24} expected ", self.id)?;
        match (self.min, self.tolerance) {
            (Some(min), _) => write!(f, "at least {min}"),
            (None, Some(t)) => write!(f, "{} +- {t:.3e}", shown(self.expected.as_ref())),
            (None, None) => write!(f, "{}", shown(self.expected.as_ref())),
        }
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} - {}", self.case, self.method)?;
        if let Some(error) = &self.error {
            writeln!(f, "  error: {error}")?;
        }
        for check in &self.checks {
            writeln!(f, "{check}")?;
        }
        writeln!(f, "  {} passed, {} failed, {} not supported", self.passed, self.failed, self.not_supported)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        let cases = self.cases.len();
        writeln!(
            f,
            "{cases} cases: {} passed, {} failed, {} not supported",
            self.passed, self.failed, self.not_supported
        )
    }
}
