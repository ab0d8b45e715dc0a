//! Measures cohorts and funnels over many events, in a new folder:
//! `cargo run --release -p peakend-warehouse --example behaviour -- FOLDER EVENTS PERSONS`.
#![expect(clippy::print_stdout, reason = "a command talks on its standard output")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

use std::path::Path;

use peakend_query::{CohortQuestion, DayRange, EventFact, FunnelQuestion, Grain, Persons, Properties, Step, Warehouse};
use peakend_warehouse::{SegmentWarehouse, Settings};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const ORG: &str = "org_events";
const FIRST_DAY: i32 = 20_000;

type Fault = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [folder, events, persons] => measure(Path::new(folder), events.parse()?, persons.parse()?).await,
        _ => Err("usage: behaviour FOLDER EVENTS PERSONS".into()),
    }
}

async fn measure(folder: &Path, events: u64, persons: u64) -> Result<(), Fault> {
    let ours = SegmentWarehouse::open(folder, Settings::default())?;
    let mut rng = SmallRng::seed_from_u64(7);
    let started = std::time::Instant::now();
    let mut seq = 1;
    while seq <= events {
        let n = 500_000.min(events - seq + 1);
        let piece = (seq..seq + n).map(|seq| million(&mut rng, seq, events, persons)).collect();
        ours.append_events(ORG, piece).await?;
        ours.seal_events(ORG).await?;
        seq += n;
    }
    let bytes = walk(folder)?;
    println!("{events} events of {persons} persons: {:.1?} to seal, {bytes} bytes", started.elapsed());
    let step = |name: &str| Step { event: name.to_owned(), having: None };
    let whole = DayRange { from: FIRST_DAY, to: FIRST_DAY + 364 };
    let cohorts = CohortQuestion {
        org: ORG.to_owned(),
        first: step("Signed In"),
        returning: step("Signed In"),
        grain: Grain::Week,
        period: whole,
        periods: 12,
        persons: Persons::default(),
    };
    let three = FunnelQuestion {
        org: ORG.to_owned(),
        steps: vec![step("Fund Viewed"), step("Fund Applied"), step("Fund Bought")],
        within: 30 * 86_400,
        period: whole,
        split: None,
        persons: Persons::default(),
    };
    let split = FunnelQuestion { split: Some("version".to_owned()), ..three.clone() };
    for run in 0..4 {
        let started = std::time::Instant::now();
        let table = ours.cohorts(&cohorts).await?;
        let (n, took) = (table.rows.iter().map(|row| row.persons).sum::<u64>(), started.elapsed());
        println!("run {run}: weekly cohorts of {n} persons, 12 weeks: {took:.3?}");
        for (what, q) in [("funnel of 3 steps", &three), ("the same by version", &split)] {
            let started = std::time::Instant::now();
            let funnel = ours.funnel(q).await?;
            println!(
                "run {run}: {what} {:?} in {} rows: {:.3?}",
                funnel.total.persons,
                funnel.rows.len(),
                started.elapsed()
            );
        }
    }
    Ok(())
}

fn million(rng: &mut SmallRng, seq: u64, events: u64, persons: u64) -> EventFact {
    let name = match rng.random_range(0..10) {
        0..5 => "Signed In",
        5..8 => "Fund Viewed",
        8 => "Fund Applied",
        _ => "Fund Bought",
    };
    // events come in about in the order in which they happened
    let second = (seq * 365 * 86_400 / events) as i64 + rng.random_range(0..3_600);
    EventFact {
        seq,
        person: format!("per_01hzzzzzzz{:016x}", rng.random_range(0..persons).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        name: name.to_owned(),
        at: (i64::from(FIRST_DAY) * 86_400 + second) * 1_000_000,
        day: FIRST_DAY + (second / 86_400) as i32,
        properties: Properties::of([("version", (1 + seq * 3 / (events + 1)).to_string())]),
    }
}

fn walk(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in folder.read_dir()? {
        let path = entry?.path();
        bytes += if path.is_dir() { walk(&path)? } else { path.metadata()?.len() };
    }
    Ok(bytes)
}
