//! Themes over HTTP: from a rule to a figure under its filter, and what every board takes.
use http::StatusCode;
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

const SAID: [(&str, u8); 4] = [
    ("The parking was full again, awful", 2),
    ("停车位永远是满的", 3),
    ("The fees are far too high", 1),
    ("Very friendly staff, thank you", 10),
];

async fn heard(world: &World, client: &Client) {
    for (i, (text, nps)) in SAID.iter().enumerate() {
        let body = json!({"id": format!("{i}"), "pillar": "customer", "channel": "review", "text": text, "nps": nps});
        client.post("/api/v1/signals", &body).await.ok();
    }
    world.pump().await;
}

/// The scheme in use with one theme more.
async fn with_parking(client: &Client) -> Value {
    let mut themes = client.get("/api/v1/themes").await.ok();
    let rule = json!({"kind": "expression", "text": "(parking or 停车位) and (full or 满)"});
    let name = json!({"en": "Parking", "zh-Hans": "停车", "zh-Hant": "停車"});
    let parking = json!({"code": "parking", "parent": "places", "name": name, "rules": [rule]});
    themes["items"].as_array_mut().unwrap().push(parking);
    json!({"version": themes["version"], "items": themes["items"]})
}

async fn total(client: &Client, path: &str) -> u64 {
    client.get(path).await.ok()["total"].as_u64().unwrap()
}

#[tokio::test]
async fn a_rule_is_tried_saved_and_given_to_all_voices_and_the_figure_follows() {
    let world = World::new().await;
    let client = world.client(Role::Owner).await;
    heard(&world, &client).await;
    let draft = with_parking(&client).await;
    let mut asked = draft.clone();
    asked.as_object_mut().unwrap().remove("version");
    asked["theme"] = json!("parking");
    asked["text"] = json!("😀 the parking was full");
    let trial = client.post("/api/v1/themes/try", &asked).await.ok();
    assert_eq!(
        (&trial["n"], &trial["matched"], &trial["before"], &trial["after"]),
        (&json!(4), &json!(2), &json!(0), &json!(2))
    );
    assert_eq!(trial["text"]["theme"], "parking");
    let words = &trial["text"]["reading"]["themes"][0]["words"];
    assert_eq!((&words[0]["text"], &words[0]["start"]), (&json!("parking"), &json!(7)), "counted as a browser counts");

    let saved = client.put("/api/v1/themes", &draft).await.ok();
    assert_eq!(saved["version"], 2);
    let late = client.put("/api/v1/themes", &with_other_version(&draft, 1)).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::CONFLICT, "themes_changed"));
    let under = "/api/v1/voices?theme=parking";
    assert_eq!(total(&client, under).await, 0, "voices that are here already keep what was read");
    let begun = client.post("/api/v1/themes/rerun", &json!({})).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    assert_eq!(client.post("/api/v1/themes/rerun", &json!({})).await.code(), "rereading_under_way");
    world.app.run_jobs(world.app.now()).await.unwrap();
    let done = client.get("/api/v1/themes/rerun").await.ok()["rereading"].clone();
    assert_eq!((&done["state"], &done["read"], &done["changed"]), (&json!("done"), &json!(4), &json!(2)));
    assert!(done["moves"].as_array().unwrap().iter().all(|m| m["to"] == "parking"));

    assert_eq!(total(&client, under).await, 2);
    assert_eq!(total(&client, "/api/v1/voices?theme=places").await, 2, "a theme stands for those below it");
    assert_eq!(total(&client, "/api/v1/voices?theme_at=places").await, 0);
    let figure = client.get("/api/v1/figures?metric=signals&by=theme&theme=places").await.ok();
    assert_eq!(figure["total"]["figure"]["value"], 2.0);
    assert_eq!(figure["rows"][0]["keys"][0]["name"]["zh-Hant"], "停車", "figures carry the organisation's names");
    let page = client.get("/api/v1/voices?theme=parking&tone=negative&language=en").await.ok();
    assert_eq!(page["total"], 1);
    let reading = &page["items"][0]["reading"];
    assert_eq!((&reading["scheme"], &reading["themes"][0]["rules"]), (&json!(2), &json!([1])));
    assert_eq!(page["names"]["theme"]["parking"]["en"], "Parking");
}

fn with_other_version(draft: &Value, version: u32) -> Value {
    let mut draft = draft.clone();
    draft["version"] = json!(version);
    draft["items"].as_array_mut().unwrap().pop();
    draft
}

#[tokio::test]
async fn a_bad_rule_is_refused_by_theme_rule_and_character() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let mut draft = with_parking(&client).await;
    let last = draft["items"].as_array().unwrap().len() - 1;
    draft["items"][last]["rules"] = json!([
        {"kind": "keywords", "words": ["ok"]},
        {"kind": "regex", "pattern": "a(b"},
        {"kind": "expression", "text": "fee and (high"},
    ]);
    let refused = client.put("/api/v1/themes", &draft).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = refused.json()["faults"].clone();
    let named: Vec<_> = faults
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (&f["args"]["theme"], &f["args"]["rule"], &f["args"]["at"]))
        .collect();
    assert_eq!(named, [(&json!("parking"), &json!("2"), &json!("1")), (&json!("parking"), &json!("3"), &json!("8")),]);
    assert_eq!(faults[1]["path"], format!("items[{last}].rules[2]"));
    assert_eq!(client.get("/api/v1/themes").await.ok()["version"], 1, "nothing was saved");
    let viewer = world.client(Role::Viewer).await;
    assert_eq!(viewer.put("/api/v1/themes", &draft).await.status, StatusCode::FORBIDDEN);
    assert!(viewer.get("/api/v1/themes").await.status.is_success());
}

/// Every board of the loop takes the three filters.
#[tokio::test]
async fn theme_tone_and_language_filter_every_board() {
    let world = World::new().await;
    let client = world.client(Role::Owner).await;
    heard(&world, &client).await;
    let filters = "theme=money&tone=negative&language=en";
    for board in ["home?", "figures?metric=nps&", "short-boards?metric=nps&plank=theme&", "voices?", "cases?view=all&"]
    {
        client.get(&format!("/api/v1/{board}{filters}")).await.ok();
    }
    let home = client.get(&format!("/api/v1/home?{filters}")).await.ok();
    assert_eq!(home["funnel"][0]["count"], 1);
    let pillars: Vec<_> = home["pillars"].as_array().unwrap().iter().map(|p| p["pillar"].clone()).collect();
    assert_eq!(pillars, ["brand", "customer"], "employees are never selected by their tone");
    assert_eq!(client.get("/api/v1/home?pillar=employee&tone=negative").await.code(), "employee_filter");
    let opened = client.post("/api/v1/cases", &json!({"voice": "s.2"})).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    assert_eq!(total(&client, &format!("/api/v1/cases?view=all&{filters}")).await, 1);
    assert_eq!(total(&client, "/api/v1/cases?view=all&tone=positive").await, 0);
    assert_eq!(total(&client, "/api/v1/cases?view=all&theme=places,staff").await, 0);
}
