//! Golden figures, refusals, and the closed forms against dense matrices.

use super::*;

fn row(cluster: u64, treated: bool, post: bool, y: f64, weight: f64) -> DidRow {
    DidRow { unit: cluster, cluster, treated, period: i32::from(post), post, y, weight }
}

/// Four persons per arm whose changes average to the given means.
fn panel() -> Vec<DidRow> {
    let mut rows = Vec::new();
    for (i, shift) in [-3.0, -1.0, 1.0, 3.0].into_iter().enumerate() {
        let id = i as u64;
        rows.push(row(id, true, false, 100.0 + shift, 1.0));
        rows.push(row(id, true, true, 130.0 - shift, 1.0));
        rows.push(row(10 + id, false, false, 100.0 - shift, 1.0));
        rows.push(row(10 + id, false, true, 112.0 + 2.0 * shift, 1.0));
    }
    rows
}

#[test]
fn thirty_up_against_twelve_up_is_eighteen() {
    let estimate = difference_in_differences(&panel()).unwrap();
    assert!((estimate.value - 18.0).abs() < 1e-12);
    assert_eq!(estimate.definition, "did.v1");
    assert_eq!(estimate.means.treated_after.mean, 130.0);
    assert_eq!(estimate.shown.interval.method, IntervalMethod::BiasReducedCluster);
    let codes: Vec<WarningCode> = estimate.warnings.iter().map(|w| w.code).collect();
    assert!(codes.contains(&WarningCode::TrendUntestable));
}

#[test]
fn row_order_changes_no_digit() {
    let mut rows = panel();
    let first = difference_in_differences(&rows).unwrap();
    rows.reverse();
    rows.swap(2, 11);
    assert_eq!(first, difference_in_differences(&rows).unwrap());
}

#[test]
fn one_treated_cluster_is_refused() {
    let mut rows = panel();
    rows.retain(|r| !r.treated || r.cluster == 0);
    let refusal = difference_in_differences(&rows).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::TooFewClusters);
    rows.retain(|r| !(r.treated && r.post));
    let refusal = difference_in_differences(&rows).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::EmptyCell);
}

#[test]
fn missing_outcomes_are_left_out_and_counted() {
    let mut rows = panel();
    rows.push(row(99, false, true, f64::NAN, 1.0));
    let estimate = difference_in_differences(&rows).unwrap();
    assert_eq!(estimate.n, 16);
    assert!(estimate.warnings.iter().any(|w| w.code == WarningCode::MissingDropped));
}

/// Uneven clusters with weights that vary inside them, and clusters that hold
/// both arms.
fn uneven() -> Vec<DidRow> {
    let mut rows = Vec::new();
    let mut state = 12_345_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    for cluster in 0..7 {
        for k in 0..(4 + cluster % 4) {
            let treated = if cluster == 6 { k % 2 == 0 } else { cluster % 2 == 0 };
            let weight = 0.5 + 2.0 * draw();
            let post = (k / 2) % 2 == 1;
            rows.push(row(cluster, treated, post, 10.0 * draw() + cluster as f64, weight));
        }
    }
    rows
}

#[test]
fn closed_form_cr2_equals_dense_matrices() {
    for weighted in [false, true] {
        let mut rows = uneven();
        if !weighted {
            rows.iter_mut().for_each(|r| r.weight = 1.0);
        }
        let fast = FourCells::of(&rows).cr2();
        let (se, df) = dense::cr2(&rows);
        assert!((fast.standard_error / se - 1.0).abs() < 1e-9, "{} {se}", fast.standard_error);
        assert!((fast.df / df - 1.0).abs() < 1e-9, "{} {df}", fast.df);
    }
}

/// CR2 by the textbook: hat matrix, matrix roots by Jacobi rotations.
mod dense {
    use super::{DidRow, EFFECT};

    type Matrix = Vec<Vec<f64>>;

    fn product(a: &Matrix, b: &Matrix) -> Matrix {
        a.iter().map(|row| (0..b[0].len()).map(|j| row.iter().zip(b).map(|(x, r)| x * r[j]).sum()).collect()).collect()
    }

    fn transpose(a: &Matrix) -> Matrix {
        (0..a[0].len()).map(|j| a.iter().map(|r| r[j]).collect()).collect()
    }

    fn inverse_root(mut a: Matrix) -> Matrix {
        let n = a.len();
        let mut v: Matrix = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        for _ in 0..100 {
            for p in 0..n {
                for q in p + 1..n {
                    if a[p][q].abs() < 1e-15 {
                        continue;
                    }
                    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                    let t = if theta == 0.0 { 1.0 } else { t };
                    let c = 1.0 / (t * t + 1.0).sqrt();
                    let s = t * c;
                    for row in a.iter_mut().chain(v.iter_mut()) {
                        let (x, y) = (row[p], row[q]);
                        row[p] = c * x - s * y;
                        row[q] = s * x + c * y;
                    }
                    let (upper, lower) = a.split_at_mut(q);
                    for (x, y) in upper[p].iter_mut().zip(lower[0].iter_mut()) {
                        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                    }
                }
            }
        }
        let scaled: Matrix = v
            .iter()
            .map(|row| {
                row.iter().enumerate().map(|(k, x)| if a[k][k] > 1e-10 { x / a[k][k].sqrt() } else { 0.0 }).collect()
            })
            .collect();
        product(&scaled, &transpose(&v))
    }

    pub(super) fn cr2(rows: &[DidRow]) -> (f64, f64) {
        let n = rows.len();
        let same = |i: usize, j: usize| rows[i].cell() == rows[j].cell();
        let weight_of = |i: usize| -> f64 { (0..n).filter(|&j| same(i, j)).map(|j| rows[j].weight).sum() };
        let rest: Matrix = (0..n)
            .map(|i| {
                (0..n)
                    .map(|j| {
                        let h = if same(i, j) { rows[j].weight / weight_of(i) } else { 0.0 };
                        f64::from(u8::from(i == j)) - h
                    })
                    .collect()
            })
            .collect();
        let e: Vec<f64> = (0..n).map(|i| rest[i].iter().zip(rows).map(|(r, row)| r * row.y).sum()).collect();
        let mut groups: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
        groups.sort_unstable();
        groups.dedup();
        let (mut variance, mut lifted) = (0.0, Vec::new());
        for g in groups {
            let members: Vec<usize> = (0..n).filter(|&i| rows[i].cluster == g).collect();
            let mine: Matrix = members.iter().map(|&i| rest[i].clone()).collect();
            let a = inverse_root(product(&mine, &transpose(&mine)));
            let v: Vec<f64> = (0..members.len())
                .map(|r| {
                    members
                        .iter()
                        .enumerate()
                        .map(|(c, &i)| a[r][c] * rows[i].weight * EFFECT[rows[i].cell() as usize] / weight_of(i))
                        .sum()
                })
                .collect();
            let score: f64 = members.iter().zip(&v).map(|(&i, v)| v * e[i]).sum();
            variance += score * score;
            let p: Vec<f64> = (0..n).map(|j| mine.iter().zip(&v).map(|(r, v)| r[j] * v).sum()).collect();
            lifted.push(p);
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let trace: f64 = lifted.iter().map(|p| dot(p, p)).sum();
        let square: f64 = lifted.iter().flat_map(|a| lifted.iter().map(move |b| dot(a, b).powi(2))).sum();
        (variance.sqrt(), trace * trace / square)
    }
}
