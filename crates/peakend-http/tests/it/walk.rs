//! The documented operations, and requests made from their descriptions.
use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use peakend_domain::act::job::JobRequest;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{Day, JobId, Pillar};
use peakend_testkit::{Client, Reply, World};
use serde_json::{Map, Value, json};

/// The document as JSON.
pub(crate) fn document() -> Value {
    serde_json::to_value(peakend_http::openapi()).unwrap()
}

/// One documented operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) spec: Value,
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// The segment before the last path parameter, or the last segment.
    pub(crate) fn noun(&self) -> &str {
        let mut noun = "";
        let mut before = "";
        for segment in self.path.split('/').filter(|s| !s.is_empty()) {
            if segment.starts_with('{') {
                noun = before;
            }
            before = segment;
        }
        if noun.is_empty() { before } else { noun }
    }

    pub(crate) fn has_params(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with parameters filled by `fill(segment before, name)`.
    pub(crate) fn filled(&self, fill: impl Fn(&str, &str) -> String) -> String {
        let mut before = "";
        let mut filled = String::new();
        for segment in self.path.split('/').skip(1) {
            filled.push('/');
            match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(name) => filled.push_str(&fill(before, name)),
                None => filled.push_str(segment),
            }
            before = segment;
        }
        filled
    }

    /// Schema of the JSON body.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.spec.pointer("/requestBody/content/application~1json/schema")
    }

    /// Query parameters: name, whether required.
    pub(crate) fn query(&self) -> Vec<(String, bool)> {
        let listed = self.spec["parameters"].as_array().into_iter().flatten();
        listed
            .filter(|p| p["in"] == "query")
            .map(|p| (p["name"].as_str().unwrap().to_owned(), p["required"] == true))
            .collect()
    }

    fn described(&self, parameter: &str) -> String {
        let listed = self.spec["parameters"].as_array().into_iter().flatten();
        let found = listed.filter(|p| p["name"] == parameter).find_map(|p| p["description"].as_str());
        found.unwrap_or_default().to_owned()
    }

    /// Required query parameters with plausible values.
    pub(crate) fn required_query(&self) -> String {
        let given: Vec<String> = self
            .query()
            .into_iter()
            .filter(|(_, required)| *required)
            .map(|(name, _)| format!("{name}={}", text(&name, &self.described(&name))))
            .collect();
        if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
    }
}

/// All documented operations.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, spec) in item.as_object().unwrap() {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && spec.get("responses").is_some()
            {
                all.push(Operation { method, path: path.clone(), spec: spec.clone() });
            }
        }
    }
    all
}

/// Names of the public operations, from the list beside this file.
pub(crate) fn public() -> BTreeSet<String> {
    let listed = include_str!("public_routes.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    listed
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = format!("{} {}", words.next().unwrap(), words.next().unwrap());
            assert!(words.next().is_some(), "{name} is listed as public without a reason");
            name
        })
        .collect()
}

/// A well-formed id that stands for nothing.
pub(crate) fn nobody(noun: &str) -> String {
    let prefix = match noun {
        "users" => "usr",
        "api-keys" => "key",
        "units" => "unt",
        "lines" => "lin",
        "channels" => "chn",
        "journeys" => "jny",
        "touchpoints" => "tpt",
        "people" => "per",
        "surveys" => "svy",
        "event-rules" => "rul",
        "asks" => "ask",
        "imports" => "imp",
        "findings" => "fnd",
        "alert-rules" => "alr",
        "calendars" => "cal",
        "cases" => "cas",
        "initiatives" => "ini",
        "tasks" => "tsk",
        "evaluations" => "evl",
        "ledger" => "led",
        "jobs" => "job",
        "outcome-kinds" => "otk",
        "voices" => "r.nobody",
        _ => "xxx",
    };
    if noun == "voices" { prefix.to_owned() } else { format!("{prefix}_{}", "0".repeat(26)) }
}

/// Makes a body from a schema: values of `known` where a field has the same
/// name, else the first word that the field's description lists.
pub(crate) struct Sampler {
    components: Value,
    user: String,
}

impl Sampler {
    /// `user` is the id put where a body wants one.
    pub(crate) fn new(user: &str) -> Self {
        Self { components: document()["components"]["schemas"].clone(), user: user.to_owned() }
    }

    pub(crate) fn body(&self, schema: &Value, known: &Value) -> Value {
        self.value("", schema, known, 0)
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            Some(name) => &self.components[name],
            None => schema,
        }
    }

    fn value(&self, name: &str, schema: &Value, known: &Value, depth: usize) -> Value {
        let described = schema["description"].as_str().unwrap_or_default().to_owned();
        let listed = words(&described);
        let possible = !known[name].is_string() || listed.is_empty() || listed.iter().any(|w| known[name] == *w);
        if !name.is_empty() && !known[name].is_null() && possible {
            return known[name].clone();
        }
        let schema = self.resolve(schema);
        if depth > 6 {
            return Value::Null;
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.value("", part, known, depth + 1) {
                    all.extend(fields);
                }
            }
            return Value::Object(all);
        }
        for union in ["oneOf", "anyOf"] {
            if let Some(parts) = schema[union].as_array() {
                let real = parts.iter().find(|p| p["type"] != "null").unwrap();
                return self.value(name, real, known, depth + 1);
            }
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or(""),
            _ => "",
        };
        match kind {
            "object" => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                let needed = schema["required"].as_array().cloned().unwrap_or_default();
                let fields = fields
                    .filter(|(n, _)| ["revision", "yaml"].contains(&n.as_str()) || needed.iter().any(|r| r == *n));
                Value::Object(fields.map(|(n, of)| (n.clone(), self.value(n, of, known, depth + 1))).collect())
            }
            "array" => json!([]),
            "integer" | "number" => json!(1),
            "boolean" => json!(true),
            _ if described.starts_with("User id") => json!(self.user),
            _ => json!(text(name, &described)),
        }
    }
}

/// The words that a description lists between backticks.
fn words(described: &str) -> Vec<&str> {
    let quoted = described.split('`').skip(1).step_by(2);
    quoted.filter(|w| !w.is_empty() && !w.contains([' ', '/', '{']) && !w.starts_with("YYYY")).collect()
}

fn text(name: &str, described: &str) -> String {
    let by_name = match name {
        "email" => "somebody@example.com",
        "pillar" => "customer",
        "metric" => "nps",
        "steps" => "viewed+%3E+bought",
        "first" => "visited",
        "condition" => "nps <= 6",
        "time_zone" => "UTC",
        "currency" => "CNY",
        "locale" => "en",
        "code" => "sample",
        "role" => "agent",
        "password" => "a long enough password",
        _ if described.contains("YYYY-MM-DD") || described.contains(" day") => "2026-01-05",
        _ if described.contains("YYYY-MM") || described.contains("onth") => "2026-01",
        "from" | "to" | "on" => "2026-01-05",
        _ => "",
    };
    let listed = words(described).first().map_or("sample", |w| *w);
    if by_name.is_empty() { listed.to_owned() } else { by_name.to_owned() }
}

/// Sends an operation, with a body when it is not a GET.
pub(crate) async fn send(client: &Client, op: &Operation, path: &str, body: &[u8]) -> Reply {
    let body = (!op.reads()).then(|| ("application/json", body.to_vec()));
    client.send(op.method.clone(), path, body).await
}

/// Problem documents have a type, a status, a code and a detail.
#[track_caller]
pub(crate) fn assert_problem(reply: &Reply, what: &str) {
    let kind = reply.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    assert!(
        kind.starts_with("application/problem+json"),
        "{what}: {} with {kind}: {:.300}",
        reply.status,
        reply.text()
    );
    let problem = reply.json();
    for field in ["type", "title", "code", "detail"] {
        assert!(problem[field].as_str().is_some_and(|t| !t.is_empty()), "{what}: no {field}: {problem}");
    }
    assert_eq!(problem["status"], reply.status.as_u16(), "{what}");
}

/// What an organisation has: noun to id.
pub(crate) type Made = BTreeMap<String, String>;

async fn made(client: &Client, all: &mut Made, noun: &str, body: Value, pointer: &str) {
    let reply = client.post(&format!("/api/v1/{noun}"), &body).await;
    let answer = reply.ok();
    let id = answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{noun}: {answer}"));
    all.insert(noun.to_owned(), id.to_owned());
}

/// One of each noun, through the API where the API can make it.
pub(crate) async fn furnish(world: &World, owner: &Client) -> Made {
    let mut all = Made::new();
    let a = &mut all;
    made(owner, a, "lines", json!({ "code": "funds", "name": "Funds" }), "/id").await;
    made(owner, a, "channels", json!({ "code": "desk", "name": "Desk", "kind": "branch" }), "/id").await;
    made(owner, a, "units", json!({ "code": "hq", "name": "Head office", "kind": "head_office" }), "/id").await;
    let stages = json!([{ "code": "leave", "name": "Leaving" }]);
    let journey = json!({ "code": "invest", "pillar": "customer", "name": "Investing", "stages": stages });
    made(owner, a, "journeys", journey, "/id").await;
    let touchpoint = json!({ "code": "redeem", "pillar": "customer", "name": "Redeeming", "line": "funds" });
    made(owner, a, "touchpoints", touchpoint, "/id").await;
    let person = json!({ "aliases": { "customer_id": "K1" }, "traits": { "name": "Ann", "unit": "hq" } });
    made(owner, a, "people", person, "/id").await;
    let staff = json!({ "email": "agent@example.com", "name": "Agnes Agent", "role": "agent" });
    made(owner, a, "users", staff, "/user/id").await;
    made(owner, a, "api-keys", json!({ "name": "till", "role": "viewer" }), "/key/id").await;
    let hours = json!([{ "from": "09:00", "to": "17:00" }]);
    let calendar = json!({ "code": "desk", "name": "Desk hours", "time_zone": "Asia/Shanghai",
        "week": { "mon": hours }, "holidays": [], "make_up_days": [] });
    made(owner, a, "calendars", calendar, "/id").await;
    let rule = json!({ "code": "low", "name": "Low score", "pillar": "customer", "condition": "nps <= 6",
        "priority": "high", "contact_minutes": 60, "resolve_minutes": 480, "calendar": a["calendars"], "enabled": true });
    made(owner, a, "alert-rules", rule, "/id").await;
    hear(world, a["people"].clone()).await;
    a.insert("voices".to_owned(), "r.walk-1".to_owned());
    made(owner, a, "cases", json!({ "voice": "r.walk-1" }), "/id").await;
    let plan = json!({ "name": "Faster redemption", "pillar": "customer", "touchpoint": "redeem",
        "target": { "metric": "nps", "value": 30.0 } });
    made(owner, a, "initiatives", plan, "/id").await;
    let tasks = format!("initiatives/{}/tasks", a["initiatives"]);
    made(owner, a, &tasks, json!({ "title": "Measure the wait" }), "/tasks/0/id").await;
    let task = a.remove(&tasks).unwrap();
    a.insert("tasks".to_owned(), task);
    let finding = json!({ "kind": "figure", "metric": "nps", "title": "Redeeming hurts", "pillar": "customer" });
    made(owner, a, "findings", finding, "/id").await;
    let yaml = "code: leaving\npillar: customer\nlanguages: [en]\ntitle: {en: Leaving}\nquestions:\n  - {id: nps, type: nps, \
                title: {en: Recommend us?}}\n";
    made(owner, a, "surveys", json!({ "yaml": yaml }), "/id").await;
    let versions = format!("/api/v1/surveys/{}/versions", a["surveys"]);
    let _ = owner.post(&versions, &json!({})).await.ok();
    let preview = a["surveys"].clone();
    a.insert("preview".to_owned(), preview);
    let links = format!("surveys/{}/links", a["surveys"]);
    made(owner, a, &links, json!({}), "/id").await;
    let link = a.remove(&links).unwrap();
    a.insert("survey-links".to_owned(), link);
    let job = job(world).await;
    a.insert("jobs".to_owned(), job);
    let imported = import(owner).await;
    a.insert("imports".to_owned(), imported);
    let rule = json!({ "code": "gone", "name": "Gone", "event_name": "Fund Redeemed", "survey": "leaving",
        "condition": "event.amount >= 1000", "enabled": true });
    made(owner, a, "event-rules", rule, "/id").await;
    for op in operations().iter().filter(|op| op.reads() && op.has_params()) {
        from_list(owner, a, op).await;
    }
    all
}

async fn job(world: &World) -> String {
    let now = world.app.now();
    let id = JobId::new(now, &*world.app.entropy);
    let request = JobRequest { kind: "walked".to_owned(), payload: json!({}), run_at: now, unique_key: "1".to_owned() };
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(peakend_store::act::job::enqueue(&mut tx, &world.org, &id, &request, now).await.unwrap());
    tx.commit().await.unwrap();
    id.to_string()
}

/// An import that has ended, with the map that the preview proposes.
async fn import(owner: &Client) -> String {
    let part = |name: &str, more: &str, body: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{body}\r\n")
    };
    let file = part("file", "; filename=\"people.csv\"", "customer_id,name\nK7,Bo\n") + "--B--\r\n";
    let form = |map: &str| {
        let fields = part("kind", "", "people") + &part("map", "", map) + &file;
        Some(("multipart/form-data; boundary=B", fields.into_bytes()))
    };
    let bare = Some(("multipart/form-data; boundary=B", (part("kind", "", "people") + &file).into_bytes()));
    let guessed = owner.send(Method::POST, "/api/v1/imports/previews", bare).await.ok();
    let begun = owner.send(Method::POST, "/api/v1/imports", form(guessed["map"].as_str().unwrap())).await.ok();
    let id = begun["id"].as_str().unwrap().to_owned();
    while owner.get(&format!("/api/v1/imports/{id}")).await.ok()["finished_at"].is_null() {
        tokio::task::yield_now().await;
    }
    id
}

/// Nouns that exist without having been made above: the first of their list.
async fn from_list(owner: &Client, all: &mut Made, op: &Operation) {
    let noun = op.noun().to_owned();
    if all.contains_key(&noun) {
        return;
    }
    let list = owner.get(&format!("/api/v1/{noun}")).await;
    if list.status.is_success() {
        let first = list.json().pointer("/items/0/id").and_then(Value::as_str).map(ToOwned::to_owned);
        all.extend(first.map(|id| (noun, id)));
    }
}

async fn hear(world: &World, person: String) {
    let mut tx = world.app.store.begin().await.unwrap();
    for seq in 1..=40 {
        let voice = voice(world, seq, if seq == 1 { person.clone() } else { String::new() });
        peakend_store::sense::voice::insert(&mut tx, &voice).await.unwrap();
        let fact = peakend_app::sense::fact(&voice);
        world.app.warehouse.append(world.org.as_str(), vec![fact]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn voice(world: &World, seq: i64, person: String) -> Voice {
    Voice {
        org: world.org.clone(),
        id: format!("r.walk-{seq}"),
        seq,
        kind: VoiceKind::Response,
        pillar: Pillar::Customer,
        survey_code: "leaving".to_owned(),
        survey_version: Some(1),
        person,
        unit_code: "hq".to_owned(),
        unit_path: "/hq/".to_owned(),
        line_code: "funds".to_owned(),
        journey_code: "invest".to_owned(),
        stage_code: "leave".to_owned(),
        touchpoint_code: "redeem".to_owned(),
        channel_code: "desk".to_owned(),
        segment: String::new(),
        theme: "wait".to_owned(),
        language: "en".to_owned(),
        at: "2026-01-04T04:00:00Z".parse().unwrap(),
        day: Day::parse("2026-01-04").unwrap(),
        nps: Some(u8::try_from(seq % 11).unwrap()),
        csat: None,
        ces: None,
        sentiment: Some(-40),
        answers: json!({ "nps": seq % 11 }),
        text: "The wait was long".to_owned(),
        author: String::new(),
        url: String::new(),
        reading: peakend_domain::sense::reading::Reading::default(),
        attributes: std::collections::BTreeMap::new(),
        quiet: true,
    }
}

/// Everything an organisation's owner can read, by operation.
pub(crate) async fn snapshot(owner: &Client, made: &Made) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for op in operations().iter().filter(|op| op.reads() && op.path.starts_with("/api/v1/")) {
        let path = op.filled(|noun, _| made.get(noun).cloned().unwrap_or_else(|| nobody(noun)));
        let reply = owner.get(&format!("{path}{}", op.required_query())).await;
        let mut text = reply.text();
        if !reply.status.is_success() {
            text = format!("{} {}", reply.status, reply.code());
        }
        all.insert(op.name(), text);
    }
    all
}
