//! Series in which something happens at a known time.

use crate::random::Random;

/// A monthly series of `n` months with trend, season and shocks that last, which
/// rises by `effect` for good from month `change_at` (counted from 0) on.
#[must_use]
pub fn monthly(random: &mut Random, n: usize, change_at: usize, effect: f64) -> Vec<f64> {
    let mut shock = random.normal();
    (0..n)
        .map(|t| {
            shock = 0.3 * shock + random.normal();
            let season = 3.0 * (std::f64::consts::TAU * t as f64 / 12.0).sin();
            let lift = if t >= change_at { effect } else { 0.0 };
            60.0 + 0.05 * t as f64 + season + lift + shock
        })
        .collect()
}

/// A series that follows two of three controls and a level that wanders by less
/// than a hundredth of the series' deviation each period, and rises by `effect` from `change_at` on; the series, then the controls.
#[must_use]
pub fn with_controls(random: &mut Random, n: usize, change_at: usize, effect: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut level = 0.0;
    let mut states = [0.0_f64; 3];
    let mut controls = vec![Vec::new(); 3];
    let mut series = Vec::with_capacity(n);
    for t in 0..n {
        for (state, control) in states.iter_mut().zip(&mut controls) {
            *state = 0.8 * *state + random.normal();
            control.push(50.0 + *state);
        }
        level += 0.02 * random.normal();
        let lift = if t >= change_at { effect } else { 0.0 };
        series.push(20.0 + 1.2 * states[0] + 0.6 * states[1] + level + lift + random.normal());
    }
    (series, controls)
}

/// 24 regions over 26 periods that share three waves; the first rises by `effect`
/// from period 18 on. One list per region.
#[must_use]
pub fn regions(random: &mut Random, effect: f64) -> Vec<Vec<f64>> {
    let mut state = [0.0_f64; 3];
    let waves: Vec<[f64; 3]> = (0..26)
        .map(|_| {
            state = state.map(|x| 0.9 * x + random.normal());
            state
        })
        .collect();
    (0..24)
        .map(|region| {
            // the first lies among the others
            let loads = [0; 3].map(|_| if region == 0 { 0.3 + 0.4 * random.unit() } else { random.unit() });
            let lift = |t: usize| if region == 0 && t >= 18 { effect } else { 0.0 };
            let one = |(t, wave): (usize, &[f64; 3])| {
                30.0 + wave.iter().zip(loads).map(|(x, load)| 3.0 * x * load).sum::<f64>() + lift(t)
            };
            let shared: Vec<f64> = waves.iter().enumerate().map(one).collect();
            shared.into_iter().map(|x| x + 0.5 * random.normal()).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_is_in_the_series() {
        let without = monthly(&mut Random::new(1, "monthly", 0), 60, 40, 0.0);
        let with = monthly(&mut Random::new(1, "monthly", 0), 60, 40, 5.0);
        assert!(with.iter().zip(&without).take(40).all(|(a, b)| a == b));
        assert!(with.iter().zip(&without).skip(40).all(|(a, b)| (a - b - 5.0).abs() < 1e-9));
        let (series, controls) = with_controls(&mut Random::new(1, "controls", 0), 80, 60, 0.0);
        assert_eq!((series.len(), controls.len(), controls[2].len()), (80, 3, 80));
        assert_eq!(regions(&mut Random::new(1, "regions", 0), 1.0).len(), 24);
    }
}
