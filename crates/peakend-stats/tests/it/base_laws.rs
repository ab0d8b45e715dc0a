//! Laws of the base: parts merge to the whole, intervals shrink as answers grow,
//! and more answers never turn a figure into a refusal.

use peakend_stats::insight::bands::NpsBands;
use peakend_stats::insight::histogram::ScoreHistogram;
use peakend_stats::insight::mean::mean_of_counts;
use peakend_stats::insight::nps::{NpsCounts, nps, nps_of_counts};
use peakend_stats::insight::nps_compare::{adjusted_difference, nps_change};
use peakend_stats::insight::nps_interval::{bootstrap, nps_interval};
use peakend_stats::insight::proportion::{clopper_pearson, wilson};
use peakend_stats::value::survival::{Spell, kaplan_meier};
use proptest::prelude::*;

fn counts() -> impl Strategy<Value = NpsCounts> {
    (0..150_u64, 0..150_u64, 0..150_u64)
        .prop_filter("a base", |(p, n, d)| p + n + d > 0)
        .prop_map(|(p, n, d)| NpsCounts::new(p, n, d))
}

fn times(c: &NpsCounts, factor: u64) -> NpsCounts {
    NpsCounts::new(factor * c.promoters, factor * c.passives, factor * c.detractors)
}

proptest! {
    #[test]
    fn counts_of_parts_merge_to_the_figure_of_the_whole(
        answers in prop::collection::vec(0..=10_i64, 10..200), cut in 0.0..1.0_f64
    ) {
        let at = (cut * answers.len() as f64) as usize;
        let (whole, _) = ScoreHistogram::of(answers.iter().copied());
        let (left, _) = ScoreHistogram::of(answers[..at].iter().copied());
        let (right, _) = ScoreHistogram::of(answers[at..].iter().copied());
        prop_assert_eq!(nps(&left.merged(&right), &NpsBands::STANDARD, 5), nps(&whole, &NpsBands::STANDARD, 5));
    }

    #[test]
    fn intervals_shrink_when_the_same_shares_rest_on_more_answers(c in counts(), factor in 2..6_u64) {
        let more = times(&c, factor);
        prop_assert!(nps_interval(&more).half_width() < nps_interval(&c).half_width());
        let (k, n) = (c.promoters, c.n());
        prop_assert!(wilson(factor * k, factor * n).half_width() < wilson(k, n).half_width());
        prop_assert!(clopper_pearson(factor * k, factor * n).half_width() < clopper_pearson(k, n).half_width());
        let other = NpsCounts::new(30, 30, 30);
        prop_assert!(adjusted_difference(&more, &other).standard_error < adjusted_difference(&c, &other).standard_error + 1e-12);
    }

    #[test]
    fn a_mean_is_known_better_from_more_answers(c in prop::collection::vec(0..40_u64, 5), factor in 2..6_u64) {
        prop_assume!(c.iter().filter(|n| **n > 0).count() > 1);
        let more: Vec<u64> = c.iter().map(|n| factor * n).collect();
        if let Ok(one) = mean_of_counts("mean.v1", &c, 1, 2) {
            let many = mean_of_counts("mean.v1", &more, 1, 2).unwrap();
            prop_assert!((one.value - many.value).abs() < 1e-9);
            prop_assert!(many.interval.half_width() < one.interval.half_width());
        }
    }

    #[test]
    fn more_answers_never_turn_a_figure_into_a_refusal(a in counts(), b in counts(), floor in 1..60_u64) {
        let both = NpsCounts::new(a.promoters + b.promoters, a.passives + b.passives, a.detractors + b.detractors);
        let shown = |c: &NpsCounts, floor| nps_of_counts(c, &NpsBands::STANDARD, floor).is_ok();
        prop_assert!(!shown(&a, floor) || shown(&both, floor));
        prop_assert!(!shown(&a, floor) || shown(&a, floor - 1));
        let fixed = NpsCounts::new(20, 20, 20);
        prop_assert!(nps_change(&a, &fixed).is_err() || nps_change(&both, &fixed).is_ok());
        prop_assert!(bootstrap(&a).is_err() || bootstrap(&both).is_ok());
    }

    #[test]
    fn more_events_never_turn_a_curve_into_a_refusal(
        times in prop::collection::vec((1..30_u32, any::<bool>()), 1..60), extra in prop::collection::vec(1..30_u32, 0..20)
    ) {
        let spell = |exit: u32, event: bool| Spell { entry: 0.0, exit: f64::from(exit), event };
        let some: Vec<Spell> = times.iter().map(|(t, event)| spell(*t, *event)).collect();
        let more: Vec<Spell> = some.iter().copied().chain(extra.iter().map(|t| spell(*t, true))).collect();
        prop_assert!(kaplan_meier(&some).is_err() || kaplan_meier(&more).is_ok());
    }
}
