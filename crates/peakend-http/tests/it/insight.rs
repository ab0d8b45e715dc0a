//! Figures, voices and findings over HTTP; attacks on the answers of employees.
use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::sense::unit::{Placement, Unit, UnitKind};
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{Day, LocalText, Pillar, Role, UnitId};
use peakend_testkit::{Client, World};
use serde_json::Value;

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn score(&mut self, from: u8, to: u8) -> Option<u8> {
        let sides = usize::from(to - from) + 2;
        let roll = self.roll(sides);
        (roll > 0).then(|| from + u8::try_from(roll - 1).unwrap())
    }
}

const FIRST: &str = "2025-10-01";

fn voice(world: &World, seq: i64, dice: &mut Dice) -> Voice {
    let day = Day(Day::parse(FIRST).unwrap().0 + i32::try_from(dice.roll(90)).unwrap());
    let pillar = [Pillar::Brand, Pillar::Customer, Pillar::Customer, Pillar::Employee][dice.roll(4)];
    let signal = pillar != Pillar::Employee && dice.roll(3) == 0;
    let sentiment = dice.roll(5);
    Voice {
        org: world.org.clone(),
        id: format!("r.{seq}"),
        seq,
        kind: if signal { VoiceKind::Signal } else { VoiceKind::Response },
        pillar,
        survey_code: if signal { String::new() } else { "pulse".into() },
        survey_version: None,
        person: String::new(),
        unit_code: dice.pick(&["", "b1", "b2", "b3"]).into(),
        unit_path: String::new(),
        line_code: dice.pick(&["", "funds", "cards", "loans"]).into(),
        journey_code: dice.pick(&["invest", "borrow"]).into(),
        stage_code: dice.pick(&["", "buy", "leave"]).into(),
        touchpoint_code: dice.pick(&["redeem", "desk", "app & web", "热线"]).into(),
        channel_code: dice.pick(&["app", "branch"]).into(),
        segment: dice.pick(&["", "gold", "mass"]).into(),
        theme: dice.pick(&["", "wait", "fee"]).into(),
        language: dice.pick(&["en", "zh-Hans"]).into(),
        at: format!("{day}T04:00:00Z").parse().unwrap(),
        day,
        nps: dice.score(0, 10),
        csat: dice.score(1, 5),
        ces: dice.score(1, 7),
        sentiment: (sentiment > 0).then(|| [-60, -10, 30, 80][sentiment - 1]),
        answers: serde_json::json!({}),
        text: if dice.roll(4) > 0 { format!("text {seq}") } else { String::new() },
        author: String::new(),
        url: String::new(),
        reading: peakend_domain::sense::reading::Reading::default(),
        attributes: std::collections::BTreeMap::new(),
        quiet: true,
    }
}

async fn hear(world: &World, voices: &[Voice]) {
    let mut tx = world.app.store.begin().await.unwrap();
    for v in voices {
        peakend_store::sense::voice::insert(&mut tx, v).await.unwrap();
    }
    tx.commit().await.unwrap();
    let facts = voices.iter().map(peakend_app::sense::fact).collect();
    world.app.warehouse.append(world.org.as_str(), facts).await.unwrap();
}

async fn world_of(n: i64) -> World {
    let world = World::new().await;
    let mut dice = Dice(11);
    let voices: Vec<Voice> = (1..=n).map(|seq| voice(&world, seq, &mut dice)).collect();
    hear(&world, &voices).await;
    world
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).await.ok()
}

fn n_of(figure: &Value) -> Option<u64> {
    figure["n"].as_u64().or_else(|| figure["refused"]["have"].as_f64().map(|have| have as u64))
}

#[tokio::test]
async fn every_figure_opens_to_exactly_the_voices_behind_it() {
    let world = world_of(400).await;
    let client = world.client(Role::Analyst).await;
    let mut dice = Dice(3);
    let (mut opened, mut seen) = (0, 0);
    for _ in 0..60 {
        let metric = dice.pick(&["nps", "csat", "ces", "net_sentiment", "responses", "signals"]);
        let by = dice.pick(&["", "line", "touchpoint", "unit", "channel,segment", "pillar", "theme,line", "stage"]);
        let grain = dice.pick(&["", "", "week", "month", "quarter"]);
        let filter = dice.pick(&[
            "",
            "&pillar=customer",
            "&line=funds,cards",
            "&band=detractor",
            "&tone=negative",
            "&kind=response",
            "&touchpoint=%E7%83%AD%E7%BA%BF",
            "&segment=gold&language=en",
            "&pillar=brand&channel=app",
        ]);
        let from = dice.pick(&["2025-10-01", "2025-10-17", "2025-11-05"]);
        let asked = format!("/api/v1/figures?metric={metric}&by={by}&grain={grain}&from={from}&to=2025-12-20{filter}");
        let table = get(&client, &asked).await;
        let rows = table["rows"].as_array().unwrap().iter().chain([&table["total"]]);
        for row in rows {
            seen += 1;
            let Some(href) = row["voices_href"].as_str() else { continue };
            let query = href.strip_prefix("/insight/voices?").unwrap();
            let voices = get(&client, &format!("/api/v1/voices?{query}&limit=1")).await;
            assert_eq!(voices["total"].as_u64(), n_of(&row["figure"]), "{asked}\n{row}");
            opened += 1;
        }
    }
    assert!(opened > 300 && opened * 2 > seen, "{opened} of {seen} figures were opened");
}

#[tokio::test]
async fn figures_without_a_pillar_leave_employees_out_and_say_so() {
    let world = world_of(300).await;
    let client = world.client(Role::Analyst).await;
    let days = "from=2025-10-01&to=2025-12-31";
    let all = get(&client, &format!("/api/v1/figures?metric=csat&by=pillar&{days}")).await;
    let pillars: Vec<&str> =
        all["rows"].as_array().unwrap().iter().map(|r| r["keys"][0]["code"].as_str().unwrap()).collect();
    assert_eq!(pillars, ["brand", "customer"]);
    assert!(all["notes"].as_array().unwrap().contains(&"employees_excluded".into()));
    let employees = get(&client, &format!("/api/v1/figures?metric=nps&pillar=employee&{days}")).await;
    assert_eq!(employees["definition"], "enps.v1");
    assert!(employees["total"]["figure"]["n"].as_u64().unwrap() > 20);
    assert!(employees["total"]["voices_href"].is_null());
}

#[tokio::test]
async fn single_voices_of_employees_cannot_be_read_by_any_door() {
    let world = world_of(300).await;
    let client = world.client(Role::Owner).await;
    let days = "from=2025-10-01&to=2025-12-31";
    let mut cursor = String::from("0");
    loop {
        let page = get(&client, &format!("/api/v1/voices?{days}&limit=200&cursor={cursor}")).await;
        assert!(page["items"].as_array().unwrap().iter().all(|v| v["pillar"] != "employee"));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    for seq in 1..=300 {
        let reply = client.get(&format!("/api/v1/voices/r.{seq}")).await;
        if reply.status.is_success() {
            assert_ne!(reply.json()["voice"]["pillar"], "employee");
        }
    }
    let texts = get(&client, &format!("/api/v1/voices?pillar=employee&{days}&limit=200")).await;
    let items = texts["items"].as_array().unwrap();
    assert!(items.len() >= 10);
    for text in items {
        for told in ["unit", "line", "touchpoint", "segment", "channel", "person", "survey"] {
            assert_eq!(text[told], "", "{told} is told");
        }
        for told in ["at", "nps", "csat", "ces"] {
            assert!(text[told].is_null(), "{told} is told");
        }
    }
    let numbers: Vec<i64> = items.iter().map(|t| t["text"].as_str().unwrap()[5..].parse().unwrap()).collect();
    assert!(!numbers.is_sorted() && !numbers.iter().rev().is_sorted(), "the order follows the time of the answers");
    for filter in ["band=detractor", "tone=negative", "kind=response"] {
        for path in ["voices?", "figures?metric=nps&", "short-boards?metric=nps&"] {
            let reply = client.get(&format!("/api/v1/{path}pillar=employee&{filter}&{days}")).await;
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "employee_filter"), "{path}{filter}");
        }
    }
}

/// Employees of a company with four attributes, one answer each.
fn company(world: &World, people: usize) -> Vec<Voice> {
    let mut dice = Dice(5);
    let mut blank = Dice(1);
    (1..=people)
        .map(|i| Voice {
            pillar: Pillar::Employee,
            kind: VoiceKind::Response,
            day: Day::parse("2025-11-10").unwrap(),
            at: "2025-11-10T00:00:00Z".parse().unwrap(),
            unit_code: dice.pick(&["b1", "b2", "b3", "b4"]).into(),
            segment: dice.pick(&["junior", "middle", "senior"]).into(),
            channel_code: dice.pick(&["day", "night"]).into(),
            line_code: dice.pick(&["funds", "cards"]).into(),
            csat: Some(u8::try_from(dice.roll(5)).unwrap() + 1),
            ..voice(world, i64::try_from(i).unwrap(), &mut blank)
        })
        .collect()
}

/// How many people an attacker works out exactly from these sums over known sets.
fn recovered(people: usize, told: &[BTreeSet<usize>]) -> usize {
    let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
    for set in told {
        let mut row: Vec<f64> = (0..people).map(|i| f64::from(u8::from(set.contains(&i)))).collect();
        for (pivot, known) in &rows {
            let c = row[*pivot];
            row.iter_mut().zip(known).for_each(|(a, b)| *a -= c * b);
        }
        let Some(pivot) = (0..people).max_by(|a, b| row[*a].abs().total_cmp(&row[*b].abs())) else { continue };
        if row[pivot].abs() < 1e-7 {
            continue;
        }
        let scale = row[pivot];
        row.iter_mut().for_each(|a| *a /= scale);
        for (_, known) in &mut rows {
            let c = known[pivot];
            known.iter_mut().zip(&row).for_each(|(a, b)| *a -= c * b);
        }
        rows.push((pivot, row));
    }
    rows.iter().filter(|(_, row)| row.iter().filter(|v| v.abs() > 1e-7).count() == 1).count()
}

#[tokio::test]
async fn many_users_with_many_filters_recover_no_employee() {
    let world = World::new().await;
    let voices = company(&world, 60);
    hear(&world, &voices).await;
    // every question is asked by another user
    let clients =
        [world.client(Role::Owner).await, world.client(Role::Analyst).await, world.client(Role::Viewer).await];
    let codes: BTreeMap<&str, Vec<&str>> = [
        ("unit_at", vec!["b1", "b2", "b3", "b4"]),
        ("segment", vec!["junior", "middle", "senior"]),
        ("channel", vec!["day", "night"]),
        ("line", vec!["funds", "cards"]),
    ]
    .into();
    let of = |v: &Voice, name: &str| match name {
        "unit_at" => v.unit_code.clone(),
        "segment" => v.segment.clone(),
        "line" => v.line_code.clone(),
        _ => v.channel_code.clone(),
    };
    let mut filters: Vec<Vec<(&str, &str)>> = vec![vec![]];
    for (name, values) in &codes {
        let longer: Vec<_> = filters
            .iter()
            .flat_map(|f| values.iter().map(move |v| f.iter().copied().chain([(*name, *v)]).collect()))
            .collect();
        filters.extend(longer);
    }
    let (mut told, mut open) = (Vec::new(), Vec::new());
    for (i, filter) in filters.iter().enumerate() {
        let set: BTreeSet<usize> = (0..voices.len())
            .filter(|at| filter.iter().all(|(name, value)| of(&voices[*at], name) == *value))
            .collect();
        if set.len() >= 5 {
            open.push(set.clone());
        }
        let query: String = filter.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        let asked = format!("/api/v1/figures?metric=csat&pillar=employee&from=2025-11-01&to=2025-11-30{query}");
        let figure = get(&clients[i % clients.len()], &asked).await["total"]["figure"].clone();
        if figure["refused"].is_null() {
            assert_eq!(figure["n"].as_u64(), Some(set.len() as u64));
            assert!(set.len() >= 5);
            told.push(set);
        } else {
            assert!(figure["n"].is_null() && figure["refused"]["have"].is_null(), "a refusal tells a count: {figure}");
        }
    }
    let without_gate = recovered(voices.len(), &open);
    assert!(without_gate > 5, "the attack itself must work: {without_gate}");
    assert_eq!(recovered(voices.len(), &told), 0);
    assert!(told.len() * 2 > open.len(), "{} of {} questions answered", told.len(), open.len());
}

#[tokio::test]
async fn one_more_answer_leaves_the_figure_of_employees_as_it_was_released() {
    let world = World::new().await;
    let mut voices = company(&world, 26);
    let late = voices.split_off(20);
    hear(&world, &voices).await;
    let client = world.client(Role::Analyst).await;
    let asked = "/api/v1/figures?metric=csat&pillar=employee&from=2025-11-01&to=2025-11-30";
    let before = get(&client, asked).await;
    assert_eq!(before["total"]["figure"]["n"], 20);
    hear(&world, &late[..1]).await;
    let after = get(&client, asked).await;
    assert_eq!(after["total"]["figure"]["n"], 20);
    assert_eq!(after["total"]["figure"]["value"], before["total"]["figure"]["value"]);
    assert!(after["total"]["figure"]["warnings"].as_array().unwrap().contains(&"as_released_before".into()));
    hear(&world, &late[1..]).await;
    assert_eq!(get(&client, asked).await["total"]["figure"]["n"], 26);
}

#[tokio::test]
async fn a_unit_manager_counts_only_the_voices_below_their_unit() {
    let world = world_of(300).await;
    let (root, east) = (unit_id("1"), unit_id("2"));
    let mut ids = BTreeMap::new();
    let mut placed = BTreeMap::new();
    let mut tx = world.app.store.begin().await.unwrap();
    for (id, code, parent, path) in [
        (root, "root", None, "/root/"),
        (east.clone(), "b1", Some("root"), "/root/b1/"),
        (unit_id("3"), "b2", Some("root"), "/root/b2/"),
    ] {
        let unit =
            Unit { id: id.clone(), code: code.into(), name: LocalText::one(code), kind: UnitKind::Branch, owner: None };
        peakend_store::sense::unit::insert(&mut tx, &world.org, &unit, world.app.now()).await.unwrap();
        ids.insert(code.to_owned(), id);
        let placement = Placement {
            parent: parent.map(str::to_owned),
            path: path.into(),
            from: Day::parse("2020-01-01").unwrap(),
            to: None,
        };
        placed.insert(code.to_owned(), vec![placement]);
    }
    peakend_store::sense::unit::place(&mut tx, &world.org, &ids, &placed).await.unwrap();
    tx.commit().await.unwrap();
    let manager = world.user(Role::UnitManager, Some(east.as_str())).await;
    let manager = world.signed_in(&manager).await;
    let owner = world.client(Role::Owner).await;
    let days = "metric=responses&from=2025-10-01&to=2025-12-31";
    let own = get(&manager, &format!("/api/v1/figures?{days}")).await;
    let same = get(&owner, &format!("/api/v1/figures?{days}&unit=b1")).await;
    assert_eq!(own["total"]["figure"]["n"], same["total"]["figure"]["n"]);
    assert!(own["total"]["figure"]["n"].as_u64().unwrap() > 0);
    let other = get(&manager, &format!("/api/v1/figures?{days}&unit=b2")).await;
    assert_eq!(other["total"]["figure"]["n"], 0);
    let all = get(&owner, &format!("/api/v1/figures?{days}&unit=root")).await;
    assert!(all["total"]["figure"]["n"].as_u64() > own["total"]["figure"]["n"].as_u64());
    let unknown = owner.get(&format!("/api/v1/figures?{days}&unit=nowhere")).await;
    assert_eq!(unknown.status.as_u16(), 422);
}

fn unit_id(tail: &str) -> UnitId {
    UnitId::stored(format!("unt_{tail:0>26}"))
}

#[tokio::test]
async fn a_short_board_becomes_a_finding_with_frozen_evidence() {
    let world = World::new().await;
    let mut blank = Dice(1);
    let voices: Vec<Voice> = (1..=400)
        .map(|i| {
            let low = i % 4 == 0;
            Voice {
                pillar: Pillar::Customer,
                kind: VoiceKind::Response,
                touchpoint_code: if low { "redeem" } else { "desk" }.into(),
                line_code: "funds".into(),
                nps: Some(if low { 2 } else { 7 + u8::try_from(i % 4).unwrap() }),
                ..voice(&world, i, &mut blank)
            }
        })
        .collect();
    hear(&world, &voices).await;
    let client = world.client(Role::Analyst).await;
    let days = "from=2025-10-01&to=2025-12-31";
    let boards = get(&client, &format!("/api/v1/short-boards?metric=nps&pillar=customer&per=line&{days}")).await;
    let worst = &boards["groups"][0]["boards"][0];
    assert_eq!((&worst["code"], &worst["standing"]), (&"redeem".into(), &"short".into()));
    assert_eq!(boards["groups"][0]["line"], "funds");
    let peaks = get(&client, &format!("/api/v1/short-boards?metric=nps&pillar=customer&board=peak&{days}")).await;
    assert_eq!(peaks["groups"][0]["boards"][0]["code"], "desk");

    let period = serde_json::json!({ "from": "2025-10-01", "to": "2025-12-31" });
    let made = client.post("/api/v1/findings/detections", &period).await.ok();
    assert_eq!(made["total"], 1);
    let finding = &made["items"][0];
    assert_eq!((&finding["touchpoint"], &finding["evidence"]["figure"]["value"]), (&"redeem".into(), &(-100.0).into()));
    assert_eq!(finding["evidence"]["definition"], "nps.v1");
    assert_eq!(client.post("/api/v1/findings/detections", &period).await.ok()["total"], 0);
    let path = format!("/api/v1/findings/{}", finding["id"].as_str().unwrap());
    let refused = client.post(&format!("{path}/judgements"), &serde_json::json!({ "phase": "dismissed" })).await;
    assert_eq!(refused.code(), "finding_reason_missing");
    let accepted = client.post(&format!("{path}/judgements"), &serde_json::json!({ "phase": "accepted" })).await.ok();
    assert_eq!(accepted["phase"], "accepted");
    hear(&world, &[Voice { touchpoint_code: "redeem".into(), ..voice(&world, 999, &mut blank) }]).await;
    assert_eq!(get(&client, &path).await["evidence"], finding["evidence"]);
    let viewer = world.client(Role::Viewer).await;
    let forbidden = viewer.post(&format!("{path}/judgements"), &serde_json::json!({ "phase": "accepted" })).await;
    assert_eq!(forbidden.status.as_u16(), 403);
}

#[tokio::test]
async fn the_home_page_shows_three_pillars_with_the_same_depth() {
    let world = world_of(400).await;
    let client = world.client(Role::Owner).await;
    let home = get(&client, "/api/v1/home?from=2025-10-01&to=2025-12-31").await;
    let pillars = home["pillars"].as_array().unwrap();
    let heads: Vec<&str> = pillars.iter().map(|p| p["headline"]["definition"].as_str().unwrap()).collect();
    assert_eq!(heads, ["net_sentiment.v1", "nps.v1", "enps.v1"]);
    for pillar in pillars {
        assert!(pillar["trend"].as_array().unwrap().len() >= 3, "{pillar}");
        assert_eq!(pillar["secondary"].as_array().unwrap().len(), 2);
        assert!(pillar["headline"]["n"].as_u64().unwrap() > 0);
    }
    assert_eq!(home["funnel"][0]["step"], "voices");
    assert!(home["funnel"][0]["count"].as_u64().unwrap() > 200);
    assert!(home["proven"].is_null());
    let brand = get(&client, "/api/v1/home?from=2025-10-01&to=2025-12-31&pillar=brand").await;
    assert_eq!(brand["pillars"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_comparison_names_its_periods_and_its_correction() {
    let world = world_of(400).await;
    let client = world.client(Role::Viewer).await;
    let asked = "/api/v1/figures?metric=csat&by=line&compare=previous&from=2025-11-01&to=2025-11-30&pillar=customer";
    let table = get(&client, asked).await;
    assert_eq!((&table["compared"]["from"], &table["compared"]["to"]), (&"2025-10-01".into(), &"2025-10-31".into()));
    assert_eq!(table["compared"]["complete"], true);
    assert_eq!(table["family"]["correction"], "holm");
    let change = &table["total"]["change"];
    assert!(change["adjusted_p"].as_f64() >= change["p"].as_f64());
    for bad in [
        "metric=none",
        "metric=nps&by=person",
        "metric=nps&grain=hour",
        "metric=nps&from=2025-13-01",
        "metric=nps&band=x",
    ] {
        let reply = client.get(&format!("/api/v1/figures?{bad}")).await;
        assert_eq!(reply.status.as_u16(), 422, "{bad}");
        assert!(!reply.json()["faults"].as_array().unwrap().is_empty());
    }
    let metrics = get(&client, "/api/v1/metrics").await;
    assert!(metrics["items"].as_array().unwrap().iter().all(|m| m["formula"]["zh-Hant"].is_string()));
}
