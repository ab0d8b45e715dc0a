//! Asking and taking in, through the real router.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Role, Scope};
use peakend_store::sense::voice;
use peakend_testkit::{Client, Reply, World};
use serde_json::{Value, json};

/// A redemption survey; its page fills in the fund's name.
const SURVEY: &str = "code: redeem
pillar: customer
languages: [en, zh-Hans, zh-Hant]
title: {en: Redemption, zh-Hans: 赎回, zh-Hant: 贖回}
channel: app
questions:
  - id: why
    type: single
    required: true
    title: {en: 'Why did you redeem {{ event.fund_name | this fund }}?', zh-Hans: '您为什么赎回{{ event.fund_name | 这只基金 }}？', zh-Hant: '您為什麼贖回{{ event.fund_name | 這檔基金 }}？'}
    options:
      - {id: cash, label: {en: I need money, zh-Hans: 用钱, zh-Hant: 用錢}}
      - {id: fees, label: {en: The fees, zh-Hans: 费用, zh-Hant: 費用}}
  - id: fees_what
    type: text
    required: true
    show_if: answers.why == 'fees'
    title: {en: Which fees?, zh-Hans: 哪些费用?, zh-Hant: 哪些費用?}
  - id: nps
    type: nps
    required: true
    title: {en: Recommend us?, zh-Hans: 推荐我们吗?, zh-Hant: 推薦我們嗎?}
";

async fn published(client: &Client, yaml: &str) -> String {
    let made = client.post("/api/v1/surveys", &json!({"yaml": yaml})).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let _done =
        client.post(&format!("/api/v1/surveys/{id}/versions"), &json!({"revision": made["revision"]})).await.ok();
    id
}

async fn link(client: &Client, id: &str, body: Value) -> String {
    let made = client.post(&format!("/api/v1/surveys/{id}/links"), &body).await.ok();
    made["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

async fn form(client: &Client, path: &str, body: &str) -> Reply {
    let sent = Some(("application/x-www-form-urlencoded", body.as_bytes().to_vec()));
    client.send(Method::POST, path, sent).await
}

async fn voices(world: &World) -> Vec<Voice> {
    world.pump().await;
    let mut tx = world.app.store.read().await.unwrap();
    voice::after(&mut tx, &world.org, 0, 100).await.unwrap()
}

#[tokio::test]
async fn a_draft_is_edited_with_a_revision_and_published_as_a_version() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let made = client.post("/api/v1/surveys", &json!({"yaml": SURVEY})).await.ok();
    assert_eq!((made["status"].as_str(), made["revision"].as_i64()), (Some("draft"), Some(1)));
    let path = format!("/api/v1/surveys/{}", made["id"].as_str().unwrap());
    let taken = client.post("/api/v1/surveys", &json!({"yaml": SURVEY})).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);

    // a faulty draft is kept with its faults, and cannot be published
    let faulty = SURVEY.replace("type: nps", "type: stars");
    let saved = client.put(&path, &json!({"yaml": faulty, "revision": 1})).await.ok();
    assert_eq!(saved["faults"][0]["path"], "questions[2].type");
    assert_eq!(saved["faults"][0]["args"]["line"], "20");
    let refused = client.post(&format!("{path}/versions"), &json!({})).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid".to_owned()));
    let stale = client.put(&path, &json!({"yaml": SURVEY, "revision": 1})).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::CONFLICT, "stale_revision".to_owned()));

    // the editor sends documents; they come back as YAML that says the same
    let mut document = made["document"].clone();
    document["title"]["en"] = json!("Redemptions");
    let saved = client.put(&path, &json!({"document": document, "revision": 2})).await.ok();
    assert_eq!(saved["faults"], json!([]));
    assert!(saved["yaml"].as_str().unwrap().contains("Redemptions"));
    let first = client.post(&format!("{path}/versions"), &json!({"revision": 3})).await.ok();
    assert_eq!((first["published_version"].as_i64(), first["changed"].as_bool()), (Some(1), Some(false)));
    let same = client.post(&format!("{path}/versions"), &json!({})).await;
    assert_eq!(same.code(), "nothing_changed");
    assert_eq!(client.get(&format!("{path}/versions")).await.ok()["total"], 1);

    let checked = client.post("/api/v1/surveys/check", &json!({"yaml": "a: [1"})).await.ok();
    assert_eq!(checked["faults"][0]["code"], "bad_yaml");
    let deep = client.post("/api/v1/surveys/check", &json!({"yaml": "[".repeat(100_000)})).await.ok();
    assert_eq!(deep["faults"][0]["code"], "too_deep");
    let schema = world.stranger().get("/api/v1/schemas/survey.json").await.ok();
    assert_eq!(schema["title"], "Peakend survey");
    assert_eq!(client.get("/api/v1/surveys").await.ok()["items"][0]["status"], "published");
}

#[tokio::test]
async fn the_page_is_answered_by_a_plain_form_in_three_languages() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let id = published(&client, SURVEY).await;
    let path = link(&client, &id, json!({"context": {"fund_name": "A<b>&", "unit": "b12"}})).await;
    let stranger = world.stranger();
    let page = stranger.get(&format!("{path}?lang=zh-Hant")).await;
    let html = page.text();
    assert!(html.contains("<html lang=\"zh-Hant\">"), "{html}");
    assert!(html.contains("您為什麼贖回A&lt;b&gt;&amp;"), "{html}");
    assert!(!html.contains("A<b>"), "what the link brought is text, never markup");
    assert!(stranger.get(&path).await.text().contains("Why did you redeem"));
    let browser = stranger.clone().with_header("accept-language", "fr, zh-CN;q=0.9, en;q=0.5");
    assert!(browser.get(&path).await.text().contains("<html lang=\"zh-Hans\">"));

    // a required answer is missing: the form comes back with what was given
    let reply = form(&stranger, &path, "_id=p1&_lang=en&why=cash").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("value=\"cash\" checked"), "{}", reply.text());
    assert!(reply.text().contains("id=\"f-nps\""));

    // a conditional question that does not apply need not be answered
    let reply = form(&stranger, &path, "_id=p1&_lang=zh-Hans&why=cash&nps=3&fees_what=").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert!(reply.text().contains("谢谢您"));
    assert_eq!(form(&stranger, &path, "_id=p1&_lang=zh-Hans&why=cash&nps=3").await.status, StatusCode::OK);
    let other = form(&stranger, &path, "_id=p1&_lang=zh-Hans&why=cash&nps=9").await;
    assert_eq!(other.status, StatusCode::GONE, "the same id with another answer");

    let heard = voices(&world).await;
    assert_eq!(heard.len(), 1, "the same id twice is one response");
    assert_eq!((heard[0].id.as_str(), heard[0].nps), ("r.p1", Some(3)));
    assert_eq!((heard[0].unit_code.as_str(), heard[0].channel_code.as_str()), ("b12", "app"));
    assert_eq!(heard[0].answers, json!({"why": "cash", "nps": 3}));
}

#[tokio::test]
async fn a_link_of_single_use_takes_one_answer() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let id = published(&client, SURVEY).await;
    let path = link(&client, &id, json!({"single_use": true, "expires_at": "2026-02-01T00:00:00Z"})).await;
    let stranger = world.stranger();
    let body = json!({"id": "any", "lang": "en", "answers": {"why": "fees", "fees_what": "手续费太高了", "nps": 0}});
    assert_eq!(stranger.post(&path, &body).await.ok()["status"], "accepted");
    assert_eq!(stranger.get(&path).await.status, StatusCode::GONE);
    assert_eq!(stranger.post(&path, &body).await.status, StatusCode::GONE);
    let heard = voices(&world).await;
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].theme.as_str(), heard[0].language.as_str()), ("fees", "zh-Hans"));
    assert!(heard[0].sentiment.unwrap() < 0);

    let other = link(&client, &id, json!({"single_use": true, "expires_at": "2026-02-01T00:00:00Z"})).await;
    world.advance(SignedDuration::from_hours(24 * 60));
    let gone = stranger.get(&other).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.text().contains("This survey has ended"));
    for forged in ["/s/AAAAAAAAAAAAAAAAAAAAAA", "/s/x", "/s/..%2f..%2fetc"] {
        let reply = stranger.get(forged).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{forged}");
        assert!(reply.text().contains("We cannot find this survey"), "{forged}");
    }
}

#[tokio::test]
async fn many_respondents_who_open_their_link_at_once_do_not_wait_for_each_other() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let id = published(&client, SURVEY).await;
    let path = link(&client, &id, json!({"single_use": true, "expires_at": "2026-02-01T00:00:00Z"})).await;
    let stranger = world.stranger();
    let all = futures::future::join_all((0..24).map(|_| stranger.get(&path)));
    let all = tokio::time::timeout(std::time::Duration::from_secs(15), all).await.unwrap();
    assert!(all.iter().all(|reply| reply.status == StatusCode::OK));
}

#[tokio::test]
async fn responses_by_api_are_checked_and_idempotent() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    published(&client, SURVEY).await;
    let body = json!({"id": "r1", "survey": "redeem", "answers": {"why": "cash", "nps": 2},
        "person": {"customer_id": "C1"}, "context": {"unit": "b1"}});
    let first = client.post("/api/v1/responses", &body).await;
    assert_eq!((first.status, first.ok()["status"].as_str()), (StatusCode::CREATED, Some("accepted")));
    let again = client.post("/api/v1/responses", &body).await;
    assert_eq!((again.status, again.ok()["status"].as_str()), (StatusCode::OK, Some("replayed")));
    let mut other = body.clone();
    other["answers"]["nps"] = json!(9);
    assert_eq!(client.post("/api/v1/responses", &other).await.status, StatusCode::CONFLICT);
    let bad = client
        .post("/api/v1/responses", &json!({"survey": "redeem", "answers": {"why": "x", "nps": 11, "ghost": 1}}))
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let paths: Vec<String> =
        bad.json()["faults"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(paths, ["answers.ghost", "answers.why", "answers.nps"]);
    let unknown = client.post("/api/v1/responses", &json!({"survey": "nope", "answers": {}})).await;
    assert_eq!(unknown.json()["faults"][0]["path"], "survey");
    let deep = format!("{{\"survey\":\"redeem\",\"answers\":{}", "[".repeat(100_000));
    let deep = client.send(Method::POST, "/api/v1/responses", Some(("application/json", deep.into_bytes()))).await;
    assert_eq!(deep.status, StatusCode::BAD_REQUEST);
    assert!(deep.text().contains("recursion limit"), "{}", deep.text());

    let heard = voices(&world).await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].person.starts_with("per_"));
    assert!(voices(&world).await.len() == 1, "pumping twice changes nothing");
}

#[tokio::test]
async fn an_employee_answer_keeps_neither_person_nor_hour() {
    let world = World::new().await;
    let client = world.client(Role::Owner).await;
    let yaml = SURVEY.replace("pillar: customer", "pillar: employee").replace("code: redeem", "code: enps");
    published(&client, &yaml).await;
    let body = json!({"id": "e1", "survey": "enps", "answers": {"why": "cash", "nps": 9},
        "person": {"employee_id": "E7"}, "at": "2026-01-04T17:30:00Z"});
    let _done = client.post("/api/v1/responses", &body).await.ok();
    let heard = voices(&world).await;
    assert_eq!(heard[0].person, "");
    // midnight of the organisation's day, 2026-01-05 in Shanghai
    assert_eq!(heard[0].at.to_string(), "2026-01-04T16:00:00Z");
    assert_eq!(heard[0].day.to_string(), "2026-01-05");
    assert_eq!(client.get("/api/v1/surveys").await.ok()["items"][0]["responses"], Value::Null);
}

#[tokio::test]
async fn signals_come_one_by_one_or_many_with_a_result_each() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let good = json!({"id": "s1", "channel": "app-store", "pillar": "brand", "text": "App 老是闪退", "rating": 1});
    assert_eq!(client.post("/api/v1/signals", &good).await.status, StatusCode::CREATED);
    let many = json!([good, {"id": "s2", "channel": "app-store", "pillar": "brand", "text": "很好用"},
        {"id": "s3", "channel": "", "pillar": "brand", "text": "x"}, {"id": "s4", "pillar": "guest"}, 7]);
    let sum = client.post("/api/v1/signals", &many).await.ok();
    assert_eq!(
        (sum["accepted"].as_i64(), sum["replayed"].as_i64(), sum["refused"].as_i64()),
        (Some(1), Some(1), Some(3))
    );
    assert_eq!(sum["items"][2]["faults"][0]["path"], "channel");
    let heard = voices(&world).await;
    assert_eq!(heard.len(), 2);
    assert_eq!((heard[0].theme.as_str(), heard[0].csat), ("app", Some(1)));
}

const KEY_IN_PAGE: &str = "text/plain;charset=UTF-8";

async fn rule(client: &Client, survey: &str) {
    let _made = client
        .post(
            "/api/v1/event-rules",
            &json!({"code": "redeem", "name": "Redeem", "event_name": "Fund Redeemed", "condition": "event.amount >= 1000",
                "survey": survey, "delay_seconds": 2, "context": {"fund_name": "properties.fund_name", "channel": "app"}}),
        )
        .await
        .ok();
}

async fn due(world: &World, key: &str, anonymous: &str) -> Value {
    let body = json!({"key": key, "anonymous_id": anonymous}).to_string().into_bytes();
    world.stranger().send(Method::POST, "/w/ask", Some((KEY_IN_PAGE, body))).await.ok()["survey"].clone()
}

#[tokio::test]
async fn an_event_asks_the_person_in_the_page_once_and_says_why_not_again() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let survey = published(&client, SURVEY).await;
    rule(&client, &survey).await;
    let key = world.key(Role::Ingest).await;
    let redeem = |id: &str, amount: i64| {
        json!({"writeKey": key, "batch": [{"type": "track", "event": "Fund Redeemed", "messageId": id,
            "anonymousId": "anon-1", "properties": {"fund_name": "稳健一号", "amount": amount}}]})
    };
    let send = |body: Value| {
        let stranger = world.stranger();
        async move {
            stranger.send(Method::POST, "/v1/batch", Some((KEY_IN_PAGE, body.to_string().into_bytes()))).await.ok()
        }
    };
    assert_eq!(send(redeem("m1", 5000)).await["accepted"], 1);
    assert_eq!(send(redeem("m1", 5000)).await["replayed"], 1);
    assert_eq!(send(redeem("m2", 10)).await["accepted"], 1);
    world.pump().await;
    assert_eq!(due(&world, &key, "anon-1").await, Value::Null, "not before the delay");
    world.advance(SignedDuration::from_secs(2));
    assert_eq!(due(&world, &key, "anon-2").await, Value::Null, "nobody else is shown it");
    let path = due(&world, &key, "anon-1").await.as_str().unwrap().to_owned();
    assert_eq!(due(&world, &key, "anon-1").await, Value::Null, "it is shown once");
    let page = world.stranger().get(&format!("{path}?lang=zh-Hans&embed=1")).await.text();
    assert!(page.contains("您为什么赎回稳健一号？"), "{page}");

    let answers = json!({"why": "fees", "fees_what": "赎回费，请打13812345678", "nps": 8});
    let body = json!({"id": "x", "lang": "zh-Hans", "answers": answers});
    let _done = world.stranger().post(&path, &body).await.ok();
    // within the contact rule's days the next event withholds, with the reason
    world.advance(SignedDuration::from_hours(24 * 10));
    let _sent = send(redeem("m3", 9000)).await;
    world.pump().await;
    let asks = client.get("/api/v1/asks").await.ok();
    assert_eq!(asks["counts"], json!({"answered": 1, "withheld": 1}));
    assert_eq!(asks["items"][0]["reason"], "asked_recently");
    assert_eq!(asks["items"][0]["last_asked_at"], "2026-01-05T01:00:00Z");
    let asked = &asks["items"][0]["asked"];
    assert_eq!(asked["id"], asks["items"][0]["person"], "whom it was about leads to their page");
    assert_eq!((&asked["alias_kind"], &asked["alias"]), (&json!("anonymous_id"), &json!("anon-1")), "{asked}");
    let heard = voices(&world).await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].person.starts_with("per_"), "the answer belongs to whom the event happened");
    assert_eq!(heard[0].text, "赎回费，请打[phone]", "what identifies somebody is masked on the page's way too");

    let _done = client.put("/api/v1/contact-rule", &json!({"minimum_gap_days": 5})).await.ok();
    let _sent = send(redeem("m4", 9000)).await;
    world.pump().await;
    assert_eq!(client.get("/api/v1/asks?state=due").await.ok()["total"], 1);
}

#[tokio::test]
async fn a_dry_run_counts_without_writing() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let survey = published(&client, SURVEY).await;
    for (n, person, amount) in [(1, "u1", 5000), (2, "u1", 6000), (3, "u2", 7000), (4, "u3", 5)] {
        let message = json!({"event": "Fund Redeemed", "messageId": format!("m{n}"), "userId": person,
            "properties": {"amount": amount}});
        let _done = client.post("/v1/track", &message).await.ok();
    }
    world.pump().await;
    world.advance(SignedDuration::from_secs(60));
    let rule =
        json!({"name": "Try", "event_name": "Fund Redeemed", "condition": "event.amount ＞＝ 1000", "survey": survey});
    let run = client.post("/api/v1/event-rules/dry-runs", &rule).await.ok();
    assert_eq!(
        (run["events"].as_i64(), run["matched"].as_i64(), run["would_ask"].as_i64()),
        (Some(4), Some(3), Some(2))
    );
    assert_eq!(run["withheld"], json!({"asked_recently": 1}));
    assert_eq!(client.get("/api/v1/asks").await.ok()["total"], 0);
    let bad = client
        .post("/api/v1/event-rules/dry-runs", &json!({"name": "", "event_name": "", "condition": "x >", "survey": "?"}))
        .await;
    assert_eq!(bad.json()["faults"].as_array().unwrap().len(), 4, "{}", bad.text());
    assert_eq!(client.get("/api/v1/event-names").await.ok()["items"][0]["count"], 4);
}

#[tokio::test]
async fn segment_bodies_are_taken_unmodified_and_strangers_are_not() {
    let world = World::new().await;
    let key = world.key(Role::Ingest).await;
    let basic = base64(format!("{key}:").as_bytes());
    let client = world.stranger().with_header("authorization", &format!("Basic {basic}"));
    let batch = json!({"batch": [
        {"type": "identify", "userId": "u1", "traits": {"email": "a@b.cn", "segment": "vip"}, "messageId": "i1",
         "timestamp": "2026-01-05T00:59:00.123Z", "context": {"library": {"name": "@segment/analytics-node"}}, "integrations": {}},
        {"type": "track", "userId": "u1", "event": "Login", "properties": {}, "messageId": "t1", "_metadata": {"jsRuntime": "node"}},
        {"type": "page", "anonymousId": "a1", "name": "Home", "properties": {"url": "/"}, "messageId": "p1"},
        {"type": "alias", "userId": "u1", "previousId": "a1", "messageId": "a1"},
        {"type": "group", "userId": "u1", "groupId": "g", "messageId": "g1"},
        {"type": "track", "userId": "u1", "messageId": "t2"},
        {"type": "dance", "messageId": "d1"}
    ], "sentAt": "2026-01-05T01:00:00.000Z"});
    let answer = client.post("/v1/batch", &batch).await.ok();
    assert_eq!((answer["accepted"].as_i64(), answer["ignored"].as_i64()), (Some(4), Some(1)));
    assert_eq!(answer["success"], false);
    let refused: Vec<(i64, &str)> = answer["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["index"].as_i64().unwrap(), r["faults"][0]["path"].as_str().unwrap()))
        .collect();
    assert_eq!(refused, [(5, "event"), (6, "type")]);
    world.pump().await;
    let owner = world.client(Role::Owner).await;
    assert_eq!(owner.get("/api/v1/event-names").await.ok()["items"].as_array().unwrap().len(), 2);

    for (body, key, status) in [
        (json!({"event": "X", "userId": "u"}).to_string(), None, StatusCode::UNAUTHORIZED),
        (json!({"event": "X", "userId": "u", "writeKey": "pk_forged"}).to_string(), None, StatusCode::UNAUTHORIZED),
        ("{\"a\":".repeat(100_000), Some(()), StatusCode::BAD_REQUEST),
        ("not json".to_owned(), Some(()), StatusCode::BAD_REQUEST),
        (format!("\"{}\"", "x".repeat(600_000)), Some(()), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let who = if key.is_some() { client.clone() } else { world.stranger() };
        let reply = who.send(Method::POST, "/v1/track", Some(("application/json", body.into_bytes()))).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
    }
    // a key that stands in pages sends, and reads nothing
    assert_eq!(client.get("/api/v1/asks").await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get("/api/v1/surveys").await.status, StatusCode::FORBIDDEN);
    let viewer = world.client(Role::Viewer).await;
    assert_eq!(viewer.post("/v1/track", &json!({"event": "X", "userId": "u"})).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_organisation_sees_none_of_it() {
    let world = World::new().await;
    let client = world.client(Role::Owner).await;
    let id = published(&client, SURVEY).await;
    rule(&client, &id).await;
    let other = world.other_org().await;
    let theirs = world.stranger().with_key(&world.key_in(&other, Role::Owner).await);
    assert_eq!(theirs.get(&format!("/api/v1/surveys/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(theirs.get(&format!("/s/preview/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(theirs.get("/api/v1/event-rules").await.ok()["total"], 0);
    let sent = json!({"survey": "redeem", "answers": {"why": "cash", "nps": 1}});
    assert_eq!(theirs.post("/api/v1/responses", &sent).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let preview = client.get(&format!("/s/preview/{id}?lang=en")).await;
    assert!(preview.text().contains("Why did you redeem this fund?"), "{}", preview.text());
    let _all: Scope = Scope::all(other);
}

#[tokio::test]
async fn the_whole_page_is_at_most_thirty_kilobytes_and_the_loader_five() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let template = peakend_domain::sense::survey::template::TEMPLATES[4].1;
    let id = published(&client, template).await;
    let path = link(&client, &id, json!({"context": {"fund_name": "稳健一号"}})).await;
    let zipping = world.stranger().with_header("accept-encoding", "gzip");
    let page = zipping.get(&path).await;
    let plain = world.stranger().get(&path).await;
    let loader = zipping.get("/w/loader.js").await;
    println!(
        "respondent's page: {} bytes gzip, {} plain; loader: {} bytes gzip",
        page.body.len(),
        plain.body.len(),
        loader.body.len()
    );
    if !plain.text().contains("localStorage") {
        println!("SKIPPED the scripts' share: the UI is not built");
    }
    assert_eq!(page.headers["content-encoding"], "gzip");
    assert!(page.body.len() <= 30_000, "{} bytes", page.body.len());
    assert!(loader.body.len() <= 5_000, "{} bytes", loader.body.len());
    // nothing else is fetched
    let html = plain.text();
    for outside in ["<link", " src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside} in the page");
    }
    // the first question stands in the HTML
    assert!(html.contains("稳健一号"));
}

/// Standard base 64, for the header that server-side clients send.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |acc, b| (acc << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[usize::try_from((bits >> (18 - 6 * i)) & 63).unwrap()];
            text.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
