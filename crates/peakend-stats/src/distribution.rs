//! Tail probabilities and quantiles of the normal, t, F, chi-square and beta laws.
//!
//! Quantiles are solved on our own tail functions, so that a p value and the
//! interval beside it can never contradict each other.

use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_ur;

/// Two-sided p of a standard normal z.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    chi_square_upper(z * z, 1.0)
}

/// Regularised incomplete beta; NaN outside its domain.
fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    checked_beta_reg(a, b, x.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
}

/// Two-sided p of t with `df` degrees of freedom (need not be whole).
#[must_use]
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    if df > 1e8 {
        return normal_two_sided(t);
    }
    beta_share(df / 2.0, 0.5, df / (df + t * t))
}

/// The z beyond which, on both sides together, lies `alpha`.
#[must_use]
pub fn normal_quantile_two_sided(alpha: f64) -> f64 {
    if alpha == 0.05 { crate::figure::Z95 } else { t_quantile_two_sided(alpha, f64::INFINITY) }
}

/// The t beyond which, on both sides together, lies `alpha`.
#[must_use]
pub fn t_quantile_two_sided(alpha: f64, df: f64) -> f64 {
    let mut hi = 2.0;
    while t_two_sided(hi, df) > alpha && hi < 1e12 {
        hi *= 2.0;
    }
    bisect(0.0, hi, |t| alpha - t_two_sided(t, df))
}

/// t of a 95 % interval.
#[must_use]
pub fn t95(df: f64) -> f64 {
    t_quantile_two_sided(0.05, df)
}

/// Upper tail of F(d1, d2).
#[must_use]
pub fn f_upper(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    beta_share(d2 / 2.0, d1 / 2.0, d2 / (d2 + d1 * f))
}

/// Upper tail of chi-square with `df` degrees of freedom.
#[must_use]
pub fn chi_square_upper(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(df / 2.0, x / 2.0).unwrap_or(f64::NAN)
}

/// Quantile of the beta law.
#[must_use]
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_share(a, b, x) - p)
}

/// Root of a rising function by halving until the floats meet.
pub(crate) fn bisect(mut lo: f64, mut hi: f64, rising: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let mid = f64::midpoint(lo, hi);
        if mid <= lo || mid >= hi {
            break;
        }
        if rising(mid) < 0.0 {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    f64::midpoint(lo, hi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_printed_tables() {
        assert!((t95(1.0) - 12.706_204_736).abs() < 1e-8);
        assert!((t95(10.0) - 2.228_138_852).abs() < 1e-8);
        assert!((t95(1e9) - crate::Z95).abs() < 1e-8);
        assert!((chi_square_upper(5.991_464_547, 2.0) - 0.05).abs() < 1e-9);
        assert!((f_upper(4.102_821_015, 2.0, 10.0) - 0.05).abs() < 1e-8);
        let p = normal_two_sided(crate::Z95);
        assert!((p - 0.05).abs() < 1e-12, "{p:e}");
        assert!((normal_two_sided(5.0) / 5.733_031_437_583_869e-7 - 1.0).abs() < 1e-9);
    }
}
