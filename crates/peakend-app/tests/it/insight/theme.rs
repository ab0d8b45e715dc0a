//! Themes: saved as versions, tried, and given to all voices again.
use peakend_app::insight::theme::{Rule, Theme, ThemeName, ThemeScheme, TrialAsked};
use peakend_app::insight::{rereading, theme};
use peakend_app::sense::signal;
use peakend_app::{Ctx, Error};
use peakend_domain::act::job::JobState;
use peakend_domain::insight::rereading::{Rereading, RereadingState, ThemeMove};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{Actor, ActorKind, Role, Scope, UserId};
use peakend_query::{Counting, DayRange, Dimension, Filter, Question};
use peakend_store::act::job as jobs;
use peakend_testkit::World;
use serde_json::json;

/// The scheme that ships with a theme of its own for parking.
fn with_parking() -> Vec<Theme> {
    let mut themes = ThemeScheme::shipped().themes;
    let name = |text: &str| text.to_owned();
    themes.push(Theme {
        code: "parking".to_owned(),
        parent: Some("places".to_owned()),
        name: ThemeName { en: name("Parking"), zh_hans: name("停车"), zh_hant: name("停車") },
        rules: vec![
            Rule::Expression { text: "parking near/6 (full or closed or none)".to_owned() },
            Rule::Keywords { words: vec!["car park".to_owned(), "停车".to_owned()] },
        ],
    });
    themes
}

async fn say(world: &World, texts: &[&str]) {
    for (i, text) in texts.iter().enumerate() {
        let body =
            json!({"id": format!("{i}-{}", text.len()), "pillar": "customer", "channel": "review", "text": text});
        signal::submit(&world.ctx(), &body).await.unwrap();
    }
    world.pump().await;
}

async fn voices(world: &World) -> Vec<Voice> {
    let mut tx = world.app.store.read().await.unwrap();
    peakend_store::sense::voice::after(&mut tx, &world.org, 0, 10_000).await.unwrap()
}

/// Voices of a main theme, as the warehouse counts them.
async fn counted(world: &World, code: &str) -> u64 {
    let question = Question {
        org: world.org.as_str().to_owned(),
        period: DayRange { from: 0, to: 40_000 },
        filter: Filter::In(Dimension::Theme, vec![code.to_owned()]),
        by: Vec::new(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    let table = world.app.warehouse.answer(&question).await.unwrap();
    table.rows.first().map_or(0, |row| row.cell.voices)
}

async fn run(world: &World) -> Rereading {
    world.app.run_jobs(world.app.now()).await.unwrap();
    rereading::latest(&world.ctx()).await.unwrap().unwrap().rereading
}

const TEXTS: [&str; 4] = [
    "The parking was full again, and nobody cared",
    "手续费太高了,停车也不方便",
    "Call me at [phone], the fees are far too high",
    "Very friendly staff, thank you",
];

#[tokio::test]
async fn a_voice_keeps_the_words_that_its_theme_and_tone_rest_on() {
    let world = World::new().await;
    say(&world, &TEXTS).await;
    let heard = voices(&world).await;
    let fees = &heard[1];
    assert_eq!((fees.theme.as_str(), fees.language.as_str(), fees.reading.scheme), ("fees", "zh-Hans", 1));
    let words = |voice: &Voice, at: (u32, u32)| voice.text[at.0 as usize..at.1 as usize].to_owned();
    let mention = &fees.reading.themes[0];
    assert_eq!((mention.rules.as_slice(), words(fees, mention.words[0])), ([0].as_slice(), "手续费".to_owned()));
    assert!(fees.reading.has("branch"), "a theme beside the main one is kept: {:?}", fees.reading);
    assert!(fees.sentiment.unwrap() < 0 && fees.reading.tone.iter().any(|t| !t.positive));
    assert!(heard[2].reading.themes.iter().all(|m| m.theme != "contact" || words(&heard[2], m.words[0]) == "Call"));
}

#[tokio::test]
async fn themes_are_saved_as_versions_and_new_voices_are_read_with_them() {
    let world = World::new().await;
    let first = theme::read(&world.ctx()).await.unwrap();
    assert_eq!((first.scheme.version, first.saved), (1, None));
    let saved = theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    assert_eq!(saved.scheme.version, 2);
    assert_eq!(theme::save(&world.ctx(), 2, with_parking()).await.unwrap().scheme.version, 2, "nothing changed");
    let late = theme::save(&world.ctx(), 1, first.scheme.themes).await;
    assert!(matches!(late, Err(Error::Conflict { code: "themes_changed", .. })), "{late:?}");
    say(&world, &TEXTS).await;
    let heard = voices(&world).await;
    assert_eq!((heard[0].theme.as_str(), heard[0].reading.scheme), ("parking", 2));
    let mut broken = with_parking();
    broken[0].rules.push(Rule::Regex { pattern: "wait(ed".to_owned() });
    let Err(Error::Invalid(faults)) = theme::save(&world.ctx(), 2, broken).await else { panic!("it does not compile") };
    assert_eq!(faults[0].message, "theme `service`, rule 1: at character 4: unclosed group");
}

#[tokio::test]
async fn rules_are_tried_before_they_count() {
    let world = World::new().await;
    say(&world, &TEXTS).await;
    let asked = TrialAsked {
        themes: with_parking(),
        theme: "parking".to_owned(),
        text: "The car park is closed".to_owned(),
        voices: 100,
    };
    let trial = theme::try_out(&world.ctx(), &asked).await.unwrap();
    assert_eq!((trial.n, trial.matched, trial.before, trial.after), (4, 2, 0, 1));
    assert_eq!(trial.rules.iter().map(|r| (r.matched, r.alone)).collect::<Vec<_>>(), [(1, 1), (1, 1)]);
    assert_eq!(trial.rows[0].voice.text, TEXTS[0], "what would move comes first");
    assert_eq!(trial.text.unwrap().reading.themes[0].theme, "parking");
    assert_eq!(counted(&world, "parking").await, 0, "a trial changes nothing");
}

#[tokio::test]
async fn all_voices_are_read_again_and_figures_follow() {
    let world = World::new().await;
    say(&world, &TEXTS).await;
    let before = voices(&world).await[0].theme.clone();
    theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    assert_eq!(counted(&world, "parking").await, 0);
    let begun = rereading::start(&world.ctx()).await.unwrap();
    assert_eq!((begun.version, begun.total, begun.read), (2, 4, 0));
    let again = rereading::start(&world.ctx()).await;
    assert!(matches!(again, Err(Error::Conflict { code: "rereading_under_way", .. })), "{again:?}");
    let done = run(&world).await;
    assert_eq!((done.state, done.read, done.changed), (RereadingState::Done, 4, 1));
    assert_eq!(done.moves, [ThemeMove { from: before, to: "parking".to_owned(), voices: 1 }]);
    assert_eq!(counted(&world, "parking").await, 1);
    assert!(voices(&world).await.iter().all(|v| v.reading.scheme == 2));
    world.advance(jiff::SignedDuration::from_secs(1));
    rereading::start(&world.ctx()).await.unwrap();
    let idle = run(&world).await;
    assert_eq!((idle.state, idle.read, idle.changed), (RereadingState::Done, 4, 0), "a second one changes nothing");
}

/// The worker dies after each chunk in turn: the next one goes on, and every
/// voice counts once.
#[tokio::test]
async fn an_interrupted_rereading_goes_on_where_it_stood() {
    let world = World::new().await;
    let texts: Vec<String> = (0..1_200).map(|i| format!("{} parking full", "x".repeat(i % 7 + i / 7))).collect();
    for (at, part) in texts.chunks(1_000).enumerate() {
        let body = |(i, text): (usize, &String)| json!({"id": format!("{at}-{i}"), "pillar": "customer", "channel": "review", "text": text});
        let bodies: Vec<_> = part.iter().enumerate().map(body).collect();
        for taken in signal::submit_many(&world.ctx(), &bodies).await.unwrap() {
            taken.unwrap();
        }
    }
    world.pump().await;
    theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    rereading::start(&world.ctx()).await.unwrap();
    let abandoned = world.app.run_next_job(world.app.now());
    let cut = tokio::time::timeout(std::time::Duration::from_millis(40), abandoned).await;
    world.advance(jiff::SignedDuration::from_secs(200));
    let done = run(&world).await;
    assert_eq!((done.state, done.read, done.changed), (RereadingState::Done, 1_200, 1_200), "cut: {}", cut.is_err());
    assert_eq!(done.moves.iter().map(|m| m.voices).sum::<u64>(), 1_200);
    assert_eq!(counted(&world, "parking").await, 1_200);
}

/// Employees' texts are read again like all others, and nobody is told how many went where.
#[tokio::test]
async fn a_rereading_tells_no_number_about_employees() {
    let world = World::new().await;
    for i in 0..3 {
        let body =
            json!({"id": format!("e{i}"), "pillar": "employee", "channel": "box", "text": "The parking was full"});
        signal::submit(&world.ctx(), &body).await.unwrap();
    }
    world.pump().await;
    theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    rereading::start(&world.ctx()).await.unwrap();
    let done = run(&world).await;
    assert_eq!((done.total, done.read, done.changed, done.moves), (0, 0, 0, Vec::new()));
    assert_eq!(counted(&world, "parking").await, 3, "the gate's own figures follow");
    let asked = TrialAsked { themes: with_parking(), theme: "parking".to_owned(), text: String::new(), voices: 9 };
    assert_eq!(theme::try_out(&world.ctx(), &asked).await.unwrap().n, 0);
}

#[tokio::test]
async fn a_rereading_whose_job_is_given_up_says_why_and_can_be_ended() {
    let world = World::new().await;
    say(&world, &TEXTS).await;
    theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    rereading::start(&world.ctx()).await.unwrap();
    loop {
        world.advance(jiff::SignedDuration::from_hours(24));
        let mut tx = world.app.store.begin().await.unwrap();
        let job = jobs::claim(&mut tx, world.app.now(), 1).await.unwrap().pop().unwrap();
        let state = jobs::fail(&mut tx, &job, "no room on the disk", world.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        if state == JobState::Dead {
            break;
        }
    }
    let last = rereading::latest(&world.ctx()).await.unwrap().unwrap();
    assert_eq!(
        (last.rereading.state, last.given_up.as_deref()),
        (RereadingState::Running, Some("no room on the disk"))
    );
    assert_eq!(rereading::stop(&world.ctx()).await.unwrap().state, RereadingState::Stopped);
    assert!(rereading::start(&world.ctx()).await.is_ok(), "the next one may begin");
}

#[tokio::test]
async fn a_stopped_rereading_leaves_figures_and_voices_in_line() {
    let world = World::new().await;
    say(&world, &TEXTS).await;
    theme::save(&world.ctx(), 1, with_parking()).await.unwrap();
    rereading::start(&world.ctx()).await.unwrap();
    assert_eq!(rereading::stop(&world.ctx()).await.unwrap().state, RereadingState::Stopping);
    let stopped = run(&world).await;
    assert_eq!((stopped.state, stopped.read), (RereadingState::Stopped, 0));
    assert_eq!(counted(&world, "parking").await, 0);
    assert!(rereading::start(&world.ctx()).await.is_ok(), "the next one may begin");
}

#[tokio::test]
async fn who_only_reads_may_see_names_and_change_nothing() {
    let world = World::new().await;
    let actor = Actor {
        kind: ActorKind::User(UserId::stored("usr_v".to_owned())),
        role: Role::Viewer,
        scope: Scope::all(world.org.clone()),
    };
    let ctx = Ctx::new(&world.app, &actor);
    assert!(theme::read(&ctx).await.is_ok());
    assert!(matches!(theme::save(&ctx, 1, with_parking()).await, Err(Error::Forbidden)));
    assert!(matches!(rereading::start(&ctx).await, Err(Error::Forbidden)));
}
