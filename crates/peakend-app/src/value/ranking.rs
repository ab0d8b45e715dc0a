//! Who is at stake: the persons behind some voices, those with the most of an
//! operating figure first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use peakend_domain::sense::person::{AliasKind, Person};
use peakend_domain::value::outcome::OutcomeKind;
use peakend_domain::value::ranking::{MOST, months};
use peakend_domain::{Day, Month, Permission, PersonId, Pillar};
use peakend_query::{DayRange, RankingQuestion};

use super::evaluation::{Merged, merged, now_called};
use super::outcome::{self, MonthRange};
use crate::insight::voice_list::{Frame, VoiceFilter, without_employees};
use crate::{Ctx, Error};

/// Who is asked for.
#[derive(Debug, Clone)]
pub struct RankingWanted {
    /// Which voices.
    pub filter: VoiceFilter,
    /// First day of the voices.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Outcome kind.
    pub kind: String,
    /// Month of the figure; the newest within a year up to the last day when absent.
    pub month: Option<Month>,
    /// At most so many persons, up to [`MOST`].
    pub limit: u64,
}

/// One person.
#[derive(Debug, Clone)]
pub struct RankedPerson {
    /// Id they have now.
    pub id: String,
    /// What is known; nothing of persons who are only in loaded files.
    pub person: Option<Person>,
    /// Their customer number, or else another name they are known by; empty when unknown or out of scope.
    pub alias: String,
    /// The figure, in the kind's smallest unit.
    pub value: i64,
    /// So many of the wanted voices are theirs.
    pub voices: u64,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// What the figures are.
    pub kind: OutcomeKind,
    /// Their month; `None` when no month has any.
    pub month: Option<Month>,
    /// Largest figure first.
    pub rows: Vec<RankedPerson>,
}

/// Persons who were two before have the figures of both, as on their own page. Someone
/// whose figures are too small one by one to be in the list is not looked for.
async fn add_former(
    ctx: &Ctx<'_>,
    kind: &str,
    month: Month,
    merged: &Merged,
    rows: &mut [RankedPerson],
) -> Result<(), Error> {
    let listed: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let into = merged.iter().filter(|(_, into)| listed.contains(into.as_str()));
    let persons: BTreeSet<String> = into.flat_map(|(from, into)| [from.to_string(), into.to_string()]).collect();
    if persons.is_empty() {
        return Ok(());
    }
    let mut sums: HashMap<String, i64> = HashMap::new();
    let range = MonthRange { from: month, to: month };
    for fact in outcome::of_persons(ctx, kind, range, persons.into_iter().collect()).await? {
        let sum = sums.entry(now_called(fact.person, merged)).or_default();
        *sum = sum.saturating_add(fact.value);
    }
    for row in rows.iter_mut() {
        row.value = sums.get(&row.id).copied().unwrap_or(row.value);
    }
    rows.sort_by_key(|row| Reverse(row.value));
    Ok(())
}

/// Rank the persons behind some voices. Employees are never ranked, and of persons
/// outside the caller's scope only voices within it count.
pub async fn read(ctx: &Ctx<'_>, wanted: &RankingWanted) -> Result<Ranking, Error> {
    ctx.require(Permission::ReadVoices)?;
    ctx.require(Permission::SeeValue)?;
    if wanted.filter.pillar == Some(Pillar::Employee) {
        return Err(Error::refused("employee_ranking", "employees are not ranked: it would tell who answered what"));
    }
    let frame = Frame::open(ctx).await?;
    let filter = frame.resolve(ctx, &wanted.filter).await?.and(without_employees());
    let mut tx = ctx.app.store.read().await?;
    let kind = outcome::kind(&mut tx, ctx.org(), &wanted.kind).await?;
    let merged = merged(&mut tx, ctx.org()).await?;
    drop(tx);
    let months: Vec<Month> = match wanted.month {
        Some(month) => vec![month],
        None => months(wanted.to).collect(),
    };
    let limit = wanted.limit.clamp(1, MOST);
    for month in months {
        let question = RankingQuestion {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: wanted.from.0, to: wanted.to.0 },
            filter: filter.clone(),
            kind: kind.code.clone(),
            month: month.0,
            limit,
        };
        let ranked = ctx.app.warehouse.ranking(&question).await?;
        if ranked.is_empty() {
            continue;
        }
        // two former persons of one: their voices and figures add up
        let mut rows: Vec<RankedPerson> = Vec::with_capacity(ranked.len());
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for one in ranked {
            let id = now_called(one.person, &merged);
            match places.get(&id) {
                Some(at) => rows[*at].voices += one.voices,
                None => {
                    places.insert(id.clone(), rows.len());
                    rows.push(RankedPerson {
                        id,
                        person: None,
                        alias: String::new(),
                        value: one.value,
                        voices: one.voices,
                    });
                }
            }
        }
        add_former(ctx, &kind.code, month, &merged, &mut rows).await?;
        let ids: Vec<PersonId> = rows.iter().map(|row| PersonId::stored(row.id.clone())).collect();
        let mut tx = ctx.app.store.read().await?;
        let mut known = peakend_store::sense::person::find_seen(&mut tx, ctx.scope(), &ids).await?;
        for (row, id) in rows.iter_mut().zip(&ids) {
            row.person = known.remove(id);
        }
        let seen: Vec<PersonId> = rows.iter().filter_map(|row| Some(row.person.as_ref()?.id.clone())).collect();
        for candidate in peakend_store::sense::person::candidates(&mut tx, ctx.org(), &seen).await? {
            let number = candidate.aliases.iter().find(|a| a.kind == AliasKind::CustomerId);
            if let (Some(row), Some(alias)) =
                (rows.iter_mut().find(|row| row.id == candidate.id.as_str()), number.or(candidate.aliases.first()))
            {
                row.alias.clone_from(&alias.value);
            }
        }
        return Ok(Ranking { kind, month: Some(month), rows });
    }
    Ok(Ranking { kind, month: wanted.month, rows: Vec::new() })
}
