//! Known tables, refusals, capping, and laws of raking.

use proptest::prelude::*;

use super::*;

fn margin(targets: &[f64], category: impl Fn(usize) -> usize, n: usize) -> Margin {
    Margin { targets: targets.to_vec(), categories: (0..n).map(|i| Some(category(i))).collect() }
}

#[test]
fn one_margin_is_post_stratification() {
    let n = 40;
    let raked = rake(&vec![1.0; n], &[margin(&[300.0, 100.0], |i| usize::from(i >= 10), n)], &RakingRules::default());
    let raked = raked.unwrap();
    assert!((raked.weights[0] - 30.0).abs() < 1e-9 && (raked.weights[39] - 100.0 / 30.0).abs() < 1e-9);
    assert!(raked.design_effect > 2.0);
    assert_eq!(raked.warnings[0].code, WarningCode::HighDesignEffect);
}

#[test]
fn what_cannot_be_raked_is_refused_with_its_reason() {
    let n = 40;
    let rules = RakingRules::default();
    let half = margin(&[50.0, 50.0], |i| i % 2, n);
    let reason = |margins: &[Margin]| rake(&vec![1.0; n], margins, &rules).unwrap_err().reason;
    assert_eq!(reason(&[margin(&[60.0, 40.0, 1.0], |i| i % 2, n)]), RefusalReason::EmptyMargin);
    assert_eq!(reason(&[half.clone(), margin(&[60.0, 41.0], |i| (i / 2) % 2, n)]), RefusalReason::TotalsDiffer);
    // both margins split the people alike but ask for different shares
    assert_eq!(reason(&[half.clone(), margin(&[60.0, 40.0], |i| i % 2, n)]), RefusalReason::NotConverged);
    assert_eq!(reason(&[]), RefusalReason::NoMargin);
    assert_eq!(rake(&[1.0; 29], &[half], &rules).unwrap_err().reason, RefusalReason::TooFewAnswers);
}

#[test]
fn an_unknown_category_keeps_its_weight_and_is_counted() {
    let n = 42;
    let mut sex = margin(&[50.0, 50.0], |i| usize::from(i >= 10), n);
    (sex.categories[0], sex.categories[41]) = (None, None);
    let raked = rake(&vec![1.0; n], &[sex.clone()], &RakingRules::default()).unwrap();
    assert!((raked.weights.iter().sum::<f64>() - 100.0).abs() < 1e-6);
    assert!((raked.weights[0] - 100.0 / 42.0).abs() < 1e-9);
    let women: f64 = (1..10).map(|i| raked.weights[i]).sum();
    let men: f64 = (10..41).map(|i| raked.weights[i]).sum();
    assert!((women - men).abs() < 1e-6);
    assert_eq!(raked.warnings.last().map(|w| (w.code, w.have)), Some((WarningCode::MissingImputed, 2.0)));
}

#[test]
fn a_cap_holds_and_what_it_leaves_of_the_margins_is_reported() {
    let n = 100;
    let rare = margin(&[500.0, 500.0], |i| usize::from(i >= 2), n);
    let rules = RakingRules { cap: Some(5.0), ..RakingRules::default() };
    let raked = rake(&vec![1.0; n], &[rare], &rules).unwrap();
    assert!(raked.capped >= 2 && raked.margin_error > 0.1);
    assert!(raked.weights[0] <= 5.0 * 10.0 * (1.0 + 1e-6));
}

fn sample() -> impl Strategy<Value = (Vec<f64>, Vec<[usize; 2]>)> {
    let one = (0.5..3.0_f64, 0..3_usize, 0..2_usize).prop_map(|(w, a, b)| (w, [a, b]));
    prop::collection::vec(one, 60..150).prop_map(|rows| rows.into_iter().unzip())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn margins_are_met_and_row_order_changes_no_digit((base, rows) in sample(), turn in 0..60_usize) {
        let margins = |rows: &[[usize; 2]]| vec![
            Margin { targets: vec![20.0, 30.0, 50.0], categories: rows.iter().map(|r| Some(r[0])).collect() },
            Margin { targets: vec![45.0, 55.0], categories: rows.iter().map(|r| Some(r[1])).collect() },
        ];
        if let Ok(raked) = rake(&base, &margins(&rows), &RakingRules::default()) {
            for (k, target) in [20.0, 30.0, 50.0].into_iter().enumerate() {
                let own: f64 = (0..rows.len()).filter(|&i| rows[i][0] == k).map(|i| raked.weights[i]).sum();
                prop_assert!((own / target - 1.0).abs() < 1e-7);
            }
            prop_assert!(raked.design_effect >= 1.0 - 1e-12);
            let (mut base, mut rows) = (base, rows);
            base.rotate_left(turn);
            rows.rotate_left(turn);
            let mut turned = rake(&base, &margins(&rows), &RakingRules::default()).unwrap();
            turned.weights.rotate_right(turn);
            prop_assert_eq!(raked, turned);
        }
    }
}
