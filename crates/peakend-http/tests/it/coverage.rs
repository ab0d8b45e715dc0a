//! Walks every documented route: strangers, wrong roles, another organisation.
use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use peakend_domain::{Role, UserId};
use peakend_store::admin::user::User;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

use crate::walk::{self, Operation, Sampler, nobody, operations, public, send};

/// Sent where only the caller is to be judged: it must not even be read.
const UNREADABLE: &[u8] = b"{ not json";

/// Operations below `/api/v1` that a public write key may call.
const SENDERS: &[&str] =
    &["/api/v1/people", "/api/v1/responses", "/api/v1/signals", "/api/v1/events", "/api/v1/outcomes"];
/// Nouns that take months of outcomes to make; the tests of value look at them with
/// another organisation's key, here only an id that stands for nothing is tried.
const ELSEWHERE: &[&str] = &["evaluations", "ledger"];
/// Writing operations that need no more than being signed in, or reading figures.
const HARMLESS: &[&str] = &["DELETE /api/v1/session"];

fn anywhere(op: &Operation) -> String {
    op.filled(|noun, _| nobody(noun))
}

#[test]
fn every_operation_is_described() {
    let mut ids = BTreeSet::new();
    let mut bad = Vec::new();
    for op in operations() {
        let spec = &op.spec;
        if spec["summary"].as_str().is_none_or(str::is_empty) {
            bad.push(format!("{}: no summary", op.name()));
        }
        if spec["tags"].as_array().is_none_or(Vec::is_empty) {
            bad.push(format!("{}: no tag", op.name()));
        }
        let responses = spec["responses"].as_object().unwrap();
        let problem = |r: &Value| r.to_string().contains("#/components/schemas/Problem");
        if !responses.values().any(problem) {
            bad.push(format!("{}: no problem response", op.name()));
        }
        let id = spec["operationId"].as_str().unwrap_or_default().to_owned();
        if id.is_empty() || !ids.insert(id.clone()) {
            bad.push(format!("{}: operation id {id:?} is empty or taken", op.name()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn a_stranger_is_answered_by_public_routes_only() {
    let world = World::new().await;
    let stranger = world.stranger();
    let mut public = public();
    let mut bad = Vec::new();
    for op in operations() {
        let listed = public.remove(&op.name());
        let reply = send(&stranger, &op, &anywhere(&op), UNREADABLE).await;
        let refused = reply.status == StatusCode::UNAUTHORIZED;
        if listed == refused || reply.status.is_server_error() {
            bad.push(format!("{}: {} (listed as public: {listed})", op.name(), reply.status));
        }
        if refused {
            walk::assert_problem(&reply, &op.name());
        }
    }
    bad.extend(public.into_iter().map(|name| format!("{name}: listed as public, but there is no such route")));
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn a_wrong_role_is_refused_before_its_input_is_read() {
    let world = World::new().await;
    let public = public();
    let write_key = world.client(Role::Ingest).await;
    let viewer = world.client(Role::Viewer).await;
    let agent = world.client(Role::Agent).await;
    let mut bad = Vec::new();
    for op in operations().into_iter().filter(|op| !public.contains(&op.name())) {
        let sends = op.path.starts_with("/v1/")
            || op.path.starts_with("/w/")
            || (!op.reads() && SENDERS.contains(&op.path.as_str()));
        let own = op.path == "/api/v1/session";
        let administers = ["users", "api-keys", "jobs"].iter().any(|n| op.path.starts_with(&format!("/api/v1/{n}")));
        let harmless = own || HARMLESS.contains(&op.name().as_str());
        let cases = [
            ("a write key", &write_key, !sends && !harmless),
            ("a viewer", &viewer, !op.reads() && !harmless),
            ("an agent", &agent, !op.reads() && administers),
        ];
        for (who, client, refused) in cases {
            let path = format!("{}?no_such_parameter=1", anywhere(&op));
            let reply = send(client, &op, &path, UNREADABLE).await;
            if refused && (reply.status != StatusCode::FORBIDDEN || reply.code() != "forbidden") {
                bad.push(format!("{}: {who} got {} {:.120}", op.name(), reply.status, reply.text()));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn another_organisation_finds_nothing_and_changes_nothing() {
    let world = World::new().await;
    let ours = world.signed_in(&world.owner).await;
    let made = walk::furnish(&world, &ours).await;
    let (theirs, owner) = other_owner(&world).await;
    let calendar = json!({ "code": "theirs", "name": "Theirs", "time_zone": "UTC", "week": { "mon": [{ "from": "09:00", "to": "17:00" }] }, "holidays": [],
        "make_up_days": [] });
    let calendar = theirs.post("/api/v1/calendars", &calendar).await.ok()["id"].clone();
    let before = walk::snapshot(&ours, &made).await;
    let sampler = Sampler::new(owner.as_str());
    let (mut bad, mut absent, mut unread) = (Vec::new(), BTreeSet::new(), Vec::new());
    for op in operations() {
        if public().contains(&op.name()) || op.path == "/api/v1/session" {
            continue;
        }
        let mut known = known(&before, op.noun());
        if known.get("calendar").is_some() {
            known["calendar"] = calendar.clone();
        }
        let body = op.body().map(|schema| sampler.body(schema, &known)).unwrap_or(json!({})).to_string();
        if !op.has_params() {
            if op.reads() {
                let reply = send(&theirs, &op, &format!("{}{}", op.path, op.required_query()), b"").await;
                bad.extend(leaks(&op, &reply.text(), &made));
            }
            continue;
        }
        if !made.contains_key(op.noun()) && !ELSEWHERE.contains(&op.noun()) {
            absent.insert(op.noun().to_owned());
        }
        let real = op.filled(|noun, _| made.get(noun).cloned().unwrap_or_else(|| nobody(noun)));
        let real = send(&theirs, &op, &format!("{real}{}", op.required_query()), body.as_bytes()).await;
        let none = send(&theirs, &op, &format!("{}{}", anywhere(&op), op.required_query()), body.as_bytes()).await;
        if real.status.is_success() || real.status.is_server_error() {
            bad.push(format!("{}: {} {:.200}", op.name(), real.status, real.text()));
        } else if (real.status, real.code()) != (none.status, none.code()) {
            bad.push(format!("{}: tells ours ({}) from none ({})", op.name(), real.status, none.status));
        } else if real.status != StatusCode::NOT_FOUND {
            unread.push(format!("{}: {} {:.160}", op.name(), real.status, real.text()));
        }
        bad.extend(leaks(&op, &real.text(), &made));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(unread.is_empty(), "refused, but not for being another's:\n{}", unread.join("\n"));
    let after = walk::snapshot(&ours, &made).await;
    for (name, text) in &before {
        assert_eq!(text, &after[name], "{name} changed");
    }
    assert!(absent.is_empty(), "make one of each of these in walk::furnish: {absent:?}");
}

/// A signed-in owner of another organisation in the same store.
async fn other_owner(world: &World) -> (Client, UserId) {
    let org = world.other_org().await;
    let now = world.app.now();
    let id = UserId::new(now, &*world.app.entropy);
    let new = User {
        org: org.clone(),
        id: id.clone(),
        email: "owner@other.example.com".to_owned(),
        name: "Otto Owner".to_owned(),
        password_hash: None,
        role: Role::Owner,
        unit_id: None,
        locale: "en".to_owned(),
        created_at: now,
        disabled_at: None,
    };
    let mut tx = world.app.store.begin().await.unwrap();
    peakend_store::admin::user::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    let signed_in = peakend_app::admin::session::open(&world.app, org, id.clone()).await.unwrap();
    (world.stranger().with_session(signed_in.token.reveal(), &signed_in.session.csrf), id)
}

/// Ids of ours in an answer to somebody else.
fn leaks(op: &Operation, text: &str, made: &BTreeMap<String, String>) -> Vec<String> {
    let ids = made.values().filter(|id| text.contains(id.as_str()));
    ids.map(|id| format!("{}: shows {id} of another organisation", op.name())).collect()
}

/// The first item of a noun's list, for fields of the same names.
fn known(snapshot: &BTreeMap<String, String>, noun: &str) -> Value {
    let list = snapshot.get(&format!("GET /api/v1/{noun}")).map(String::as_str).unwrap_or("null");
    let list: Value = serde_json::from_str(list).unwrap_or(Value::Null);
    list.pointer("/items/0").cloned().unwrap_or(Value::Null)
}
