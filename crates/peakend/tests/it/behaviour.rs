//! Funnels and cohorts at the command line.

use crate::bench::Bench;

const MAP: &str = "kind: events\nzone: Asia/Shanghai\nid: id\nname: name\nat: at\nperson: {user_id: customer}\n\
                   properties: {version: version}\n";
/// Three persons; one goes the whole way, one only looks, one buys without having looked.
const EVENTS: &str = "id,name,at,customer,version\n\
                      e1,test_viewed,2026-01-05 10:00,c-1,a\n\
                      e2,test_bought,2026-01-05 11:00,c-1,a\n\
                      e3,test_viewed,2026-01-06 10:00,c-2,b\n\
                      e4,test_bought,2026-01-05 11:00,c-3,b\n\
                      e5,test_viewed,2026-01-20 10:00,c-1,a\n";

fn bench() -> Bench {
    let bench = Bench::with_bank();
    let (map, events) = (bench.file("map.yaml", MAP), bench.file("events.csv", EVENTS));
    let imported = bench.run(&["import", "events", events.to_str().unwrap(), "--map", map.to_str().unwrap()]);
    assert!(imported.ok && imported.out.contains("5 added"), "{}{}", imported.out, imported.err);
    bench
}

/// The lines of an answer as their words.
fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn a_funnel_and_a_cohort_of_imported_events_are_counted_at_the_command_line() {
    let bench = bench();
    let days = ["--from", "2026-01-01", "--to", "2026-01-31"];
    let said = bench.run(&[&["funnel", "test_viewed > test_bought", "--split", "version"][..], &days].concat());
    assert!(said.ok, "{}", said.err);
    assert!(said.out.starts_with("funnel.v1, first step 2026-01-01 to 2026-01-31, within 7d"), "{}", said.out);
    let counts: Vec<_> = words(&said.out).iter().filter_map(|w| w.first()?.parse::<u64>().ok()).collect();
    // all, version a, version b: how many looked and how many of them bought
    assert_eq!(counts, [2, 1, 1, 1, 1, 0], "{}", said.out);
    assert!(said.out.contains("median 60 min after the step before"), "{}", said.out);
    assert!(said.out.contains("no share: fewer than"), "few persons have no share: {}", said.out);

    let said = bench.run(&[&["cohort", "test_viewed", "--periods", "3"][..], &days].concat());
    assert!(said.ok, "{}", said.err);
    let rows = words(&said.out);
    let week = rows.iter().find(|row| row.first() == Some(&"2026-01-05")).unwrap();
    assert_eq!(week[1..], ["2", "0/2", "0/2", "1/2", "0/2"], "{}", said.out);
}

#[test]
fn what_cannot_be_counted_is_said_with_the_field_and_what_to_do() {
    let bench = bench();
    let one = bench.run(&["funnel", "test_viewed"]);
    assert!(!one.ok && one.err.contains("steps: a funnel has 2 to 8 steps, not 1"), "{}", one.err);
    let day = bench.run(&["cohort", "test_viewed", "--from", "2026-13-01"]);
    assert!(!day.ok && day.err.contains("write a day as 2026-01-31"), "{}", day.err);
    let nobody = bench.run(&["cohort", "test_viewd"]);
    assert!(nobody.ok && nobody.out.contains("nobody did 'test_viewd' in these days"), "{}", nobody.out);
}
