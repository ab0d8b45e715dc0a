//! Input that no honest client sends: always a problem that names the place,
//! never a fault of ours, never a half-written row.
use std::collections::BTreeMap;

use http::{Method, StatusCode};
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

use crate::walk::{self, Operation, Sampler, assert_problem, nobody, operations, public};

/// Bodies that no JSON route can take.
fn broken() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let json = "application/json";
    let deep_object = [br#"{"a":"#.repeat(100_000), b"1".to_vec(), b"}".repeat(100_000)].concat();
    vec![
        ("100,000 open lists", json, b"[".repeat(100_000)),
        ("100,000 closed lists", json, [b"[".repeat(100_000), b"]".repeat(100_000)].concat()),
        ("100,000 objects", json, deep_object),
        (
            "a deep field",
            json,
            [br#"{"name":"#.to_vec(), b"[".repeat(100_000), b"]".repeat(100_000), b"}".to_vec()].concat(),
        ),
        ("bytes that are no UTF-8", json, b"{\"name\":\"\xff\xfe\x80\"}".to_vec()),
        ("GB18030 bytes", json, b"{\"name\":\"\xd2\xf8\xd0\xd0\"}".to_vec()),
        ("a lone surrogate", json, br#"{"name":"\ud800"}"#.to_vec()),
        ("two megabytes", json, format!("{{\"name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024)).into_bytes()),
        ("nothing", json, Vec::new()),
        ("half an object", json, br#"{"name":"#.to_vec()),
        ("a text", json, br#""name""#.to_vec()),
        ("a number", json, b"17".to_vec()),
        ("a number out of range", json, br#"{"name":1e999}"#.to_vec()),
        ("null", json, b"null".to_vec()),
        ("NaN", json, b"NaN".to_vec()),
        ("JSON called text", "text/plain", b"{}".to_vec()),
        ("a form", "application/x-www-form-urlencoded", b"name=x".to_vec()),
        ("no type that exists", "\u{0}nonsense".trim_matches('\0'), b"{}".to_vec()),
    ]
}

/// Values of query parameters that make no sense anywhere.
const ABSURD: &[&str] = &[
    "%F0%9F%92%A5",
    "99999999999999999999999999999999999999999",
    "-1",
    "0",
    "1e308",
    "9223372036854775807",
    "-9223372036854775808",
    "%27%3B%20DROP%20TABLE%20voice%3B--",
    "2026-13-45",
    "9999-12-31",
    "-9999-01-01",
    "0000-00-00",
    "%00",
    "%FF%FE",
    "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
    "%25%5F%5B%5D%2A%2E%2E%2F",
];

fn anywhere(op: &Operation, made: &walk::Made) -> String {
    op.filled(|noun, _| made.get(noun).cloned().unwrap_or_else(|| nobody(noun)))
}

async fn settled(world: &World) -> (Client, walk::Made) {
    let owner = world.signed_in(&world.owner).await;
    let made = walk::furnish(world, &owner).await;
    (owner, made)
}

/// A client error with a problem document, or the reason why not.
fn refusal(reply: &peakend_testkit::Reply, what: &str) -> Option<String> {
    if !reply.status.is_client_error() {
        return Some(format!("{what}: {} {:.160}", reply.status, reply.text()));
    }
    assert_problem(reply, what);
    None
}

#[tokio::test]
async fn a_broken_body_is_refused_everywhere_and_changes_nothing() {
    let world = World::new().await;
    let (owner, made) = settled(&world).await;
    let before = walk::snapshot(&owner, &made).await;
    let mut bad = Vec::new();
    for op in operations().into_iter().filter(|op| op.body().is_some()) {
        let path = anywhere(&op, &made);
        for (what, kind, bytes) in broken() {
            // beacons can only send text, so senders' routes read JSON under any type
            if kind != "application/json" && !op.path.starts_with("/api/v1/") {
                continue;
            }
            let reply = owner.send(op.method.clone(), &path, Some((kind, bytes))).await;
            bad.extend(refusal(&reply, &format!("{} with {what}", op.name())));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    unchanged(&before, &walk::snapshot(&owner, &made).await);
}

#[tokio::test]
async fn an_unknown_field_is_named_and_nothing_is_written() {
    let world = World::new().await;
    let (owner, made) = settled(&world).await;
    let before = walk::snapshot(&owner, &made).await;
    let sampler = Sampler::new(world.owner.as_str());
    let mut bad = Vec::new();
    for op in operations() {
        let Some(schema) = op.body().filter(|_| op.path.starts_with("/api/v1/")) else { continue };
        let mut body = sampler.body(schema, &Value::Null);
        let Some(fields) = body.as_object_mut() else { continue };
        fields.insert("no_such_field".to_owned(), json!(1));
        let reply = owner.send(op.method.clone(), &anywhere(&op, &made), json_body(&body)).await;
        bad.extend(refusal(&reply, &op.name()));
        if !reply.text().contains("no_such_field") {
            bad.push(format!("{}: does not name the field: {:.200}", op.name(), reply.text()));
        }
    }
    for op in operations().into_iter().filter(|op| op.reads() && op.path.starts_with("/api/v1/")) {
        if public().contains(&op.name()) {
            continue;
        }
        let reply = owner.get(&format!("{}?tochpoint=redeem", anywhere(&op, &made))).await;
        if reply.status != StatusCode::UNPROCESSABLE_ENTITY || !reply.text().contains("tochpoint") {
            bad.push(format!("{}: took a misspelt filter: {} {:.160}", op.name(), reply.status, reply.text()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    unchanged(&before, &walk::snapshot(&owner, &made).await);
}

#[tokio::test]
async fn absurd_values_of_every_field_never_break_the_server() {
    let world = World::new().await;
    let (owner, made) = settled(&world).await;
    let sampler = Sampler::new(world.owner.as_str());
    let mut bad = Vec::new();
    for op in operations() {
        // what is removed or closed here would hide faults of the next route
        let Some(schema) = op.body() else { continue };
        if op.path.contains("/session") || op.path.contains("/setup") {
            continue;
        }
        let body = sampler.body(schema, &Value::Null);
        for (what, absurd) in mutations(&body) {
            let path = anywhere(&op, &made);
            let reply = owner.send(op.method.clone(), &path, json_body(&absurd)).await;
            let what = format!("{} with {what}", op.name());
            if reply.status.is_server_error() {
                bad.push(format!("{what}: {} {:.160}", reply.status, reply.text()));
            } else if reply.status.is_client_error() {
                assert_problem(&reply, &what);
            } else if absurd.to_string().contains("\\u0000") && op.path.starts_with("/api/v1/") {
                bad.push(format!("{what}: took a NUL character"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(owner.get("/api/v1/session").await.status, StatusCode::OK);
}

#[tokio::test]
async fn absurd_cursors_limits_and_days_are_refused_by_name() {
    let world = World::new().await;
    let (owner, made) = settled(&world).await;
    let mut bad = Vec::new();
    // respondents' pages answer in HTML and take what trackers append to a link
    for op in operations().into_iter().filter(|op| op.reads() && op.path.starts_with("/api/v1/")) {
        for (name, _) in op.query() {
            for absurd in ABSURD {
                let path = format!("{}{}", anywhere(&op, &made), op.required_query());
                let join = if path.contains('?') { '&' } else { '?' };
                let path = format!("{path}{join}{name}={absurd}");
                let reply = owner.get(&path).await;
                if reply.status.is_server_error() {
                    bad.push(format!("{path}: {} {:.160}", reply.status, reply.text()));
                } else if reply.status.is_client_error() {
                    assert_problem(&reply, &path);
                } else if never(&name, absurd) {
                    bad.push(format!("{path}: answered {}", reply.status));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Values that a parameter of this name can never mean.
fn never(name: &str, value: &str) -> bool {
    match name {
        "from" | "to" => value != "9999-12-31" && value != "-9999-01-01",
        "limit" => value.parse::<i64>().is_err(),
        "pillar" | "view" | "phase" | "kind" | "order" | "grain" | "metric" | "by" | "band" | "tone" => true,
        "cursor" => value.starts_with('%'),
        _ => value == "%00",
    }
}

#[tokio::test]
async fn a_forged_token_is_a_stranger() {
    let world = World::new().await;
    let long = "x".repeat(50_000);
    let forged: Vec<(&str, String)> = vec![
        ("authorization", "Bearer pk_forged".to_owned()),
        ("authorization", format!("Bearer pk_{long}")),
        ("authorization", "Bearer ".to_owned()),
        ("authorization", "Basic !!!not base64!!!".to_owned()),
        ("authorization", "Basic cGtfZm9yZ2VkOg==".to_owned()),
        ("authorization", "Digest username=\"owner\"".to_owned()),
        ("cookie", "peakend=forged".to_owned()),
        ("cookie", format!("peakend={long}")),
        ("cookie", "peakend=".to_owned()),
        ("cookie", "peakend=%00%ff; peakend=' OR 1=1 --".to_owned()),
    ];
    let public = public();
    let mut bad = Vec::new();
    let stranger = world.stranger();
    for op in operations().into_iter().filter(|op| !public.contains(&op.name())) {
        for (name, value) in &forged {
            let client = stranger.clone().with_header(name, value);
            let reply = walk::send(&client, &op, &op.filled(|noun, _| nobody(noun)), b"{}").await;
            if reply.status != StatusCode::UNAUTHORIZED {
                bad.push(format!("{} with {name} {value:.30}: {}", op.name(), reply.status));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    for token in ["", "forged", long.as_str(), "\u{0}"] {
        let reply = world.stranger().post("/api/v1/session/link", &json!({ "token": token })).await;
        assert!(reply.status.is_client_error(), "{}", reply.text());
        assert_problem(&reply, "a forged sign-in link");
    }
}

#[tokio::test]
async fn an_unknown_id_is_not_found_and_a_malformed_one_too() {
    let world = World::new().await;
    let (owner, _) = settled(&world).await;
    let mut bad = Vec::new();
    for op in operations().into_iter().filter(|op| op.reads() && op.has_params() && op.path.starts_with("/api/v1/")) {
        for id in ["nonsense", "%F0%9F%92%A5", "..%2F..%2Fetc", "%00", "%FF", "cas_", "0", &"9".repeat(5000)] {
            let path = format!("{}{}", op.filled(|_, _| id.to_owned()), op.required_query());
            let reply = owner.send(Method::GET, &path, None).await;
            bad.extend(refusal(&reply, &format!("{path:.120}")));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

fn json_body(body: &Value) -> Option<(&'static str, Vec<u8>)> {
    Some(("application/json", body.to_string().into_bytes()))
}

/// The body once per field and absurdity.
fn mutations(body: &Value) -> Vec<(String, Value)> {
    let absurd = [
        ("a NUL", json!("a\u{0}b")),
        ("a long text", json!("长".repeat(100_000))),
        ("an empty text", json!("")),
        ("spaces", json!(" \n\t")),
        ("a day that is none", json!("2026-02-30")),
        ("a far day", json!("9999-12-31")),
        ("the largest number", json!(i64::MAX)),
        ("the smallest number", json!(i64::MIN)),
        ("beyond 64 bits", json!(1e300)),
        ("minus one", json!(-1)),
        ("null", Value::Null),
        ("a list", json!([[], {}, null, 1, "x"])),
        ("an object", json!({ "": { "": "" } })),
        ("a bidi override", json!("\u{202e}\u{feff}\u{1f468}\u{200d}\u{1f469}")),
    ];
    let mut all = Vec::new();
    for (name, _) in body.as_object().into_iter().flatten() {
        for (what, value) in &absurd {
            let mut changed = body.clone();
            changed[name] = value.clone();
            all.push((format!("{what} as {name}"), changed));
        }
    }
    all
}

#[track_caller]
fn unchanged(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    for (name, text) in before {
        assert_eq!(text, &after[name], "{name} changed");
    }
}
