//! The arms of closed cases: persons whose case was resolved, against persons
//! with an equally low first score in the same month and segment but no case.
//!
//! Low scorers rise by themselves. Only equally low controls take that away.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use peakend_domain::value::evaluation::{ClosedCases, Design, MonthsSeen, Remark};
use peakend_domain::{Day, Month, day_of};
use peakend_query::{DayRange, VoiceFact};
use peakend_store::Tx;
use peakend_store::value::evaluation::{ClosedCase, closed_cases, persons_with_cases};

use super::super::{refused, zone};
use super::{Candidate, Cohort, FirstScore, Strata, arrange, canonical, merged, now_called, voices};
use crate::{Ctx, Error};

/// Months before the first resolution in which the voices of cases are looked for.
const OPENED_WITHIN: i32 = 3;

pub(in super::super) async fn of_cases(
    tx: &mut Tx,
    ctx: &Ctx<'_>,
    wanted: &ClosedCases,
    design: &Design,
    now: Month,
) -> Result<Cohort, Error> {
    wanted.check(now).map_err(refused)?;
    let zone = zone(tx, ctx.org()).await?;
    let instant = |month: Month| {
        let midnight = month.first().date().to_zoned(zone.clone());
        midnight.map(|z| z.timestamp()).map_err(|e| Error::Fault(format!("could not date a month: {e}")))
    };
    let next = Month(wanted.to.0 + 1);
    let closed = closed_cases(tx, ctx.org(), wanted, instant(wanted.from)?, instant(next)?).await?;
    let merged = merged(tx, ctx.org()).await?;
    let with_cases = persons_with_cases(tx, ctx.org()).await?.into_iter().map(|p| now_called(p, &merged)).collect();
    let mut remarks = Vec::new();
    let period = DayRange { from: Month(wanted.from.0 - OPENED_WITHIN).first().0, to: next.first().0 - 1 };
    let heard = canonical(voices(ctx, wanted.pillar, period, &mut remarks).await?, &merged);
    if wanted.recovered_only {
        remarks.push(Remark { code: "chosen_by_success".to_owned(), have: closed.len() as f64, bound: 0.0 });
    }
    let last = (wanted.to.0 + design.months_after).min(now.0 - 1);
    let resolved = |case: &ClosedCase| Month::of(day_of(case.closed_at, &zone)).0;
    let treated: Vec<(String, &str, i32)> = closed
        .iter()
        .map(|case| (now_called(case.person.clone(), &merged), case.voice.as_str(), resolved(case)))
        .collect();
    let candidates = arrange(candidates(&heard, &treated, &with_cases, wanted));
    let first = candidates.iter().map(|c| c.anchor).min().unwrap_or(wanted.from.0) - design.months_before;
    Ok(Cohort {
        title: String::new(),
        pillar: wanted.pillar,
        candidates,
        months: MonthsSeen {
            from: Month(first),
            to: Month(last),
            before: design.months_before,
            after: (last - wanted.from.0).min(design.months_after).max(0),
            first_after: Month(wanted.from.0 + 1),
        },
        remarks,
    })
}

fn candidates(
    heard: &[VoiceFact],
    closed: &[(String, &str, i32)],
    with_cases: &BTreeSet<String>,
    wanted: &ClosedCases,
) -> Vec<Candidate> {
    let by_id: HashMap<&str, &VoiceFact> = heard.iter().map(|v| (v.id.as_str(), v)).collect();
    let mut strata = Strata::default();
    let mut make = |person: &str, voice: &VoiceFact, treated: bool, event: i32| {
        let score = FirstScore::of(voice);
        let anchor = Month::of(Day(voice.day)).0;
        let key = score.map_or("none".to_owned(), |s| format!("{:.2}", s.value));
        Candidate {
            person: person.to_owned(),
            voice: voice.id.clone(),
            treated,
            stratum: strata.number(format!("{}/{key}/{anchor}", voice.segment)),
            score: score.map_or(5.0, |s| s.value),
            anchor,
            event,
            start: event + 1,
        }
    };
    // a person counts with the first case that was closed
    let mut seen: BTreeMap<&str, Candidate> = BTreeMap::new();
    for (person, voice, event) in closed {
        if let Some(voice) = by_id.get(voice) {
            seen.entry(person.as_str()).or_insert_with(|| make(person, voice, true, *event));
        }
    }
    let mut firsts: BTreeMap<&str, &VoiceFact> = BTreeMap::new();
    for voice in heard.iter().filter(|v| !with_cases.contains(&v.person)) {
        if !wanted.touchpoint.is_empty() && voice.touchpoint != wanted.touchpoint {
            continue;
        }
        let is_low = |v: &VoiceFact| FirstScore::of(v).is_some_and(|s| s.band == 0);
        let known = firsts.entry(voice.person.as_str()).or_insert(voice);
        if is_low(voice) && !is_low(known) {
            *known = voice;
        }
    }
    let mut all: Vec<Candidate> = seen.into_values().collect();
    for (person, voice) in firsts {
        let anchor = Month::of(Day(voice.day)).0;
        all.push(make(person, voice, false, anchor));
    }
    all
}
