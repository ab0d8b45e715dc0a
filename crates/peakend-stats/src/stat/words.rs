//! Figures as text, and what may be said of an effect.

use crate::figure::Interval;
use crate::insight::compare::Z_POWER;

/// Four digits that count, at most six decimals.
pub(super) fn shown(x: f64) -> String {
    if x.is_nan() {
        return "unknown".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "no upper limit" } else { "no lower limit" }.to_owned();
    }
    let size = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    let decimals = (3 - size).clamp(0, 6);
    let text = format!("{x:.*}", decimals.unsigned_abs() as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    if text == "-0" { "0".to_owned() } else { text }
}

/// p with three decimals.
pub(super) fn shown_p(p: f64) -> String {
    match p {
        p if p.is_nan() => "unknown".to_owned(),
        p if p < 0.001 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// One decimal for points, else four digits.
fn amount(x: f64, unit: &str) -> String {
    let figure = if unit.ends_with("points") { format!("{:.1}", x.abs()) } else { shown(x.abs()) };
    if unit.is_empty() { figure } else { format!("{figure} {unit}") }
}

/// An estimate, its interval and its p.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) value: f64,
    pub(super) standard_error: f64,
    pub(super) interval: Interval,
    pub(super) p: f64,
    /// Unit behind an amount: "points", or nothing.
    pub(super) unit: &'a str,
}

impl Found<'_> {
    /// Whether chance alone can be ruled out at the level used throughout.
    pub(super) fn detected(&self) -> bool {
        self.p < 0.05 && self.interval.excludes(0.0)
    }

    /// Smallest effect seen with 80 % power at this standard error.
    pub(super) fn detectable(&self) -> f64 {
        self.interval.half_width() + Z_POWER * self.standard_error
    }

    /// "`higher` by 3.1 points (95 % interval 1.2 to 5)", or that nothing is
    /// detectable and what could have been seen.
    pub(super) fn say(&self, nothing: &str, up: &str, down: &str) -> String {
        if !self.detected() {
            return format!(
                "No detectable {nothing}; the smallest we could have seen is {}.",
                amount(self.detectable(), self.unit)
            );
        }
        // of a fall, the size is said: its limits change sign and sides
        let (way, lo, hi) = if self.value > 0.0 {
            (up, self.interval.lo, self.interval.hi)
        } else {
            (down, -self.interval.hi, -self.interval.lo)
        };
        let (lo, hi) = (shown(lo), shown(hi));
        format!("{way} {} (95 % interval {lo} to {hi}, p {}).", amount(self.value, self.unit), p_with_sign(self.p))
    }
}

/// The headline of an effect with the test of the trends before it: trends that
/// differed leave nothing to claim.
pub(super) fn after_trends(effect: String, trends: Option<(bool, f64)>) -> Vec<String> {
    match trends {
        None => vec![effect],
        Some((true, p)) => {
            vec![effect, format!("Before the change the trends did not differ detectably (p {}).", p_with_sign(p))]
        }
        Some((false, p)) => vec![format!(
            "No effect can be claimed: the trends differed already before the change (p {}).",
            p_with_sign(p)
        )],
    }
}

pub(super) fn p_with_sign(p: f64) -> String {
    let text = shown_p(p);
    if text.starts_with('<') { text } else { format!("= {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::IntervalMethod;

    #[test]
    fn figures_keep_four_digits() {
        let texts = [1234.56, -1.5, 0.000_123_4, 0.0, f64::NAN].map(shown);
        assert_eq!(texts, ["1235", "-1.5", "0.000123", "0", "unknown"]);
        assert_eq!((shown_p(0.0004), shown_p(0.05)), ("< 0.001".to_owned(), "0.050".to_owned()));
    }

    #[test]
    fn nothing_detectable_is_said_with_what_could_have_been_seen() {
        let interval = Interval::new(-4.3, 4.3, IntervalMethod::AdjustedWald);
        let found = Found { value: 0.0, standard_error: 2.214, interval, p: 1.0, unit: "points" };
        assert_eq!(
            found.say("difference", "A is higher by", "A is lower by"),
            "No detectable difference; the smallest we could have seen is 6.2 points."
        );
        let fall =
            Found { value: -9.0, interval: Interval::new(-13.3, -4.7, IntervalMethod::Welch), p: 0.001, ..found };
        let text = fall.say("difference", "A is higher by", "A is lower by");
        assert_eq!(text, "A is lower by 9.0 points (95 % interval 4.7 to 13.3, p = 0.001).");
    }

    #[test]
    fn trends_that_differed_before_leave_nothing_to_claim() {
        let words = after_trends("It rose.".to_owned(), Some((false, 0.01)));
        assert_eq!(words, ["No effect can be claimed: the trends differed already before the change (p = 0.010)."]);
    }
}
