//! The purchase model against the published fit of its authors on public data.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use peakend_stats::value::lifetime::{Buyer, LifetimeOptions, lifetime_value};

/// Days since 1996-12-31 of a date in 1997 or 1998.
fn day(date: &str) -> f64 {
    let part = |range: std::ops::Range<usize>| date[range].parse::<usize>().expect("a date");
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    ((part(0..4) - 1997) * 365 + before[part(5..7) - 1] + part(8..10)) as f64
}

#[test]
fn the_published_fit_of_cd_buyers_is_reproduced() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/growth-cdnow/data.csv");
    let Ok(text) = fs::read_to_string(path) else {
        println!("SKIPPED: reference case `growth-cdnow` is not beside the workspace");
        return;
    };
    let mut days: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let (id, date) = (fields.next().expect("an id"), fields.next().expect("a date"));
        days.entry(id).or_default().push(day(date));
    }
    // calibrated on 39 weeks, as Fader, Hardie and Lee (2005) do
    let end = day("1997-09-30");
    let (mut buyers, mut later) = (Vec::new(), 0.0);
    for bought in days.values_mut() {
        bought.sort_by(f64::total_cmp);
        bought.dedup();
        let first = bought[0];
        let known: Vec<f64> = bought.iter().copied().filter(|d| *d <= end && *d > first).collect();
        later += bought.iter().filter(|d| **d > end).count() as f64;
        buyers.push(Buyer {
            repeats: known.len() as u32,
            last: known.last().map_or(0.0, |d| (d - first) / 7.0),
            age: (end - first) / 7.0,
            spend: 1.0,
        });
    }
    let options = LifetimeOptions { horizon: 39.0, seed: 1, resamples: 0 };
    let value = lifetime_value(&buyers, &options).expect("enough customers");
    let p = value.parameters;
    // published: r 0.243, alpha 4.414, a 0.793, b 2.426, log likelihood -9582.4
    assert!((p.r - 0.243).abs() < 0.002, "{p:?}");
    assert!((p.alpha - 4.414).abs() < 0.03, "{p:?}");
    assert!((p.a - 0.793).abs() < 0.02, "{p:?}");
    assert!((p.b - 2.426).abs() < 0.08, "{p:?}");
    assert!((value.log_likelihood + 9582.4).abs() < 0.5, "{}", value.log_likelihood);
    let ratio = value.purchases.value * buyers.len() as f64 / later;
    assert!((0.85..1.15).contains(&ratio), "forecast over what was bought: {ratio}");
}
