//! Putting new readings of voices in the place of the old ones.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::arrow::datatypes::{Int32Type, Int64Type, UInt64Type};
use peakend_query::{VoiceFact, WarehouseError};
use tokio::sync::OwnedMutexGuard;

use crate::columns::{aligned, attributes_of, numbers, voice_batch, with_attributes};
use crate::engine::Engine;
use crate::fault::engine as fault;
use crate::manifest::Contents;
use crate::org::Org;
use crate::rewrite::rewrite;
use crate::segment::Segment;

/// Voices as they are to be from now on.
#[derive(Debug)]
struct Readings {
    rows: RecordBatch,
    /// Where each log position is in `rows`, with its day and instant.
    at: HashMap<u64, (usize, i32, i64)>,
}

/// Replace the rows that have these log positions; returns how many there were.
/// Segments without any stay as they are.
pub(crate) async fn revise(
    engine: &Engine,
    org: &Arc<Org>,
    voices: Vec<VoiceFact>,
    writing: OwnedMutexGuard<()>,
) -> Result<u64, WarehouseError> {
    let at: HashMap<_, _> = voices.iter().enumerate().map(|(i, v)| (v.seq, (i, v.day, v.at))).collect();
    let rows = voice_batch(&voices).map_err(fault("put revised voices in columns"))?;
    let readings = Readings { rows, at };
    let mut seqs: Vec<u64> = readings.at.keys().copied().collect();
    seqs.sort_unstable();
    let mut segments = org.segments();
    segments.retain(|s| may_hold(s, &seqs));
    let new = move |piece| readings.put_into(piece);
    let (replaced, writing) = rewrite(engine, "revise voices", org, segments, new, writing).await?;
    // what is hot stays hot: sealing waits for the same lock
    let org = Arc::clone(org);
    let hot = engine.write("revise voices", move || org.revise_hot(&voices).inspect(|_| drop(writing))).await?;
    Ok(replaced + hot)
}

fn may_hold(segment: &Segment, seqs: &[u64]) -> bool {
    let entry = &segment.entry;
    let from = seqs.partition_point(|seq| *seq < entry.first_seq);
    entry.contents == Contents::Voices && seqs.get(from).is_some_and(|seq| *seq <= entry.last_seq)
}

impl Readings {
    /// A piece of a segment with the new rows in it, and how many there are.
    fn put_into(&self, piece: RecordBatch) -> Result<(RecordBatch, u64), WarehouseError> {
        let mut attributes = attributes_of(piece.schema_ref());
        attributes.extend(attributes_of(self.rows.schema_ref()));
        let schema = with_attributes(&attributes);
        let align = |rows| aligned(rows, &schema).map_err(fault("put revised voices in columns"));
        let (piece, new_rows) = (align(&piece)?, align(&self.rows)?);
        let read = "read the positions of voices";
        let seqs = numbers::<UInt64Type>(&piece, "seq").map_err(fault(read))?;
        let days = numbers::<Int32Type>(&piece, "day").map_err(fault(read))?;
        let moments = numbers::<Int64Type>(&piece, "at").map_err(fault(read))?;
        let mut new = 0;
        let mut from = Vec::with_capacity(piece.num_rows());
        for (row, ((seq, day), at)) in seqs.values().iter().zip(days.values()).zip(moments.values()).enumerate() {
            from.push(match self.at.get(seq) {
                None => (0, row),
                Some((_, d, a)) if (d, a) != (day, at) => return Err(moved(*seq)),
                Some((place, _, _)) => {
                    new += 1;
                    (1, *place)
                }
            });
        }
        if new == 0 {
            return Ok((piece, 0));
        }
        let mixed = interleave_record_batch(&[&piece, &new_rows], &from);
        Ok((mixed.map_err(fault("put revised voices in place"))?, new))
    }
}

/// What a caller hears who gives a voice another moment.
pub(crate) fn moved(seq: u64) -> WarehouseError {
    WarehouseError::Question(format!(
        "the voice at position {seq} is to get another day or instant; only its reading can change"
    ))
}
