//! The only door for figures and texts of employees.
//!
//! Reads the pillar's answers, asks the rule ([`rule`]) which sets may be told
//! given everything told before, and writes down what is told before it leaves.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use peakend_domain::Day;
use peakend_domain::insight::metric::Measure;
use peakend_domain::insight::release as rule;
use peakend_domain::insight::release::{Audit, Candidate, Outcome, TextAudit};
use peakend_domain::pillar::employee;
use peakend_query::{Cell, DayRange, Dimension, Filter, Grain, Provenance, VoiceFact, VoiceList, VoiceOrder};
use peakend_store::insight::release::{self as memory, NewRelease, Release};
use peakend_store::sense::retention;

use super::metric::answered;
use super::voice_list::employees;
use crate::{Ctx, Error, sha256_hex};

/// Measure name under which lists of texts are remembered.
const TEXTS: &str = "texts";
/// Times a release is tried again when somebody else was answered in between.
const TRIES: usize = 6;

/// A question about employees. The filter must not select by what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) measure: Measure,
    pub(crate) filter: Filter,
    pub(crate) from: Day,
    pub(crate) to: Day,
    pub(crate) by: Vec<Dimension>,
    pub(crate) grain: Option<Grain>,
}

/// What may be told about a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// The counts as they are.
    Whole(Cell),
    /// The counts as they were when last told.
    AsReleased(Cell),
    /// Nothing.
    Withheld(&'static str),
}

/// A group of the answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) keys: Vec<String>,
    pub(crate) bucket: Option<i32>,
    pub(crate) told: Told,
}

/// The grand total and the groups in order of bucket and keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Groups {
    pub(crate) total: Told,
    pub(crate) rows: Vec<Group>,
    /// How the counts were found; absent where they were released, not asked for.
    pub(crate) provenance: Option<Provenance>,
}

/// Counts about employees, as far as they may be told.
pub(crate) async fn groups(ctx: &Ctx<'_>, asked: &Asked) -> Result<Groups, Error> {
    let universe = everyone(ctx, answered(asked.measure)).await?;
    let (keys, mut candidates) = candidates(asked, &universe);
    let measure = asked.measure.name();
    let outcomes = remembered(ctx, measure, |log| {
        let mut audit = Audit::new(employee::MINIMUM_SCORES, universe.facts.len());
        for release in log {
            audit.recall(&universe.places(&release.members));
        }
        let mut last: HashMap<&str, &Release> = HashMap::new();
        for release in log {
            last.insert(&release.view_key, release);
        }
        for candidate in &mut candidates {
            candidate.earlier = last.get(candidate.key.as_str()).map(|r| universe.places(&r.members));
        }
        let outcomes = rule::release(&mut audit, &candidates);
        let shown = candidates.iter().zip(&outcomes).filter(|(_, o)| **o == Outcome::Shown);
        let new = shown.map(|(c, _)| universe.release(&c.key, &c.members)).collect();
        (outcomes, new)
    })
    .await?;
    let mut told = candidates.iter().zip(outcomes).map(|(c, o)| told(&universe, c, o));
    let total = told.next().flatten().unwrap_or(Told::Withheld("below_minimum_group"));
    let rows =
        keys.into_iter().zip(told).filter_map(|((bucket, keys), told)| Some(Group { keys, bucket, told: told? }));
    Ok(Groups { total, rows: rows.collect(), provenance: None })
}

fn told(universe: &Universe, candidate: &Candidate, outcome: Outcome) -> Option<Told> {
    match outcome {
        Outcome::Empty => None,
        Outcome::Shown => Some(Told::Whole(universe.count(&candidate.members))),
        Outcome::AsReleased(earlier) => Some(Told::AsReleased(universe.count(&earlier))),
        Outcome::Withheld(why) => Some(Told::Withheld(why.code())),
    }
}

type GroupKey = (Option<i32>, Vec<String>);

/// The grand total first, then every group.
fn candidates(asked: &Asked, universe: &Universe) -> (Vec<GroupKey>, Vec<Candidate>) {
    let view = view_key(asked);
    let period = DayRange { from: asked.from.0, to: asked.to.0 };
    let mut all = Vec::new();
    let mut groups: BTreeMap<GroupKey, Vec<u32>> = BTreeMap::new();
    for (at, fact) in (0u32..).zip(&universe.facts) {
        if !period.contains(fact.day) || !asked.filter.matches(fact) {
            continue;
        }
        all.push(at);
        if !asked.by.is_empty() || asked.grain.is_some() {
            let keys = asked.by.iter().map(|d| d.of(fact).to_owned()).collect();
            groups.entry((asked.grain.map(|g| g.bucket(fact.day)), keys)).or_default().push(at);
        }
    }
    let rank = if asked.by.len() + usize::from(asked.grain.is_some()) > 1 { 2 } else { 1 };
    let mut candidates = vec![Candidate { key: view.clone(), rank: 0, members: all, earlier: None }];
    let mut keys = Vec::with_capacity(groups.len());
    for (group, members) in groups {
        let names: Vec<&str> = asked.by.iter().map(|d| d.name()).collect();
        let key = format!("{view}|{names:?}{:?}@{:?}{:?}", group.1, asked.grain, group.0);
        candidates.push(Candidate { key, rank, members, earlier: None });
        keys.push(group);
    }
    (keys, candidates)
}

fn view_key(asked: &Asked) -> String {
    format!("{:?}|{}..{}", asked.filter, asked.from, asked.to)
}

/// Ids of the texts of employees that may be read together, or why none may.
pub(crate) async fn texts(
    ctx: &Ctx<'_>,
    filter: Filter,
    from: Day,
    to: Day,
) -> Result<Result<Vec<String>, rule::Withheld>, Error> {
    let universe = everyone(ctx, Filter::HasText(true)).await?;
    let months = peakend_domain::insight::figure::Period { from, to }.widened_to_months();
    let period = DayRange { from: months.from.0, to: months.to.0 };
    let key = format!("{filter:?}|{}..{}", months.from, months.to);
    let matching = |(_, f): &(u32, &VoiceFact)| period.contains(f.day) && filter.matches(f);
    let members: Vec<u32> = (0u32..).zip(&universe.facts).filter(matching).map(|(at, _)| at).collect();
    let told = remembered(ctx, TEXTS, |log| {
        let mut audit = TextAudit::new(employee::MINIMUM_COMMENTS, universe.facts.len());
        for release in log {
            audit.recall(&universe.places(&release.members));
        }
        match audit.admit(&members) {
            Ok(()) => (Ok(members.clone()), vec![universe.release(&key, &members)]),
            Err(why) => {
                let earlier = log.iter().rev().find(|r| r.view_key == key);
                (earlier.map(|r| universe.places(&r.members)).ok_or(why), Vec::new())
            }
        }
    })
    .await?;
    Ok(told.map(|members| {
        members.iter().filter_map(|&at| universe.facts.get(at as usize)).map(|f| f.id.clone()).collect()
    }))
}

/// Decides against the memory and writes down what is told before it leaves.
/// When somebody else was answered in between, the decision is made anew.
async fn remembered<T>(
    ctx: &Ctx<'_>,
    measure: &str,
    mut decide: impl FnMut(&[Release]) -> (T, Vec<NewRelease>),
) -> Result<T, Error> {
    for _ in 0..TRIES {
        let mut tx = ctx.app.store.read().await?;
        let log = memory::all(&mut tx, ctx.org(), measure).await?;
        drop(tx);
        let (answer, mut new) = decide(&log);
        let keys: std::collections::HashSet<(&str, &Vec<u64>)> =
            log.iter().map(|r| (r.view_key.as_str(), &r.members)).collect();
        new.retain(|r| !keys.contains(&(r.view_key.as_str(), &r.members)));
        if new.is_empty() {
            return Ok(answer);
        }
        let mut tx = ctx.app.store.begin().await?;
        let last = memory::lock(&mut tx, ctx.org(), measure).await?;
        if last != log.last().map_or(0, |r| r.seq) {
            continue;
        }
        memory::record(&mut tx, ctx.org(), measure, &new, ctx.now(), &ctx.actor.label()).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    Err(Error::Busy { retry_after_s: 1 })
}

/// Universes read lately, by organisation, question and how far the warehouse was.
#[derive(Debug, Default)]
pub(crate) struct Lately(Mutex<Universes>);

type Universes = VecDeque<(String, Arc<Universe>)>;

impl Lately {
    /// Universes kept: the measures that one screen asks about.
    const KEPT: usize = 8;

    /// Forget them: voices were removed.
    pub(crate) fn forget(&self) {
        self.all().clear();
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Universes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every voice of employees that answers a measure, of all times: the sets of
/// different periods are weighed against each other too. One screen asks several
/// times at the same position of the log; the rows are read once. What is no longer
/// kept goes without moving that position, maybe by another server: its last run counts too.
async fn everyone(ctx: &Ctx<'_>, answering: Filter) -> Result<Arc<Universe>, Error> {
    let org = ctx.org().as_str();
    let mut tx = ctx.app.store.read().await?;
    let run = retention::find(&mut tx, ctx.org()).await?.and_then(|setting| setting.last_run).map(|run| run.at);
    drop(tx);
    let key = format!("{org}|{run:?}|{}|{answering:?}", ctx.app.warehouse.head(org).await?);
    if let Some((_, known)) = ctx.app.employees.all().iter().find(|(k, _)| *k == key) {
        return Ok(Arc::clone(known));
    }
    let universe = Arc::new(Universe::of(everyone_anew(ctx, answering).await?));
    let mut kept = ctx.app.employees.all();
    kept.push_back((key, Arc::clone(&universe)));
    if kept.len() > Lately::KEPT {
        kept.pop_front();
    }
    Ok(universe)
}

async fn everyone_anew(ctx: &Ctx<'_>, answering: Filter) -> Result<Vec<VoiceFact>, Error> {
    let page = ctx
        .app
        .warehouse
        .voices(&VoiceList {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: i32::MIN / 2, to: i32::MAX / 2 },
            filter: employees().and(answering),
            order: VoiceOrder::Newest,
            offset: 0,
            limit: 1_000_000,
        })
        .await?;
    if page.total > page.voices.len() as u64 {
        return Err(Error::refused("too_many_employees", "more than a million answers of employees cannot be weighed"));
    }
    Ok(page.voices)
}

/// Answers in order of the log; a person is a place in it.
#[derive(Debug)]
pub(crate) struct Universe {
    facts: Vec<VoiceFact>,
    place: HashMap<u64, u32>,
}

impl Universe {
    fn of(mut facts: Vec<VoiceFact>) -> Self {
        facts.sort_unstable_by_key(|f| f.seq);
        let place = (0u32..).zip(&facts).map(|(at, f)| (f.seq, at)).collect();
        Self { facts, place }
    }

    /// Places of log positions; answers that have been erased are gone.
    fn places(&self, seqs: &[u64]) -> Vec<u32> {
        seqs.iter().filter_map(|seq| self.place.get(seq).copied()).collect()
    }

    fn count(&self, members: &[u32]) -> Cell {
        let mut cell = Cell::default();
        for fact in members.iter().filter_map(|&at| self.facts.get(at as usize)) {
            cell.add(fact);
        }
        cell
    }

    fn release(&self, key: &str, members: &[u32]) -> NewRelease {
        let members: Vec<u64> = members.iter().filter_map(|&at| self.facts.get(at as usize)).map(|f| f.seq).collect();
        let signature = sha256_hex(format!("{key}#{members:?}").as_bytes());
        NewRelease { view_key: key.to_owned(), signature, members }
    }
}
