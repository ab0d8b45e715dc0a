//! Voices loaded by the million are voices like others.

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn a_loaded_voice_is_found_by_its_id_and_counted_with_its_attribute() {
    let bench = Bench::new();
    let server = bench.serve();
    let setup = json!({ "organisation": "Load", "name": "Olivia Owner", "email": "owner@example.com",
        "password": "a long enough password", "locale": "en", "time_zone": "Asia/Shanghai", "currency": "CNY" });
    let (status, cookie, body) = server.ask("POST", "/api/v1/setup", "", &setup);
    assert_eq!(status, 200, "{body}");
    let cookie = cookie.unwrap();
    drop(server);

    let map = bench.file("map.yaml", "constants: { kind: response, pillar: customer, survey: relationship }\n");
    let rows = (0..20).map(|n| format!("past-{n},c-{n},2026-01-{:02}T10:00:00Z,{},redeem,fund\n", n + 1, n % 11));
    let text = format!("id,person,at,nps,touchpoint,attr.product\n{}", rows.collect::<String>());
    let file = bench.file("past.csv", &text);
    let loaded = bench.run(&["load", file.to_str().unwrap(), "--map", map.to_str().unwrap()]);
    assert!(loaded.ok, "{}{}", loaded.out, loaded.err);

    let server = bench.serve();
    let get = |path: &str| server.ask("GET", path, &cookie, &Value::Null);
    let (status, _, voice) = get("/api/v1/voices/past-7");
    assert_eq!(status, 200, "{voice}");
    let voice = &voice["voice"];
    assert_eq!((&voice["id"], &voice["nps"], &voice["touchpoint"]), (&json!("past-7"), &json!(7), &json!("redeem")));
    assert_eq!(voice["attributes"], json!({ "product": "fund" }), "{voice}");
    let (status, _, fault) = get("/api/v1/voices/past-77");
    assert_eq!(status, 404, "{fault}");
    let (_, _, figures) =
        get("/api/v1/figures?metric=nps&from=2026-01-01&to=2026-01-31&attribute=product:fund&by=attribute:product");
    assert_eq!(figures["total"]["figure"]["n"], 20, "{figures}");
}
