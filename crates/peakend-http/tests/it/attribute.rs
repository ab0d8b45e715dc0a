//! What an organisation says of voices by names of its own, from the door to the figure.

use http::{Method, StatusCode};
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

#[test]
fn a_name_that_is_taken_in_is_a_name_that_is_counted_by() {
    use peakend_domain::sense::attribute::{NAME, NAMES, VALUE, is_name};
    use peakend_query::{ATTRIBUTE_NAME, ATTRIBUTE_VALUE, ATTRIBUTES, AttributeName};
    assert_eq!((NAMES, NAME, VALUE), (ATTRIBUTES, ATTRIBUTE_NAME, ATTRIBUTE_VALUE));
    let (most, more) = ("a".repeat(NAME), "a".repeat(NAME + 1));
    for name in ["vip", "risk_class", "a1", "", "Vip", "1a", "_a", "a-b", "a b", "\u{e9}", &most, &more] {
        assert_eq!(is_name(name), AttributeName::parse(name).is_some(), "{name}");
    }
}

const SURVEY: &str = "code: pulse
pillar: PILLAR
languages: [en]
title: {en: Pulse}
channel: app
questions:
  - {id: nps, type: nps, title: {en: Recommend us?}}
";

async fn published(client: &Client, pillar: &str) {
    let yaml = SURVEY.replace("PILLAR", pillar);
    let made = client.post("/api/v1/surveys", &json!({"yaml": yaml})).await.ok();
    let path = format!("/api/v1/surveys/{}/versions", made["id"].as_str().unwrap());
    client.post(&path, &json!({"revision": made["revision"]})).await.ok();
}

fn answered(id: &str, nps: u8, attributes: Value) -> Value {
    json!({"id": id, "survey": "pulse", "answers": {"nps": nps}, "context": {"attributes": attributes}})
}

async fn names(client: &Client) -> Vec<String> {
    let page = client.get("/api/v1/attributes").await.ok();
    page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_attribute_sent_with_a_voice_filters_and_divides_its_figures() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    published(&client, "customer").await;
    for n in 0..6 {
        let product = if n < 4 { "fund" } else { "card" };
        let body = answered(&format!("r{n}"), 5 + n, json!({"product": product, "vip": n == 0, "branch_no": 12}));
        assert_eq!(client.post("/api/v1/responses", &body).await.status, StatusCode::CREATED);
    }
    let signal = json!({"id": "s1", "channel": "app-store", "pillar": "brand", "text": "slow", "rating": 1,
        "attributes": {"product": "fund", "note": null}});
    assert_eq!(client.post("/api/v1/signals", &signal).await.status, StatusCode::CREATED);
    world.pump().await;
    assert_eq!(names(&client).await, ["branch_no", "product", "vip"]);
    let rows = client.get("/api/v1/figures?metric=responses&by=attribute:product").await.ok();
    let counts: Vec<(&Value, &Value)> =
        rows["rows"].as_array().unwrap().iter().map(|r| (&r["keys"][0]["code"], &r["figure"]["value"])).collect();
    assert_eq!(counts, [(&json!("card"), &json!(2.0)), (&json!("fund"), &json!(4.0))], "{rows}");
    let href = rows["rows"][1]["voices_href"].as_str().unwrap();
    assert!(href.contains("attribute=product%3Afund") || href.contains("attribute=product:fund"), "{href}");
    let made = json!({"kind": "figure", "metric": "responses", "attribute": "product:fund"});
    let made = client.post("/api/v1/findings", &made).await.ok();
    assert!(made["title"].as_str().unwrap().contains("product: fund"), "{made}");
    let finding = client.get(&format!("/api/v1/findings/{}", made["id"].as_str().unwrap())).await.text();
    assert!(finding.contains("attribute=product"), "what was selected is kept: {finding}");
    let fund = client.get("/api/v1/voices?attribute=product:fund,vip:true").await.ok();
    assert_eq!((&fund["total"], &fund["items"][0]["id"]), (&json!(1), &json!("r.r0")), "{fund}");
    let one = client.get("/api/v1/voices/r.r0").await.ok();
    assert_eq!(one["voice"]["attributes"], json!({"branch_no": "12", "product": "fund", "vip": "true"}));
    let rated = answered("r9", 3, json!({"product": "fund, 1.5 %"}));
    assert_eq!(client.post("/api/v1/responses", &rated).await.status, StatusCode::CREATED);
    world.pump().await;
    let rows = client.get("/api/v1/figures?metric=responses&by=attribute:product").await.ok();
    let href = rows["rows"][2]["voices_href"].as_str().unwrap();
    let (_, query) = href.split_once('?').unwrap();
    let found = client.get(&format!("/api/v1/voices?{query}")).await.ok();
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!("r.r9")), "{href}: {found}");
    let other = client.get("/api/v1/voices/s.s1").await.ok();
    assert_eq!(other["voice"]["attributes"], json!({"product": "fund"}));
}

#[tokio::test]
async fn bad_attributes_are_refused_with_their_names_and_nothing_is_kept() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    published(&client, "customer").await;
    let bad = client.post("/api/v1/responses", &answered("r1", 9, json!({"Product": "x", "tags": ["a"]}))).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = bad.text();
    assert!(text.contains("context.attributes.Product") && text.contains("context.attributes.tags"), "{text}");
    let signal = json!({"id": "s1", "channel": "app", "pillar": "brand", "text": "x", "attributes": "product=fund"});
    assert!(client.post("/api/v1/signals", &signal).await.text().contains("not_an_object"));
    // sixty-four names and no further one
    let all: serde_json::Map<String, Value> = (0..64).map(|n| (format!("a{n}"), json!(n))).collect();
    client.post("/api/v1/responses", &answered("r2", 9, Value::Object(all))).await.ok();
    world.pump().await;
    let more = client.post("/api/v1/responses", &answered("r3", 9, json!({"another": 1}))).await;
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(more.text().contains("too_many_attributes"));
    client.post("/api/v1/responses", &answered("r4", 9, json!({"a7": "known"}))).await.ok();
    assert_eq!(world.pump().await, 1);
}

#[tokio::test]
async fn nothing_is_kept_of_what_is_said_of_an_employee() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    published(&client, "employee").await;
    client.post("/api/v1/responses", &answered("r1", 3, json!({"desk": "4711"}))).await.ok();
    world.pump().await;
    assert!(names(&client).await.is_empty());
    let mut tx = world.app.store.read().await.unwrap();
    let voices = peakend_store::sense::voice::after(&mut tx, &world.org, 0, 10).await.unwrap();
    assert_eq!(voices.len(), 1);
    assert!(voices[0].attributes.is_empty());
}

#[tokio::test]
async fn columns_named_attr_of_a_file_become_attributes() {
    let world = World::new().await;
    let client = world.signed_in(&world.owner).await;
    let file = "date,review,attr.product,attr.Bad\n2026-01-02,slow,fund,x\n2026-01-03,fine,,x\n";
    let form = |fields: &[(&str, &str)]| {
        let part = |(name, value): &(&str, &str)| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut body: String = fields.iter().map(part).collect();
        body += "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n";
        body += &format!("{file}\r\n--B--\r\n");
        Some(("multipart/form-data; boundary=B", body.into_bytes()))
    };
    let guessed = client.send(Method::POST, "/api/v1/imports/previews", form(&[("kind", "signals")])).await.ok();
    let map = guessed["map"].as_str().unwrap();
    assert!(map.contains("attributes:\n  product: \"attr.product\""), "{map}");
    assert_eq!(guessed["rows"][0]["result"]["body"]["attributes"], json!({"product": "fund"}), "{guessed}");
    let begun = client.send(Method::POST, "/api/v1/imports", form(&[("kind", "signals"), ("map", map)])).await.ok();
    let path = format!("/api/v1/imports/{}", begun["id"].as_str().unwrap());
    while client.get(&path).await.ok()["finished_at"].is_null() {
        tokio::task::yield_now().await;
    }
    world.pump().await;
    let found = client.get("/api/v1/voices?attribute=product:fund").await.ok();
    assert_eq!((&found["total"], &found["items"][0]["text"]), (&json!(1), &json!("slow")), "{found}");
    let wrong = map.replace("  product:", "  Product:");
    let wrong = client.send(Method::POST, "/api/v1/imports", form(&[("kind", "signals"), ("map", &wrong)])).await;
    assert!(wrong.text().contains("bad_attribute_name"), "{}", wrong.text());
}
