//! Retention by survey: figures and voices after a run are those of what is kept.
use std::collections::BTreeMap;

use jiff::SignedDuration;
use peakend_app::Error;
use peakend_app::sense::survey::{self, DraftText};
use peakend_app::sense::{response, retention, signal};
use peakend_domain::sense::retention::{RetentionChange, SurveyMonths};
use peakend_query::{Counting, DayRange, Dimension, Filter, Question};
use peakend_testkit::World;
use serde_json::json;

const DAY: i64 = 24;

async fn publish(world: &World, code: &str, pillar: &str) {
    let yaml = format!(
        "code: {code}\npillar: {pillar}\nlanguages: [en]\ntitle: {{en: T}}\nquestions:\n  - {{id: nps, type: nps, \
         title: {{en: Recommend us?}}}}\n"
    );
    let page = survey::create(&world.ctx(), &DraftText::Yaml(yaml)).await.unwrap();
    survey::publish(&world.ctx(), page.row.id.as_str(), None).await.unwrap();
}

/// Two surveys of customers and one of employees; old and young voices of each, and signals.
async fn spoken() -> World {
    let world = World::new().await;
    for (code, pillar) in [("visit", "customer"), ("yearly", "customer"), ("enps", "employee")] {
        publish(&world, code, pillar).await;
    }
    for (age, nps) in [("old", 3), ("young", 9)] {
        for code in ["visit", "yearly", "enps"] {
            let said = json!({"id": format!("{code}-{age}"), "survey": code, "answers": {"nps": nps}});
            response::submit(&world.ctx(), &said).await.unwrap();
        }
        let heard = json!({"id": age, "channel": "review", "pillar": "customer", "nps": nps, "text": "slow"});
        signal::submit(&world.ctx(), &heard).await.unwrap();
        world.pump().await;
        world.advance(SignedDuration::from_hours(DAY * 100));
    }
    world
}

fn own(surveys: &[(&str, Option<u16>)]) -> Option<SurveyMonths> {
    Some(surveys.iter().map(|(code, months)| ((*code).to_owned(), *months)).collect())
}

/// Voices and the sum of their likelihood to recommend, by survey.
async fn figures(world: &World) -> BTreeMap<String, (u64, u64)> {
    let question = Question {
        org: world.org.to_string(),
        period: DayRange { from: i32::MIN, to: i32::MAX },
        filter: Filter::All,
        by: vec![Dimension::Survey],
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    let rows = world.app.warehouse.answer(&question).await.unwrap().rows;
    let sum = |nps: &[u64]| nps.iter().zip(0..).map(|(n, score)| n * score).sum();
    rows.into_iter().map(|row| (row.keys[0].clone(), (row.cell.voices, sum(&row.cell.nps)))).collect()
}

fn expected(rows: &[(&str, u64, u64)]) -> BTreeMap<String, (u64, u64)> {
    rows.iter().map(|(code, voices, sum)| ((*code).to_owned(), (*voices, *sum))).collect()
}

#[tokio::test]
async fn a_survey_with_a_shorter_time_loses_its_old_voices_alone() {
    let world = spoken().await;
    let surveys = own(&[("visit", Some(4))]);
    let change = RetentionChange { surveys, ..RetentionChange::default() };
    let seen = retention::preview(&world.ctx(), change.clone()).await.unwrap();
    let rows: Vec<_> = seen.surveys.iter().map(|one| (one.code.as_str(), one.voices, one.from.is_some())).collect();
    assert_eq!((seen.voices, rows), (1, vec![("visit", Some(1), true)]));
    retention::set(&world.ctx(), change).await.unwrap();
    let gone = world.app.retain(&world.org).await.unwrap();
    assert_eq!((gone.voices, gone.log_entries, gone.warehouse_rows), (1, 1, 1));
    let left = expected(&[("", 2, 12), ("visit", 1, 9), ("yearly", 2, 12), ("enps", 2, 12)]);
    assert_eq!(figures(&world).await, left);
    assert_eq!(world.app.retain(&world.org).await.unwrap().voices, 0, "a second run finds nothing");
}

#[tokio::test]
async fn a_survey_with_a_longer_time_or_none_outlives_the_organisations_and_employees_obey_the_same() {
    let world = spoken().await;
    let surveys = own(&[("visit", Some(12)), ("yearly", None), ("enps", Some(5))]);
    let change = RetentionChange { voices: Some(2), surveys, ..RetentionChange::default() };
    let seen = retention::preview(&world.ctx(), change.clone()).await.unwrap();
    let rows: Vec<_> = seen.surveys.iter().map(|one| (one.code.as_str(), one.voices, one.from.is_some())).collect();
    let counts = vec![("enps", None, true), ("visit", Some(0), true), ("yearly", Some(0), false)];
    assert_eq!((seen.voices, rows), (2, counts), "two signals; how many employees answered is not told");
    retention::set(&world.ctx(), change).await.unwrap();
    assert_eq!(world.app.retain(&world.org).await.unwrap().voices, 3);
    assert_eq!(figures(&world).await, expected(&[("visit", 2, 12), ("yearly", 2, 12), ("enps", 1, 9)]));
    // whoever knows nothing of surveys leaves their times alone
    let quiet = RetentionChange { voices: Some(2), ..RetentionChange::default() };
    let kept = retention::set(&world.ctx(), quiet).await.unwrap().keep;
    assert_eq!(Some(kept.surveys), own(&[("visit", Some(12)), ("yearly", None), ("enps", Some(5))]));
    let none = RetentionChange { voices: Some(2), surveys: own(&[]), ..RetentionChange::default() };
    retention::set(&world.ctx(), none).await.unwrap();
    assert_eq!(world.app.retain(&world.org).await.unwrap().voices, 5, "now the organisation's time holds for all");
    assert_eq!(figures(&world).await, BTreeMap::new());
}

#[tokio::test]
async fn what_two_previews_differ_by_tells_nothing_of_employees() {
    let world = spoken().await;
    let mut told = Vec::new();
    for months in [Some(1), Some(5), None] {
        let surveys = own(&[("enps", months)]);
        let change = RetentionChange { voices: Some(1), surveys, ..RetentionChange::default() };
        let seen = retention::preview(&world.ctx(), change).await.unwrap();
        told.push((seen.voices, seen.surveys.iter().filter_map(|one| one.voices).sum::<u64>()));
    }
    assert_eq!(told, [(6, 4); 3]);
}

#[tokio::test]
async fn an_unknown_survey_and_a_time_out_of_range_are_refused_by_name_together() {
    let world = spoken().await;
    let surveys = own(&[("vist", Some(6)), ("yearly", Some(0))]);
    let change = RetentionChange { voices: Some(601), surveys, ..RetentionChange::default() };
    for refused in [
        retention::preview(&world.ctx(), change.clone()).await.map(|_| ()),
        retention::set(&world.ctx(), change.clone()).await.map(|_| ()),
    ] {
        let Err(Error::Invalid(faults)) = refused else { panic!("{refused:?}") };
        let named: Vec<_> = faults.iter().map(|f| (f.path.as_str(), f.code.as_str())).collect();
        let all = [("surveys.vist", "unknown_survey"), ("voices", "out_of_range"), ("surveys.yearly", "out_of_range")];
        assert_eq!(named, all);
    }
    assert_eq!(retention::find(&world.ctx()).await.unwrap(), None, "nothing was set");
}
