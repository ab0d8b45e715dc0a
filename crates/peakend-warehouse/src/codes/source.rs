//! Where coded columns come from: a segment's companion or the hot tail.

use std::ops::Range;
use std::sync::Arc;

use peakend_query::{DayRange, Dimension, Grain, WarehouseError};

use super::builder::{CodeTable, coded};
use super::file::{CodeFile, Lane};
use super::lane::{BLOCK, Codes};

/// Coded columns, sealed or hot.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Beside a segment.
    Sealed(Arc<CodeFile>),
    /// In memory.
    Hot(Arc<CodeTable>),
}

/// Some rows of one source, within one block.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Which source.
    pub(crate) source: usize,
    /// Which block of it.
    pub(crate) block: usize,
    /// Rows, counted from the start of the block.
    pub(crate) rows: Range<usize>,
}

/// The place of a dimension among the coded ones; `None` for the person.
pub(crate) fn place(dimension: Dimension) -> Option<usize> {
    coded().position(|d| d == dimension)
}

impl Source {
    /// Rows.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Sealed(file) => file.rows(),
            Self::Hot(table) => table.rows(),
        }
    }

    fn days(&self) -> &[(i32, u32)] {
        match self {
            Self::Sealed(file) => file.days(),
            Self::Hot(table) => &table.days,
        }
    }

    /// The codes of a dimension by number.
    pub(crate) fn names(&self, dimension: usize) -> &[String] {
        match self {
            Self::Sealed(file) => file.names(dimension),
            Self::Hot(table) => table.columns.get(dimension).map_or(&[], |c| &c.names),
        }
    }

    /// Known persons.
    pub(crate) fn persons(&self) -> usize {
        match self {
            Self::Sealed(file) => file.persons(),
            Self::Hot(table) => table.digests.len(),
        }
    }

    /// The rows of these days.
    pub(crate) fn within(&self, period: DayRange) -> Range<usize> {
        let days = self.days();
        let first = |place: usize| days.get(place).map_or(self.rows(), |(_, row)| *row as usize);
        let from = first(days.partition_point(|(day, _)| *day < period.from));
        let to = first(days.partition_point(|(day, _)| *day <= period.to));
        from..to.max(from)
    }

    /// Some rows of a block cut where the bucket changes, each with its bucket.
    pub(crate) fn buckets(&self, grain: Option<Grain>, span: &Span) -> Vec<(Option<i32>, Range<usize>)> {
        let Some(grain) = grain else { return vec![(None, span.rows.clone())] };
        let (start, days) = (span.block * BLOCK, self.days());
        let mut at = days.partition_point(|(_, row)| *row as usize <= start + span.rows.start).saturating_sub(1);
        let mut pieces: Vec<(Option<i32>, Range<usize>)> = Vec::new();
        let mut from = span.rows.start;
        while from < span.rows.end {
            let bucket = days.get(at).map(|(day, _)| grain.bucket(*day));
            let next = days.get(at + 1).map_or(usize::MAX, |(_, row)| (*row as usize).saturating_sub(start));
            let to = next.min(span.rows.end);
            match pieces.last_mut() {
                Some((last, rows)) if *last == bucket => rows.end = to,
                _ => pieces.push((bucket, from..to)),
            }
            (from, at) = (to, at + 1);
        }
        pieces
    }

    /// Each day run inside some rows of a block.
    pub(crate) fn day_runs(&self, span: &Span) -> Vec<(Option<i32>, Range<usize>)> {
        self.buckets(Some(Grain::Day), span)
    }

    /// Read one block of a lane.
    pub(crate) fn read(
        &self,
        lane: Lane,
        block: usize,
        into: &mut Codes,
        bytes: &mut Vec<u8>,
    ) -> Result<(), WarehouseError> {
        let table = match self {
            Self::Sealed(file) => return file.read(lane, block, into, bytes),
            Self::Hot(table) => table,
        };
        let codes = match lane {
            Lane::Dimension(i) => &table.columns[i].codes,
            Lane::Fact => &table.facts,
            Lane::Person => &table.persons,
        };
        let rows = block * BLOCK..(block * BLOCK + BLOCK).min(table.rows());
        codes.bytes(rows.clone(), bytes);
        into.fill(codes.width(), rows.len(), bytes);
        Ok(())
    }

    /// The digests of all persons, ascending.
    pub(crate) fn digests(&self) -> Result<Vec<u64>, WarehouseError> {
        match self {
            Self::Hot(table) => Ok(table.digests.clone()),
            Self::Sealed(file) => {
                let (mut all, mut some, mut bytes) = (Vec::with_capacity(file.persons()), Vec::new(), Vec::new());
                for block in 0..file.persons().div_ceil(BLOCK) {
                    file.digests(block, &mut some, &mut bytes)?;
                    all.extend_from_slice(&some);
                }
                Ok(all)
            }
        }
    }
}

/// The wanted rows of all sources, block by block.
pub(crate) fn spans(sources: &[Source], period: DayRange) -> Vec<Span> {
    sources.iter().enumerate().flat_map(|(number, source)| spans_of(number, source.within(period))).collect()
}

/// Some rows of a source, block by block.
pub(crate) fn spans_of(source: usize, rows: Range<usize>) -> impl Iterator<Item = Span> {
    let blocks = if rows.is_empty() { 0..0 } else { rows.start / BLOCK..rows.end.div_ceil(BLOCK) };
    blocks.map(move |block| {
        let start = block * BLOCK;
        Span { source, block, rows: rows.start.max(start) - start..rows.end.min(start + BLOCK) - start }
    })
}
