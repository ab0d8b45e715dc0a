//! Planted paths, equal weights of small bases, refusals and differences.

use super::*;

/// Three constructs in a chain, A -> B -> C and A -> C, three questions each.
fn answers(n: usize, shift: f64) -> Vec<Vec<f64>> {
    let mut draws = Draws::seeded(17);
    let mut columns = vec![Vec::new(); 9];
    for _ in 0..n {
        let a = draws.normal();
        let b = 0.7 * a + 0.7 * draws.normal();
        let c = 0.5 * b + 0.3 * a + 0.6 * draws.normal();
        for (j, column) in columns.iter_mut().enumerate() {
            let score = [a, b, c][j / 3];
            column.push((6.0 + shift + 1.5 * score + 0.6 * draws.normal()).clamp(1.0, 10.0));
        }
    }
    columns
}

fn outline(columns: &[Vec<f64>], links: &[(usize, usize)]) -> PathOutline<'static> {
    const NAMES: [&str; 9] = ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"];
    let leaked: &'static [Vec<f64>] = Vec::leak(columns.to_vec());
    let question = |j: usize| Column { name: NAMES[j], values: &leaked[j] };
    let construct =
        |k: usize| Construct { name: ["A", "B", "C"][k], questions: (3 * k..3 * k + 3).map(question).collect() };
    PathOutline { constructs: (0..3).map(construct).collect(), links: links.to_vec(), scale: (1.0, 10.0) }
}

const CHAIN: [(usize, usize); 3] = [(0, 1), (1, 2), (0, 2)];

fn options(resamples: u64) -> PathOptions {
    PathOptions { seed: 3, resamples }
}

#[test]
fn planted_paths_and_their_totals_are_found() {
    let model = path_model(&outline(&answers(800, 0.0), &CHAIN), &options(100)).unwrap();
    let path = |from: &str, to: &str| model.paths.iter().find(|p| p.from == from && p.to == to).unwrap();
    let [ab, bc, ac] = [path("A", "B"), path("B", "C"), path("A", "C")];
    // 0.7 / 0.99 on the constructs, less what the questions add in error
    assert!((0.55..0.72).contains(&ab.coefficient.unwrap()), "{ab:?}");
    let total = ac.coefficient.unwrap() + ab.coefficient.unwrap() * bc.coefficient.unwrap();
    assert!((ac.total - total).abs() < 1e-12);
    for path in &model.paths {
        assert!(!path.total_interval.unwrap().excludes(path.total), "{path:?}");
    }
    for construct in &model.constructs {
        assert!(construct.alpha.unwrap() > 0.8 && construct.shared_variance.unwrap() > 0.7);
        assert!(!construct.interval.unwrap().excludes(construct.index));
    }
    assert!(model.warnings.is_empty(), "{:?}", model.warnings);
}

#[test]
fn a_small_base_weighs_all_questions_alike() {
    let columns = answers(60, 0.0);
    let model = path_model(&outline(&columns, &CHAIN), &options(50)).unwrap();
    assert!(model.paths.is_empty());
    assert_eq!(model.constructs[0].weights, IndexWeights::Equal);
    let mean = columns[..3].iter().flatten().sum::<f64>() / 180.0;
    assert!((model.constructs[0].index - 100.0 * (mean - 1.0) / 9.0).abs() < 1e-9);
    assert_eq!(model.warnings[0].code, WarningCode::EqualWeights);
}

#[test]
fn a_question_asked_the_other_way_round_makes_the_index_weigh_alike() {
    let mut columns = answers(300, 0.0);
    columns[2].iter_mut().for_each(|x| *x = 11.0 - *x);
    let model = path_model(&outline(&columns, &CHAIN), &options(0)).unwrap();
    let first = &model.constructs[0];
    assert_eq!(first.weights, IndexWeights::Equal);
    assert_eq!(first.index, first.equal_weight_index);
    assert!(model.warnings.iter().any(|w| w.code == WarningCode::NegativeWeight));
}

#[test]
fn cycles_lonely_constructs_and_flat_questions_are_refused() {
    let columns = answers(150, 0.0);
    for links in [&[(0, 1), (1, 2), (2, 0)][..], &[(0, 1)], &[(0, 1), (1, 2), (0, 7)]] {
        let refusal = path_model(&outline(&columns, links), &options(0)).unwrap_err();
        assert_eq!(refusal.reason, RefusalReason::NotAModel);
    }
    let mut flat = columns;
    flat[4].fill(7.0);
    assert_eq!(path_model(&outline(&flat, &CHAIN), &options(0)).unwrap_err().reason, RefusalReason::NoVariation);
}

#[test]
fn a_shift_of_one_group_is_a_difference_of_its_indices() {
    let (low, high) = (answers(150, 0.0), answers(170, 0.9));
    let found = index_differences(&outline(&high, &CHAIN), &outline(&low, &CHAIN), &options(200)).unwrap();
    for difference in &found {
        assert!((difference.value - 10.0).abs() < 4.0, "{difference:?}");
        assert!(difference.interval.excludes(0.0) && difference.p < 0.05);
    }
    let same = index_differences(&outline(&low, &CHAIN), &outline(&low, &CHAIN), &options(200)).unwrap();
    assert!(same.iter().all(|d| d.value == 0.0 && !d.interval.excludes(0.0)));
}
