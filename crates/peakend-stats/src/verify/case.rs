//! One case: parse its checks, compute by method, compare by the rule.

use serde::Deserialize;
use serde_json::Value;

use super::report::{CaseReport, CheckOutcome, CheckStatus};
use super::spec::Spec;
use super::{
    Figures, OtherMethods, ReadTable, ReleaseGate, anonymity, causal_impact, cuped, did, driver, growth, interrupted,
    linkage, matching, nps, panel, path_model, raking, staggered, survival, synthetic, trend,
};

/// A case that cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// `expected.json` is not what the format says.
    #[error("expected.json is not a reference case: {0}")]
    Format(#[from] serde_json::Error),
    /// A table of the case is absent.
    #[error("table `{0}` is missing beside expected.json")]
    MissingTable(String),
    /// A method from elsewhere could not compute its figures.
    #[error("{0}")]
    Method(String),
    /// A table, or a field of it, cannot be read.
    #[error(transparent)]
    Table(#[from] crate::table::TableError),
    /// The method refuses the data.
    #[error(transparent)]
    Refused(crate::figure::Refusal),
}

/// `expected.json`.
#[derive(Debug, Deserialize)]
struct Expected {
    #[serde(default)]
    case: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    spec: Value,
    checks: Vec<Check>,
}

/// One check: a value with its tolerance, or a floor.
#[derive(Debug, Deserialize)]
struct Check {
    id: String,
    /// Absent for floors; `Some(Null)` when null is what is expected.
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    abs: Option<f64>,
    rel: Option<f64>,
    min: Option<f64>,
    what: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Computes and compares every check of a case, without a release gate.
///
/// # Errors
/// As [`verify_case_with`].
pub fn verify_case(folder: &str, expected_json: &str, read: ReadTable<'_>) -> Result<CaseReport, CaseError> {
    verify_case_with(folder, expected_json, read, None, None)
}

/// Computes and compares every check of a case. A method we do not have gives
/// "not supported" throughout; a broken table is reported in the case and fails
/// its checks. The gate answers what cases ask about queries on employees;
/// other methods are asked when none of ours fits.
///
/// # Errors
/// [`CaseError::Format`] when `expected.json` itself cannot be read.
pub fn verify_case_with(
    folder: &str,
    expected_json: &str,
    read: ReadTable<'_>,
    gate: Option<ReleaseGate<'_>>,
    others: Option<OtherMethods<'_>>,
) -> Result<CaseReport, CaseError> {
    let text = expected_json.trim_start_matches('\u{feff}');
    let expected: Expected = serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_nan(text)))?;
    let (figures, error) = match compute(&expected, read, gate, others) {
        Ok(figures) => (figures, None),
        Err(error) => (Some(Figures::new()), Some(error.to_string())),
    };
    let outcomes = expected.checks.iter().map(|check| outcome(check, figures.as_ref(), error.is_some())).collect();
    let case = if expected.case.is_empty() { folder.to_owned() } else { expected.case };
    Ok(CaseReport::new(case, expected.method, outcomes, error))
}

/// The same text with `null` for the bare NaN and Infinity that some tools write.
fn without_nan(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            clean.push('"');
        }
        // between an even number of quotation marks nothing is quoted
        let bare = i % 2 == 0;
        if bare {
            clean.push_str(&part.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null"));
        } else {
            clean.push_str(part);
        }
    }
    clean
}

/// Figures by the method named in the case; `None` for a method we lack.
fn compute(
    expected: &Expected,
    read: ReadTable<'_>,
    gate: Option<ReleaseGate<'_>>,
    others: Option<OtherMethods<'_>>,
) -> Result<Option<Figures>, CaseError> {
    let method = expected.method.to_lowercase();
    let spec = match &expected.spec {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let spec = spec.as_str();
    let ids: Vec<&str> = expected.checks.iter().map(|c| c.id.as_str()).collect();
    if let Some(figures) = ours(&method, &ids, Spec(spec), read, gate) {
        return figures.map(Some);
    }
    let figures = others.and_then(|others| others(&expected.method, &ids, read));
    figures.transpose().map_err(CaseError::Method)
}

/// The methods of this crate, by how their name begins.
fn ours(
    method: &str,
    ids: &[&str],
    spec: Spec<'_>,
    read: ReadTable<'_>,
    gate: Option<ReleaseGate<'_>>,
) -> Option<Result<Figures, CaseError>> {
    let is = |name: &str| method.starts_with(name);
    Some(match method {
        _ if is("nps") => nps::figures(ids, spec, read),
        _ if is("difference-in-differences") => did::figures(ids, spec, read),
        _ if is("growth accounting") => growth::figures(spec, read),
        _ if is("panel regression") => panel::figures(spec, read),
        _ if is("observational comparison") => matching::figures(spec, read),
        _ if is("synthetic control") => synthetic::figures(ids, spec, read),
        _ if is("causal impact") => causal_impact::figures(spec, read),
        _ if is("staggered") => staggered::figures(ids, spec, read),
        _ if is("key-driver") => driver::figures(ids, spec, read),
        _ if is("survival") => survival::figures(ids, spec, read),
        _ if is("customer satisfaction index") => path_model::figures(spec, read),
        _ if is("control chart") => trend::figures(ids, spec, read),
        _ if is("linkage") => linkage::figures(spec, read),
        _ if is("cuped") => cuped::figures(ids, spec, read),
        _ if is("interrupted time series") => interrupted::figures(ids, spec, read),
        _ if is("raking") => raking::figures(ids, spec, read),
        _ if method.contains("anonymity") => anonymity::figures(ids, spec.0, read, gate),
        _ => return None,
    })
}

fn outcome(check: &Check, figures: Option<&Figures>, broken: bool) -> CheckOutcome {
    let got = figures.and_then(|f| f.get(&check.id)).cloned();
    let status = match &got {
        Some(got) if passes(check, got) => CheckStatus::Pass,
        Some(_) => CheckStatus::Fail,
        None if broken => CheckStatus::Fail,
        None => CheckStatus::NotSupported,
    };
    CheckOutcome {
        id: check.id.clone(),
        status,
        got,
        expected: check.value.clone(),
        min: check.min,
        tolerance: tolerance(check),
        what: check.what.clone(),
    }
}

/// max(abs, rel |value|), when the check names either.
fn tolerance(check: &Check) -> Option<f64> {
    if check.abs.is_none() && check.rel.is_none() {
        return None;
    }
    let size = check.value.as_ref().and_then(Value::as_f64).unwrap_or(0.0);
    let relative = check.rel.unwrap_or(0.0) * size.abs();
    Some(check.abs.unwrap_or(0.0).max(relative))
}

fn passes(check: &Check, got: &Value) -> bool {
    if let Some(min) = check.min {
        return got.as_f64().is_some_and(|got| got >= min);
    }
    let Some(value) = &check.value else {
        return false;
    };
    match (tolerance(check), got.as_f64(), value.as_f64()) {
        (Some(tolerance), Some(got), Some(value)) => (got - value).abs() <= tolerance,
        _ => same(got, value),
    }
}

/// Equality in which 3 and 3.0 are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Check {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn tolerance_is_the_larger_of_abs_and_rel() {
        let loose = check(r#"{"id": "a", "value": -200, "abs": 1, "rel": 0.01}"#);
        assert!(passes(&loose, &Value::from(-202.0)));
        assert!(!passes(&loose, &Value::from(-202.1)));
    }

    #[test]
    fn without_tolerance_only_equality_passes() {
        assert!(passes(&check(r#"{"id": "a", "value": 3}"#), &Value::from(3.0)));
        assert!(!passes(&check(r#"{"id": "a", "value": 3}"#), &Value::from(3.000_001)));
        assert!(passes(&check(r#"{"id": "a", "value": null}"#), &Value::Null));
        assert!(!passes(&check(r#"{"id": "a", "value": 0, "abs": 1}"#), &Value::Null));
    }

    #[test]
    fn a_value_that_is_no_number_is_expected_as_null() {
        let json = r#"{"case": "NaN", "checks": [{"id": "a", "value": NaN}, {"id": "b", "value": -Infinity}]}"#;
        let expected: Expected = serde_json::from_str(&without_nan(json)).unwrap();
        assert_eq!(expected.case, "NaN");
        assert!(passes(&expected.checks[1], &Value::from(f64::NEG_INFINITY)));
    }

    #[test]
    fn a_floor_is_reached_or_not() {
        let floor = check(r#"{"id": "f1", "min": 0.8, "baseline": 0.9}"#);
        assert!(passes(&floor, &Value::from(0.8)));
        assert!(!passes(&floor, &Value::from(0.79)));
    }

    #[test]
    fn a_method_from_elsewhere_is_asked_last() {
        let json = r#"{"case": "x", "method": "Reading tea leaves", "spec": "",
            "checks": [{"id": "leaves", "value": 3}]}"#;
        let elsewhere = |method: &str, ids: &[&str], _: ReadTable<'_>| {
            (method == "Reading tea leaves").then(|| Ok(Figures::from([(ids[0].to_owned(), 3.into())])))
        };
        let report = verify_case_with("x", json, &|_| None, None, Some(&elsewhere)).unwrap();
        assert!(report.all_passed());
        let spilt = |_: &str, _: &[&str], _: ReadTable<'_>| Some(Err("the cup is empty".to_owned()));
        let report = verify_case_with("x", json, &|_| None, None, Some(&spilt)).unwrap();
        assert_eq!(report.checks[0].status, CheckStatus::Fail);
        assert_eq!(report.error.unwrap(), "the cup is empty");
    }

    #[test]
    fn a_foreign_method_is_not_supported_and_a_broken_table_fails() {
        let json = r#"{"case": "x", "method": "Reading tea leaves", "spec": "",
            "checks": [{"id": "a", "value": 1}]}"#;
        let report = verify_case("x", json, &|_| None).unwrap();
        assert_eq!(report.checks[0].status, CheckStatus::NotSupported);
        let json = json.replace("Reading tea leaves", "Growth accounting");
        let report = verify_case("x", &json, &|_| Some("who,when\n1,2\n".into())).unwrap();
        assert_eq!(report.checks[0].status, CheckStatus::Fail);
        assert!(report.error.unwrap().contains("who, when"));
    }
}
