//! Retention: what is older than the setting goes from every file; the rest stays.
use http::StatusCode;
use jiff::SignedDuration;
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

use crate::erasure::{CANARY, OTHER, everything_shown, holding, import, prepare, work};

fn said(id: &str, nps: u8, words: &str) -> Value {
    json!({ "id": id, "survey": "leaving", "person": { "user_id": "u1" }, "answers": { "nps": nps, "why": words } })
}

fn done(id: &str, words: &str) -> Value {
    json!({ "type": "track", "messageId": id, "userId": "u1", "event": "Fund Redeemed", "properties": { "fund": words } })
}

/// A complaint with its case, closed; an event that leads to an ask; a file with a faulty row.
async fn long_ago(world: &World, staff: &Client) {
    prepare(staff).await;
    staff.post("/v1/batch", &json!({ "batch": [done("e-1", CANARY)] })).await.ok();
    staff.post("/api/v1/responses", &said("r-1", 1, &format!("{CANARY} waited a week"))).await.ok();
    world.pump().await;
    let people = staff.get("/api/v1/people").await.ok();
    work(staff, people["items"][0]["id"].as_str().unwrap(), CANARY).await;
    import(staff, &format!("who,day,words,stars\nu1,2026-01-02,{CANARY} here,1\nu1,soon {CANARY},bad,1\n")).await;
    world.pump().await;
    world.app.seal().await.unwrap();
}

#[tokio::test]
async fn no_byte_of_what_is_no_longer_kept_stays_in_any_file_or_list() {
    let world = World::new().await;
    long_ago(&world, &world.signed_in(&world.owner).await).await;
    world.advance(SignedDuration::from_hours(24 * 400));
    let staff = world.signed_in(&world.owner).await;
    staff.post("/v1/batch", &json!({ "batch": [done("e-2", OTHER)] })).await.ok();
    staff.post("/api/v1/responses", &said("r-2", 9, &format!("{OTHER} was quick"))).await.ok();
    world.pump().await;
    assert!(!holding(world.dir(), CANARY).is_empty(), "the probe sees what is there");

    let seen = staff.get("/api/v1/retention/preview?voices=12&events=12").await.ok();
    assert_eq!((&seen["voices"], &seen["events"]), (&json!(2), &json!(1)), "{seen}");
    assert!(!holding(world.dir(), CANARY).is_empty(), "a look changes nothing");
    let keep = json!({ "voices": 12, "events": 12, "outcomes": null });
    let set = staff.put("/api/v1/retention", &keep).await.ok();
    assert_eq!(set["keep"], json!({ "voices": 12, "events": 12, "outcomes": null, "surveys": {} }));
    world.app.run_jobs(world.app.now()).await.unwrap();

    let run = staff.get("/api/v1/retention").await.ok()["last_run"].clone();
    let went = ["voices", "cases", "events", "asks", "log_entries", "warehouse_rows"].map(|k| run[k].as_u64().unwrap());
    assert_eq!(went, [2, 1, 1, 1, 3, 2], "{run}");
    assert_eq!(holding(world.dir(), CANARY), Vec::<String>::new(), "no file holds a byte of it");
    assert!(!everything_shown(&staff).await.contains(CANARY));
    // what is young enough is untouched, and an id of old is still taken
    assert!(holding(world.dir(), OTHER).contains(&"world.sqlite".to_owned()));
    let voices = staff.get("/api/v1/voices?from=2020-01-01&to=2030-01-01").await.ok();
    assert_eq!(voices["total"], 1, "{voices}");
    let cases = staff.get("/api/v1/cases?view=all").await.ok();
    assert_eq!(cases["total"], 1, "the case stays as a number: {cases}");
    assert_eq!(staff.post("/api/v1/responses", &said("r-1", 1, "again")).await.ok()["status"], "replayed");
}

#[tokio::test]
async fn each_day_removes_what_has_become_too_old_once() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    prepare(&staff).await;
    let keep = json!({ "voices": 1, "events": null, "outcomes": null });
    staff.put("/api/v1/retention", &keep).await.ok();
    staff.post("/api/v1/responses", &said("r-1", 9, CANARY)).await.ok();
    world.pump().await;
    for (days, left) in [(1, 1), (27, 1), (5, 0)] {
        world.advance(SignedDuration::from_hours(24 * days));
        world.app.plan_retention().await.unwrap();
        world.app.plan_retention().await.unwrap();
        world.app.run_jobs(world.app.now()).await.unwrap();
        let staff = world.signed_in(&world.owner).await;
        let voices = staff.get("/api/v1/voices?from=2020-01-01&to=2030-01-01").await.ok();
        assert_eq!(voices["total"], left, "after {days} more days");
        let jobs = staff.get("/api/v1/jobs").await.ok();
        let today = jobs["items"].as_array().unwrap().iter().filter(|j| j["kind"] == "retain").count();
        assert!(today >= 2, "{jobs}");
    }
    let staff = world.signed_in(&world.owner).await;
    let jobs = staff.get("/api/v1/jobs").await.ok();
    assert_eq!(jobs["items"].as_array().unwrap().iter().filter(|j| j["kind"] == "retain").count(), 4, "one a day");
    assert_eq!(holding(world.dir(), CANARY), Vec::<String>::new());
}

#[tokio::test]
async fn only_an_owner_sets_it_and_a_time_out_of_range_is_refused() {
    let world = World::new().await;
    let keep = json!({ "voices": 12, "events": null, "outcomes": null });
    for role in [Role::Analyst, Role::UnitManager, Role::Agent, Role::Viewer, Role::Ingest] {
        let client = world.client(role).await;
        let sent = client.put("/api/v1/retention", &keep).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{role:?}");
        assert_eq!(client.get("/api/v1/retention").await.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    let staff = world.signed_in(&world.owner).await;
    let empty = staff.get("/api/v1/retention").await.ok();
    assert_eq!((&empty["saved_at"], &empty["keep"]["voices"]), (&Value::Null, &Value::Null), "everything is kept");
    let zero = json!({ "voices": 0, "events": 700, "outcomes": null });
    let faulty = staff.put("/api/v1/retention", &zero).await;
    let faults: Vec<Value> = faulty.json()["faults"].as_array().unwrap().iter().map(|f| f["path"].clone()).collect();
    assert_eq!((faulty.status.as_u16(), faults), (422, vec![json!("voices"), json!("events")]));
}

/// A survey of the same questions beside `leaving`.
async fn another(staff: &Client, code: &str, pillar: &str) {
    let yaml = format!(
        "code: {code}\npillar: {pillar}\nlanguages: [en]\ntitle: {{en: Other}}\nquestions:\n  - {{id: nps, type: nps, \
         title: {{en: Recommend us?}}}}\n  - {{id: why, type: text, title: {{en: Why?}}}}\n"
    );
    let made = staff.post("/api/v1/surveys", &json!({ "yaml": yaml })).await.ok();
    staff.post(&format!("/api/v1/surveys/{}/versions", made["id"].as_str().unwrap()), &json!({})).await.ok();
}

#[tokio::test]
async fn no_byte_of_a_survey_with_a_shorter_time_stays_while_another_of_the_same_age_is_kept() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    prepare(&staff).await;
    another(&staff, "yearly", "customer").await;
    staff.post("/api/v1/responses", &said("r-1", 1, &format!("{CANARY} waited a week"))).await.ok();
    world.pump().await;
    let people = staff.get("/api/v1/people").await.ok();
    work(&staff, people["items"][0]["id"].as_str().unwrap(), CANARY).await;
    let mut other = said("r-2", 9, &format!("{OTHER} was quick"));
    other["survey"] = json!("yearly");
    staff.post("/api/v1/responses", &other).await.ok();
    world.pump().await;
    world.app.seal().await.unwrap();
    world.advance(SignedDuration::from_hours(24 * 200));

    let staff = world.signed_in(&world.owner).await;
    let seen = staff.get("/api/v1/retention/preview?voices=12&surveys=leaving:6,yearly:").await.ok();
    let by_survey: Vec<(&Value, &Value)> =
        seen["surveys"].as_array().unwrap().iter().map(|one| (&one["survey"], &one["voices"])).collect();
    assert_eq!(by_survey, [(&json!("leaving"), &json!(1)), (&json!("yearly"), &json!(0))], "{seen}");
    assert_eq!((&seen["voices"], &seen["surveys"][1]["voices_from"]), (&json!(1), &Value::Null), "{seen}");
    assert!(!holding(world.dir(), CANARY).is_empty(), "a look changes nothing");
    let keep = json!({ "voices": 12, "events": null, "outcomes": null, "surveys": { "leaving": 6, "yearly": null } });
    assert_eq!(staff.put("/api/v1/retention", &keep).await.ok()["keep"], keep);
    world.app.run_jobs(world.app.now()).await.unwrap();

    let run = staff.get("/api/v1/retention").await.ok()["last_run"].clone();
    let went = ["voices", "cases", "log_entries", "warehouse_rows"].map(|k| run[k].as_u64().unwrap());
    assert_eq!(went, [1, 1, 1, 1], "{run}");
    assert_eq!(holding(world.dir(), CANARY), Vec::<String>::new(), "no file holds a byte of it");
    assert!(!everything_shown(&staff).await.contains(CANARY));
    assert!(holding(world.dir(), OTHER).contains(&"world.sqlite".to_owned()), "the other survey is kept");
    let voices = staff.get("/api/v1/voices?from=2020-01-01&to=2030-01-01").await.ok();
    assert_eq!((&voices["total"], &voices["items"][0]["survey"]), (&json!(1), &json!("yearly")), "{voices}");

    // an older client says nothing of surveys, and changes nothing of them
    let older = json!({ "voices": 24, "events": null, "outcomes": null });
    let set = staff.put("/api/v1/retention", &older).await.ok();
    assert_eq!(set["keep"]["surveys"], json!({ "leaving": 6, "yearly": null }));
    let none = json!({ "voices": 24, "events": null, "outcomes": null, "surveys": {} });
    assert_eq!(staff.put("/api/v1/retention", &none).await.ok()["keep"], none);
}

#[tokio::test]
async fn a_time_for_an_unknown_survey_is_refused_by_name() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    prepare(&staff).await;
    let keep = json!({ "voices": 12, "events": null, "outcomes": null, "surveys": { "leavin": 6, "leaving": 601 } });
    let faulty = staff.put("/api/v1/retention", &keep).await;
    let faults: Vec<String> =
        faulty.json()["faults"].as_array().unwrap().iter().map(|f| format!("{} {}", f["path"], f["code"])).collect();
    let named = [r#""surveys.leavin" "unknown_survey""#, r#""surveys.leaving" "out_of_range""#];
    assert_eq!((faulty.status.as_u16(), faults), (422, named.map(ToOwned::to_owned).to_vec()));
    for (query, path) in [("surveys=leavin:6", "surveys.leavin"), ("surveys=leaving", "surveys")] {
        let faulty = staff.get(&format!("/api/v1/retention/preview?{query}")).await;
        assert_eq!((faulty.status.as_u16(), &faulty.json()["faults"][0]["path"]), (422, &json!(path)), "{query}");
    }
}

#[tokio::test]
async fn figures_of_employees_count_only_what_is_kept_from_the_moment_it_is_removed() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    another(&staff, "enps", "employee").await;
    for (age, n, nps) in [("old", 20, 3), ("young", 12, 9)] {
        for one in 0..n {
            let said = json!({ "id": format!("{age}-{one}"), "survey": "enps", "answers": { "nps": nps } });
            world.signed_in(&world.owner).await.post("/api/v1/responses", &said).await.ok();
        }
        world.pump().await;
        world.advance(SignedDuration::from_hours(24 * 100));
    }
    let staff = world.signed_in(&world.owner).await;
    let figures = "/api/v1/figures?metric=enps&pillar=employee&from=2026-01-01&to=2026-12-31";
    assert_eq!(staff.get(figures).await.ok()["total"]["figure"]["n"], 32);
    let keep = json!({ "voices": null, "events": null, "outcomes": null, "surveys": { "enps": 4 } });
    staff.put("/api/v1/retention", &keep).await.ok();
    world.app.run_jobs(world.app.now()).await.unwrap();
    let left = staff.get(figures).await.ok();
    assert_eq!(left["total"]["figure"]["n"], 12, "no new voice had to come first: {left}");
}
