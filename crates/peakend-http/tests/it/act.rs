//! Cases, rules, calendars, initiatives and jobs over HTTP, from a signal to a closed case.
use http::StatusCode;
use peakend_app::act::job;
use peakend_domain::Role;
use peakend_domain::act::job::JobRequest;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

async fn detractor_rule(client: &Client) {
    let calendars = client.get("/api/v1/calendars").await.ok();
    assert_eq!(calendars["items"][0]["code"], "standard");
    let rule = json!({
        "code": "detractor", "name": "Detractor", "pillar": "customer", "condition": "nps <= 6", "priority": "high",
        "contact_minutes": 240, "resolve_minutes": 480, "calendar": calendars["items"][0]["id"], "enabled": true,
    });
    client.post("/api/v1/alert-rules", &rule).await.ok();
}

async fn heard(world: &World, client: &Client, id: &str, nps: u8) {
    let signal = json!({
        "id": id, "pillar": "customer", "channel": "hotline", "text": "赎回等了一周", "author": "Lin", "nps": nps,
        "person": {"customer_id": format!("c-{id}"), "phone": "13800000000"}, "at": world.app.now().to_string(),
    });
    client.post("/api/v1/signals", &signal).await.ok();
    world.pump().await;
}

fn row(list: &Value) -> &Value {
    &list["items"][0]
}

#[tokio::test]
async fn a_low_score_becomes_a_case_that_staff_take_contact_and_close() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    detractor_rule(&staff).await;
    heard(&world, &staff, "s1", 9).await;
    heard(&world, &staff, "s2", 1).await;
    let list = staff.get("/api/v1/cases?view=team").await.ok();
    assert_eq!((list["total"].as_i64(), list["counts"]["overdue"].as_i64()), (Some(1), Some(0)));
    assert_eq!(
        (row(&list)["contact"]["state"].as_str(), row(&list)["contact"]["minutes_left"].as_i64()),
        (Some("running"), Some(240))
    );
    let path = format!("/api/v1/cases/{}", row(&list)["id"].as_str().unwrap());
    let early = staff.post(&format!("{path}/resolutions"), &json!({"root_cause": "process"})).await;
    assert_eq!((early.status, early.code()), (StatusCode::UNPROCESSABLE_ENTITY, "case_not_taken".to_owned()));
    let taken = staff.post(&format!("{path}/takings"), &json!({"revision": 0})).await.ok();
    assert_eq!((taken["phase"].as_str(), taken["revision"].as_i64()), (Some("taken"), Some(1)));
    let stale = staff.post(&format!("{path}/notes"), &json!({"text": "late", "revision": 0})).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::CONFLICT, "case_changed".to_owned()));
    let contact = json!({"channel": "phone", "outcome": "reached", "note": "calm now"});
    staff.post(&format!("{path}/contacts"), &contact).await.ok();
    let offer = json!({"kind": "fee_refund", "amount": {"amount_minor": 5000, "currency": "CNY"}});
    staff.post(&format!("{path}/offers"), &offer).await.ok();
    let closed = staff.post(&format!("{path}/resolutions"), &json!({"root_cause": "waiting", "note": "x"})).await.ok();
    assert_eq!((closed["phase"].as_str(), closed["contact"]["state"].as_str()), (Some("resolved"), Some("met")));
    assert_eq!((closed["recovery"].as_str(), closed["reask"].is_null()), (Some("not_asked"), true));
    let kinds: Vec<&str> = closed["history"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["opened", "taken", "contacted", "offered", "resolved"]);
    let again = staff.post(&format!("{path}/reopenings"), &json!({"reason": "called again"})).await.ok();
    assert_eq!(again["phase"], "reopened");
}

#[tokio::test]
async fn bad_input_to_a_case_names_the_field() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    detractor_rule(&staff).await;
    heard(&world, &staff, "s1", 1).await;
    let list = staff.get("/api/v1/cases").await.ok();
    let path = format!("/api/v1/cases/{}", row(&list)["id"].as_str().unwrap());
    for (noun, body, field) in [
        ("contacts", json!({"channel": "pigeon", "outcome": "reached"}), "channel"),
        ("contacts", json!({"channel": "phone", "outcome": "maybe"}), "outcome"),
        ("resolutions", json!({"root_cause": "fate"}), "root_cause"),
        ("notes", json!({"text": "  "}), "text"),
        ("assignments", json!({"to": "usr_00000000000000000000000000"}), "to"),
    ] {
        let reply = staff.post(&format!("{path}/{noun}"), &body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{noun}");
        assert_eq!(reply.json()["faults"][0]["path"], field, "{noun}");
    }
    assert_eq!(staff.get("/api/v1/cases?cursor=nonsense").await.json()["faults"][0]["path"], "cursor");
    assert_eq!(staff.get("/api/v1/cases?order=fate").await.json()["faults"][0]["path"], "order");
    assert_eq!(staff.get("/api/v1/cases?phase=lost").await.json()["faults"][0]["path"], "phase");
    let key = world.client(Role::Owner).await;
    assert_eq!(key.post(&format!("{path}/takings"), &json!({})).await.code(), "takes_a_person");
}

#[tokio::test]
async fn a_condition_is_tried_before_it_is_in_force() {
    let world = World::new().await;
    let staff = world.client(Role::Analyst).await;
    for (id, nps) in [("s1", 1), ("s2", 5), ("s3", 9)] {
        heard(&world, &staff, id, nps).await;
    }
    let trial = json!({"pillar": "customer", "condition": "nps <= 6 && text.contains(\"赎回\")"});
    let tried = staff.post("/api/v1/alert-rules/trials", &trial).await.ok();
    assert_eq!((tried["examined"].as_i64(), tried["cases"].as_i64()), (Some(3), Some(2)));
    let broken = staff.post("/api/v1/alert-rules/trials", &json!({"pillar": "customer", "condition": "nps <="})).await;
    assert_eq!(broken.json()["faults"][0]["path"], "condition");
    assert_eq!(staff.get("/api/v1/cases").await.ok()["total"], 0);
}

#[tokio::test]
async fn a_calendar_is_changed_as_a_whole_and_its_faults_are_named() {
    let world = World::new().await;
    let staff = world.client(Role::Analyst).await;
    let mut calendar = staff.get("/api/v1/calendars").await.ok()["items"][0].clone();
    let path = format!("/api/v1/calendars/{}", calendar["id"].as_str().unwrap());
    calendar.as_object_mut().unwrap().remove("id");
    calendar["week"]["sat"] = json!([{"from": "10:00", "to": "14:00"}]);
    let saved = staff.put(&path, &calendar).await.ok();
    assert_eq!(saved["week"]["sat"][0]["to"], "14:00");
    assert_eq!(saved["holidays"], calendar["holidays"]);
    calendar["week"] = json!({});
    let refused = staff.put(&path, &calendar).await;
    assert_eq!(refused.json()["faults"][0]["code"], "calendar_without_hours");
}

#[tokio::test]
async fn an_initiative_goes_from_plan_to_completion() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    for nps in 0..=9u8 {
        heard(&world, &staff, &format!("s{nps}"), nps).await;
    }
    let plan = json!({"name": "Redeem in a day", "pillar": "customer", "departments": ["operations"],
        "target": {"metric": "nps", "filter": {"channel": "hotline"}, "value": 10}});
    let made = staff.post("/api/v1/initiatives", &plan).await.ok();
    let path = format!("/api/v1/initiatives/{}", made["id"].as_str().unwrap());
    let task = json!({"title": "one form", "department": "operations", "due_on": "2026-02-01"});
    let tasked = staff.post(&format!("{path}/tasks"), &task).await.ok();
    let mark = format!("{path}/tasks/{}", tasked["tasks"][0]["id"].as_str().unwrap());
    assert!(staff.put(&mark, &json!({"done": true})).await.ok()["tasks"][0]["done_at"].is_string());
    let period = json!({"from": "2025-12-01", "to": "2026-01-05"});
    let frozen = staff.post(&format!("{path}/baselines"), &period).await.ok();
    assert_eq!((frozen["phase"].as_str(), frozen["baseline"]["overall"]["n"].as_i64()), (Some("baselined"), Some(10)));
    assert_eq!(staff.post(&format!("{path}/baselines"), &period).await.code(), "initiative_already_baselined");
    let live = staff.post(&format!("{path}/launches"), &json!({"on": "2026-01-06"})).await.ok();
    assert_eq!((live["phase"].as_str(), live["live_on"].as_str()), (Some("live"), Some("2026-01-06")));
    let done = staff.post(&format!("{path}/completions"), &json!({"note": "it held"})).await.ok();
    assert_eq!(done["phase"], "completed");
    let list = staff.get("/api/v1/initiatives?phase=completed").await.ok();
    assert_eq!((list["total"].as_i64(), list["next_cursor"].is_null()), (Some(1), true));
}

#[tokio::test]
async fn jobs_are_for_owners_and_only_dead_ones_are_replayed() {
    let world = World::new().await;
    assert_eq!(world.client(Role::Analyst).await.get("/api/v1/jobs").await.status, StatusCode::FORBIDDEN);
    let owner = world.client(Role::Owner).await;
    assert_eq!(owner.get("/api/v1/jobs?state=dead").await.ok()["total"], 0);
    let none = owner.post("/api/v1/jobs/job_00000000000000000000000000/replays", &json!({})).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    // a kind that no worker knows fails until it is given up, and says why
    let now = world.app.now();
    let request = JobRequest { kind: "carry".to_owned(), payload: json!({}), run_at: now, unique_key: "1".to_owned() };
    let mut tx = world.app.store.begin().await.unwrap();
    job::enqueue(&mut tx, &*world.app.entropy, &world.org, &request, now).await.unwrap();
    tx.commit().await.unwrap();
    for _attempt in 0..7 {
        world.app.run_jobs(world.app.now()).await.unwrap();
        world.advance(jiff::SignedDuration::from_hours(25));
    }
    let dead = owner.get("/api/v1/jobs?state=dead").await.ok();
    assert_eq!((&dead["counts"], dead["items"][0]["attempts"].as_i64()), (&json!({"dead": 1}), Some(7)));
    assert!(dead["items"][0]["last_error"].as_str().unwrap().contains("carry"));
    let again = format!("/api/v1/jobs/{}/replays", dead["items"][0]["id"].as_str().unwrap());
    assert_eq!(world.client(Role::Analyst).await.post(&again, &json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.post(&again, &json!({})).await.ok()["state"], "waiting");
    assert_eq!(owner.post(&again, &json!({})).await.code(), "job_not_dead");
}
