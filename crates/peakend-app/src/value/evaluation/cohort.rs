//! Whom to compare: the treated and everybody who may be matched to them,
//! chosen by voices and cases alone.

mod cases;
mod initiative;

use std::collections::{BTreeMap, BTreeSet};

use peakend_domain::value::evaluation::{MonthsSeen, Remark};
use peakend_domain::{OrgId, PersonId, Pillar};
use peakend_query::{DayRange, Dimension, Filter, VoiceFact, VoiceList, VoiceOrder};

use crate::{Ctx, Error};

pub(super) use cases::of_cases;
pub(super) use initiative::of_initiative;

/// Voices looked at; more than this is said beside the result.
const VOICES_READ: u64 = 1_000_000;

/// One person of either arm.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) person: String,
    /// The voice by which the person was chosen.
    pub(super) voice: String,
    pub(super) treated: bool,
    /// Persons are matched only within one stratum.
    pub(super) stratum: u64,
    /// First score on 0 to 10; the middle where there was none (a stratum of their own).
    pub(super) score: f64,
    /// First month that no longer counts as before.
    pub(super) anchor: i32,
    /// Month of the change; controls take that of the person they are matched to.
    pub(super) event: i32,
    /// First month that counts as after.
    pub(super) start: i32,
}

/// Both arms and their calendar.
#[derive(Debug)]
pub(super) struct Cohort {
    pub(super) title: String,
    pub(super) pillar: Pillar,
    /// Treated first, then controls; each by person.
    pub(super) candidates: Vec<Candidate>,
    pub(super) months: MonthsSeen,
    pub(super) remarks: Vec<Remark>,
}

/// Voices of a pillar in some days, the earliest first.
async fn voices(
    ctx: &Ctx<'_>,
    pillar: Pillar,
    period: DayRange,
    remarks: &mut Vec<Remark>,
) -> Result<Vec<VoiceFact>, Error> {
    let list = VoiceList {
        org: ctx.org().as_str().to_owned(),
        period,
        filter: Filter::In(Dimension::Pillar, vec![pillar.name().to_owned()]),
        order: VoiceOrder::Newest,
        offset: 0,
        limit: VOICES_READ,
    };
    let page = ctx.app.warehouse.voices(&list).await?;
    if page.total > VOICES_READ {
        remarks.push(Remark { code: "voices_capped".to_owned(), have: page.total as f64, bound: VOICES_READ as f64 });
    }
    let mut voices = page.voices;
    voices.retain(|v| !v.person.is_empty());
    voices.reverse();
    Ok(voices)
}

/// Former ids lead to the person of now.
pub(in crate::value) type Merged = BTreeMap<PersonId, PersonId>;

fn canonical(mut voices: Vec<VoiceFact>, merged: &Merged) -> Vec<VoiceFact> {
    if !merged.is_empty() {
        for voice in &mut voices {
            if let Some(into) = merged.get(&PersonId::stored(voice.person.clone())) {
                voice.person = into.to_string();
            }
        }
    }
    voices
}

/// The id a person has now.
pub(in crate::value) fn now_called(person: String, merged: &Merged) -> String {
    let id = PersonId::stored(person);
    merged.get(&id).unwrap_or(&id).to_string()
}

/// Whom the organisation's persons were merged into.
pub(in crate::value) async fn merged(tx: &mut peakend_store::Tx, org: &OrgId) -> Result<Merged, Error> {
    Ok(peakend_store::sense::person::merged(tx, org).await?)
}

/// A score on 0 to 10 with its band: 0 unhappy, 1 between, 2 happy.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FirstScore {
    value: f64,
    band: u8,
}

impl FirstScore {
    fn of(voice: &VoiceFact) -> Option<Self> {
        let band = |low: bool, high: bool| if low { 0 } else { 1 + u8::from(high) };
        if let Some(s) = voice.nps {
            return Some(Self { value: f64::from(s), band: band(s <= 6, s >= 9) });
        }
        if let Some(s) = voice.csat {
            return Some(Self { value: (f64::from(s) - 1.0) * 2.5, band: band(s <= 2, s >= 4) });
        }
        let s = voice.ces?;
        Some(Self { value: (f64::from(s) - 1.0) / 6.0 * 10.0, band: band(s <= 3, s >= 5) })
    }
}

/// Numbers for strata, in order of first use.
#[derive(Debug, Default)]
struct Strata(BTreeMap<String, u64>);

impl Strata {
    fn number(&mut self, key: String) -> u64 {
        let next = self.0.len() as u64;
        *self.0.entry(key).or_insert(next)
    }
}

/// Treated first, then those controls that share a stratum with one of them.
fn arrange(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let used: BTreeSet<u64> = candidates.iter().filter(|c| c.treated).map(|c| c.stratum).collect();
    candidates.retain(|c| used.contains(&c.stratum));
    candidates.sort_by(|a, b| b.treated.cmp(&a.treated).then_with(|| a.person.cmp(&b.person)));
    candidates
}
