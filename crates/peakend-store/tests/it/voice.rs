//! Voices are kept once, and found by their words.
use peakend_domain::{Day, Pillar};
use peakend_store::sense::voice;

use crate::on_both;
use crate::value::a_voice;

#[tokio::test]
async fn a_batch_keeps_each_voice_once_with_everything_it_says() {
    on_both("voices_once", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let mut said = a_voice("r.1", 1, 3, "he said \"no\" \\ 三天", "/hq/");
        said.answers = serde_json::json!({"q": ["a", 1, null]});
        said.sentiment = Some(-1);
        let other = a_voice("r.2", 2, 9, "", "/hq/");
        let new = voice::insert_many(&mut tx, &[&said, &other, &said]).await.unwrap();
        assert_eq!(new.len(), 2);
        assert!(voice::insert_many(&mut tx, &[&said]).await.unwrap().is_empty());
        assert_eq!(voice::after(&mut tx, &said.org, 0, 10).await.unwrap(), [said.clone(), other]);
    })
    .await;
}

#[tokio::test]
async fn words_are_found_in_either_case_and_literally_but_never_an_employees() {
    on_both("voice_search", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let mut employee = a_voice("r.9", 9, 3, "Redeem at the Fee desk", "/hq/");
        employee.pillar = Pillar::Employee;
        let said = [
            a_voice("r.1", 1, 3, "Redeeming the FUND took 3 days", "/hq/"),
            a_voice("r.2", 2, 3, "Ärger mit 100% Gebühr", "/hq/"),
            a_voice("r.3", 3, 3, "赎回要三天", "/hq/"),
        ];
        let all: Vec<_> = said.iter().chain([&employee]).collect();
        voice::insert_many(&mut tx, &all).await.unwrap();
        let org = &employee.org;
        let mut found = Vec::new();
        for words in ["redeem", "fund", "Ärger", "100%", "100_", "三天"] {
            let hits = voice::search(&mut tx, org, words, (Day(20_000), Day(20_000)), None, 10).await.unwrap();
            found.push(hits.iter().map(|v| v.id.clone()).collect::<Vec<_>>().join(","));
        }
        assert_eq!(found, ["r.1", "r.1", "r.2", "r.2", "", "r.3"]);
    })
    .await;
}
