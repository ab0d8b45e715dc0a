//! Places, people, staff, keys and imports over HTTP.
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

#[tokio::test]
async fn a_tree_is_built_and_a_unit_moved_by_api() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    for (code, parent) in [("hq", Value::Null), ("east", json!("hq")), ("west", json!("hq")), ("b1", json!("east"))] {
        let new = json!({ "code": code, "name": { "en": code, "zh-Hans": code }, "kind": "region", "parent": parent });
        let reply = client.post("/api/v1/units", &new).await;
        assert_eq!((reply.status.as_u16(), reply.ok()["code"].clone()), (201, json!(code)));
    }
    let units = client.get("/api/v1/units").await.ok();
    let b1 = units["items"].as_array().unwrap().iter().find(|u| u["code"] == "b1").unwrap().clone();
    assert_eq!((&b1["path"], &b1["placements"][0]["from"]), (&json!("/hq/east/b1/"), &Value::Null));
    let moves = format!("/api/v1/units/{}/moves", b1["id"].as_str().unwrap());
    let moved = client.post(&moves, &json!({ "parent": "west", "on": "2026-03-01" })).await.ok();
    assert_eq!((moved["path"].clone(), moved["placements"].as_array().unwrap().len()), (json!("/hq/west/b1/"), 2));
    let wrong = client.post(&moves, &json!({ "parent": "west", "on": "soon" })).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["faults"][0]["path"].clone()), (422, json!("on")));
    let twice = client.post("/api/v1/units", &json!({ "code": "b1", "name": "B", "kind": "branch" })).await;
    assert_eq!(twice.json()["faults"][0]["code"], "code_taken");
    // a manager of the west sees the west
    let west = units["items"].as_array().unwrap().iter().find(|u| u["code"] == "west").unwrap()["id"].clone();
    let manager = world.user(Role::UnitManager, west.as_str()).await;
    let seen = world.signed_in(&manager).await.get("/api/v1/units").await.ok();
    assert_eq!(seen["total"], 2);
    assert_eq!(world.client(Role::Ingest).await.get("/api/v1/units").await.status.as_u16(), 403);
    assert_eq!(
        world
            .client(Role::Viewer)
            .await
            .post("/api/v1/units", &json!({ "code": "x", "name": "X", "kind": "team" }))
            .await
            .status
            .as_u16(),
        403
    );
}

#[tokio::test]
async fn a_journey_carries_stages_and_a_touchpoint_names_its_owner() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    let _made = client.post("/api/v1/lines", &json!({ "code": "funds", "name": "Funds" })).await.ok();
    let _made = client.post("/api/v1/channels", &json!({ "code": "app", "name": "App", "kind": "app" })).await.ok();
    let journey = json!({ "code": "invest", "pillar": "customer", "name": "Invest", "line": "funds",
        "stages": [{ "code": "buy", "name": "Buy" }, { "code": "redeem", "name": { "en": "Redeem", "zh-Hans": "赎回" } }] });
    let made = client.post("/api/v1/journeys", &journey).await.ok();
    assert_eq!(made["stages"][1]["name"]["zh-Hans"], "赎回");
    let t = json!({ "code": "redeem-page", "pillar": "customer", "name": "Redeem page", "journey": "invest", "stage": "sell" });
    let reply = client.post("/api/v1/touchpoints", &t).await;
    assert_eq!(reply.json()["faults"][0]["code"], "unknown_stage");
    let t = json!({ "code": "redeem-page", "pillar": "customer", "name": "Redeem page", "journey": "invest", "stage": "redeem" });
    let id = client.post("/api/v1/touchpoints", &t).await.ok()["id"].as_str().unwrap().to_owned();
    let owner = json!({ "user": world.owner.to_string() });
    let owners = client.put(&format!("/api/v1/touchpoints/{id}/owners"), &owner).await.ok();
    assert_eq!(owners, json!([{ "unit": null, "user": world.owner.to_string() }]));
    let shorter = json!({ "name": "Invest", "stages": [{ "code": "buy", "name": "Buy" }] });
    let path = format!("/api/v1/journeys/{}", made["id"].as_str().unwrap());
    assert_eq!(client.put(&path, &shorter).await.json()["faults"][0]["code"], "stage_in_use");
}

#[tokio::test]
async fn people_are_told_and_found() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let told = json!({ "aliases": { "customer_id": "C1", "email": "Ann@Example.com" }, "traits": { "name": "Ann", "tier": 3 } });
    let id = client.post("/api/v1/people", &told).await.ok()["id"].as_str().unwrap().to_owned();
    let found = client.get("/api/v1/people?q=ann@ex").await.ok();
    assert_eq!((found["total"].clone(), found["items"][0]["id"].clone()), (json!(1), json!(id)));
    let file = client.get(&format!("/api/v1/people/{id}")).await.ok();
    assert_eq!((&file["person"]["attributes"]["tier"], file["aliases"].as_array().unwrap().len()), (&json!(3), 2));
    let wrong = client.post("/api/v1/people", &json!({ "aliases": { "email": "x", "shoe": "1" } })).await;
    assert_eq!(wrong.json()["faults"].as_array().unwrap().len(), 2);
    let other = world.other_org().await;
    let stranger = world.stranger().with_key(&world.key_in(&other, Role::Owner).await);
    assert_eq!(stranger.get(&format!("/api/v1/people/{id}")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_user_signs_in_by_link_and_a_disabled_one_is_out_at_once() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    let new = json!({ "email": "Ann@Example.com", "name": "Ann", "role": "analyst", "locale": "zh-Hans" });
    let made = client.post("/api/v1/users", &new).await.ok();
    let token = made["sign_in_link"].as_str().unwrap().split_once("token=").unwrap().1.to_owned();
    let signed = world.stranger().post("/api/v1/session/link", &json!({ "token": token })).await;
    assert_eq!(signed.ok()["user"]["role"], "analyst");
    assert_eq!(client.post("/api/v1/users", &new).await.json()["faults"][0]["code"], "email_taken");
    let id = made["user"]["id"].as_str().unwrap();
    let ann = world.signed_in(&peakend_domain::UserId::parse(id).unwrap()).await;
    let _done = client.post(&format!("/api/v1/users/{id}/disablings"), &json!({})).await.ok();
    assert_eq!(ann.get("/api/v1/session").await.code(), "unauthenticated");
    let me = format!("/api/v1/users/{}/disablings", world.owner);
    assert_eq!(client.post(&me, &json!({})).await.code(), "last_owner");
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_revoked_at_once() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    let made = client.post("/api/v1/api-keys", &json!({ "name": "till", "role": "analyst" })).await.ok();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let keyed = world.stranger().with_key(&secret);
    assert_eq!(keyed.get("/api/v1/people").await.status.as_u16(), 200);
    let listed = client.get("/api/v1/api-keys").await;
    assert!(!listed.text().contains(&secret));
    let id = made["key"]["id"].as_str().unwrap();
    assert_eq!(client.delete(&format!("/api/v1/api-keys/{id}")).await.status.as_u16(), 204);
    assert_eq!(keyed.get("/api/v1/people").await.status.as_u16(), 401);
    assert_eq!(keyed.post("/api/v1/api-keys", &json!({ "name": "x", "role": "owner" })).await.status.as_u16(), 401);
}

async fn upload(client: &Client, path: &str, fields: &[(&str, &str)], file: &str) -> peakend_testkit::Reply {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body +=
        &format!("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n{file}\r\n--B--\r\n");
    client.send(http::Method::POST, path, Some(("multipart/form-data; boundary=B", body.into_bytes()))).await
}

#[tokio::test]
async fn a_file_is_previewed_imported_and_its_faults_fetched() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let file = "date,review,stars\n2026-01-02,慢,1\n2026-01-03,\"=HYPERLINK(1)\",9\n";
    let guessed = upload(&client, "/api/v1/imports/previews", &[("kind", "signals")], file).await.ok();
    assert_eq!(
        (guessed["map_faults"].clone(), guessed["rows"][0]["result"]["body"]["rating"].clone()),
        (json!([]), json!(1))
    );
    assert_eq!(guessed["rows"][1]["faults"][0]["code"], "out_of_range");
    let map = guessed["map"].as_str().unwrap().to_owned();
    let started = upload(&client, "/api/v1/imports", &[("kind", "signals"), ("map", &map)], file).await;
    assert_eq!(started.status.as_u16(), 202);
    let path = format!("/api/v1/imports/{}", started.ok()["id"].as_str().unwrap());
    let mut report = client.get(&path).await.ok();
    while report["finished_at"].is_null() {
        tokio::task::yield_now().await;
        report = client.get(&path).await.ok();
    }
    assert_eq!((report["state"].clone(), report["rows_faulty"].clone()), (json!("refused"), json!(1)));
    let faults = client.get(&format!("{path}/faults.csv")).await.text();
    assert!(faults.contains("3,\"rating\",\"out_of_range\""), "{faults}");
    let broken = upload(&client, "/api/v1/imports", &[("kind", "signals"), ("map", "at: [")], file).await;
    assert_eq!(broken.json()["faults"][0]["path"], "map line 1, column 5");
    assert_eq!(client.get("/api/v1/imports").await.ok()["total"], 1);
    let viewer = world.client(Role::Viewer).await;
    assert_eq!(upload(&viewer, "/api/v1/imports", &[("kind", "signals")], file).await.status.as_u16(), 403);
}
