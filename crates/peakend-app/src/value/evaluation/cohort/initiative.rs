//! The arms of an initiative: persons heard at its touchpoint before it went
//! live, against persons of the same pillar heard elsewhere only.

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::act::initiative::Initiative;
use peakend_domain::value::evaluation::{Design, EvaluationRefusal, MonthsSeen, Remark};
use peakend_domain::{InitiativeId, Month};
use peakend_query::{DayRange, VoiceFact};
use peakend_store::Tx;
use peakend_store::act::initiative;
use peakend_store::value::evaluation::persons_with_cases;

use super::super::refused;
use super::{Candidate, Cohort, FirstScore, Strata, arrange, canonical, merged, now_called, voices};
use crate::{Ctx, Error};

pub(in super::super) async fn of_initiative(
    tx: &mut Tx,
    ctx: &Ctx<'_>,
    id: &InitiativeId,
    design: &Design,
    now: Month,
) -> Result<Cohort, Error> {
    let found = initiative::find(tx, ctx.org(), id).await?.ok_or(Error::NotFound("initiative"))?;
    if !found.pillar.evaluates_persons() {
        return Err(refused(EvaluationRefusal::EmployeePersons));
    }
    if found.touchpoint_code.is_empty() && found.line_code.is_empty() {
        return Err(refused(EvaluationRefusal::NoScope));
    }
    let live = found.live_on().ok_or_else(|| refused(EvaluationRefusal::NotLive))?;
    let event = Month::of(live);
    // a month that was half before and half after belongs to neither
    let is_whole = event.first() == live;
    let start = if is_whole { event.0 } else { event.0 + 1 };
    let last = (start + design.months_after - 1).min(now.0 - 1);
    if last < start {
        return Err(refused(EvaluationRefusal::TooEarly));
    }
    let first = event.0 - design.months_before;
    let mut remarks = Vec::new();
    if !is_whole {
        let day = f64::from(live.0 - event.first().0 + 1);
        remarks.push(Remark { code: "first_month_left_out".to_owned(), have: day, bound: 1.0 });
    }
    let period = DayRange { from: Month(first).first().0, to: live.0 - 1 };
    let heard = voices(ctx, found.pillar, period, &mut remarks).await?;
    let merged = merged(tx, ctx.org()).await?;
    let heard = canonical(heard, &merged);
    let (others, _) = initiative::page(tx, ctx.org(), "", None, OTHERS).await?;
    let others: Vec<Initiative> =
        others.into_iter().filter(|o| o.id != found.id && moves(o, Month(first), Month(last))).collect();
    let mut touched = elsewhere(&heard, &found, &others);
    touched.extend(persons_with_cases(tx, ctx.org()).await?.into_iter().map(|p| now_called(p, &merged)));
    let mut candidates = candidates(&heard, &found, event.0, start);
    let before = candidates.len();
    candidates.retain(|c| !touched.contains(&c.person));
    let left_out = before - candidates.len();
    if left_out > 0 {
        remarks.push(Remark {
            code: "touched_elsewhere".to_owned(),
            have: left_out as f64,
            bound: others.len() as f64,
        });
    }
    Ok(Cohort {
        title: found.name.clone(),
        pillar: found.pillar,
        candidates: arrange(candidates),
        months: MonthsSeen {
            from: Month(first),
            to: Month(last),
            before: design.months_before,
            after: last - start + 1,
            first_after: Month(start),
        },
        remarks,
    })
}

/// Other initiatives looked at.
const OTHERS: i64 = 500;

/// Whether an initiative went live within the months compared.
fn moves(other: &Initiative, first: Month, last: Month) -> bool {
    other.live_on().map(Month::of).is_some_and(|live| first <= live && live <= last)
}

/// Persons that another initiative or a case worked on in the same months. They
/// are in neither arm: what moved them would be credited to, or held against,
/// this initiative.
fn elsewhere(heard: &[VoiceFact], of: &Initiative, others: &[Initiative]) -> BTreeSet<String> {
    let mut persons = BTreeSet::new();
    for voice in heard {
        let met = |o: &Initiative| {
            let scoped = !(o.touchpoint_code.is_empty() && o.line_code.is_empty());
            scoped
                && o.pillar == of.pillar
                && (o.touchpoint_code.is_empty() || o.touchpoint_code == voice.touchpoint)
                && (o.line_code.is_empty() || o.line_code == voice.line)
        };
        if others.iter().any(met) {
            persons.insert(voice.person.clone());
        }
    }
    persons
}

/// What is known of a person from the voices, the earliest first.
#[derive(Default)]
struct Heard<'a> {
    /// First voice that the initiative is about.
    treated: Option<&'a VoiceFact>,
    /// First voice anywhere.
    first: Option<&'a VoiceFact>,
    /// Heard at the touchpoint, though on another business line.
    nearby: bool,
}

fn candidates(heard: &[VoiceFact], of: &Initiative, event: i32, start: i32) -> Vec<Candidate> {
    let mut persons: BTreeMap<&str, Heard<'_>> = BTreeMap::new();
    for voice in heard {
        let at_touchpoint = of.touchpoint_code.is_empty() || voice.touchpoint == of.touchpoint_code;
        let on_line = of.line_code.is_empty() || voice.line == of.line_code;
        let known = persons.entry(voice.person.as_str()).or_default();
        known.first.get_or_insert(voice);
        if at_touchpoint && on_line {
            known.treated.get_or_insert(voice);
        } else if at_touchpoint && !of.touchpoint_code.is_empty() {
            known.nearby = true;
        }
    }
    let mut strata = Strata::default();
    let mut candidates = Vec::with_capacity(persons.len());
    for (person, known) in persons {
        let Some(voice) = known.treated.or(if known.nearby { None } else { known.first }) else { continue };
        let score = FirstScore::of(voice);
        let band = score.map_or("none".to_owned(), |s| s.band.to_string());
        candidates.push(Candidate {
            person: person.to_owned(),
            voice: voice.id.clone(),
            treated: known.treated.is_some(),
            stratum: strata.number(format!("{}/{band}", voice.segment)),
            score: score.map_or(5.0, |s| s.value),
            anchor: event,
            event,
            start,
        });
    }
    candidates
}
