//! Laws: ranges, invariance under row order, identities of flows.

use peakend_stats::insight::bands::NpsBands;
use peakend_stats::insight::compare::Claim;
use peakend_stats::insight::histogram::ScoreHistogram;
use peakend_stats::insight::nps::{NpsCounts, nps};
use peakend_stats::insight::nps_compare::{adjusted_difference, nps_change};
use peakend_stats::insight::nps_interval::{adjusted_wald, bootstrap, nps_interval, score};
use peakend_stats::insight::proportion::{clopper_pearson, wilson};
use peakend_stats::value::did::{DidRow, difference_in_differences};
use peakend_stats::value::growth::{Activity, growth};
use proptest::prelude::*;

fn counts() -> impl Strategy<Value = NpsCounts> {
    (0..300_u64, 0..300_u64, 0..300_u64)
        .prop_filter("a base", |(p, n, d)| p + n + d > 0)
        .prop_map(|(p, n, d)| NpsCounts::new(p, n, d))
}

fn activities() -> impl Strategy<Value = Vec<Activity>> {
    let one = (0..30_u64, 0..8_i32, 0..28_i32, 0..10_000_i32).prop_map(|(customer, period, day, cents)| Activity {
        customer,
        period,
        day: period * 31 + day,
        amount: f64::from(cents) / 100.0,
    });
    prop::collection::vec(one, 1..200)
}

fn panel() -> impl Strategy<Value = Vec<DidRow>> {
    let one = (0..24_u64, 0..4_i32, -50.0..50.0_f64, 0.1..3.0_f64).prop_map(|(unit, period, y, weight)| DidRow {
        unit,
        cluster: unit / 2,
        treated: unit % 4 < 2,
        period,
        post: period >= 2,
        y,
        weight,
    });
    prop::collection::vec(one, 40..160)
}

proptest! {
    #[test]
    fn nps_lies_in_its_range_and_inside_its_intervals(c in counts()) {
        prop_assert!((-100.0..=100.0).contains(&c.nps()));
        for interval in [nps_interval(&c), score(&c)] {
            prop_assert!(interval.lo >= -100.0 && interval.hi <= 100.0);
            prop_assert!(interval.lo <= c.nps() + 1e-9 && c.nps() <= interval.hi + 1e-9);
        }
        prop_assert!(adjusted_wald(&c).half_width() > 0.0);
    }

    #[test]
    fn swapping_promoters_and_detractors_mirrors_everything(c in counts()) {
        let mirror = NpsCounts::new(c.detractors, c.passives, c.promoters);
        prop_assert_eq!(c.tenths(), mirror.tenths().map(|t| -t));
        prop_assert!((score(&c).lo + score(&mirror).hi).abs() < 1e-6);
        if let (Ok(a), Ok(b)) = (bootstrap(&c), bootstrap(&mirror)) {
            prop_assert!((a.lo + b.hi).abs() <= 100.0 / c.n() as f64 + 1e-9);
        }
    }

    #[test]
    fn answers_in_any_order_are_one_figure(mut answers in prop::collection::vec(0..=10_i64, 5..200)) {
        let (before, _) = ScoreHistogram::of(answers.iter().copied());
        answers.reverse();
        let (after, _) = ScoreHistogram::of(answers.iter().copied());
        let bands = NpsBands::STANDARD;
        prop_assert_eq!(nps(&before, &bands, 5).unwrap(), nps(&after, &bands, 5).unwrap());
    }

    #[test]
    fn pooled_counts_give_the_pooled_score(a in counts(), b in counts()) {
        let pooled = a.merged(&b);
        let weighted = (a.nps() * a.n() as f64 + b.nps() * b.n() as f64) / pooled.n() as f64;
        prop_assert!((pooled.nps() - weighted).abs() < 1e-9);
    }

    #[test]
    fn a_difference_changes_sign_with_its_groups(a in counts(), b in counts()) {
        let (ab, ba) = (adjusted_difference(&a, &b), adjusted_difference(&b, &a));
        prop_assert!((ab.value + ba.value).abs() < 1e-12);
        prop_assert!((ab.p - ba.p).abs() < 1e-12);
    }

    #[test]
    fn a_group_never_differs_from_itself(a in counts()) {
        if let Ok(change) = nps_change(&a, &a) {
            prop_assert_eq!(change.claim, Claim::NotDetectable);
        }
    }

    #[test]
    fn share_intervals_hold_the_share(n in 1..400_u64, k in 0..400_u64) {
        let k = k.min(n);
        let share = k as f64 / n as f64;
        for interval in [wilson(k, n), clopper_pearson(k, n)] {
            prop_assert!(interval.lo <= share + 1e-12 && share <= interval.hi + 1e-12);
        }
    }

    #[test]
    fn flows_explain_every_change(rows in activities()) {
        let periods = growth(&rows);
        for pair in periods.windows(2) {
            let (before, now) = (&pair[0], &pair[1]);
            prop_assert_eq!(now.active as i64, before.active as i64 + now.net());
            prop_assert_eq!(now.active, now.new + now.retained + now.resurrected);
            prop_assert_eq!(before.active, now.retained + now.churned);
            let m = &now.money;
            let explained = before.money.total + m.new + m.resurrected + m.expansion
                - m.contraction - m.churned;
            prop_assert!((m.total - explained).abs() < 1e-6);
        }
        let mut customers: Vec<u64> = rows.iter().map(|r| r.customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let ever_new: u64 = periods.iter().map(|p| p.new).sum();
        prop_assert_eq!(ever_new, customers.len() as u64);
    }

    #[test]
    fn effects_do_not_depend_on_row_order(rows in panel(), turn in 0..40_usize) {
        let first = difference_in_differences(&rows);
        let mut turned = rows;
        turned.rotate_left(turn);
        turned.reverse();
        prop_assert_eq!(first, difference_in_differences(&turned));
    }

    #[test]
    fn a_constant_added_to_all_outcomes_leaves_the_effect(rows in panel(), shift in -1e4..1e4_f64) {
        let moved: Vec<DidRow> = rows.iter().map(|r| DidRow { y: r.y + shift, ..*r }).collect();
        if let (Ok(a), Ok(b)) = (difference_in_differences(&rows), difference_in_differences(&moved)) {
            prop_assert!((a.value - b.value).abs() < 1e-7);
            prop_assert!((a.shown.standard_error - b.shown.standard_error).abs() < 1e-6);
        }
    }
}
