//! Decimal numbers as people write them, without a detour over binary fractions.

/// Read `1,234.5` or `1234.50` as a count of minor units: with 2 decimals, 123450.
/// More decimals than that are refused unless they are zeros.
pub fn minor_units(text: &str, decimals: u32) -> Result<i64, String> {
    let text = text.trim().replace([',', '_', ' '], "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(format!("`{text}` is not a number"));
    }
    let kept = usize::try_from(decimals).unwrap_or(0);
    let (kept, beyond) = fraction.split_at_checked(kept).unwrap_or((fraction, ""));
    if beyond.bytes().any(|b| b != b'0') {
        return Err(format!(
            "`{text}` has more than {decimals} decimals: raise `decimals` in the map or round the file"
        ));
    }
    let width = usize::try_from(decimals).unwrap_or(0);
    let joined = format!("{whole}{kept:0<width$}");
    let value: i64 = joined.parse().map_err(|_| format!("`{text}` is too large a number"))?;
    Ok(if negative { -value } else { value })
}

/// Read a plain number as JSON: whole where it is whole. Leading zeros are
/// kept by refusing them: `007` is a code, not a number.
#[must_use]
pub fn json_number(text: &str) -> Option<serde_json::Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !plain || leading_zero || digits.starts_with('.') || digits.ends_with('.') {
        return None;
    }
    text.parse::<i64>().ok().map(Into::into).or_else(|| serde_json::Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_to_the_cent_without_rounding() {
        assert_eq!(minor_units("29.85", 2), Ok(2985));
        assert_eq!(minor_units("1,234.5", 2), Ok(123_450));
        assert_eq!(minor_units("-0.07", 2), Ok(-7));
        assert_eq!(minor_units("3.000", 2), Ok(300));
        assert_eq!(minor_units("1", 0), Ok(1));
        for bad in ["", "x", "1.2.3", "-", ".", "29.855", "99999999999999999999"] {
            assert!(minor_units(bad, 2).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_with_leading_zeros_is_no_number() {
        assert_eq!(json_number("7"), Some(7.into()));
        assert_eq!(json_number("0.5").map(|n| n.to_string()), Some("0.5".to_owned()));
        for text in ["007", "1e9", "", "-", "NaN", "1.", "1234567890123456"] {
            assert_eq!(json_number(text), None, "{text}");
        }
    }
}
