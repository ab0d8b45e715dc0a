//! The confidence level a case asks for; 95 % where it says nothing.

use super::spec::Spec;
use crate::distribution::{normal_quantile_two_sided, t_quantile_two_sided};
use crate::insight::compare::Difference;
use crate::value::did::Inference;

/// Words beside which a percentage is a confidence level.
const WORDS: [&str; 8] = ["ci", "cis", "confidence", "interval", "intervals", "level", "limits", "band"];

/// A confidence level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Share left out on both sides together.
    pub(super) outside: f64,
}

impl Level {
    /// From "CI level 90%", "with 99% interval", "level=0.9" or "alpha = 0.1".
    pub(super) fn of(spec: Spec<'_>) -> Self {
        let lower = spec.0.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(|c: char| c.is_whitespace() || "=:,;()[]{}\"'".contains(c)).collect();
        let words: Vec<&str> =
            words.into_iter().map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).collect();
        let near = |at: usize| {
            let (before, after) = (words[at.saturating_sub(2)..at].iter(), words[at + 1..].iter().take(2));
            before.chain(after).any(|word| WORDS.contains(word))
        };
        let level = words.iter().enumerate().find_map(|(at, word)| {
            let before = at.checked_sub(1).map_or("", |at| words[at]);
            let percent = word.strip_suffix('%').or_else(|| word.strip_suffix("%-ci"));
            let number = || word.parse::<f64>().ok();
            let inside = match percent {
                Some(text) => text.parse::<f64>().ok().filter(|_| near(at)).map(|percent| percent / 100.0),
                None if ["level", "confidence"].contains(&before) => number(),
                None if before == "alpha" => number().map(|outside| 1.0 - outside),
                None => None,
            };
            inside.filter(|inside| (0.5..1.0).contains(inside))
        });
        // 1 - 0.95 is not 0.05 to the last digit
        Self { outside: level.map_or(0.05, |inside| ((1.0 - inside) * 1e9).round() / 1e9) }
    }

    /// The normal quantile.
    pub(super) fn z(self) -> f64 {
        normal_quantile_two_sided(self.outside)
    }

    /// Limits of an estimate, normal or by t.
    pub(super) fn around(self, value: f64, error: f64, df: Option<f64>) -> [f64; 2] {
        let reach = error * df.map_or_else(|| self.z(), |df| t_quantile_two_sided(self.outside, df));
        [value - reach, value + reach]
    }

    /// Limits of a difference.
    pub(super) fn of_difference(self, difference: &Difference) -> [f64; 2] {
        self.around(difference.value, difference.standard_error, difference.df)
    }

    /// Limits of what has this value and this inference.
    pub(super) fn of_inference(self, value: f64, inference: &Inference) -> [f64; 2] {
        self.around(value, inference.standard_error, Some(inference.df))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_read_as_it_is_written() {
        let level = |text| Level::of(Spec(text)).outside;
        assert_eq!(level("CI level 95%, z=1.959963985."), 0.05);
        assert_eq!(level("average effect with 90% interval and tail probability"), 0.1);
        assert_eq!(level("Greenwood SE, log-log 99% CI; tolerated within 1%"), 0.01);
        assert_eq!(level("normal 80% CI clustered; confidence level 0.8"), 0.2);
        assert_eq!(level("alpha=0.1, two-sided"), 0.1);
        assert_eq!(level("winsorised at 99%; 60% of rows"), 0.05);
        assert_eq!(level("level=1[t>=170], slope=(t-169)*level (0 before)"), 0.05);
    }

    #[test]
    fn limits_at_another_level_are_those_of_the_tables() {
        let level = Level::of(Spec("90% CI"));
        assert!((level.z() - 1.644_853_627).abs() < 1e-8);
        // t(10) at 90 %
        assert!((level.around(1.0, 2.0, Some(10.0))[1] - (1.0 + 2.0 * 1.812_461_123)).abs() < 1e-7);
    }
}
