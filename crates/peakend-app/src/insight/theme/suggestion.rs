//! What people talk of now and did not before: proposals for themes.

use peakend_domain::sense::voice::Voice;
use peakend_domain::{Day, Permission, UnitScope};
use peakend_store::sense::voice;
use peakend_text::Refusal;
use peakend_text::emerging::{Emerging, emerging_themes};

use crate::insight::voice_list::period;
use crate::{Ctx, Error};

/// Days that are now.
const RECENT: i32 = 30;
/// Days before them that are compared with.
const BASE: i32 = 90;
/// Voices compared at most, the newest.
const MOST: usize = 4_000;
/// Voices read from the store at once.
const PAGE: i64 = 1_000;
/// Proposals.
const SHOWN: usize = 8;
/// Quotes of each.
const QUOTED: usize = 2;

/// A proposal with the words of voices.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Terms, counts and growth; its quotes are positions of nothing here.
    pub emerging: Emerging,
    /// Voices that stand for it.
    pub quotes: Vec<Voice>,
}

/// Proposals, or why there are none.
#[derive(Debug, Clone)]
pub struct Proposals {
    /// First day that is now.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Voices of these days that were compared.
    pub recent: usize,
    /// Voices of the days before.
    pub base: usize,
    /// Most texts first.
    pub found: Result<Vec<Proposal>, Refusal>,
}

/// Compares what was said lately with the time before. Texts of employees are left out.
pub async fn propose(ctx: &Ctx<'_>) -> Result<Proposals, Error> {
    ctx.require(Permission::Configure)?;
    ctx.require(Permission::ReadVoices)?;
    let (_, to) = period(ctx, None, None).await?;
    let from = Day(to.0 - RECENT + 1);
    let (mut now, mut before, mut position) = (Vec::new(), Vec::new(), i64::MAX);
    while now.len() + before.len() < MOST {
        let mut tx = ctx.app.store.read().await?;
        let page = voice::newest_with_words(&mut tx, ctx.org(), position, PAGE).await?;
        drop(tx);
        let Some(last) = page.last().map(|v| v.seq) else { break };
        position = last;
        let seen = |v: &Voice| ctx.scope().units == UnitScope::All || ctx.scope().units.covers(&v.unit_path);
        for voice in page.into_iter().filter(seen) {
            if (from.0..=to.0).contains(&voice.day.0) {
                now.push(voice);
            } else if (from.0 - BASE..from.0).contains(&voice.day.0) {
                before.push(voice);
            }
        }
    }
    let (recent, base) = (now.len(), before.len());
    let compared = tokio::task::spawn_blocking(move || compare(&now, &before)).await;
    let found = compared.map_err(|e| Error::Fault(format!("compare what was said: {e}")))?;
    Ok(Proposals { from, to, recent, base, found })
}

fn compare(now: &[Voice], before: &[Voice]) -> Result<Vec<Proposal>, Refusal> {
    let texts = |voices: &[Voice]| -> Vec<String> { voices.iter().map(|v| v.text.clone()).collect() };
    let (recent, base) = (texts(now), texts(before));
    let recent: Vec<&str> = recent.iter().map(String::as_str).collect();
    let base: Vec<&str> = base.iter().map(String::as_str).collect();
    let found = emerging_themes(&recent, &base, QUOTED)?;
    let proposals = found.themes.into_iter().take(SHOWN).map(|emerging| {
        let quotes = emerging.quotes.iter().filter_map(|at| now.get(*at).cloned()).collect();
        Proposal { emerging, quotes }
    });
    Ok(proposals.collect())
}
