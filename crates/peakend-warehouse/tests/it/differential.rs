//! The engine and the oracle answer thousands of random questions alike, while
//! rows are partly sealed, partly hot, merged, and read again after reopening.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use peakend_query::{
    Counting, Filter, NaiveWarehouse, OutcomeQuestion, Question, Retention, Route, VoiceFact, Warehouse,
};
use peakend_warehouse::{RollupRule, SegmentWarehouse, Settings};
use rand::{Rng, RngExt, seq::SliceRandom};

use crate::rows::{self, ORGS};

const SETTINGS: Settings = Settings {
    memory_bytes: 64 << 20,
    partitions: 2,
    coded: true,
    rollup: RollupRule { rows: 100, rows_per_group: 1 },
};
const ROUNDS: u64 = 24;

/// Both warehouses, and the intake log they are fed from.
struct Pair {
    ours: SegmentWarehouse,
    oracle: NaiveWarehouse,
    logs: [Vec<VoiceFact>; 3],
    /// Whether coded columns answer, or the rows themselves.
    coded: bool,
    /// How many answers went which way.
    ways: Mutex<HashMap<u8, u32>>,
}

impl Pair {
    fn new(dir: &Path) -> Self {
        let ours = SegmentWarehouse::open(dir, SETTINGS).unwrap();
        Self { ours, oracle: NaiveWarehouse::default(), logs: Default::default(), coded: true, ways: Mutex::default() }
    }

    /// New voices, appended in pieces, a few of them twice.
    async fn append(&mut self, rng: &mut impl Rng, org: usize) {
        let next = self.logs[org].last().map_or(1, |v| v.seq + rng.random_range(1..3));
        let mut new: Vec<VoiceFact> = (0..rng.random_range(20..400))
            .map(|i| {
                let voice = rows::voice(rng, next + i);
                rows::attributed(rng, voice)
            })
            .collect();
        self.logs[org].extend(new.iter().cloned());
        new.shuffle(rng);
        for piece in new.chunks(37) {
            self.ours.append(ORGS[org], piece.to_vec()).await.unwrap();
            self.oracle.append(ORGS[org], piece.to_vec()).await.unwrap();
        }
        self.ours.append(ORGS[org], new[..10].to_vec()).await.unwrap();
    }

    async fn load(&mut self, rng: &mut impl Rng, org: usize, batch: &str) {
        let new: Vec<_> = (0..rng.random_range(0..300)).map(|_| rows::outcome(rng)).collect();
        let ours = self.ours.load_outcomes(ORGS[org], batch, new.clone()).await.unwrap();
        assert_eq!(ours, self.oracle.load_outcomes(ORGS[org], batch, new).await.unwrap());
    }

    async fn reopen(self, dir: &Path) -> Self {
        let Self { ours, oracle, logs, coded, ways } = self;
        drop(ours);
        let coded = !coded;
        let ours = SegmentWarehouse::open(dir, Settings { coded, ..SETTINGS }).unwrap();
        for (org, log) in ORGS.iter().zip(&logs) {
            ours.append(org, log.clone()).await.unwrap();
        }
        Self { ours, oracle, logs, coded, ways }
    }

    async fn compare_answers(&self, rng: &mut impl Rng, n: usize) {
        for _ in 0..n {
            let question = rows::question(rng);
            let question = rows::asked(rng, question);
            let ours = self.ours.answer(&question).await.unwrap_or_else(|e| panic!("{question:?}: {e:?}"));
            *self.ways.lock().unwrap().entry(ours.provenance.route as u8).or_default() += 1;
            let oracle = self.oracle.answer(&question).await.unwrap();
            assert_eq!(ours.rows, oracle.rows, "{question:?}");
        }
    }

    async fn compare_migrations_and_joint_scores(&self, rng: &mut impl Rng, n: usize) {
        for _ in 0..n {
            let question = rows::question(rng);
            let question = rows::asked(rng, question);
            let ours = self.ours.joint(&question).await.unwrap();
            assert_eq!(ours, self.oracle.joint(&question).await.unwrap(), "{question:?}");
            let mut question = rows::migration(rng);
            question.filter = rows::asking(rng, question.filter);
            let ours = self.ours.migration(&question).await.unwrap();
            assert_eq!(ours, self.oracle.migration(&question).await.unwrap(), "{question:?}");
        }
    }

    async fn compare_rankings(&self, rng: &mut impl Rng, n: usize) -> usize {
        let mut ranked = 0;
        for _ in 0..n {
            let mut question = rows::ranking(rng);
            question.filter = rows::asking(rng, question.filter);
            let ours = self.ours.ranking(&question).await.unwrap();
            assert_eq!(ours, self.oracle.ranking(&question).await.unwrap(), "{question:?}");
            ranked += ours.len();
        }
        ranked
    }

    /// Erase a few persons everywhere, also from the log that is played again.
    async fn erase(&mut self, rng: &mut impl Rng, org: usize) {
        let mut persons: Vec<String> = (0..3).map(|_| rows::voice(rng, 1).person).collect();
        persons.push(rows::outcome(rng).person);
        let ours = self.ours.erase(ORGS[org], &persons).await.unwrap();
        self.oracle.erase(ORGS[org], &persons).await.unwrap();
        let named = |person: &String| !person.is_empty() && persons.contains(person);
        let there = self.logs[org].iter().any(|v| named(&v.person));
        assert!(ours > 0 || !there, "nothing was erased of {persons:?}");
        self.logs[org].retain(|v| !named(&v.person));
        assert_eq!(self.ours.erase(ORGS[org], &persons).await.unwrap(), 0, "{persons:?} are still there");
    }

    /// Read some voices anew: other themes, tones and scores at the same moment.
    async fn revise(&mut self, rng: &mut impl Rng, org: usize) {
        let mut new = Vec::new();
        for voice in &mut self.logs[org] {
            if rng.random_bool(0.15) {
                let VoiceFact { seq, at, day, .. } = *voice;
                let read = VoiceFact { at, day, ..rows::voice(rng, seq) };
                *voice = rows::attributed(rng, read);
                new.push(voice.clone());
            }
        }
        let unknown = VoiceFact { seq: 1 << 40, ..rows::voice(rng, 1) };
        new.push(unknown);
        new.shuffle(rng);
        let ours = self.ours.revise(ORGS[org], new.clone()).await.unwrap();
        assert_eq!(ours, self.oracle.revise(ORGS[org], new.clone()).await.unwrap());
        assert_eq!(ours, new.len() as u64 - 1, "a voice that is not there was counted");
        let moved = VoiceFact { day: new[0].day + 1, ..self.logs[org][0].clone() };
        assert!(self.ours.revise(ORGS[org], vec![moved]).await.is_err(), "a voice got another day");
    }

    /// Forget what is older than a day and a month; surveys have days of their own.
    async fn expire(&mut self, rng: &mut impl Rng, org: usize) {
        let first_day = rows::FIRST_DAY + rng.random_range(5..40);
        let shorter = rows::FIRST_DAY + rng.random_range(40..60);
        let longer = if rng.random() { i32::MIN } else { rows::FIRST_DAY + 3 };
        let keep = Retention {
            first_day,
            surveys: BTreeMap::from([
                ("relationship".to_owned(), shorter),
                ("transaction-after-visit".to_owned(), longer),
                ("never asked".to_owned(), i32::MAX),
            ]),
            first_month: 24_300 + rng.random_range(0..2),
            first_event_day: 0,
        };
        let ours = self.ours.expire(ORGS[org], keep.clone()).await.unwrap();
        let all = self.oracle.expire(ORGS[org], keep.clone()).await.unwrap();
        assert!(ours >= all, "{ours} of {all} rows went");
        self.logs[org].retain(|v| v.day >= keep.first_day_of(&v.survey));
        assert_eq!(self.ours.expire(ORGS[org], keep).await.unwrap(), 0);
    }

    async fn compare_lists(&self, rng: &mut impl Rng, n: usize) {
        for _ in 0..n {
            let mut list = rows::voice_list(rng);
            list.filter = rows::asking(rng, list.filter);
            let ours = self.ours.voices(&list).await.unwrap_or_else(|e| panic!("{list:?}: {e:?}"));
            let oracle = self.oracle.voices(&list).await.unwrap();
            assert_eq!((ours.total, ours.voices), (oracle.total, oracle.voices), "{list:?}");
        }
    }

    async fn compare_outcomes(&self, rng: &mut impl Rng, n: usize) {
        for _ in 0..n {
            let from = 24_300 + rng.random_range(-1..6);
            let question = OutcomeQuestion {
                org: rows::org(rng),
                kind: rows::outcome(rng).kind,
                from,
                to: from + rng.random_range(-1..7),
                persons: rng.random_bool(0.5).then(|| (0..40).map(|_| rows::outcome(rng).person).collect()),
            };
            let ours = self.ours.outcomes(&question).await.unwrap();
            assert_eq!(ours, self.oracle.outcomes(&question).await.unwrap(), "{question:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_equals_the_oracles_in_every_state_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = rows::seeded(20_261_122);
    let mut pair = Pair::new(dir.path());
    let mut ranked = 0;
    for round in 0..ROUNDS {
        for (org, name) in ORGS.into_iter().enumerate() {
            pair.append(&mut rng, org).await;
            pair.load(&mut rng, org, &format!("batch-{round}")).await;
            // the first organisation is sealed often enough to be merged
            if org == 0 || rng.random_bool(0.4) {
                pair.ours.seal(name).await.unwrap();
                if org == 0 && rng.random_bool(0.6) {
                    pair.append(&mut rng, org).await;
                }
            }
        }
        if round % 5 == 4 {
            pair = pair.reopen(dir.path()).await;
        }
        if round % 3 == 2 {
            pair.erase(&mut rng, usize::try_from(round).unwrap() % 3).await;
        }
        if round % 4 == 3 {
            pair.revise(&mut rng, usize::try_from(round).unwrap() % 3).await;
        }
        if round == 13 || round == 14 {
            pair.expire(&mut rng, usize::try_from(round).unwrap() % 3).await;
        }
        if round == 10 {
            let done = Arc::default();
            assert!(pair.ours.rebuild(ORGS[0], Arc::clone(&done)).await.unwrap() > 0);
            assert!(done.load(std::sync::atomic::Ordering::Relaxed) > 0);
        }
        pair.compare_answers(&mut rng, 90).await;
        pair.compare_migrations_and_joint_scores(&mut rng, 12).await;
        ranked += pair.compare_rankings(&mut rng, 12).await;
        pair.compare_lists(&mut rng, 15).await;
        pair.compare_outcomes(&mut rng, 10).await;
    }
    assert!(ranked > 500, "only {ranked} persons were ranked");
    for route in [Route::Scan, Route::Coded, Route::Rollup] {
        let ways = pair.ways.lock().unwrap().get(&(route as u8)).copied().unwrap_or(0);
        assert!(ways > 100, "only {ways} answers went by {route:?}");
    }
    let segments = pair.ours.answer(&everything(ORGS[0])).await.unwrap().provenance.segments;
    assert!(segments < ROUNDS, "{ROUNDS} seals are still {segments} segments: nothing was merged");
}

/// Every voice, in one group.
pub(crate) fn everything(org: &str) -> Question {
    Question {
        org: org.to_owned(),
        period: peakend_query::DayRange { from: i32::MIN, to: i32::MAX },
        filter: Filter::All,
        by: Vec::new(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    }
}
