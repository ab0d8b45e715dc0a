//! The voices of a few persons, or of a few ids, without reading those of others.

use std::sync::Arc;

use datafusion::arrow::array::Array;
use peakend_query::{DayRange, Dimension, Filter, VoiceFact, VoiceList, WarehouseError};

use crate::codes::{Source, Work, digest, rows_of};
use crate::columns::{VOICES, strings, voices_of};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::hot::Chunk;
use crate::newest::Newest;
use crate::org::Snapshot;
use crate::places::Names;
use crate::segment::Segment;

/// So many are looked up one by one.
const FEW: usize = 16;
/// Somebody with more voices than this is read like everybody.
const MANY: usize = 4_096;
/// Fewer rows of a segment are not worth a second thread.
const PIECE: usize = 4;

/// The few persons or ids that a filter asks for besides whatever else it asks.
fn named(filter: &Filter) -> Option<(Names, &[String])> {
    match filter {
        Filter::In(Dimension::Person, persons) if persons.len() <= FEW => Some((Names::Persons, persons)),
        Filter::Id(ids) if ids.len() <= FEW => Some((Names::Ids, ids)),
        // one id is one voice, one person may be many
        Filter::And(all) => all.iter().filter_map(named).min_by_key(|(names, list)| (*names != Names::Ids, list.len())),
        _ => None,
    }
}

/// What a list may begin with.
#[derive(Debug)]
pub(crate) struct LookedUp {
    /// At least every voice of the page.
    pub(crate) voices: Vec<VoiceFact>,
    /// How many more the list has.
    pub(crate) others: u64,
}

/// The voices of a list; `None` when it names nobody, when too many voices would
/// have to be read, or when the segments cannot tell.
pub(crate) async fn look_up(
    engine: &Engine,
    snapshot: &Snapshot,
    list: &VoiceList,
) -> Result<Option<LookedUp>, WarehouseError> {
    let Some((names, asked)) = named(&list.filter) else { return Ok(None) };
    let (segments, wanted, period) = (snapshot.segments.clone(), asked.to_vec(), list.period);
    let (newest, filter) = (Newest::of(list).filter(|_| names == Names::Persons), list.filter.clone());
    let sealed = engine
        .count("look up voices", move |work| {
            let most = if newest.is_some() { usize::MAX } else { MANY };
            let Some(mut rows) = rows(&segments, names, &wanted, period, most, work)? else { return Ok(None) };
            let mut others = 0;
            let chosen = newest.as_ref().map(|newest| newest.choose(&segments, &rows, work)).transpose()?.flatten();
            let expected = chosen.map(|chosen| {
                (rows, others) = (chosen.rows, chosen.others);
                rows.iter().map(Vec::len).sum::<usize>()
            });
            if rows.iter().map(Vec::len).sum::<usize>() > MANY {
                return Ok(None);
            }
            let pieces = segments.iter().zip(&rows).flat_map(|(segment, rows)| {
                let piece = rows.len().div_ceil(work.waiting().threads).max(PIECE);
                rows.chunks(piece).map(move |rows| (segment, rows))
            });
            let units: Vec<_> = pieces.collect();
            let found = work.waiting().each(&units, Vec::new, |found, (segment, rows)| read(segment, rows, found))?;
            let voices = found.into_iter().flatten().collect::<Vec<_>>();
            // two names with one digest: what was told from companions does not hold
            let ours = || voices.iter().filter(|v| filter.matches(v)).count();
            Ok(if expected.is_some_and(|n| n != ours()) { None } else { Some(LookedUp { voices, others }) })
        })
        .await?;
    let Some(mut found) = sealed else { return Ok(None) };
    for chunk in &snapshot.hot {
        found.voices.extend(hot(chunk, names, asked)?);
    }
    Ok(Some(found))
}

/// At least the hot voices of these.
fn hot(chunk: &Chunk, names: Names, asked: &[String]) -> Result<Vec<VoiceFact>, WarehouseError> {
    let read = "read the voices";
    let mut found = Vec::new();
    match names {
        Names::Persons if asked.iter().any(|p| chunk.codes.digests.binary_search(&digest(p)).is_ok()) => {
            found = voices_of(&chunk.rows).map_err(fault(read))?;
        }
        Names::Persons => {}
        Names::Ids => {
            let ids = strings(&chunk.rows, "id").map_err(fault(read))?;
            for row in (0..ids.len()).filter(|row| asked.iter().any(|id| id == ids.value(*row))) {
                found.extend(voices_of(&chunk.rows.slice(row, 1)).map_err(fault(read))?);
            }
        }
    }
    Ok(found)
}

/// The rows to read of each segment, ascending.
fn rows(
    segments: &[Arc<Segment>],
    names: Names,
    wanted: &[String],
    period: DayRange,
    most: usize,
    work: Work<'_>,
) -> Result<Option<Vec<Vec<usize>>>, WarehouseError> {
    let (mut all, mut without) = (vec![Vec::new(); segments.len()], Vec::new());
    let places: Vec<usize> = (0..segments.len()).collect();
    let placed = work.waiting().each(&places, Vec::new, |found, &at| {
        found.push((at, placed(&segments[at], names, wanted, period, most)));
        Ok(())
    })?;
    for (at, found) in placed.into_iter().flatten() {
        match found {
            Found::Rows(rows) => all[at] = rows,
            Found::TooMany => return Ok(None),
            Found::Unknown => without.push(at),
        }
    }
    // in the order of the segments, as `rows_of` is asked
    without.sort_unstable();
    if !without.is_empty() {
        let files = without.iter().map(|at| segments[*at].codes.clone()).collect::<Option<Vec<_>>>();
        let (Some(files), Names::Persons) = (files, names) else { return Ok(None) };
        for (at, rows) in without.iter().zip(rows_of(&files, wanted, period, work)?) {
            all[*at] = rows;
        }
    }
    Ok((all.iter().map(Vec::len).sum::<usize>() <= most).then_some(all))
}

/// What a segment's places tell.
enum Found {
    Rows(Vec<usize>),
    TooMany,
    /// There are none, or they are damaged.
    Unknown,
}

fn placed(segment: &Segment, names: Names, wanted: &[String], period: DayRange, most: usize) -> Found {
    let Some(places) = &segment.places else { return Found::Unknown };
    match places.find(names, wanted, most) {
        Ok(Some(mut rows)) => {
            if let Some(codes) = &segment.codes {
                let within = Source::Sealed(Arc::clone(codes)).within(period);
                rows.retain(|row| within.contains(row));
            }
            Found::Rows(rows)
        }
        Ok(None) => Found::TooMany,
        Err(error) => {
            tracing::warn!(%error, "run `peakend rebuild`: look-ups are slow without this file");
            Found::Unknown
        }
    }
}

fn read(segment: &Segment, rows: &[usize], found: &mut Vec<VoiceFact>) -> Result<(), WarehouseError> {
    let mut columns: Vec<&str> = VOICES.fields().iter().map(|f| f.name().as_str()).collect();
    columns.extend(segment.entry.attributes.iter().map(|a| a.column()));
    for batch in segment.read_rows(rows, &columns)? {
        found.extend(voices_of(&batch).map_err(fault("read the voices"))?);
    }
    Ok(())
}
