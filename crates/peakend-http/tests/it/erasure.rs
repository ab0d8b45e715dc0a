//! Erasure, with planted words searched for byte by byte in every file.
use std::path::Path;

use http::{Method, StatusCode};
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

use crate::walk;

/// Stands in everything that the person of these tests says, does or is called.
pub(crate) const CANARY: &str = "canary-7f3a";
/// Stands in what somebody else says: it must stay.
pub(crate) const OTHER: &str = "sparrow-11c0";

/// Files of a folder that hold the bytes, whatever the case of their letters.
pub(crate) fn holding(folder: &Path, words: &str) -> Vec<String> {
    let words = words.as_bytes();
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, std::str::from_utf8(words).unwrap()));
        } else if std::fs::read(&path).unwrap().windows(words.len()).any(|w| w.eq_ignore_ascii_case(words)) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

pub(crate) async fn prepare(staff: &Client) {
    let yaml = "code: leaving\npillar: customer\nlanguages: [en]\ntitle: {en: Leaving}\nquestions:\n  - {id: nps, type: nps, \
                title: {en: Recommend us?}}\n  - {id: why, type: text, title: {en: Why?}}\n";
    let made = staff.post("/api/v1/surveys", &json!({ "yaml": yaml })).await.ok();
    staff.post(&format!("/api/v1/surveys/{}/versions", made["id"].as_str().unwrap()), &json!({})).await.ok();
    let calendars = staff.get("/api/v1/calendars").await.ok();
    let rule = json!({
        "code": "detractor", "name": "Detractor", "pillar": "customer", "condition": "nps <= 6", "priority": "high",
        "contact_minutes": 240, "resolve_minutes": 480, "calendar": calendars["items"][0]["id"], "enabled": true,
    });
    staff.post("/api/v1/alert-rules", &rule).await.ok();
    let rule = json!({ "code": "gone", "name": "Gone", "event_name": "Fund Redeemed", "survey": "leaving", "condition": "",
        "enabled": true });
    staff.post("/api/v1/event-rules", &rule).await.ok();
}

pub(crate) fn answered(id: &str, who: &str) -> Value {
    json!({ "id": id, "survey": "leaving", "person": { "user_id": who },
        "answers": { "nps": 1, "why": format!("{who} waited a week") } })
}

/// One person speaks through every door: page, API, event, review, file, case.
async fn speak(world: &World, staff: &Client, who: &str, number: &str) -> String {
    let traits = json!({ "email": format!("{who}@example.com"), "phone": format!("1380000{number}"), "name": format!("Name {who}"),
        "hobby": format!("sails the {who}") });
    let identify = json!({ "type": "identify", "messageId": format!("i-{number}"), "userId": who, "traits": traits });
    let before = json!({ "type": "identify", "messageId": format!("a-{number}"), "anonymousId": format!("device {who}"),
        "traits": { "seen": format!("as {who}") } });
    let joined = json!({ "type": "alias", "messageId": format!("b-{number}"), "userId": who,
        "previousId": format!("device {who}") });
    let event = json!({ "type": "track", "messageId": format!("e-{number}"), "userId": who, "event": "Fund Redeemed",
        "properties": { "fund": format!("{who} income") } });
    staff.post("/v1/batch", &json!({ "batch": [before, identify, joined, event] })).await.ok();
    world.pump().await;
    staff.post("/api/v1/responses", &answered(&format!("r-{number}"), who)).await.ok();
    let signal = json!({ "id": format!("s-{number}"), "pillar": "customer", "channel": "hotline", "nps": 2,
        "text": format!("{who} said so"), "author": format!("{who} herself"), "url": format!("https://x.example/{who}"),
        "person": { "email": format!("{who}@EXAMPLE.com") } });
    staff.post("/api/v1/signals", &signal).await.ok();
    let words = format!("who,day,words,stars\n{who},2026-01-02,{who} in a file,1\n{who},soon {who},bad row,1\n");
    import(staff, &words).await;
    world.pump().await;
    let people = staff.get(&format!("/api/v1/people?q={who}")).await.ok();
    assert_eq!(people["total"], 1, "{people}");
    let id = people["items"][0]["id"].as_str().unwrap().to_owned();
    let outcomes = json!({ "batch": format!("o-{number}"), "rows": [
        { "person": id, "kind": "aum", "month": "2025-12", "value": 130_000 } ] });
    staff.post("/api/v1/outcomes", &outcomes).await.ok();
    work(staff, &id, who).await;
    id
}

/// The person's case gets words at every step.
pub(crate) async fn work(staff: &Client, person: &str, who: &str) {
    let list = staff.get(&format!("/api/v1/cases?view=all&person={person}")).await.ok();
    let path = format!("/api/v1/cases/{}", list["items"][0]["id"].as_str().unwrap());
    staff.post(&format!("{path}/takings"), &json!({})).await.ok();
    staff.post(&format!("{path}/notes"), &json!({ "text": format!("{who} called") })).await.ok();
    let contact = json!({ "channel": "phone", "outcome": "reached", "note": format!("{who} is calm") });
    staff.post(&format!("{path}/contacts"), &contact).await.ok();
    staff.post(&format!("{path}/offers"), &json!({ "kind": "voucher", "note": format!("for {who}") })).await.ok();
    let closing = json!({ "root_cause": "waiting", "note": format!("{who} waited") });
    staff.post(&format!("{path}/resolutions"), &closing).await.ok();
}

pub(crate) async fn import(staff: &Client, csv: &str) {
    let map = "channel: {value: store}\npillar: {value: customer}\nat: day\ntext: words\ncsat: stars\nperson: {user_id: who}\n";
    let part = |name: &str, more: &str, body: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{body}\r\n")
    };
    let form = part("kind", "", "signals")
        + &part("map", "", map)
        + &part("skip_faulty", "", "true")
        + &part("file", "; filename=\"reviews.csv\"", csv)
        + "--B--\r\n";
    let sent = Some(("multipart/form-data; boundary=B", form.into_bytes()));
    let begun = staff.send(Method::POST, "/api/v1/imports", sent).await.ok();
    let path = format!("/api/v1/imports/{}", begun["id"].as_str().unwrap());
    loop {
        let one = staff.get(&path).await.ok();
        if !one["finished_at"].is_null() {
            assert_eq!((&one["rows_added"], &one["rows_faulty"]), (&json!(1), &json!(1)), "{one}");
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Every list of the API and every page that hangs on an id of a list.
pub(crate) async fn everything_shown(staff: &Client) -> String {
    let mut shown = String::new();
    for op in walk::operations().iter().filter(|op| op.reads() && op.path.starts_with("/api/v1/") && !op.has_params()) {
        let reply = staff.get(&format!("{}{}", op.path, op.required_query())).await;
        shown.push_str(&reply.text());
        let Ok(list) = serde_json::from_slice::<Value>(&reply.body) else { continue };
        let ids = list["items"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str());
        for id in ids.take(20) {
            shown.push_str(&staff.get(&format!("{}/{id}", op.path)).await.text());
        }
    }
    for view in ["/api/v1/cases?view=all", "/api/v1/voices?q=waited&from=2020-01-01&to=2030-01-01"] {
        shown.push_str(&staff.get(view).await.text());
    }
    shown
}

#[tokio::test]
async fn no_byte_of_an_erased_person_stays_in_any_file_or_list() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    prepare(&staff).await;
    let id = speak(&world, &staff, CANARY, "7007").await;
    let other = speak(&world, &staff, OTHER, "8008").await;
    // accepted, and not yet taken in when the erasure is asked for
    staff.post("/api/v1/responses", &answered("late", CANARY)).await.ok();
    assert!(everything_shown(&staff).await.contains(CANARY), "the probe sees what is there");
    assert!(!holding(world.dir(), CANARY).is_empty(), "the probe sees what is there");

    let path = format!("/api/v1/people/{id}/erasures");
    let asked = staff.post(&path, &json!({ "reason": "asked" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text());
    let counts = &asked.json()["removed"];
    let got = ["voices", "events", "cases", "log_entries"].map(|kind| counts[kind].as_u64().unwrap());
    assert_eq!(got, [3, 1, 1, 5], "three voices, an event, a case; their entries and the late one: {counts}");
    assert_eq!(staff.get(&format!("/api/v1/people/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(staff.post(&path, &json!({ "reason": "asked" })).await.status, StatusCode::NOT_FOUND);
    world.pump().await;
    let imports_still_to_come = everything_shown(&staff).await.replace(&format!("soon {CANARY}"), "");
    assert!(!imports_still_to_come.contains(CANARY), "hidden at once");

    world.app.run_jobs(world.app.now()).await.unwrap();
    let list = staff.get("/api/v1/erasures").await.ok();
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["person"]), (&json!("done"), &json!(id)));
    assert!(list["items"][0]["removed"]["warehouse_rows"].as_u64().unwrap() >= 3, "{list}");
    assert!(!everything_shown(&staff).await.contains(CANARY), "nothing is shown");
    assert_eq!(holding(world.dir(), CANARY), Vec::<String>::new(), "no file holds a byte of it");
    assert_eq!(holding(world.dir(), "13800007007").len(), 0, "nor of the telephone number");

    // everybody else is untouched
    let file = staff.get(&format!("/api/v1/people/{other}")).await.ok();
    assert_eq!((file["voices"].as_array().unwrap().len(), file["aliases"].as_array().unwrap().len()), (3, 4), "{file}");
    assert!(holding(world.dir(), OTHER).contains(&"world.sqlite".to_owned()));
    let series = staff.get(&format!("/api/v1/people/{other}/outcomes?from=2025-01&to=2025-12")).await.ok();
    assert_eq!(series["series"][0]["months"][0]["value"], 130_000);
}

#[tokio::test]
async fn what_is_sent_again_under_an_erased_id_stays_away_and_what_is_new_is_new() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    prepare(&staff).await;
    let id = speak(&world, &staff, CANARY, "7007").await;
    staff.post(&format!("/api/v1/people/{id}/erasures"), &json!({ "reason": "withdrawn" })).await.ok();
    world.app.run_jobs(world.app.now()).await.unwrap();
    let again = staff.post("/api/v1/responses", &answered("r-7007", CANARY)).await.ok();
    assert_eq!(again["status"], "replayed");
    let other_words = staff.post("/api/v1/responses", &answered("r-7007", OTHER)).await.ok();
    assert_eq!(other_words["status"], "replayed", "nobody knows any more what stood there");
    world.pump().await;
    assert_eq!(holding(world.dir(), CANARY), Vec::<String>::new());
    assert_eq!(staff.get("/api/v1/people").await.ok()["total"], 0);
    // the person comes back: a new relation with a new id
    staff.post("/api/v1/responses", &answered("r-new", CANARY)).await.ok();
    world.pump().await;
    let people = staff.get("/api/v1/people").await.ok();
    assert_eq!(people["total"], 1);
    assert_ne!(people["items"][0]["id"], json!(id));
}

#[tokio::test]
async fn only_an_owner_of_the_whole_organisation_erases_and_a_reason_is_needed() {
    let world = World::new().await;
    let staff = world.signed_in(&world.owner).await;
    let person = json!({ "aliases": { "customer_id": "K1" }, "traits": {} });
    let id = staff.post("/api/v1/people", &person).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/people/{id}/erasures");
    for role in [Role::Analyst, Role::UnitManager, Role::Agent, Role::Viewer, Role::Ingest] {
        let client = world.client(role).await;
        assert_eq!(client.post(&path, &json!({ "reason": "asked" })).await.status, StatusCode::FORBIDDEN, "{role:?}");
        assert_eq!(client.get("/api/v1/erasures").await.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    let faulty = staff.post(&path, &json!({ "reason": "because" })).await;
    assert_eq!((faulty.status.as_u16(), faulty.json()["faults"][0]["path"].clone()), (422, json!("reason")));
    assert_eq!(staff.get(&format!("/api/v1/people/{id}")).await.status, StatusCode::OK);
}
