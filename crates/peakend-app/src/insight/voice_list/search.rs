//! Voices whose text holds some words. The texts are in the store, the other
//! filters are those of every figure and are applied to what the store finds.

use peakend_query::{Filter, VoiceOrder};
use peakend_store::insight::voice_list::cases_of;
use peakend_store::sense::voice;

use super::{Frame, Heard, Voices, VoicesWanted};
use crate::sense::fact;
use crate::{Ctx, Error};

/// Longest words.
const LONGEST: usize = 200;
/// Rows read at once.
const PAGE: i64 = 2_000;
/// Voices found at most; further ones are not counted, and the answer says so.
const MOST: usize = 10_000;

/// A page of what is found, in the order wanted.
pub(super) async fn search(
    ctx: &Ctx<'_>,
    frame: Frame,
    wanted: &VoicesWanted,
    filter: &Filter,
) -> Result<Voices, Error> {
    let words = wanted.words.trim();
    if words.chars().count() > LONGEST {
        return Err(Error::field("q", "too_long", format!("search for at most {LONGEST} characters")));
    }
    let mut tx = ctx.app.store.read().await?;
    let (mut found, mut before, mut truncated) = (Vec::new(), None, false);
    loop {
        let page = voice::search(&mut tx, ctx.org(), words, (wanted.from, wanted.to), before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some((last.at, last.seq));
        let whole = (page.len() as i64) < PAGE;
        found.extend(page.into_iter().filter(|v| filter.matches(&fact(v))));
        if whole {
            break;
        }
        if found.len() >= MOST {
            truncated = true;
            found.truncate(MOST);
            break;
        }
    }
    if wanted.order == VoiceOrder::LowestNps {
        // stable: among equal scores the latest stays first
        found.sort_by_key(|v| v.nps.unwrap_or(u8::MAX));
    }
    let total = found.len() as u64;
    let skip = usize::try_from(wanted.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let page: Vec<_> = found.into_iter().skip(skip).take(take).collect();
    let ids: Vec<String> = page.iter().map(|v| v.id.clone()).collect();
    let mut cases = cases_of(&mut tx, ctx.scope(), &ids).await?;
    let items: Vec<Heard> = page.into_iter().map(|voice| Heard { case: cases.remove(&voice.id), voice }).collect();
    let reached = wanted.offset + items.len() as u64;
    let next = (reached < total && !items.is_empty()).then_some(reached);
    Ok(Voices { items, total, next, names: frame.names, withheld: None, truncated })
}
