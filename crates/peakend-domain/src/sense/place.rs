//! A place: unit, line, journey, stage, touchpoint and channel of one voice,
//! and the codes by which an organisation names them.

use serde::{Deserialize, Serialize};

use crate::FieldFault;

/// Where something happened. Codes are the organisation's; empty means "not known".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Unit code.
    pub unit: String,
    /// The unit's path on that day, such as `/root/east/b12/`; empty without a unit.
    pub unit_path: String,
    /// Business line code.
    pub line: String,
    /// Journey code.
    pub journey: String,
    /// Stage code within the journey.
    pub stage: String,
    /// Touchpoint code.
    pub touchpoint: String,
    /// Channel code.
    pub channel: String,
}

/// Longest code, in characters.
pub const CODE_LIMIT: usize = 64;

/// Read a code: 1 to 64 letters, digits, `_`, `-` or `.`. Letters of every
/// script are allowed; `/` and spaces are not, because codes make up unit paths.
pub fn parse_code(path: &str, text: &str) -> Result<String, FieldFault> {
    let code = text.trim();
    let fits = !code.is_empty()
        && code.chars().count() <= CODE_LIMIT
        && code.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if fits {
        return Ok(code.to_owned());
    }
    let shown: String = code.chars().take(CODE_LIMIT).collect();
    Err(FieldFault::new(
        path,
        "bad_code",
        format!("`{shown}` is not a code: use 1 to {CODE_LIMIT} letters, digits, `_`, `-` or `.`"),
    )
    .arg("value", shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_no_slash_and_no_space() {
        assert_eq!(parse_code("code", " b-12 ").unwrap(), "b-12");
        assert_eq!(parse_code("code", "深圳").unwrap(), "深圳");
        for bad in ["", "a/b", "a b", "%", &"x".repeat(65)] {
            assert_eq!(parse_code("code", bad).unwrap_err().code, "bad_code", "{bad}");
        }
    }
}
