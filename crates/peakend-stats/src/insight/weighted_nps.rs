//! NPS of weighted answers, with Kish's effective n (`nps.v1`, weighted).

use super::bands::{Band, NpsBands};
use crate::figure::{Figure, Interval, IntervalMethod, Refusal, RefusalReason, Warning, Z95, require_answers};
use crate::summation::sum;

/// Kish's effective number of answers, (sum w)^2 / sum w^2.
#[must_use]
pub fn effective_n(weights: &[f64]) -> f64 {
    let mut sorted = weights.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let total = sum(sorted.iter().copied());
    total * total / sum(sorted.iter().map(|w| w * w))
}

/// Weighted NPS of (score, weight) pairs, adjusted Wald on the effective n.
/// Scores off the scale are left out.
///
/// # Errors
/// A [`Refusal`] when the base is too small, or a weight is not a positive number.
pub fn weighted_nps(answers: &[(f64, f64)], bands: &NpsBands, shown_from: u64) -> Result<Figure, Refusal> {
    let (mut promoters, mut detractors, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for &(score, weight) in answers {
        let Some(band) = bands.band(score) else { continue };
        if !(weight.is_finite() && weight > 0.0) {
            return Err(Refusal { reason: RefusalReason::NotFinite, have: weight, need: 0.0 });
        }
        weights.push(weight);
        match band {
            Band::Promoter => promoters.push(weight),
            Band::Detractor => detractors.push(weight),
            Band::Passive => {}
        }
    }
    let n = weights.len() as u64;
    require_answers(n, shown_from)?;
    for list in [&mut promoters, &mut detractors, &mut weights] {
        list.sort_unstable_by(f64::total_cmp);
    }
    let total = sum(weights.iter().copied());
    let (p, d) = (sum(promoters) / total, sum(detractors) / total);
    let n_effective = effective_n(&weights);
    let base = n_effective + 3.0;
    let (ap, ad) = ((p * n_effective + 0.75) / base, (d * n_effective + 0.75) / base);
    let reach = Z95 * ((ap + ad - (ap - ad).powi(2)) / base).sqrt();
    Ok(Figure {
        definition: bands.definition,
        value: 100.0 * (p - d),
        n,
        n_effective: Some(n_effective),
        interval: Interval::new(100.0 * (ap - ad - reach), 100.0 * (ap - ad + reach), IntervalMethod::AdjustedWald)
            .clipped(-100.0, 100.0),
        warnings: Warning::small_base(n).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_double_weight_on_ten_answers() {
        let scores = [10.0, 9.0, 8.0, 7.0, 6.0, 0.0, 10.0, 3.0, 9.0, 5.0];
        let mut answers: Vec<(f64, f64)> = scores.iter().map(|&s| (s, 1.0)).collect();
        answers[0].1 = 2.0;
        let figure = weighted_nps(&answers, &NpsBands::STANDARD, 5).unwrap();
        assert!((figure.value - 9.09).abs() < 5e-3);
        assert!((figure.n_effective.unwrap() - 9.31).abs() < 5e-3);
    }
}
