//! The main job on data that nobody here made: four public files, imported,
//! searched, measured, acted upon and contrasted, with the figures printed.
#![expect(clippy::print_stdout, reason = "prints its figures, and says what it skips")]
use std::path::PathBuf;

use peakend_app::act::case::{self, CaseQuery, CaseView};
use peakend_app::act::{alert_rule, calendar};
use peakend_app::insight::figure::{FigureQuestion, figures};
use peakend_app::insight::voice_list::{self, VoiceFilter, VoicesWanted};
use peakend_app::sense::survey;
use peakend_app::value::contrast::{self, Of};
use peakend_app::value::outcome;
use peakend_domain::act::alert_rule::AlertRuleDraft;
use peakend_domain::act::case::Priority;
use peakend_domain::sense::import::ImportKind;
use peakend_domain::value::outcome::{Absent, Better, Nature, OutcomeKind, OutcomeUnit};
use peakend_domain::{Day, LocalText, Month, Pillar, Scope};
use peakend_query::{VoiceKind, VoiceOrder};
use peakend_store::act::case::CaseFilter;
use peakend_testkit::World;

use super::import::{counts, run};

fn reference(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference").join(name);
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        println!("SKIPPED: the reference data {name} is not here");
    }
    found
}

fn example(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/imports").join(name))
        .unwrap()
}

#[tokio::test]
async fn the_main_job_runs_on_four_public_files() {
    let Some(reviews) = reference("sentiment-zh-waimai/data.tsv") else { return };
    let [mobi, telco, cdnow] =
        ["csi-mobi", "survival-telco", "growth-cdnow"].map(|d| reference(&format!("{d}/data.csv")));
    let (Some(mobi), Some(telco), Some(cdnow)) = (mobi, telco, cdnow) else { return };
    let world = World::at("2026-07-01T01:00:00Z").await;
    let page = survey::create(&world.ctx(), &survey::DraftText::Yaml(example("csi-mobi.survey.yaml"))).await.unwrap();
    survey::publish(&world.ctx(), page.row.id.as_str(), None).await.unwrap();
    let mut tx = world.app.store.begin().await.unwrap();
    outcome::seed_in(&mut tx, &world.org).await.unwrap();
    tx.commit().await.unwrap();
    let fee = OutcomeKind {
        code: "fee".into(),
        name: LocalText::one("Monthly fee"),
        unit: OutcomeUnit::Money,
        better: Better::Higher,
        nature: Nature::Flow,
        absent: Absent::Unknown,
    };
    outcome::add(&world.ctx(), fee).await.unwrap();
    for (code, condition) in
        [("bad-review", "kind == 'signal' && csat <= 2"), ("unsatisfied", "csat <= 2 && survey == 'csi-mobi'")]
    {
        alert(&world, code, condition).await;
    }
    let files = [
        (ImportKind::Signals, "waimai.yaml", &reviews, 2_000),
        (ImportKind::Responses, "csi-mobi.yaml", &mobi, 250),
        (ImportKind::People, "telco-people.yaml", &telco, 7_032),
        (ImportKind::Outcomes, "telco-outcomes.yaml", &telco, 7_032),
        (ImportKind::Events, "cdnow.yaml", &cdnow, 6_919),
    ];
    for (kind, map, file, rows) in files {
        let report = run(&world, kind, &example(map), file, false).await;
        assert_eq!((counts(&report), &report.faults[..]), ([rows, rows, 0, 0], &[][..]), "{map}");
        assert_eq!(counts(&run(&world, kind, &example(map), file, false).await), [rows, 0, rows, 0], "{map} again");
    }
    world.pump().await;
    let mut tx = world.app.store.read().await.unwrap();
    let persons = peakend_store::sense::person::count(&mut tx, &Scope::all(world.org.clone()), "").await.unwrap();
    let buyers = String::from_utf8(cdnow).unwrap();
    let mut ids: Vec<&str> = buyers.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(persons, 7_032 + 250 + ids.len() as i64);
    let voices = peakend_store::sense::voice::after(&mut tx, &world.org, 0, 10_000).await.unwrap();
    assert_eq!(voices.len(), 2_250);
    let bad = voices.iter().filter(|v| v.channel_code == "waimai" && v.csat == Some(1)).count();
    let neg = String::from_utf8(reviews).unwrap().lines().filter(|l| l.starts_with("neg\t")).count();
    assert_eq!(bad, neg);
    drop(tx);
    searched(&world).await;
    measured(&world).await;
    cases(&world, neg).await;
    contrasted(&world).await;
}

async fn alert(world: &World, code: &str, condition: &str) {
    let ctx = world.ctx();
    let draft = AlertRuleDraft {
        code: code.to_owned(),
        name: code.to_owned(),
        pillar: Pillar::Customer,
        condition: condition.to_owned(),
        priority: Priority::High,
        contact_minutes: 240,
        resolve_minutes: 480,
        calendar: calendar::list(&ctx).await.unwrap().remove(0).id,
        enabled: true,
    };
    alert_rule::put(&ctx, None, draft).await.unwrap();
}

async fn searched(world: &World) {
    let wanted = VoicesWanted {
        filter: VoiceFilter { pillar: Some(Pillar::Customer), ..VoiceFilter::default() },
        words: "送餐".to_owned(),
        from: Day::parse("2026-06-01").unwrap(),
        to: Day::parse("2026-06-30").unwrap(),
        order: VoiceOrder::Newest,
        offset: 0,
        limit: 50,
    };
    let found = voice_list::list(&world.ctx(), &wanted).await.unwrap();
    assert!(found.total > 50 && found.items.iter().all(|h| h.voice.text.contains("送餐")));
    println!("searched: {} of 2,000 reviews speak of 送餐", found.total);
    let bad = VoicesWanted { filter: VoiceFilter { band: Some("unsatisfied".to_owned()), ..wanted.filter }, ..wanted };
    let fewer = voice_list::list(&world.ctx(), &bad).await.unwrap();
    assert!(fewer.total < found.total && fewer.items.iter().all(|h| h.voice.csat <= Some(3)));
}

async fn measured(world: &World) {
    let asked = |kind| FigureQuestion {
        metric: "csat".to_owned(),
        by: Vec::new(),
        grain: None,
        from: Day::parse("2026-06-01").unwrap(),
        to: Day::parse("2026-06-30").unwrap(),
        compare: false,
        filter: VoiceFilter { pillar: Some(Pillar::Customer), kind: Some(kind), ..VoiceFilter::default() },
    };
    for (kind, satisfied, n) in [(VoiceKind::Signal, 656, 2_000), (VoiceKind::Response, 226, 250)] {
        let shown = figures(&world.ctx(), &asked(kind)).await.unwrap().total.answer.unwrap();
        let share = 100.0 * f64::from(satisfied) / n as f64;
        assert_eq!(shown.n, n);
        assert!((shown.value.unwrap() - share).abs() < 1e-9);
        println!("measured: CSAT of {kind:?} {share:.1} %, n {n}, 95 % interval {:.1?}", shown.interval.unwrap());
    }
}

async fn cases(world: &World, bad_reviews: usize) {
    let query = CaseQuery { view: CaseView::Team, order: None, filter: CaseFilter::default(), after: None, limit: 1 };
    let total = case::list(&world.ctx(), &query).await.unwrap().total;
    assert_eq!(
        usize::try_from(total).unwrap(),
        bad_reviews,
        "each bad review has its case; history of answers is quiet"
    );
    println!("acted: {total} low scores turned into cases");
}

/// No person is in two of these files: those who left are contrasted in what
/// they paid, and their satisfaction is refused instead of guessed.
async fn contrasted(world: &World) {
    let table = contrast::read(&world.ctx(), "churn", Month::parse("2026-06").unwrap()).await.unwrap();
    assert_eq!((table.marked, table.others), (1_869, 5_163));
    for row in &table.rows {
        let (left, stayed) = (&row.marked, &row.others);
        match &row.of {
            Of::Outcome(kind) if kind.code == "fee" => {
                let (left, stayed) = (left.as_ref().unwrap(), stayed.as_ref().unwrap());
                let change = row.change.as_ref().unwrap();
                assert!((left.value.unwrap() / 100.0 - 74.44).abs() < 0.01, "{left:?}");
                assert!((stayed.value.unwrap() / 100.0 - 61.31).abs() < 0.01, "{stayed:?}");
                assert_eq!(change.claim, "higher");
                println!(
                    "contrasted: fee of {} who left {:.2}, of {} who stayed {:.2}, difference {:.2} ({:.2} to {:.2})",
                    left.n,
                    left.value.unwrap() / 100.0,
                    stayed.n,
                    stayed.value.unwrap() / 100.0,
                    change.diff / 100.0,
                    change.interval.0 / 100.0,
                    change.interval.1 / 100.0,
                );
            }
            Of::Metric(metric) => {
                assert_eq!(left.as_ref().unwrap_err().have, Some(0.0));
                println!("contrasted: {metric} is refused, nobody who left had answered");
            }
            Of::Outcome(_) => {}
        }
    }
}
