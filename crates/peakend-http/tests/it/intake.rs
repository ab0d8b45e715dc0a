//! What comes in through the API: what its answers carry, and how its faults are named.

use http::{Method, StatusCode};
use peakend_domain::Role;
use peakend_testkit::{Client, Reply, World};
use serde_json::{Value, json};

const SURVEY: &str = "code: pulse
pillar: customer
languages: [en]
title: {en: Pulse}
questions:
  - {id: nps, type: nps, required: true, title: {en: Recommend us?}}
  - {id: why, type: text, title: {en: Why?}}
";

/// A key that may only send, in a world with a published survey.
async fn sender() -> (World, Client) {
    let world = World::new().await;
    let analyst = world.client(Role::Analyst).await;
    let made = analyst.post("/api/v1/surveys", &json!({"yaml": SURVEY})).await.ok();
    let path = format!("/api/v1/surveys/{}/versions", made["id"].as_str().unwrap());
    analyst.post(&path, &json!({"revision": made["revision"]})).await.ok();
    let sender = world.client(Role::Ingest).await;
    (world, sender)
}

async fn raw(client: &Client, path: &str, body: &str) -> Reply {
    client.send(Method::POST, path, Some(("application/json", body.as_bytes().to_vec()))).await
}

fn paths(reply: &Reply) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    reply.json()["faults"].as_array().unwrap().iter().map(|f| (text(&f["path"]), text(&f["code"]))).collect()
}

#[tokio::test]
async fn every_answer_carries_its_headers_whatever_became_of_the_request() {
    let (_world, sender) = sender().await;
    let named = sender.clone().with_header("x-request-id", "mine-1");
    let body = json!({"id": "response-1", "survey": "pulse", "answers": {"nps": 9}}).to_string();
    for (status, path, body) in [
        (StatusCode::CREATED, "/api/v1/responses", body.as_str()),
        (StatusCode::OK, "/api/v1/responses", body.as_str()),
        (StatusCode::CONFLICT, "/api/v1/responses", r#"{"id":"response-1","survey":"pulse","answers":{"nps":8}}"#),
        (StatusCode::BAD_REQUEST, "/api/v1/responses", "{"),
        (StatusCode::FORBIDDEN, "/api/v1/units", "{"),
        (StatusCode::OK, "/v1/track", r#"{"event":"Redeemed","userId":"u1"}"#),
        (StatusCode::NOT_FOUND, "/api/v1/never-heard-of", "{}"),
    ] {
        let reply = raw(&named, path, body).await;
        assert_eq!(reply.status, status, "{path} {body}: {}", reply.text());
        for (name, value) in [
            ("x-request-id", "mine-1"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("vary", "accept-encoding"),
        ] {
            assert_eq!(reply.headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{path} {body}: {name}");
        }
        if !status.is_success() {
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            assert_eq!(reply.json()["request_id"], "mine-1");
        }
    }
    let (one, other) = (raw(&sender, "/api/v1/responses", &body).await, raw(&sender, "/api/v1/responses", &body).await);
    let (one, other) = (&one.headers["x-request-id"], &other.headers["x-request-id"]);
    assert!(one.to_str().unwrap().starts_with("req-") && one != other, "{one:?} {other:?}");
    for odd in ["two words", &"x".repeat(65), "a;b"] {
        let reply = raw(&sender.clone().with_header("x-request-id", odd), "/api/v1/responses", &body).await;
        assert_ne!(reply.headers["x-request-id"], odd);
    }
}

#[tokio::test]
async fn an_answer_is_zipped_for_who_asks_unless_it_is_tiny() {
    let (_world, sender) = sender().await;
    let zipping = sender.clone().with_header("accept-encoding", "gzip");
    let body = |id: &str| json!({"id": id, "survey": "pulse", "answers": {"nps": 9}});
    let here = "/api/v1/responses";
    let plain = sender.post(here, &body("response-1")).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.json(), json!({"id": "response-1", "status": "accepted"}));
    assert_eq!(zipping.post(here, &body("response-2")).await.headers["content-encoding"], "gzip");
    let tiny = zipping.post(here, &body("r3")).await;
    assert_eq!(tiny.json(), json!({"id": "r3", "status": "accepted"}));
    assert!(!tiny.headers.contains_key("content-encoding") && !tiny.headers.contains_key("vary"));
    let none = sender.with_header("accept-encoding", "identity;q=0").post(here, &body("response-4")).await;
    assert_eq!(none.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn what_does_not_read_is_named_by_its_place() {
    let (world, sender) = sender().await;
    let owner = world.signed_in(&world.owner).await;
    let here = "/api/v1/responses";
    for (body, path, code, word) in [
        ("[]", "body", "not_an_object", "object"),
        ("17", "body", "not_an_object", "object"),
        (r#"{"id":7,"survey":"pulse","answers":{}}"#, "id", "bad_id", "text"),
        (r#"{"survey":"pulse","anwers":{}}"#, "body", "malformed", "unknown field `anwers`"),
        (r#"{"survey":"pulse"}"#, "body", "malformed", "missing field `answers`"),
        (r#"{"survey":1,"answers":{}}"#, "body", "malformed", "expected a string"),
        (r#"{"survey":"pulse","answers":{},"person":7}"#, "body", "malformed", "PersonRef"),
        (r#"{"survey":"pulse","answers":{"nps":11}}"#, "answers.nps", "out_of_range", "0 to 10"),
        (r#"{"survey":"pulse","answers":{}}"#, "answers.nps", "required", "must be answered"),
        (r#"{"survey":"pulse","answers":{"nps":9,"shoe":1}}"#, "answers.shoe", "unknown_question", "shoe"),
        (r#"{"survey":"pulse","answers":{"nps":9,"why":"a\u0000b"}}"#, "answers.why", "nul", "NUL"),
        (r#"{"survey":"pulse","answers":{},"context":{"a":[1,{"b\u0000":1}]}}"#, "context.a[1].b\0", "nul", "name"),
    ] {
        let reply = raw(&sender, here, body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", reply.text());
        assert_eq!(paths(&reply), [(path.to_owned(), code.to_owned())], "{body}");
        assert!(reply.json()["faults"][0]["message"].as_str().unwrap().contains(word), "{body}: {}", reply.text());
    }
    // a text that is no JSON is named by line and column, one of another form by its place
    let reply = raw(&sender, here, "{\"survey\":\n  pulse}").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "malformed"));
    assert!(reply.json()["detail"].as_str().unwrap().contains("line 2 column 3"), "{}", reply.text());
    let reply = raw(&owner, "/api/v1/surveys", r#"{"yaml":[1]}"#).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "malformed"));
    assert!(reply.json()["detail"].as_str().unwrap().contains("yaml: invalid type"), "{}", reply.text());
    let reply = raw(&owner, "/api/v1/api-keys", r#"{"name":"a","role":"viewer","rolle":1}"#).await;
    assert_eq!(paths(&reply), [("rolle".to_owned(), "unknown_field".to_owned())]);
}

#[tokio::test]
async fn the_same_body_in_another_order_is_the_same_and_the_last_of_two_keys_counts() {
    let (_world, sender) = sender().await;
    let here = "/api/v1/responses";
    let first = raw(&sender, here, r#"{"id":"r1","survey":"pulse","answers":{"nps":3,"nps":9,"why":"fine"}}"#).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = raw(&sender, here, r#"{"answers":{"why":"fine","nps":9}, "survey":"pulse", "id":"r1"}"#).await;
    assert_eq!((again.status, again.json()["status"].as_str()), (StatusCode::OK, Some("replayed")));
    let other = raw(&sender, here, r#"{"id":"r1","survey":"pulse","answers":{"nps":3,"why":"fine"}}"#).await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::CONFLICT, "id_taken"));
    // what would be masked alike is still told apart by what was sent
    let masked = |phone| json!({"id": "r2", "survey": "pulse", "answers": {"nps": 9, "why": format!("call {phone}")}});
    assert_eq!(sender.post(here, &masked("13812345678")).await.status, StatusCode::CREATED);
    assert_eq!(sender.post(here, &masked("13812345678")).await.status, StatusCode::OK);
    assert_eq!(sender.post(here, &masked("13912345678")).await.status, StatusCode::CONFLICT);
}
