//! The model against values by hand, against its own definition, and on planted
//! hazards.

use super::*;
use crate::draws::Draws;

fn spell(exit: f64, event: bool) -> Spell {
    Spell { entry: 0.0, exit, event }
}

/// Exponential times with hazard exp(b x), rounded up to `grain`, lost at 3.
fn planted(n: usize, b: [f64; 2], grain: f64) -> (Vec<Spell>, [Vec<f64>; 2]) {
    let mut draws = Draws::seeded(21);
    let (mut spells, mut x) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..n {
        let (a, c) = (draws.normal(), f64::from(u8::from(draws.unit() < 0.4)));
        let time = -draws.unit().ln() / (b[0] * a + b[1] * c).exp();
        let time = (time / grain).ceil() * grain;
        spells.push(spell(time.min(3.0), time <= 3.0));
        x[0].push(10.0 + 2.0 * a);
        x[1].push(c);
    }
    (spells, x)
}

fn columns(x: &[Vec<f64>; 2]) -> [Column<'_>; 2] {
    [Column { name: "use", values: &x[0] }, Column { name: "plan", values: &x[1] }]
}

/// Log partial likelihood by its definition, O(n^2).
fn by_definition(spells: &[Spell], x: &[Vec<f64>; 2], b: [f64; 2], ties: Ties) -> f64 {
    let risk = |i: usize| b[0] * x[0][i] + b[1] * x[1][i];
    let mut times: Vec<f64> = spells.iter().filter(|s| s.event).map(|s| s.exit).collect();
    times.sort_unstable_by(f64::total_cmp);
    times.dedup();
    let mut total = 0.0;
    for t in times {
        let all: f64 =
            (0..spells.len()).filter(|&i| spells[i].exit >= t && spells[i].entry < t).map(|i| risk(i).exp()).sum();
        let dead: Vec<usize> = (0..spells.len()).filter(|&i| spells[i].event && spells[i].exit == t).collect();
        let leaving: f64 = dead.iter().map(|&i| risk(i).exp()).sum();
        for (k, &i) in dead.iter().enumerate() {
            let left = if ties == Ties::Efron { k as f64 / dead.len() as f64 } else { 0.0 };
            total += risk(i) - (all - left * leaving).ln();
        }
    }
    total
}

#[test]
fn planted_hazards_are_found_with_and_without_ties() {
    for (grain, ties) in [(1e-9, Ties::Breslow), (0.05, Ties::Efron)] {
        let (spells, x) = planted(2_000, [0.5, -0.8], grain);
        let model = cox(&spells, &columns(&x), &CoxOptions { ties, clusters: None }).unwrap();
        let [a, c] = [&model.terms[0], &model.terms[1]];
        assert!((a.coefficient - 0.25).abs() < 4.0 * a.standard_error, "{a:?}");
        assert!((c.coefficient + 0.8).abs() < 4.0 * c.standard_error, "{c:?}");
        assert!((a.robust_standard_error / a.standard_error - 1.0).abs() < 0.15);
        assert!(model.proportionality.p > 0.01 && model.concordance > 0.6);
        assert!(model.warnings.is_empty(), "{:?}", model.warnings);
    }
}

#[test]
fn the_maximum_is_that_of_the_definition_also_with_late_entry() {
    let (mut spells, x) = planted(150, [0.4, 0.6], 0.2);
    for (i, s) in spells.iter_mut().enumerate() {
        s.entry = if i % 3 == 0 { s.exit * 0.5 } else { 0.0 };
    }
    let model = CoxModel::of(&spells, &columns(&x), &CoxOptions::default()).unwrap();
    let b = [model.terms[0].coefficient, model.terms[1].coefficient];
    let best = by_definition(&spells, &x, b, Ties::Efron);
    assert!((best - model.log_likelihood).abs() < 1e-8, "{best} {}", model.log_likelihood);
    for (j, h) in [(0, 1e-3), (0, -1e-3), (1, 1e-3), (1, -1e-3)] {
        let mut moved = b;
        moved[j] += h;
        assert!(by_definition(&spells, &x, moved, Ties::Efron) < best);
    }
    let curvature = |j: usize| {
        let h = 1e-3;
        let at = |s: f64| {
            let mut moved = b;
            moved[j] += s * h;
            by_definition(&spells, &x, moved, Ties::Efron)
        };
        -(at(1.0) - 2.0 * best + at(-1.0)) / (h * h)
    };
    // the diagonal of the information bounds the error from below
    assert!(curvature(0).sqrt().recip() <= model.terms[0].standard_error * 1.001);
    let scores =
        robust::scores(&RiskRows::of(&spells, &columns(&x)).unwrap(), &standardised(&spells, &x, b), Ties::Efron);
    for scores in scores {
        assert!(scores.iter().sum::<f64>().abs() < 1e-6);
    }
}

#[test]
fn the_maximum_is_that_of_the_definition_also_where_all_who_leave_stay_at_risk() {
    let (mut spells, x) = planted(150, [0.4, 0.6], 0.2);
    for (i, s) in spells.iter_mut().enumerate() {
        s.entry = if i % 3 == 0 { s.exit * 0.5 } else { 0.0 };
    }
    let options = CoxOptions { ties: Ties::Breslow, clusters: None };
    let model = CoxModel::of(&spells, &columns(&x), &options).unwrap();
    let b = [model.terms[0].coefficient, model.terms[1].coefficient];
    let best = by_definition(&spells, &x, b, Ties::Breslow);
    assert!((best - model.log_likelihood).abs() < 1e-8);
    for moved in [[b[0] + 1e-3, b[1]], [b[0] - 1e-3, b[1]], [b[0], b[1] + 1e-3], [b[0], b[1] - 1e-3]] {
        assert!(by_definition(&spells, &x, moved, Ties::Breslow) < best);
    }
}

fn standardised(spells: &[Spell], x: &[Vec<f64>; 2], b: [f64; 2]) -> Vec<f64> {
    let rows = RiskRows::of(spells, &columns(x)).unwrap();
    rows.scales.iter().zip(b).map(|(s, b)| s * b).collect()
}

#[test]
fn concordance_is_the_share_of_all_pairs() {
    let (spells, x) = planted(120, [0.7, 0.2], 0.25);
    let model = CoxModel::of(&spells, &columns(&x), &CoxOptions::default()).unwrap();
    let risk = |i: usize| model.terms[0].coefficient * x[0][i] + model.terms[1].coefficient * x[1][i];
    let (mut right, mut pairs) = (0.0, 0.0);
    for i in (0..120).filter(|&i| spells[i].event) {
        for j in 0..120 {
            if spells[j].exit > spells[i].exit || (spells[j].exit == spells[i].exit && !spells[j].event) {
                pairs += 1.0;
                right += f64::from(u8::from(risk(i) > risk(j)));
            }
        }
    }
    assert!((model.concordance - right / pairs).abs() < 1e-12);
}

#[test]
fn a_ratio_that_turns_with_time_is_warned_of() {
    let mut draws = Draws::seeded(5);
    let (mut spells, mut x) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..1_200 {
        let c = f64::from(u8::from(draws.unit() < 0.5));
        // one group leaves early, the other late
        let time = if c > 0.5 { draws.unit().sqrt() } else { draws.unit().powi(2) };
        spells.push(spell(time, true));
        x[0].push(draws.normal());
        x[1].push(c);
    }
    let model = cox(&spells, &columns(&x), &CoxOptions::default()).unwrap();
    assert!(model.proportionality.terms[1].p < 1e-4 && model.proportionality.terms[0].p > 0.001);
    assert!(model.warnings.iter().any(|w| w.code == WarningCode::NotProportional));
}

#[test]
fn rows_of_one_customer_widen_the_interval() {
    let (spells, x) = planted(200, [0.5, 0.5], 0.1);
    let thrice: Vec<Spell> = spells.iter().flat_map(|s| [*s; 3]).collect();
    let wide = x.map(|c| c.iter().flat_map(|v| [*v; 3]).collect::<Vec<f64>>());
    let codes: Vec<u64> = (0..600).map(|i| i / 3).collect();
    let model = cox(&thrice, &columns(&wide), &CoxOptions { clusters: Some(&codes), ties: Ties::Breslow }).unwrap();
    assert_eq!(model.clusters, Some(200));
    let ratio = model.terms[0].robust_standard_error / model.terms[0].standard_error;
    assert!((ratio - 3.0_f64.sqrt()).abs() < 0.2, "{ratio}");
}

#[test]
fn hopeless_inputs_are_refused_and_a_group_without_events_is_named() {
    let (spells, x) = planted(60, [0.0, 0.0], 0.1);
    let twice = [x[0].clone(), x[0].iter().map(|v| 2.0 * v).collect()];
    assert_eq!(
        CoxModel::of(&spells, &columns(&twice), &CoxOptions::default()).unwrap_err().reason,
        RefusalReason::Collinear
    );
    let flat = [x[0].clone(), vec![1.0; 60]];
    assert_eq!(
        CoxModel::of(&spells, &columns(&flat), &CoxOptions::default()).unwrap_err().reason,
        RefusalReason::NoVariation
    );
    let alive: Vec<Spell> = spells.iter().map(|s| Spell { event: false, ..*s }).collect();
    assert!(cox(&alive, &columns(&x), &CoxOptions::default()).is_err());
    let some: Vec<Spell> = spells.iter().zip(&x[1]).map(|(s, c)| Spell { event: s.event && *c < 0.5, ..*s }).collect();
    let separated = cox(&some, &columns(&x), &CoxOptions::default());
    let warned = |m: &CoxModel| m.warnings.iter().any(|w| w.code == WarningCode::UnboundedCoefficient);
    assert!(
        separated
            .as_ref()
            .map_or_else(|r| r.reason == RefusalReason::Collinear || r.reason == RefusalReason::NotConverged, warned),
        "{separated:?}"
    );
}
