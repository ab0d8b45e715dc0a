//! The reference warehouse: rows in memory, loops instead of plans.
//!
//! It is the oracle for the engine's differential tests and the fast double
//! for tests of the floors above.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{
    AttributeName, Cell, CohortQuestion, Cohorts, EventFact, Funnel, FunnelQuestion, JointRow, Loaded, Migration,
    MigrationQuestion, OutcomeFact, OutcomeQuestion, Provenance, Question, Ranked, RankingQuestion, Retention, Route,
    Row, Table, VoiceFact, VoiceList, VoiceOrder, VoicePage, Warehouse, WarehouseError,
};

/// Everything in memory, nothing durable.
#[derive(Debug, Default)]
pub struct NaiveWarehouse {
    orgs: Mutex<HashMap<String, Org>>,
}

#[derive(Debug, Default)]
struct Org {
    voices: BTreeMap<u64, VoiceFact>,
    outcomes: BTreeMap<(String, String, i32), i64>,
    batches: BTreeSet<String>,
    events: BTreeMap<u64, EventFact>,
    event_head: u64,
}

impl Org {
    fn rows(&self) -> u64 {
        (self.voices.len() + self.outcomes.len() + self.events.len()) as u64
    }

    fn provenance(&self) -> Provenance {
        Provenance {
            route: Route::Naive,
            position: self.voices.keys().next_back().copied().unwrap_or(0),
            segments: 0,
            hot_rows: self.voices.len() as u64,
        }
    }
}

impl NaiveWarehouse {
    fn with<T>(&self, org: &str, f: impl FnOnce(&mut Org) -> T) -> T {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        f(orgs.entry(org.to_owned()).or_default())
    }
}

#[async_trait]
impl Warehouse for NaiveWarehouse {
    async fn answer(&self, q: &Question) -> Result<Table, WarehouseError> {
        Ok(self.with(&q.org, |org| {
            let mut groups: BTreeMap<(Option<i32>, Vec<String>), (Cell, BTreeSet<String>)> = BTreeMap::new();
            if q.by.is_empty() && q.grain.is_none() {
                groups.entry((None, Vec::new())).or_default();
            }
            let wanted = |v: &&VoiceFact| q.period.contains(v.day) && q.filter.matches(v) && q.counting.matches(v);
            for v in org.voices.values().filter(wanted) {
                let bucket = q.grain.map(|g| g.bucket(v.day));
                let keys = q.by.iter().map(|d| d.of(v).to_owned()).collect();
                let (cell, persons) = groups.entry((bucket, keys)).or_default();
                cell.add(v);
                if q.persons && !v.person.is_empty() {
                    persons.insert(v.person.clone());
                }
            }
            let rows = groups
                .into_iter()
                .map(|((bucket, keys), (mut cell, persons))| {
                    cell.persons = q.persons.then_some(persons.len() as u64);
                    Row { keys, bucket, cell: q.counting.narrow(cell) }
                })
                .collect();
            Table { rows, provenance: org.provenance() }
        }))
    }

    async fn joint(&self, q: &Question) -> Result<Vec<JointRow>, WarehouseError> {
        Ok(self.with(&q.org, |org| {
            let wanted = |v: &&VoiceFact| q.period.contains(v.day) && q.filter.matches(v) && q.counting.matches(v);
            JointRow::of(&q.by, org.voices.values().filter(wanted))
        }))
    }

    async fn migration(&self, q: &MigrationQuestion) -> Result<Migration, WarehouseError> {
        Ok(self.with(&q.org, |org| Migration::of(q, org.voices.values())))
    }

    async fn ranking(&self, question: &RankingQuestion) -> Result<Vec<Ranked>, WarehouseError> {
        Ok(self.with(&question.org, |org| {
            let outcomes: Vec<OutcomeFact> = org
                .outcomes
                .iter()
                .map(|((person, kind, month), value)| OutcomeFact {
                    person: person.clone(),
                    kind: kind.clone(),
                    month: *month,
                    value: *value,
                })
                .collect();
            Ranked::of(question, org.voices.values(), outcomes.iter())
        }))
    }

    async fn voices(&self, list: &VoiceList) -> Result<VoicePage, WarehouseError> {
        Ok(self.with(&list.org, |org| {
            let mut hits: Vec<&VoiceFact> =
                org.voices.values().filter(|v| list.period.contains(v.day) && list.filter.matches(v)).collect();
            match list.order {
                VoiceOrder::Newest => hits.sort_by_key(|v| std::cmp::Reverse((v.at, v.seq))),
                VoiceOrder::LowestNps => {
                    hits.sort_by_key(|v| (v.nps.unwrap_or(u8::MAX), std::cmp::Reverse((v.at, v.seq))));
                }
            }
            let skip = usize::try_from(list.offset).unwrap_or(usize::MAX);
            let take = usize::try_from(list.limit).unwrap_or(usize::MAX);
            VoicePage {
                total: hits.len() as u64,
                voices: hits.into_iter().skip(skip).take(take).cloned().collect(),
                provenance: org.provenance(),
            }
        }))
    }

    async fn attributes(&self, org: &str) -> Result<BTreeSet<AttributeName>, WarehouseError> {
        let names =
            |v: &VoiceFact| v.attributes.keys().filter_map(|name| AttributeName::parse(name)).collect::<Vec<_>>();
        Ok(self.with(org, |org| org.voices.values().flat_map(names).collect()))
    }

    async fn append(&self, org: &str, voices: Vec<VoiceFact>) -> Result<(), WarehouseError> {
        self.with(org, |org| {
            for v in voices {
                org.voices.entry(v.seq).or_insert(v);
            }
        });
        Ok(())
    }

    async fn seal(&self, _org: &str) -> Result<u64, WarehouseError> {
        Ok(0)
    }

    async fn position(&self, _org: &str) -> Result<u64, WarehouseError> {
        Ok(0)
    }

    async fn head(&self, org: &str) -> Result<u64, WarehouseError> {
        Ok(self.with(org, |org| org.provenance().position))
    }

    async fn load_outcomes(&self, org: &str, batch: &str, rows: Vec<OutcomeFact>) -> Result<Loaded, WarehouseError> {
        Ok(self.with(org, |org| {
            if !org.batches.insert(batch.to_owned()) {
                return Loaded::AlreadyThere;
            }
            let n = rows.len() as u64;
            for r in rows {
                org.outcomes.insert((r.person, r.kind, r.month), r.value);
            }
            Loaded::Added(n)
        }))
    }

    async fn outcomes(&self, q: &OutcomeQuestion) -> Result<Vec<OutcomeFact>, WarehouseError> {
        Ok(self.with(&q.org, |org| {
            let wanted: Option<BTreeSet<&String>> = q.persons.as_ref().map(|p| p.iter().collect());
            org.outcomes
                .iter()
                .filter(|((person, kind, month), _)| {
                    *kind == q.kind
                        && (q.from..=q.to).contains(month)
                        && wanted.as_ref().is_none_or(|w| w.contains(person))
                })
                .map(|((person, kind, month), value)| OutcomeFact {
                    person: person.clone(),
                    kind: kind.clone(),
                    month: *month,
                    value: *value,
                })
                .collect()
        }))
    }

    async fn funnel(&self, question: &FunnelQuestion) -> Result<Funnel, WarehouseError> {
        self.with(&question.org, |org| Funnel::of(question, org.events.values()))
    }

    async fn cohorts(&self, question: &CohortQuestion) -> Result<Cohorts, WarehouseError> {
        self.with(&question.org, |org| Cohorts::of(question, org.events.values()))
    }

    async fn append_events(&self, org: &str, events: Vec<EventFact>) -> Result<(), WarehouseError> {
        self.with(org, |org| {
            for event in events {
                if event.seq > org.event_head {
                    org.event_head = event.seq;
                    org.events.insert(event.seq, event);
                }
            }
        });
        Ok(())
    }

    async fn seal_events(&self, _org: &str) -> Result<u64, WarehouseError> {
        Ok(0)
    }

    async fn event_head(&self, org: &str) -> Result<u64, WarehouseError> {
        Ok(self.with(org, |org| org.event_head))
    }

    async fn erase(&self, org: &str, persons: &[String]) -> Result<u64, WarehouseError> {
        Ok(self.with(org, |org| {
            let named = |person: &String| !person.is_empty() && persons.contains(person);
            let before = org.rows();
            org.voices.retain(|_, v| !named(&v.person));
            org.outcomes.retain(|(person, _, _), _| !named(person));
            org.events.retain(|_, e| !named(&e.person));
            before - org.rows()
        }))
    }

    async fn revise(&self, org: &str, voices: Vec<VoiceFact>) -> Result<u64, WarehouseError> {
        self.with(org, |org| {
            let moves = |v: &&VoiceFact| org.voices.get(&v.seq).is_some_and(|o| (o.day, o.at) != (v.day, v.at));
            if let Some(voice) = voices.iter().find(moves) {
                return Err(WarehouseError::Question(format!(
                    "the voice at position {} is to get another day",
                    voice.seq
                )));
            }
            let mut replaced = 0;
            for voice in voices {
                if let Some(old) = org.voices.get_mut(&voice.seq) {
                    *old = voice;
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
    }

    async fn expire(&self, org: &str, keep: Retention) -> Result<u64, WarehouseError> {
        Ok(self.with(org, |org| {
            let before = org.rows();
            org.voices.retain(|_, v| v.day >= keep.first_day_of(&v.survey));
            org.outcomes.retain(|(_, _, month), _| *month >= keep.first_month);
            org.events.retain(|_, e| e.day >= keep.first_event_day);
            before - org.rows()
        }))
    }

    async fn clear(&self, org: &str) -> Result<(), WarehouseError> {
        self.with(org, |org| *org = Org::default());
        Ok(())
    }
}
