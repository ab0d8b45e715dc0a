//! Two servers over one PostgreSQL and one bucket: what either acknowledged stays.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::processes::Cluster;
use crate::wire::Wire;

const SURVEY: &str = "code: load
pillar: customer
languages: [en]
title: {en: Load}
questions:
  - id: nps
    type: nps
    required: true
    title: {en: Would you recommend us?}
";

/// A new database on the server of `PEAKEND_TEST_PG_URL`; none when there is no server.
pub(crate) fn database(name: &str) -> Option<String> {
    let server = std::env::var("PEAKEND_TEST_PG_URL").ok()?;
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut programs: Vec<PathBuf> = installed.map(|v| v.path().join("bin/psql")).filter(|p| p.is_file()).collect();
    programs.push(PathBuf::from("psql"));
    let name = format!("{name}_{}", std::process::id());
    let made = Command::new(&programs[0])
        .args([&format!("{server}/postgres"), "-qc", &format!("CREATE DATABASE {name}")])
        .status()
        .unwrap();
    assert!(made.success(), "make the database {name}");
    Some(format!("{server}/{name}"))
}

/// First run, an owner's key, a touchpoint and a published survey; the key.
fn furnish(url: &str) -> String {
    let setup = json!({ "organisation": "Load", "name": "Olivia Owner", "email": "owner@example.com",
        "password": "a long enough password", "locale": "en", "time_zone": "Asia/Shanghai", "currency": "CNY" });
    let answer = Wire::to(url, &[]).post("/api/v1/setup", &setup).unwrap();
    let cookie = answer.cookie.clone().unwrap();
    let csrf = answer.ok("first run").unwrap()["csrf"].as_str().unwrap().to_owned();
    let mut owner = Wire::to(url, &[("Cookie", &cookie), ("X-CSRF-Token", &csrf)]);
    let mut post = |path: &str, body: &Value| owner.post(path, body).unwrap().ok(path).unwrap();
    let key = post("/api/v1/api-keys", &json!({ "name": "load", "role": "owner" }));
    post("/api/v1/touchpoints", &json!({ "code": "redeem", "pillar": "customer", "name": "Redeeming" }));
    let survey = post("/api/v1/surveys", &json!({ "yaml": SURVEY }));
    let versions = format!("/api/v1/surveys/{}/versions", survey["id"].as_str().unwrap());
    post(&versions, &json!({ "revision": survey["revision"] }));
    key["secret"].as_str().unwrap().to_owned()
}

fn response(id: &str) -> Value {
    json!({ "id": id, "survey": "load", "answers": { "nps": 9 }, "person": { "customer_id": id },
        "context": { "touchpoint": "redeem" } })
}

fn wire(url: &str, key: &str) -> Wire {
    Wire::to(url, &[("Authorization", &format!("Bearer {key}"))])
}

/// Send until the time is over or the server is gone; ids with whether they were acknowledged.
fn send(url: &str, key: &str, name: &str, over: &AtomicBool) -> Vec<(String, bool)> {
    let (mut wire, mut sent) = (wire(url, key), Vec::new());
    while !over.load(Ordering::Relaxed) {
        let id = format!("{name}-{}", sent.len());
        let answer = wire.post("/api/v1/responses", &response(&id));
        let gone = answer.is_err();
        sent.push((id, answer.is_ok_and(|a| a.status == 201)));
        if gone {
            break;
        }
    }
    sent
}

/// Wait until a server counts so many responses; what it counts in the end.
fn counted(url: &str, key: &str, wanted: usize) -> usize {
    let (mut wire, begun) = (wire(url, key), Instant::now());
    loop {
        let table = wire.get("/api/v1/figures?metric=responses&survey=load").unwrap().ok("read the figure").unwrap();
        let figure = &table["total"]["figure"];
        let n = figure["n"].as_u64().or_else(|| figure["refused"]["have"].as_f64().map(|have| have as u64));
        let n = usize::try_from(n.unwrap_or(0)).unwrap();
        if n >= wanted || begun.elapsed() > Duration::from_secs(60) {
            return n;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The latest voices as one server lists them are read one by one from another.
fn found(listed: &str, url: &str, key: &str) {
    let page = wire(listed, key).get("/api/v1/voices?limit=5").unwrap().ok("list voices").unwrap();
    let voices = page["items"].as_array().unwrap_or_else(|| panic!("no voices: {page}"));
    assert!(!voices.is_empty(), "{page}");
    for voice in voices {
        let id = voice["id"].as_str().unwrap();
        let one = wire(url, key).get(&format!("/api/v1/voices/{id}")).unwrap().ok("look a voice up").unwrap();
        assert_eq!(one["voice"]["id"], voice["id"]);
    }
}

#[test]
fn nothing_that_either_server_acknowledged_is_lost_when_one_is_killed() {
    let Some(database) = database("two_servers") else {
        println!("SKIPPED: no PostgreSQL in PEAKEND_TEST_PG_URL");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cluster = runtime.block_on(Cluster::start(1));
    let mut first = cluster.server("first", &database, true);
    let key = furnish(&first.url());
    let second = cluster.server("second", &database, true);
    let over = AtomicBool::new(false);
    let (one, two) = (first.url(), second.url());
    let sent: Vec<(String, bool)> = std::thread::scope(|scope| {
        let senders: Vec<_> = [("a", &one), ("b", &two), ("c", &one), ("d", &two)]
            .map(|(name, url)| scope.spawn(|| send(url, &key, name, &over)))
            .into();
        std::thread::sleep(Duration::from_secs(4));
        first.kill();
        std::thread::sleep(Duration::from_secs(4));
        over.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|s| s.join().unwrap()).collect()
    });
    let acknowledged = sent.iter().filter(|(_, yes)| *yes).count();
    assert!(acknowledged > 20, "only {acknowledged} of {} acknowledged", sent.len());
    // every one again: the acknowledged are known, the others are in from now on
    let mut again = wire(&two, &key);
    for (id, known) in &sent {
        let status = again.post("/api/v1/responses", &response(id)).unwrap().status;
        assert!(status == 200 || !known && status == 201, "{id} was acknowledged ({known}) and answers {status}");
    }
    assert_eq!(counted(&two, &key, sent.len()), sent.len(), "the second server");
    // told to stop it seals; a server with an empty disk then has it all from the bucket and the log
    second.stop();
    let third = cluster.server("third", &database, false);
    assert_eq!(counted(&third.url(), &key, sent.len()), sent.len(), "a new server");
    let back = cluster.server("first", &database, true);
    assert_eq!(counted(&back.url(), &key, sent.len()), sent.len(), "the killed server, started again");
    found(&third.url(), &back.url(), &key);
    println!("{} sent, {acknowledged} acknowledged, 0 lost, 0 doubled", sent.len());
}
