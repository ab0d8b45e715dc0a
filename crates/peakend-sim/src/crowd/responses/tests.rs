//! What is drawn keeps the promised bounds, and what is planted can be found.

use super::*;
use crate::crowd::CrowdSpec;

const ROWS: u64 = 200_000;

fn crowd(seed: u64) -> Crowd {
    Crowd::new(CrowdSpec::new(seed, ROWS, 60_000).unwrap())
}

fn all(crowd: &Crowd) -> Vec<ResponseSlice> {
    (0..crowd.spec().slices()).map(|slice| crowd.responses(slice)).collect()
}

/// Mean of a column over the rows that `keep` accepts and that have a value.
fn mean(
    slices: &[ResponseSlice],
    column: fn(&ResponseSlice) -> &[Option<u8>],
    keep: impl Fn(&ResponseSlice, usize) -> bool,
) -> (f64, f64) {
    let (mut sum, mut n) = (0.0, 0.0);
    for slice in slices {
        for (i, value) in column(slice).iter().enumerate() {
            if let Some(value) = value
                && keep(slice, i)
            {
                sum += f64::from(*value);
                n += 1.0;
            }
        }
    }
    (sum / n, n)
}

fn nps(slice: &ResponseSlice) -> &[Option<u8>] {
    &slice.nps
}

#[test]
fn the_same_seed_gives_the_same_rows_in_any_order() {
    let forward = all(&crowd(1));
    let again = crowd(1);
    let backward: Vec<_> = (0..again.spec().slices()).rev().map(|slice| again.responses(slice)).collect();
    assert!(forward.iter().eq(backward.iter().rev()));
    assert_ne!(forward[0], crowd(2).responses(0));
    assert_eq!(again.customers(0), crowd(1).customers(0));
}

#[test]
fn every_column_has_every_row_and_ids_grow_with_time() {
    let (mut id, mut before) = (0, i64::MIN);
    for slice in all(&crowd(1)) {
        for column in slice.columns() {
            let length = match column.values {
                Values::U64(v) => v.len(),
                Values::I64(v) | Values::Time(v) => v.len(),
                Values::Day(v) => v.len(),
                Values::U8(v) => v.len(),
                Values::U16(v) => v.len(),
                Values::MaybeU8(v) => v.len(),
                Values::MaybeI8(v) => v.len(),
                Values::Bool(v) => v.len(),
            };
            assert_eq!(length, slice.len(), "{}", column.name);
        }
        for (i, ts) in slice.ts.iter().enumerate() {
            assert_eq!(slice.response_id[i], id);
            assert!(*ts >= before && ts % 1_000 == 0 && i64::from(slice.day[i]) == ts.div_euclid(DAY));
            (id, before) = (id + 1, *ts);
        }
    }
    assert_eq!(id, ROWS);
}

#[test]
fn shares_and_means_keep_the_bounds_of_the_recipe() {
    let slices = all(&crowd(1));
    let answered: Vec<u8> = slices.iter().flat_map(|s| s.nps.iter().flatten().copied()).collect();
    let n = answered.len() as f64;
    let share = |keep: fn(&u8) -> bool| answered.iter().filter(|s| keep(s)).count() as f64 / n;
    let near = |found: f64, wanted: f64, off: f64| assert!((found - wanted).abs() < off, "{found} for {wanted}");
    near(share(|s| *s >= 9), 0.31, 0.02);
    near(share(|s| *s <= 6), 0.39, 0.02);
    near(mean(&slices, nps, |_, _| true).0, 7.06, 0.1);
    near(mean(&slices, |s| &s.csat, |_, _| true).0, 3.62, 0.1);
    near(mean(&slices, |s| &s.ces, |_, _| true).0, 4.71, 0.1);
    let rows = ROWS as f64;
    near(n / rows, 0.70, 0.01);
    near(mean(&slices, |s| &s.csat, |_, _| true).1 / rows, 0.60, 0.01);
    near(mean(&slices, |s| &s.ces, |_, _| true).1 / rows, 0.40, 0.01);
    let count = |keep: &dyn Fn(&ResponseSlice, usize) -> bool| {
        slices.iter().map(|s| (0..s.len()).filter(|&i| keep(s, i)).count()).sum::<usize>() as f64 / rows
    };
    near(count(&|s, i| s.has_text[i]), 0.35, 0.01);
    near(count(&|s, i| s.topic2[i].is_some()), 0.175, 0.01);
    near(count(&|s, i| s.pillar[i] == 1), 0.70, 0.01);
    assert_eq!(count(&|s, i| s.has_text[i] != s.topic1[i].is_some() || s.has_text[i] != s.sentiment[i].is_some()), 0.0);
    let units: std::collections::BTreeSet<u16> = slices.iter().flat_map(|s| s.org_unit.iter().copied()).collect();
    assert!(units.len() > 1_990 && units.last() < Some(&2_000));
}

#[test]
fn the_repair_is_found_at_its_touchpoint_and_nowhere_else() {
    let crowd = crowd(1);
    let (slices, repair) = (all(&crowd), crowd.truth().repair);
    let gain = |touchpoint: u8| {
        let after = mean(&slices, nps, |s, i| s.touchpoint[i] == touchpoint && s.day[i] >= repair.day);
        let before = mean(&slices, nps, |s, i| s.touchpoint[i] == touchpoint && s.day[i] < repair.day);
        after.0 - before.0
    };
    let neighbours = (gain(repair.touchpoint - 1) + gain(repair.touchpoint + 1)) / 2.0;
    let found = gain(repair.touchpoint) - neighbours;
    // the end of the scale takes about a quarter of the planted point
    assert!((0.4..1.1).contains(&found), "{found}");
    assert!(neighbours.abs() < 0.4, "{neighbours}");
}

#[test]
fn the_outlier_is_the_worst_branch_of_its_size() {
    let crowd = crowd(1);
    let (slices, outlier) = (all(&crowd), crowd.truth().outlier);
    let mut sums = vec![(0.0, 0.0); 2_000];
    for slice in &slices {
        for (unit, score) in slice.org_unit.iter().zip(&slice.nps) {
            if let Some(score) = score {
                sums[usize::from(*unit)].0 += f64::from(*score);
                sums[usize::from(*unit)].1 += 1.0;
            }
        }
    }
    let large = sums.iter().enumerate().filter(|(_, (_, n))| *n >= 100.0);
    let worst = large.min_by(|a, b| (a.1.0 / a.1.1).total_cmp(&(b.1.0 / b.1.1))).map(|(unit, _)| unit);
    assert_eq!(worst, Some(usize::from(outlier.org_unit)));
}

#[test]
fn promoters_hold_the_planted_assets_more() {
    let crowd = crowd(1);
    let devotion = crowd.truth().devotion;
    let people = crowd.customers(0);
    let is_devoted = |id: u64| is_devoted(crowd.spec().seed, id, devotion.share);
    let average = |keep: &dyn Fn(usize) -> bool| {
        let kept: Vec<f64> = (0..people.len())
            .filter(|&i| people.segment[i] == 0 && keep(i))
            .map(|i| people.aum_cents[i] as f64)
            .collect();
        kept.iter().sum::<f64>() / kept.len() as f64
    };
    let gap = average(&|i| is_devoted(i as u64)) - average(&|i| !is_devoted(i as u64));
    assert!((gap / devotion.aum_cents as f64 - 1.0).abs() < 0.1, "{gap}");
    // from the answers alone: assets of those who answered, by band
    let mut bands = [(0.0, 0.0, 0.0); 2];
    for slice in &all(&crowd) {
        for (customer, score) in slice.customer_id.iter().zip(&slice.nps) {
            let (Some(score), 0) = (score, odds::segment(*customer)) else { continue };
            let band = match score {
                9.. => 1,
                0..=6 => 0,
                _ => continue,
            };
            let (sum, n, devoted) = &mut bands[band];
            *sum += people.aum_cents[*customer as usize] as f64;
            *n += 1.0;
            *devoted += f64::from(u8::from(is_devoted(*customer)));
        }
    }
    let [detractors, promoters] = bands.map(|(sum, n, devoted)| (sum / n, devoted / n));
    let slope = (promoters.0 - detractors.0) / (promoters.1 - detractors.1);
    assert!((slope / devotion.aum_cents as f64 - 1.0).abs() < 0.4, "{slope}");
}
