//! What identifies somebody stands in no voice and in no entry of the log.
use peakend_app::Error;
use peakend_app::sense::survey::DraftText;
use peakend_app::sense::{response, signal, survey};
use peakend_domain::sense::import::ImportKind;
use peakend_domain::sense::voice::Voice;
use peakend_testkit::World;
use serde_json::json;

use super::import::{counts, run};

/// Language, what is said, what is kept.
const SAID: [(&str, &str, &str); 3] = [
    (
        "en",
        "Call +86 138-1234-5678 or write to li.wei@bank.com.cn, my account number is 12345678. Nobody did.",
        "Call [phone] or write to [email], my account number is [account]. Nobody did.",
    ),
    (
        "zh-Hans",
        "卡号 6222 0212 3456 7894 被吞,身份证11010519491231002X也丢了,请打13812345678找我",
        "卡号 [card] 被吞,身份证[id]也丢了,请打[phone]找我",
    ),
    (
        "zh-Hant",
        "卡片被吞了,身份證 A123456(3) 也掉了,電話 +852 9123 4567,沒有人回覆",
        "卡片被吞了,身份證 [id] 也掉了,電話 [phone],沒有人回覆",
    ),
];
/// Parts of what is said that must be nowhere.
const SECRETS: [&str; 7] =
    ["138-1234", "li.wei", "12345678", "6222 0212", "11010519491231002X", "A123456(3)", "9123 4567"];

async fn voices(world: &World) -> Vec<Voice> {
    world.pump().await;
    let mut tx = world.app.store.read().await.unwrap();
    peakend_store::sense::voice::after(&mut tx, &world.org, 0, 100).await.unwrap()
}

/// The log as it stands, and a failure when a secret is in it.
async fn log(world: &World) -> String {
    world.app.intake.settled().await.unwrap();
    let mut tx = world.app.store.read().await.unwrap();
    let entries = peakend_store::sense::intake::after(&mut tx, 0, 100).await.unwrap();
    let log: String = entries.into_iter().map(|e| e.entry.body).collect();
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    log
}

fn seen(voices: &[Voice]) -> Vec<(&str, &str)> {
    voices.iter().map(|v| (v.language.as_str(), v.text.as_str())).collect()
}

fn kept() -> Vec<(&'static str, &'static str)> {
    SAID.iter().map(|(language, _, kept)| (*language, *kept)).collect()
}

#[tokio::test]
async fn a_signal_is_masked_before_it_is_logged_and_its_id_still_tells_a_replay_from_a_conflict() {
    let world = World::new().await;
    let body = |i: usize, text: &str| {
        json!({"id": format!("s{i}"), "pillar": "customer", "channel": "hotline", "text": text,
            "person": {"phone": "13700000000"}})
    };
    for (i, (_, said, _)) in SAID.iter().enumerate() {
        assert!(!signal::submit(&world.ctx(), &body(i, said)).await.unwrap().replayed);
        assert!(signal::submit(&world.ctx(), &body(i, said)).await.unwrap().replayed);
        // another number under the same id is another body, though both are masked alike
        let other = said.replace("138", "139").replace("A123456(3)", "A123456(4)");
        let refused = signal::submit(&world.ctx(), &body(i, &other)).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
    assert!(log(&world).await.contains("13700000000"), "who it is about is no word of theirs");
    assert_eq!(seen(&voices(&world).await), kept());
}

#[tokio::test]
async fn the_words_of_an_answer_are_masked_and_its_choices_and_scores_stay() {
    let world = World::new().await;
    let document = "code: service\npillar: customer\nlanguages: [en]\ntitle: {en: Service}\nquestions:\n\
        \x20 - {id: nps, type: nps, required: true, title: {en: Recommend?}}\n\
        \x20 - {id: why, type: text, title: {en: Why?}}\n";
    let page = survey::create(&world.ctx(), &DraftText::Yaml(document.to_owned())).await.unwrap();
    survey::publish(&world.ctx(), page.row.id.as_str(), None).await.unwrap();
    for (i, (_, said, _)) in SAID.iter().enumerate() {
        let body = json!({"id": format!("r{i}"), "survey": "service", "answers": {"nps": 3, "why": said}});
        assert!(!response::submit(&world.ctx(), &body).await.unwrap().replayed);
        assert!(response::submit(&world.ctx(), &body).await.unwrap().replayed);
    }
    log(&world).await;
    let heard = voices(&world).await;
    assert_eq!(seen(&heard), kept());
    assert_eq!(heard[0].answers, json!({"nps": 3, "why": SAID[0].2}));
    assert_eq!(heard.iter().filter_map(|v| v.nps).collect::<Vec<_>>(), [3, 3, 3]);
}

#[tokio::test]
async fn a_file_is_masked_row_by_row_and_the_same_file_again_is_the_same() {
    let world = World::new().await;
    let map = "channel: {value: store}\npillar: {value: brand}\nat: day\ntext: words\nid: no\n";
    let rows = SAID.iter().enumerate().map(|(i, (_, said, _))| format!("{i},2026-01-02,\"{said}\"\n"));
    let file = format!("no,day,words\n{}", rows.collect::<String>());
    let first = run(&world, ImportKind::Signals, map, file.as_bytes(), false).await;
    assert_eq!(counts(&first), [3, 3, 0, 0]);
    assert_eq!(counts(&run(&world, ImportKind::Signals, map, file.as_bytes(), false).await), [3, 0, 3, 0]);
    let other = file.replace("138", "139");
    assert_eq!(run(&world, ImportKind::Signals, map, other.as_bytes(), false).await.faults[0].code, "id_conflict");
    log(&world).await;
    assert_eq!(seen(&voices(&world).await), kept());
}

#[tokio::test]
async fn what_was_logged_unmasked_before_becomes_a_masked_voice() {
    use peakend_store::sense::intake::{self, IntakeEntry, IntakeKind};
    let world = World::new().await;
    let body = json!({"channel": "hotline", "pillar": "customer", "text": SAID[1].1}).to_string();
    let entry = IntakeEntry {
        org: world.org.clone(),
        kind: IntakeKind::Signal,
        id: "old".to_owned(),
        body_hash: String::from("x"),
        body,
        received_at: world.app.now(),
    };
    let gate = world.app.store.gate().await.unwrap();
    let mut tx = world.app.store.begin().await.unwrap();
    intake::append(&mut tx, &gate, &[entry]).await.unwrap();
    tx.commit().await.unwrap();
    drop(gate);
    let heard = voices(&world).await;
    assert_eq!(seen(&heard), [kept()[1]]);
}
