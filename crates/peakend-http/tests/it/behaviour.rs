//! Funnels and cohorts over events that came in through the API.
use http::StatusCode;
use jiff::SignedDuration;
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

/// A message of a person on a day of January, at an hour in Shanghai.
fn did(user: &str, day: u32, hour: u32, event: &str, version: u32) -> Value {
    json!({ "type": "track", "messageId": format!("{user}-{day}-{hour}-{event}").replace(' ', ""), "userId": user, "event": event,
        "timestamp": format!("2026-01-{day:02}T{hour:02}:00:00+08:00"),
        "properties": { "version": version, "amount": { "cents": 5 } } })
}

async fn send(client: &Client, all: &[Value]) {
    let answer = client.post("/v1/batch", &json!({ "batch": all })).await.ok();
    assert_eq!(answer["accepted"], all.len(), "{answer}");
}

const FUNNEL: &str = "/api/v1/funnel?steps=Fund+Viewed+%3E+Fund+Bought&within=1d&from=2026-01-01&to=2026-01-31";
const COHORTS: &str = "/api/v1/cohorts?first=Signed+In&grain=week&periods=2&from=2026-01-05&to=2026-01-18";

/// Ten customers view a fund; six of them buy within a day, one too late.
async fn ten(client: &Client) {
    let mut all = Vec::new();
    for n in 0..10 {
        all.push(did(&format!("c{n}"), 6, 9, "Fund Viewed", 1 + n % 2));
    }
    all.extend((0..6).map(|n| did(&format!("c{n}"), 6, 11, "Fund Bought", 1)));
    all.push(did("c6", 8, 9, "Fund Bought", 1));
    send(client, &all).await;
}

#[tokio::test]
async fn a_funnel_counts_persons_with_their_interval_and_median_time() {
    let world = World::at("2026-02-20T01:00:00Z").await;
    let staff = world.signed_in(&world.owner).await;
    ten(&staff).await;
    world.pump().await;
    let funnel = staff.get(FUNNEL).await.ok();
    let bought = &funnel["total"]["steps"][1];
    assert_eq!((&funnel["total"]["steps"][0]["persons"], &bought["persons"]), (&json!(10), &json!(6)), "{funnel}");
    assert_eq!((&bought["median_seconds"], &bought["of_first"]["n"]), (&json!(7_200), &json!(10)));
    assert_eq!((&bought["of_first"]["definition"], &bought["of_first"]["value"]), (&json!("funnel.v1"), &json!(60.0)));
    // Wilson: 6 of 10 is 31.3 to 83.2 %
    let limit = |name: &str| bought["of_first"][name].as_f64().unwrap();
    assert!((limit("low") - 31.27).abs() < 0.01 && (limit("high") - 83.18).abs() < 0.01, "{bought}");
    // apart by the version of the first event, and a step that only one version counts for
    let split = staff.get(&format!("{FUNNEL}&split=version")).await.ok();
    let rows: Vec<_> =
        split["rows"].as_array().unwrap().iter().map(|r| (&r["key"], &r["steps"][1]["persons"])).collect();
    assert_eq!(rows, [(&json!("1"), &json!(3)), (&json!("2"), &json!(3))], "{split}");
    let first = FUNNEL.replace("Fund+Viewed", "Fund+Viewed%5Bversion%3D2%5D");
    assert_eq!(staff.get(&first).await.ok()["total"]["steps"][0]["persons"], 5);
    // what comes in later is counted by the next question
    send(&staff, &[did("c9", 6, 23, "Fund Bought", 1)]).await;
    world.pump().await;
    assert_eq!(staff.get(FUNNEL).await.ok()["total"]["steps"][1]["persons"], 7);
}

#[tokio::test]
async fn two_names_of_one_person_are_one_and_an_erased_person_is_none() {
    let world = World::at("2026-02-20T01:00:00Z").await;
    let staff = world.signed_in(&world.owner).await;
    ten(&staff).await;
    let mut view = did("nobody", 7, 9, "Fund Viewed", 1);
    (view["userId"], view["anonymousId"]) = (Value::Null, json!("browser-1"));
    send(&staff, &[view, did("c10", 7, 10, "Fund Bought", 1)]).await;
    world.pump().await;
    let persons = |funnel: &Value| [0, 1].map(|s| funnel["total"]["steps"][s]["persons"].as_u64().unwrap());
    assert_eq!(persons(&staff.get(FUNNEL).await.ok()), [11, 6]);
    staff.post("/v1/identify", &json!({ "userId": "c10", "anonymousId": "browser-1" })).await.ok();
    world.pump().await;
    assert_eq!(persons(&staff.get(FUNNEL).await.ok()), [11, 7], "the browser's view and the customer's purchase");
    let people = staff.get("/api/v1/people?q=c10").await.ok();
    let path = format!("/api/v1/people/{}/erasures", people["items"][0]["id"].as_str().unwrap());
    staff.post(&path, &json!({ "reason": "asked" })).await.ok();
    world.app.run_jobs(world.app.now()).await.unwrap();
    assert_eq!(persons(&staff.get(FUNNEL).await.ok()), [10, 6]);
}

#[tokio::test]
async fn what_employees_did_is_never_counted() {
    let world = World::at("2026-02-20T01:00:00Z").await;
    let staff = world.signed_in(&world.owner).await;
    ten(&staff).await;
    let known = [
        json!({ "aliases": { "user_id": "c0" }, "traits": { "kind": "employee" } }),
        json!({ "aliases": { "user_id": "c1", "employee_id": "e-1" }, "traits": {} }),
    ];
    for person in &known {
        staff.post("/api/v1/people", person).await.ok();
    }
    world.pump().await;
    let funnel = staff.get(FUNNEL).await.ok();
    assert_eq!(
        (&funnel["total"]["steps"][0]["persons"], &funnel["total"]["steps"][1]["persons"]),
        (&json!(8), &json!(4))
    );
    let cohorts = staff.get(&COHORTS.replace("Signed+In", "Fund+Viewed")).await.ok();
    assert_eq!(cohorts["total"]["persons"], 8, "{cohorts}");
}

#[tokio::test]
async fn cohorts_tell_who_came_back_and_wait_for_a_period_to_end() {
    // Friday of the third week
    let world = World::at("2026-01-23T01:00:00Z").await;
    let staff = world.signed_in(&world.owner).await;
    let mut all: Vec<Value> = (0..8).map(|n| did(&format!("c{n}"), 5 + n % 3, 9, "Signed In", 1)).collect();
    all.extend((0..4).map(|n| did(&format!("c{n}"), 14, 9, "Signed In", 1)));
    all.push(did("c8", 14, 9, "Signed In", 1));
    all.push(did("c9", 2, 9, "Signed In", 1));
    all.push(did("c9", 6, 9, "Signed In", 1));
    send(&staff, &all).await;
    world.pump().await;
    let cohorts = staff.get(COHORTS).await.ok();
    let first = &cohorts["rows"][0];
    assert_eq!((&first["period"]["from"], &first["persons"]), (&json!("2026-01-05"), &json!(8)), "{cohorts}");
    let share = &first["returned"][1]["share"];
    assert_eq!((&share["value"], &share["n"], &share["definition"]), (&json!(50.0), &json!(8), &json!("cohort.v1")));
    assert_eq!(first["returned"][2], Value::Null, "the third week has not ended");
    assert_eq!((&cohorts["rows"][1]["persons"], &cohorts["rows"][1]["returned"][1]), (&json!(1), &Value::Null));
    assert_eq!(cohorts["rows"][1]["returned"][0]["share"]["refused"]["reason"], "too_few_answers");
    assert_eq!((&cohorts["total"]["persons"], &cohorts["total"]["returned"][1]["of"]), (&json!(9), &json!(8)));
    world.advance(SignedDuration::from_hours(24 * 7));
    let staff = world.signed_in(&world.owner).await;
    assert_eq!(staff.get(COHORTS).await.ok()["rows"][0]["returned"][2]["persons"], 0, "by then nobody has");
}

#[tokio::test]
async fn questions_out_of_bounds_or_of_one_unit_only_are_refused() {
    let world = World::at("2026-02-20T01:00:00Z").await;
    let staff = world.signed_in(&world.owner).await;
    for (path, field) in [
        ("/api/v1/funnel?steps=Fund+Viewed", "steps"),
        ("/api/v1/funnel?steps=a+%3E++%3E+b", "steps"),
        ("/api/v1/funnel?steps=a+%3E+b&within=7", "within"),
        ("/api/v1/funnel?steps=a+%3E+b&from=2026-02-01&to=2026-01-01", "from"),
        ("/api/v1/cohorts?first=a%5Bb%5D", "first"),
        ("/api/v1/cohorts?first=a&periods=99", "periods"),
        ("/api/v1/cohorts?first=a&grain=day&from=2020-01-01", "periods"),
        ("/api/v1/cohorts?first=a&grain=year", "grain"),
    ] {
        let reply = staff.get(path).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["faults"][0]["path"]), (422, &json!(field)), "{path}");
    }
    let unit = staff
        .post("/api/v1/units", &json!({ "code": "south", "name": { "en": "South" }, "kind": "region" }))
        .await
        .ok();
    let manager = world.user(Role::UnitManager, unit["id"].as_str()).await;
    let reply = world.signed_in(&manager).await.get(FUNNEL).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "whole_organisation"));
    // another organisation sees nothing of ours
    ten(&staff).await;
    world.pump().await;
    let other = world.other_org().await;
    let theirs = world.stranger().with_key(&world.key_in(&other, Role::Analyst).await);
    assert_eq!(theirs.get(FUNNEL).await.ok()["total"]["steps"][0]["persons"], 0);
    assert_eq!(world.client(Role::Ingest).await.get(FUNNEL).await.status, StatusCode::FORBIDDEN);
}
