//! A column of few different values as a Parquet column chunk.
//!
//! The general writer finds each row's value among those it has seen by hashing
//! and comparing its bytes. Here every row brings the number of its value, so a
//! row costs a few bits of packing and nothing else. What comes out is ordinary
//! Parquet: a dictionary page, data pages of run lengths and packed bits, zstd.

use bytes::Bytes;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::column::page::{CompressedPage, Page, PageWriter};
use datafusion::parquet::column::writer::ColumnCloseResult;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::metadata::ColumnChunkMetaData;
use datafusion::parquet::file::page_index::offset_index::{OffsetIndexMetaData, PageLocation};
use datafusion::parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use datafusion::parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

/// Rows to a page: what is unpacked to read one of them.
const PAGE: usize = 4_096;
/// So many equal numbers in a row are stored as one and a count.
const RUN: usize = 8;
/// The number of a row without a value.
pub(crate) const NOTHING: u32 = u32::MAX;

/// The different values of a column chunk as Parquet stores them, and each row's number.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// The values one after another, in the order of their numbers.
    pub(crate) values: Vec<u8>,
    /// How many there are.
    pub(crate) entries: u32,
    /// One per row; [`NOTHING`] where the row has none.
    pub(crate) rows: Vec<u32>,
}

impl Packed {
    /// The column chunk, and what the file says of it.
    pub(crate) fn chunk(&self, column: &ColumnDescPtr, level: ZstdLevel) -> Result<(Bytes, ColumnCloseResult)> {
        let mut compressor = Compressor::new(level.compression_level())?;
        let mut out = TrackedWrite::new(Vec::with_capacity(self.rows.len()));
        let mut pages = SerializedPageWriter::new(&mut out);
        let mut shrunk = |bytes: &[u8]| -> Result<Bytes> { Ok(compressor.compress(bytes)?.into()) };
        let dictionary = Page::DictionaryPage {
            buf: shrunk(&self.values)?,
            num_values: self.entries,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let dictionary = pages.write_page(CompressedPage::new(dictionary, self.values.len()))?;
        let (mut unpacked, mut locations) = (dictionary.uncompressed_size, Vec::new());
        let (width, optional) = (width(self.entries), column.max_def_level() > 0);
        let (mut page, mut numbers) = (Vec::new(), Vec::new());
        for (first, rows) in (0..).step_by(PAGE).zip(self.rows.chunks(PAGE)) {
            page.clear();
            let rows_of_values = match optional {
                true => present(rows, &mut numbers, &mut page)?,
                false => rows,
            };
            page.push(width);
            hybrid(rows_of_values, width, &mut page);
            let data = Page::DataPage {
                buf: shrunk(&page)?,
                num_values: count(rows.len())?,
                encoding: Encoding::RLE_DICTIONARY,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let written = pages.write_page(CompressedPage::new(data, page.len()))?;
            unpacked += written.uncompressed_size;
            locations.push(PageLocation {
                offset: i64::try_from(written.offset)?,
                compressed_page_size: i32::try_from(written.compressed_size)?,
                first_row_index: first,
            });
        }
        let bytes = out.into_inner()?;
        let metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(Compression::ZSTD(level))
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_total_compressed_size(i64::try_from(bytes.len())?)
            .set_total_uncompressed_size(i64::try_from(unpacked)?)
            .set_num_values(i64::try_from(self.rows.len())?)
            .set_dictionary_page_offset(Some(0))
            .set_data_page_offset(i64::try_from(dictionary.bytes_written)?)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows.len() as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(OffsetIndexMetaData {
                page_locations: locations,
                unencoded_byte_array_data_bytes: None,
            }),
        };
        Ok((bytes.into(), close))
    }

    /// Append a text to the values.
    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        self.values.extend_from_slice(&count(text.len())?.to_le_bytes());
        self.values.extend_from_slice(text.as_bytes());
        self.entries += 1;
        Ok(())
    }

    /// Append a number to the values.
    pub(crate) fn number(&mut self, number: i32) {
        self.values.extend_from_slice(&number.to_le_bytes());
        self.entries += 1;
    }
}

fn count(n: usize) -> Result<u32> {
    Ok(u32::try_from(n)?)
}

/// Bits of the largest of so many numbers.
fn width(entries: u32) -> u8 {
    (u32::BITS - entries.saturating_sub(1).leading_zeros()) as u8
}

/// Write which rows have a value, after its length; returns the numbers of those that have.
fn present<'a>(rows: &[u32], numbers: &'a mut Vec<u32>, into: &mut Vec<u8>) -> Result<&'a [u32]> {
    numbers.clear();
    numbers.extend(rows.iter().map(|row| u32::from(*row != NOTHING)));
    let mut levels = Vec::with_capacity(rows.len() / 8 + 8);
    hybrid(numbers, 1, &mut levels);
    into.extend_from_slice(&count(levels.len())?.to_le_bytes());
    into.extend_from_slice(&levels);
    numbers.clear();
    numbers.extend(rows.iter().copied().filter(|row| *row != NOTHING));
    Ok(numbers)
}

/// Numbers of so many bits as runs of equal ones and as packed groups of eight.
fn hybrid(numbers: &[u32], width: u8, into: &mut Vec<u8>) {
    let (mut at, mut unwritten) = (0, 0);
    while at < numbers.len() {
        let first = numbers[at];
        let run = numbers[at..].iter().take_while(|n| **n == first).count();
        if run < RUN {
            at = numbers.len().min(at + 8);
            continue;
        }
        pack(&numbers[unwritten..at], width, into);
        variable((run as u64) << 1, into);
        into.extend_from_slice(&first.to_le_bytes()[..usize::from(width.div_ceil(8))]);
        at += run;
        unwritten = at;
    }
    pack(&numbers[unwritten..], width, into);
}

/// Groups of eight, the last one filled up with zeros.
fn pack(numbers: &[u32], width: u8, into: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    variable(((numbers.len().div_ceil(8) as u64) << 1) | 1, into);
    let bytes = usize::from(width);
    for group in numbers.chunks(8) {
        if bytes > 16 {
            wide(group, bytes, into);
            continue;
        }
        let all =
            (0..).step_by(bytes.max(1)).zip(group).fold(0, |all, (shift, number)| all | (u128::from(*number) << shift));
        into.extend_from_slice(&all.to_le_bytes()[..bytes]);
    }
}

/// A group of numbers of more than sixteen bits.
fn wide(group: &[u32], width: usize, into: &mut Vec<u8>) {
    let (mut waiting, mut bits, end) = (0_u64, 0, into.len() + width);
    for number in group {
        waiting |= u64::from(*number) << bits;
        bits += width;
        while bits >= 8 {
            into.push(waiting.to_le_bytes()[0]);
            (waiting, bits) = (waiting >> 8, bits - 8);
        }
    }
    into.push(waiting.to_le_bytes()[0]);
    into.resize(end, 0);
}

/// Seven bits to a byte, the lowest first.
fn variable(mut number: u64, into: &mut Vec<u8>) {
    while number > 0x7F {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that some bytes stand for, read as the format is described.
    fn read(bytes: &[u8], width: u8, rows: usize) -> Vec<u32> {
        let (mut at, mut found) = (0, Vec::new());
        let bit = |from: usize| u32::from((bytes[from / 8] >> (from % 8)) & 1);
        while found.len() < rows {
            let (mut header, mut shift) = (0_usize, 0);
            loop {
                header |= usize::from(bytes[at] & 0x7F) << shift;
                (shift, at) = (shift + 7, at + 1);
                if bytes[at - 1] < 0x80 {
                    break;
                }
            }
            let width = usize::from(width);
            let number = |from: usize| (0..width).map(|i| bit(from + i) << i).sum::<u32>();
            if header % 2 == 1 {
                found.extend((0..header / 2 * 8).map(|i| number(at * 8 + i * width)));
                at += header / 2 * width;
            } else {
                found.extend(std::iter::repeat_n(number(at * 8), header / 2));
                at += width.div_ceil(8);
            }
        }
        assert_eq!(at, bytes.len());
        found.truncate(rows);
        found
    }

    #[test]
    fn numbers_of_every_width_come_back_from_runs_and_groups() {
        for width in 0..=20_u8 {
            for rows in [0_u32, 1, 7, 8, 9, 64, 1_000, 4_096] {
                let most = (1_u64 << width) - 1;
                let mixed = |i: u32| ((u64::from(i).wrapping_mul(2_654_435_761) >> 7) & most) as u32;
                // runs of many lengths at many places between others
                let numbers: Vec<u32> = (0..rows).map(|i| if i % 97 < 40 { mixed(i / 97) } else { mixed(i) }).collect();
                let mut bytes = Vec::new();
                hybrid(&numbers, width, &mut bytes);
                assert_eq!(read(&bytes, width, numbers.len()), numbers, "{width} bits, {rows} rows");
            }
        }
    }
}
