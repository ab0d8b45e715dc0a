//! Outcomes, evaluations and the ledger over HTTP.
use peakend_domain::Role;
use peakend_testkit::{Client, World};
use serde_json::{Value, json};

async fn cases_evaluated(client: &Client) -> Value {
    let asked = json!({ "subject_kind": "cases", "from": "2025-06", "to": "2025-08", "outcome_kind": "aum" });
    client.post("/api/v1/evaluations", &asked).await.ok()
}

#[tokio::test]
async fn the_kinds_to_begin_with_are_there_and_own_ones_can_be_added() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let kinds = client.get("/api/v1/outcome-kinds").await.ok();
    let codes: Vec<&str> = kinds["items"].as_array().unwrap().iter().map(|k| k["code"].as_str().unwrap()).collect();
    assert_eq!((codes, kinds["currency"].as_str().unwrap()), (vec!["aum", "churn", "orders"], "CNY"));
    let income = json!({ "code": "income", "name": { "en": "Net income" }, "unit": "money", "better": "higher",
        "nature": "flow", "absent": "zero" });
    assert_eq!(client.post("/api/v1/outcome-kinds", &income).await.ok()["code"], "income");
    assert_eq!(client.post("/api/v1/outcome-kinds", &income).await.code(), "code_taken");
    let wrong = json!({ "code": "x", "name": { "en": "X" }, "unit": "kg", "better": "higher", "nature": "flow",
        "absent": "zero" });
    assert_eq!(client.post("/api/v1/outcome-kinds", &wrong).await.json()["faults"][0]["path"], "unit");
}

#[tokio::test]
async fn a_batch_of_outcomes_is_taken_once_and_shown_by_month() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let known = json!({ "aliases": { "customer_id": "c1" }, "traits": { "name": "Wen" } });
    let id = client.post("/api/v1/people", &known).await.ok()["id"].as_str().unwrap().to_owned();
    let batch = json!({ "batch": "b1", "rows": [
        { "alias": { "customer_id": "c1" }, "kind": "aum", "month": "2025-11", "value": 120_000 },
        { "person": id, "kind": "aum", "month": "2025-12", "value": 130_000 } ] });
    assert_eq!(client.post("/api/v1/outcomes", &batch).await.ok(), json!({ "rows": 2, "repeated": false }));
    assert_eq!(client.post("/api/v1/outcomes", &batch).await.ok()["repeated"], true);
    let series = client.get(&format!("/api/v1/people/{id}/outcomes?from=2025-01&to=2025-12")).await.ok();
    assert_eq!(series["series"][0]["months"][1], json!({ "month": "2025-12", "value": 130_000 }));
    let totals = client.get("/api/v1/outcomes?kind=aum&from=2025-01&to=2025-12").await.ok();
    assert_eq!(totals["months"][0], json!({ "month": "2025-11", "persons": 1, "sum": 120_000 }));
    let faulty = json!({ "batch": "b2", "rows": [
        { "alias": { "customer_id": "c2" }, "kind": "aum", "month": "2025-11", "value": 1 } ] });
    let refused = client.post("/api/v1/outcomes", &faulty).await;
    assert_eq!((refused.status.as_u16(), refused.json()["faults"][0]["path"].clone()), (422, json!("rows[0].person")));
}

#[tokio::test]
async fn what_gives_no_figure_is_kept_listed_and_booked_without_an_amount() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let made = cases_evaluated(&client).await;
    assert_eq!((made["verdict"].as_str(), made["why"]["code"].as_str()), (Some("not_proven"), Some("no_treated")));
    assert_eq!(made["measure"]["currency"], "CNY");
    let id = made["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/api/v1/evaluations/{id}")).await.ok(), made);
    assert_eq!(client.get("/api/v1/evaluations?verdict=not_proven&limit=1").await.ok()["total"], 1);
    assert_eq!(client.get("/api/v1/evaluations?verdict=gain").await.ok()["total"], 0);
    let booking = json!({ "evaluation": id, "cost_minor": 500, "note": "nothing came of it" });
    let entry = client.post("/api/v1/ledger", &booking).await.ok();
    assert_eq!((entry["amount"].clone(), entry["cost_minor"].as_i64()), (Value::Null, Some(500)));
    assert_eq!(client.post("/api/v1/ledger", &booking).await.code(), "ledger_already_booked");
    let entry = entry["id"].as_str().unwrap();
    let trail = client.get(&format!("/api/v1/ledger/{entry}/trail")).await.ok();
    let kinds: Vec<&str> = trail["steps"].as_array().unwrap().iter().map(|s| s["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ledger_entry", "evaluation", "cases"]);
    let ledger = client.get("/api/v1/ledger").await.ok();
    assert_eq!((ledger["total"].as_u64(), ledger["totals"][0]["not_proven"].as_u64()), (Some(1), Some(1)));
    assert_eq!(client.get(&format!("/api/v1/evaluations/{id}")).await.ok()["ledger_entry"], entry);
}

#[tokio::test]
async fn employees_unknown_words_and_wrong_roles_are_refused() {
    let world = World::new().await;
    let client = world.client(Role::Analyst).await;
    let mut asked = json!({ "subject_kind": "cases", "pillar": "employee", "from": "2025-06", "to": "2025-08",
        "outcome_kind": "aum" });
    assert_eq!(client.post("/api/v1/evaluations", &asked).await.code(), "evaluation_employee_persons");
    asked["pillar"] = json!("customer");
    asked["months_before"] = json!(1);
    assert_eq!(client.post("/api/v1/evaluations", &asked).await.json()["faults"][0]["path"], "months_before");
    asked["months_before"] = json!(6);
    asked["outcome_kind"] = json!("profit");
    assert_eq!(client.post("/api/v1/evaluations", &asked).await.json()["faults"][0]["path"], "outcome_kind");
    asked["outcome_kind"] = json!("aum");
    let viewer = world.client(Role::Viewer).await;
    assert_eq!(viewer.post("/api/v1/evaluations", &asked).await.code(), "forbidden");
    let made = cases_evaluated(&client).await;
    let path = format!("/api/v1/evaluations/{}", made["id"].as_str().unwrap());
    assert!(viewer.get(&path).await.status.is_success());
    let other = world.other_org().await;
    let stranger = world.stranger().with_key(&world.key_in(&other, Role::Owner).await);
    assert_eq!(stranger.get(&path).await.code(), "not_found");
    assert_eq!(world.stranger().get(&path).await.code(), "unauthenticated");
}
