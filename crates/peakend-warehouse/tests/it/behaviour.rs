//! Funnels and cohorts over events against the naive answer, with late, removed,
//! merged and hidden ones in between.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use peakend_query::{
    CohortQuestion, DayRange, EventFact, FunnelQuestion, Grain, NaiveWarehouse, Persons, Properties, Retention, Step,
    Warehouse,
};
use peakend_warehouse::{SegmentWarehouse, Settings};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

pub(crate) const ORG: &str = "org_events";
const FIRST_DAY: i32 = 20_000;
const DAYS: i32 = 60;
const NAMES: [&str; 5] = ["view", "apply", "approve", "fund", "赎回基金"];

/// Events in the order of the log, many at the same second, some days late.
pub(crate) fn events(rng: &mut impl Rng, from: u64, n: u64) -> Vec<EventFact> {
    let one = |seq: u64| {
        let day = FIRST_DAY + rng.random_range(0..DAYS);
        let version = ["", "1", "2", "3"][rng.random_range(0..4)];
        let mut properties = vec![("amount", rng.random_range(0..3).to_string())];
        if !version.is_empty() {
            properties.push(("version", version.to_owned()));
        }
        let person = match rng.random_range(0..90) {
            0 => String::new(),
            p => format!("per_{p:02}"),
        };
        EventFact {
            seq,
            person,
            name: NAMES[rng.random_range(0..NAMES.len())].to_owned(),
            at: (i64::from(day) * 86_400 + rng.random_range(0..24) * 3_600) * 1_000_000,
            day,
            properties: Properties::of(properties),
        }
    };
    (from..from + n).map(one).collect()
}

fn step(rng: &mut impl Rng) -> Step {
    let event = if rng.random_bool(0.03) { "never" } else { NAMES[rng.random_range(0..NAMES.len())] };
    let having = match rng.random_range(0..8) {
        0 => Some(("version".to_owned(), rng.random_range(1..4).to_string())),
        1 => Some(("amount".to_owned(), "1".to_owned())),
        _ => None,
    };
    Step { event: event.to_owned(), having }
}

fn persons(rng: &mut impl Rng) -> Persons {
    let mut all = Persons::default();
    if rng.random_bool(0.6) {
        let merged: HashMap<String, String> = (0..20)
            .map(|_| (format!("per_{:02}", rng.random_range(45..90)), format!("per_{:02}", rng.random_range(1..45))))
            .collect();
        all.merged = Arc::new(merged);
        all.without = Arc::new((0..8).map(|_| format!("per_{:02}", rng.random_range(1..90))).collect());
    }
    all
}

fn period(rng: &mut impl Rng) -> DayRange {
    let from = FIRST_DAY - 3 + rng.random_range(0..DAYS);
    DayRange { from, to: from + rng.random_range(0..40) }
}

fn funnel(rng: &mut impl Rng) -> FunnelQuestion {
    FunnelQuestion {
        org: ORG.to_owned(),
        steps: (0..rng.random_range(2..6)).map(|_| step(rng)).collect(),
        within: [1, 3_600, 86_400, 7 * 86_400, 40 * 86_400][rng.random_range(0..5)],
        period: period(rng),
        split: rng.random_bool(0.4).then(|| "version".to_owned()),
        persons: persons(rng),
    }
}

fn cohort(rng: &mut impl Rng) -> CohortQuestion {
    let first = step(rng);
    CohortQuestion {
        org: ORG.to_owned(),
        returning: if rng.random_bool(0.3) { first.clone() } else { step(rng) },
        first,
        grain: [Grain::Day, Grain::Week, Grain::Month][rng.random_range(0..3)],
        period: period(rng),
        periods: rng.random_range(1..20),
        persons: persons(rng),
    }
}

/// One funnel and one cohort question; how many persons the answers count.
pub(crate) async fn agree<const N: usize>(
    rng: &mut impl Rng,
    naive: &NaiveWarehouse,
    ours: [&dyn Warehouse; N],
) -> [u64; 2] {
    let q = funnel(rng);
    let expected = naive.funnel(&q).await.unwrap();
    for ours in ours {
        let found = ours.funnel(&q).await.unwrap();
        assert_eq!((&found.total, &found.rows), (&expected.total, &expected.rows), "{q:?}");
    }
    let reached = expected.total.persons[1];
    let q = cohort(rng);
    let expected = naive.cohorts(&q).await.unwrap();
    for ours in ours {
        assert_eq!(ours.cohorts(&q).await.unwrap().rows, expected.rows, "{q:?}");
    }
    [reached, expected.rows.iter().flat_map(|row| &row.returned).sum()]
}

fn open(dir: &Path, memory_bytes: usize) -> SegmentWarehouse {
    SegmentWarehouse::open(dir, Settings { memory_bytes, ..Settings::default() }).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_random_funnels_and_cohorts_agree_with_the_naive_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (mut rng, naive) = (SmallRng::seed_from_u64(0x_e7e47), NaiveWarehouse::default());
    let mut ours = open(dir.path(), 512 << 20);
    let (mut reached, mut seq) = ([0, 0], 1);
    for round in 0..25 {
        // what was taken in before is sent again: it counts once
        let more = events(&mut rng, seq, 60);
        seq += 60;
        for batch in [more.clone(), more] {
            naive.append_events(ORG, batch.clone()).await.unwrap();
            ours.append_events(ORG, batch).await.unwrap();
        }
        if round % 4 != 3 {
            ours.seal_events(ORG).await.unwrap();
        }
        if round == 9 || round == 20 {
            let gone: Vec<String> = (0..3).map(|_| format!("per_{:02}", rng.random_range(1..90))).collect();
            let (a, b) = (naive.erase(ORG, &gone).await.unwrap(), ours.erase(ORG, &gone).await.unwrap());
            assert!(a == b && a > 0, "{a} and {b} rows erased");
            assert_eq!(ours.erase(ORG, &gone).await.unwrap(), 0, "a segment still holds them");
        }
        if round == 15 {
            let first_event_day = FIRST_DAY + 4;
            let keep = Retention { first_day: 0, surveys: BTreeMap::new(), first_month: 0, first_event_day };
            let (a, b) = (naive.expire(ORG, keep.clone()).await.unwrap(), ours.expire(ORG, keep).await.unwrap());
            assert!(a == b && a > 0, "{a} and {b} rows dropped");
        }
        if round == 18 {
            // hot rows are read from the store again, from where the sealed ones end
            let head = ours.event_head(ORG).await.unwrap();
            ours.seal_events(ORG).await.unwrap();
            drop(ours);
            ours = open(dir.path(), 512 << 20);
            assert_eq!(ours.event_head(ORG).await.unwrap(), head);
        }
        for _ in 0..20 {
            let more = agree(&mut rng, &naive, [&ours]).await;
            reached.iter_mut().zip(more).for_each(|(n, m)| *n += m);
        }
    }
    assert!(reached.iter().all(|n| *n > 1_000), "the questions hardly count anybody: {reached:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_events_are_read_in_several_passes_and_too_many_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = SmallRng::seed_from_u64(5);
    let (naive, ours) = (NaiveWarehouse::default(), open(dir.path(), 0));
    let one = |seq: u64, rng: &mut SmallRng| EventFact {
        seq,
        person: format!("per_{:05}", rng.random_range(0..40_000)),
        name: NAMES[rng.random_range(0..2)].to_owned(),
        at: (i64::from(FIRST_DAY) * 86_400 + rng.random_range(0..400_000)) * 1_000_000,
        day: FIRST_DAY + rng.random_range(0..4),
        properties: Properties::default(),
    };
    let all: Vec<EventFact> = (1..150_000).map(|seq| one(seq, &mut rng)).collect();
    naive.append_events(ORG, all.clone()).await.unwrap();
    for piece in all.chunks(50_000) {
        ours.append_events(ORG, piece.to_vec()).await.unwrap();
        ours.seal_events(ORG).await.unwrap();
    }
    let [view, apply] = ["view", "apply"].map(|name| Step { event: name.to_owned(), having: None });
    let q = FunnelQuestion {
        org: ORG.to_owned(),
        steps: vec![view, apply],
        within: 86_400,
        period: DayRange { from: FIRST_DAY, to: FIRST_DAY + 4 },
        split: None,
        persons: Persons::default(),
    };
    assert_eq!(ours.funnel(&q).await.unwrap().total, naive.funnel(&q).await.unwrap().total);
    for round in 0..20 {
        let more = (0..50_000).map(|i| EventFact { seq: 150_000 + round * 50_000 + i, ..all[i as usize].clone() });
        ours.append_events(ORG, more.collect()).await.unwrap();
    }
    let refused = ours.funnel(&q).await.unwrap_err().to_string();
    assert!(refused.contains("take fewer days"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_property_with_too_many_values_splits_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (naive, ours) = (NaiveWarehouse::default(), open(dir.path(), 512 << 20));
    let mut rng = SmallRng::seed_from_u64(6);
    let mut all = events(&mut rng, 1, 400);
    for (n, e) in all.iter_mut().enumerate() {
        (e.person, e.properties) = (format!("per_{n}"), Properties::of([("amount", n.to_string())]));
    }
    naive.append_events(ORG, all.clone()).await.unwrap();
    ours.append_events(ORG, all).await.unwrap();
    let step = |name: &str| Step { event: name.to_owned(), having: None };
    let q = FunnelQuestion {
        org: ORG.to_owned(),
        steps: vec![step("view"), step("apply")],
        within: 86_400,
        period: DayRange { from: FIRST_DAY, to: FIRST_DAY + DAYS },
        split: Some("amount".to_owned()),
        persons: Persons::default(),
    };
    for refused in [naive.funnel(&q).await, ours.funnel(&q).await] {
        assert!(refused.unwrap_err().to_string().contains("`amount` has more than 50 values"));
    }
}
