//! Reading the wanted events of all segments and of memory, a part of the persons at a time.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int32Type, Int64Type, UInt64Type};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::file::metadata::RowGroupMetaData;
use peakend_query::{DayRange, EventFact, Step, WarehouseError};

use super::deed::{Deed, Digests};
use super::hot::Happened;
use crate::codes::{Work, digest};
use crate::columns::{numbers, strings};
use crate::fault::{engine as fault, missing, storage};
use crate::segment::Segment;

/// Rows decoded at one time.
const PIECE: usize = 65_536;
/// So often the rows are read at most, each time for other persons.
const MOST_PASSES: usize = 16;

/// What is wanted of events.
pub(super) struct Wanted<'a> {
    /// The steps, each a bit.
    pub(super) steps: &'a [Step],
    /// Days in which events can lie.
    pub(super) days: DayRange,
    /// Whether steps or the tag look at properties.
    pub(super) properties: bool,
    /// Whose.
    pub(super) persons: &'a Digests,
}

/// Where an event stands, as a tag looks at it.
pub(super) struct Seen<'a> {
    pub(super) day: i32,
    /// Empty unless asked for.
    pub(super) properties: &'a str,
    pub(super) steps: u16,
}

/// A piece of what is to be read.
enum Unit {
    Group(Arc<Segment>, ArrowReaderMetadata, usize),
    Hot(Arc<Vec<EventFact>>),
}

/// Deeds of one thread, apart by person, with what its tags mean.
struct Lot<T> {
    parts: Vec<Vec<Deed>>,
    notes: T,
}

/// Read and fold: `tag` gives an event its steps and tag or leaves it out, with notes of
/// its thread; `settle` makes the notes of all threads one and says what each tag becomes; `fold`
/// gets the deeds of some persons in order, and its results come back.
///
/// # Errors
/// `Question` when more events are wanted than `at_once` and so many passes allow.
pub(super) fn gather<T: Default + Send, R: Send>(
    happened: &Happened,
    wanted: &Wanted<'_>,
    at_once: usize,
    work: Work<'_>,
    tag: impl Fn(&Seen<'_>, &mut T) -> Result<Option<(u16, u32)>, WarehouseError> + Sync,
    mut settle: impl FnMut(T) -> Vec<u32>,
    fold: impl Fn(&[Deed]) -> R + Sync,
) -> Result<Vec<R>, WarehouseError> {
    let (units, rows) = units(happened, wanted)?;
    let passes = rows.div_ceil(at_once.max(1)).max(1);
    if passes > MOST_PASSES {
        let most = at_once * MOST_PASSES;
        let reason = format!("it looks at {rows} events, at most {most} can be: take fewer days or rarer events");
        return Err(WarehouseError::Question(reason));
    }
    // a few parts for each thread, so that none waits long for another
    let parts = work.threads * 4;
    let mut results = Vec::new();
    for pass in 0..passes {
        let start = || Lot { parts: vec![Vec::new(); parts], notes: T::default() };
        let lots = work.each(&units, start, |lot: &mut Lot<T>, unit| {
            let mut take = |key: u64, at: i64, seq: u64, seen: Seen<'_>| {
                let Some(key) = wanted.persons.whose(key) else { return Ok(()) };
                let place = place(key, passes * parts);
                if place / parts != pass {
                    return Ok(());
                }
                if let Some((steps, tag)) = tag(&seen, &mut lot.notes)? {
                    lot.parts[place % parts].push(Deed { key, at, seq, tag, steps });
                }
                Ok(())
            };
            match unit {
                Unit::Group(segment, metadata, group) => each_row(segment, metadata, *group, wanted, &mut take),
                Unit::Hot(events) => each_hot(events, wanted, &mut take),
            }
        })?;
        let mut by_part: Vec<Vec<Vec<Deed>>> = (0..parts).map(|_| Vec::new()).collect();
        for lot in lots {
            let meaning = settle(lot.notes);
            for (part, mut deeds) in by_part.iter_mut().zip(lot.parts) {
                if !meaning.is_empty() {
                    deeds.iter_mut().for_each(|d| d.tag = meaning.get(d.tag as usize).copied().unwrap_or(d.tag));
                }
                part.push(deeds);
            }
        }
        let folded = work.each(&by_part, Vec::new, |done: &mut Vec<R>, part| {
            let mut deeds = part.concat();
            // runs of a segment are in order already, which this sort makes use of
            deeds.sort();
            done.push(fold(&deeds));
            Ok(())
        })?;
        results.extend(folded.into_iter().flatten());
    }
    Ok(results)
}

/// In which of so many parts of all persons a number lies.
fn place(key: u64, parts: usize) -> usize {
    ((u128::from(key) * parts as u128) >> 64) as usize
}

/// The groups of rows that may hold a wanted name, and how many rows they have.
fn units(happened: &Happened, wanted: &Wanted<'_>) -> Result<(Vec<Unit>, usize), WarehouseError> {
    let (mut units, mut rows) = (Vec::new(), 0);
    for segment in &happened.segments {
        let file = File::open(&segment.path).map_err(storage("open", &segment.path))?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default()).map_err(storage("read", &segment.path))?;
        for (at, group) in metadata.metadata().row_groups().iter().enumerate() {
            if wanted.steps.iter().any(|step| may_hold(group, step.event.as_bytes())) {
                rows += usize::try_from(group.num_rows()).unwrap_or(0);
                units.push(Unit::Group(Arc::clone(segment), metadata.clone(), at));
            }
        }
    }
    for piece in &happened.hot {
        rows += piece.len();
        units.push(Unit::Hot(Arc::clone(piece)));
    }
    Ok((units, rows))
}

/// Whether a name lies between the least and the greatest of a group.
fn may_hold(group: &RowGroupMetaData, name: &[u8]) -> bool {
    let Some(statistics) = group.columns().first().and_then(|c| c.statistics()) else { return true };
    statistics.min_bytes_opt().is_none_or(|least| least <= name)
        && statistics.max_bytes_opt().is_none_or(|most| name <= most)
}

type Take<'a> = dyn FnMut(u64, i64, u64, Seen<'_>) -> Result<(), WarehouseError> + 'a;

fn each_row(
    segment: &Segment,
    metadata: &ArrowReaderMetadata,
    group: usize,
    wanted: &Wanted<'_>,
    take: &mut Take<'_>,
) -> Result<(), WarehouseError> {
    let file = File::open(&segment.path).map_err(storage("open", &segment.path))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
    let mut columns = vec!["name", "key", "at", "seq", "day"];
    if wanted.properties {
        columns.push("properties");
    }
    let columns = ProjectionMask::columns(builder.parquet_schema(), columns);
    let reader = builder.with_row_groups(vec![group]).with_projection(columns).with_batch_size(PIECE).build();
    for piece in reader.map_err(storage("read", &segment.path))? {
        let piece = piece.map_err(storage("read", &segment.path))?;
        each_of(&piece, wanted, take)?;
    }
    Ok(())
}

fn each_of(piece: &RecordBatch, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<(), WarehouseError> {
    let column = || -> datafusion::error::Result<_> {
        let names = piece.column_by_name("name").and_then(|c| c.as_dictionary_opt::<Int32Type>());
        let names = names.ok_or_else(|| missing("name"))?;
        let texts = names.values().as_string_opt::<i32>().ok_or_else(|| missing("name"))?;
        Ok((
            names,
            texts,
            numbers::<UInt64Type>(piece, "key")?,
            numbers::<Int64Type>(piece, "at")?,
            numbers::<UInt64Type>(piece, "seq")?,
            numbers::<Int32Type>(piece, "day")?,
            if wanted.properties { Some(strings(piece, "properties")?) } else { None },
        ))
    };
    let (names, texts, key, at, seq, day, properties) = column().map_err(fault("read events"))?;
    let masks: Vec<u16> = texts.iter().map(|name| mask(wanted.steps, name.unwrap_or_default())).collect();
    for rows in runs(names.keys().values(), &masks) {
        let steps = masks[names.keys().value(rows.start) as usize];
        for row in rows {
            if wanted.days.contains(day.value(row)) {
                let properties = properties.map_or("", |p| p.value(row));
                take(key.value(row), at.value(row), seq.value(row), Seen { day: day.value(row), properties, steps })?;
            }
        }
    }
    Ok(())
}

/// Rows of one wanted name that stand together.
fn runs<'a>(codes: &'a [i32], masks: &'a [u16]) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut start = 0;
    std::iter::from_fn(move || {
        while start < codes.len() {
            let code = codes[start];
            let from = start;
            start += codes[from..].iter().take_while(|c| **c == code).count();
            if masks[code as usize] != 0 {
                return Some(from..start);
            }
        }
        None
    })
}

/// The steps that events of a name may be.
fn mask(steps: &[Step], name: &str) -> u16 {
    steps.iter().enumerate().filter(|(_, step)| step.event == name).fold(0, |mask, (at, _)| mask | 1 << at)
}

fn each_hot(events: &[EventFact], wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<(), WarehouseError> {
    for e in events.iter().filter(|e| wanted.days.contains(e.day)) {
        let steps = mask(wanted.steps, &e.name);
        if steps != 0 {
            take(digest(&e.person), e.at, e.seq, Seen { day: e.day, properties: e.properties.as_str(), steps })?;
        }
    }
    Ok(())
}
