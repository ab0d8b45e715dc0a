//! Matching against hand-made neighbours and a brute-force search.

use super::*;

fn subject(id: u64, treated: bool, stratum: u64, covariates: &[f64]) -> Subject {
    Subject { id, treated, stratum, covariates: covariates.to_vec() }
}

fn crowd(treated: u64, controls: u64) -> Vec<Subject> {
    let mix = |i: u64, k: u64| ((i * 2_654_435_761 + k * 40_503) % 1000) as f64 / 100.0;
    (0..treated + controls).map(|i| subject(i, i < treated, i % 3, &[mix(i, 1), mix(i, 7)])).collect()
}

const NAMES: [&str; 2] = ["balance", "tenure"];

#[test]
fn strata_are_never_crossed_and_controls_never_shared() {
    let subjects = crowd(40, 400);
    let pairing = pair_up(&subjects, &NAMES, MatchOptions::default()).judged().unwrap();
    let mut seen = BTreeSet::new();
    for pair in &pairing.pairs {
        assert_eq!(pair.treated % 3, pair.controls[0] % 3);
        assert!(seen.insert(pair.controls[0]));
    }
    assert_eq!(pairing.pairs.len() + pairing.unmatched.len(), 40);
    assert!(pairing.worst_imbalance() < 0.1);
}

#[test]
fn nearest_with_replacement_equals_brute_force() {
    let subjects = crowd(30, 200);
    let options = MatchOptions { controls: 3, calliper: None, replacement: true };
    let refs: Vec<&Subject> = subjects.iter().collect();
    let space = Space::of(&refs, 2);
    let at: BTreeMap<u64, &Point> = space.points.iter().map(|p| (p.id, p)).collect();
    for pair in pair_up(&subjects, &NAMES, options).pairs {
        let me = at[&pair.treated];
        let mut all: Vec<(f64, u64)> = space
            .points
            .iter()
            .filter(|p| !p.treated && p.stratum == me.stratum)
            .map(|p| (squared_distance(&me.at, &p.at), p.id))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let expected: Vec<u64> = all.iter().take(3).map(|p| p.1).collect();
        assert_eq!(pair.controls, expected);
    }
}

#[test]
fn order_of_subjects_changes_nothing() {
    let mut subjects = crowd(25, 100);
    let first = pair_up(&subjects, &NAMES, MatchOptions::default());
    subjects.reverse();
    assert_eq!(first, pair_up(&subjects, &NAMES, MatchOptions::default()));
}

#[test]
fn equal_distances_go_to_the_lower_id() {
    let subjects = [
        subject(1, true, 0, &[5.0]),
        subject(9, false, 0, &[6.0]),
        subject(4, false, 0, &[4.0]),
        subject(7, false, 0, &[4.0]),
    ];
    let options = MatchOptions { controls: 1, calliper: None, replacement: false };
    assert_eq!(pair_up(&subjects, &["x"], options).pairs[0].controls, [4]);
}

#[test]
fn nineteen_treated_are_refused() {
    let pairing = pair_up(&crowd(19, 300), &NAMES, MatchOptions::default());
    let refusal = pairing.judged().unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::TooFewMatched);
}

#[test]
fn arms_that_cannot_be_balanced_are_refused() {
    let subjects: Vec<Subject> = (0..80)
        .map(|i| {
            let treated = i < 40;
            subject(i, treated, 0, &[(i % 40) as f64 + if treated { 30.0 } else { 0.0 }])
        })
        .collect();
    let options = MatchOptions { controls: 1, calliper: None, replacement: false };
    let refusal = pair_up(&subjects, &["x"], options).judged().unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::StillUnbalanced);
    let kept = pair_up(&subjects, &["x"], MatchOptions::default());
    assert!(kept.warnings.iter().any(|w| w.code == WarningCode::Unmatched));
}
