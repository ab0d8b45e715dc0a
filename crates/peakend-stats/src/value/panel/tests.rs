//! Planted slopes, refusals, and laws of panel regression.

use proptest::prelude::*;

use super::*;

/// An unbalanced panel whose outcome is 2 x plus any entity and period levels.
fn planted() -> Vec<PanelRow> {
    let mut rows = Vec::new();
    for entity in 0..12_u64 {
        for period in 0..6_i64 {
            if (entity + period.cast_unsigned()) % 5 == 0 {
                continue;
            }
            let x = ((entity * 7 + period.cast_unsigned() * 5 + entity * period.cast_unsigned()) % 11) as f64;
            let y = 2.0 * x + 10.0 * entity as f64 - 3.0 * (period * period) as f64;
            rows.push(PanelRow { entity, period, cluster: entity, y, x: vec![x] });
        }
    }
    rows
}

#[test]
fn two_way_effects_find_the_planted_slope_exactly() {
    let rows = planted();
    let panel = Panel::of(&rows);
    assert!((panel.fit(Effects::TwoWay).slopes()[0] - 2.0).abs() < 1e-10);
    assert!((panel.fit(Effects::None).slopes()[0] - 2.0).abs() > 0.1);
}

#[test]
fn within_slopes_are_those_of_one_column_per_entity() {
    let rows: Vec<PanelRow> =
        planted().into_iter().enumerate().map(|(i, r)| PanelRow { y: r.y + ((i * 13) % 7) as f64, ..r }).collect();
    let panel = Panel::of(&rows);
    let columns = |row: &PanelRow| {
        let mut x = vec![row.x[0]];
        x.extend((0..12).map(|e| f64::from(u8::from(row.entity == e))));
        x.extend((1..6).map(|p| f64::from(u8::from(row.period == p))));
        x
    };
    let x = Matrix::from_rows(&rows.iter().map(columns).collect::<Vec<_>>());
    let y: Vec<f64> = rows.iter().map(|r| r.y).collect();
    let wide = least_squares(&x, &y);
    let fit = panel.fit(Effects::TwoWay);
    assert!((fit.slopes()[0] - wide.coefficients[0]).abs() < 1e-10);
    let classical = covariance::classical(&wide)[(0, 0)].sqrt();
    assert!((fit.classical()[0] - classical).abs() < 1e-10);
}

#[test]
fn a_regressor_fixed_within_entities_is_refused() {
    let rows: Vec<PanelRow> = planted().into_iter().map(|r| PanelRow { x: vec![r.entity as f64 * 0.1], ..r }).collect();
    assert_eq!(panel_regression(&rows, Effects::Entity).unwrap_err().reason, RefusalReason::NoVariation);
    assert!(panel_regression(&rows, Effects::None).is_ok());
}

#[test]
fn few_clusters_are_judged_by_cr2_and_one_cluster_not_at_all() {
    let rows: Vec<PanelRow> =
        planted().into_iter().enumerate().map(|(i, r)| PanelRow { y: r.y + ((i * 13) % 7) as f64, ..r }).collect();
    let estimate = panel_regression(&rows, Effects::TwoWay).unwrap();
    assert_eq!(estimate.slopes[0].inference.interval.method, IntervalMethod::BiasReducedCluster);
    assert_eq!(estimate.warnings[0].code, WarningCode::FewClusters);
    let one: Vec<PanelRow> = rows.into_iter().map(|r| PanelRow { cluster: 1, ..r }).collect();
    assert_eq!(panel_regression(&one, Effects::TwoWay).unwrap_err().reason, RefusalReason::TooFewClusters);
}

fn any_panel() -> impl Strategy<Value = Vec<PanelRow>> {
    let one = (0..15_u64, 0..5_i64, -20.0..20.0_f64, -5.0..5.0_f64, 0..11_u8).prop_map(|(entity, period, y, a, b)| {
        PanelRow { entity, period, cluster: entity / 2, y, x: vec![a, f64::from(b)] }
    });
    prop::collection::vec(one, 50..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn row_order_changes_no_digit(rows in any_panel(), turn in 0..50_usize) {
        let before = panel_regression(&rows, Effects::TwoWay);
        let mut turned = rows;
        turned.rotate_left(turn);
        turned.reverse();
        prop_assert_eq!(before, panel_regression(&turned, Effects::TwoWay));
    }

    #[test]
    fn a_level_per_entity_leaves_the_slopes(rows in any_panel(), level in -100.0..100.0_f64) {
        let moved: Vec<PanelRow> =
            rows.iter().map(|r| PanelRow { y: r.y + level * (r.entity % 4) as f64, ..r.clone() }).collect();
        if let (Ok(a), Ok(b)) = (panel_regression(&rows, Effects::Entity), panel_regression(&moved, Effects::Entity)) {
            for (a, b) in a.slopes.iter().zip(&b.slopes) {
                prop_assert!((a.value - b.value).abs() < 1e-8);
                prop_assert!((a.inference.standard_error - b.inference.standard_error).abs() < 1e-8);
            }
        }
    }
}
