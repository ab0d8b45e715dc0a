//! Files of rows: UTF-8 (with or without byte order mark) or GB18030, with a
//! header row, separated by comma, semicolon or tab.

use peakend_domain::FieldFault;

/// Largest file in bytes.
pub const FILE_LIMIT: usize = 512 * 1024 * 1024;

/// In which encoding a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// The Chinese national standard; contains GBK and GB2312.
    Gb18030,
}

impl Encoding {
    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        }
    }
}

/// A file of rows, decoded.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Column names in order.
    pub columns: Vec<String>,
    /// In which encoding it was.
    pub encoding: Encoding,
    text: String,
    delimiter: u8,
}

/// One row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As a spreadsheet counts: the header is row 1.
    pub number: u64,
    /// Line of the file at which it begins, from 1.
    pub line: u64,
    /// As many cells as columns, unless [`Row::fault`] says otherwise.
    pub cells: csv::StringRecord,
}

impl Sheet {
    /// Decode a file and read its header.
    pub fn open(bytes: &[u8], delimiter: Option<u8>) -> Result<Self, FieldFault> {
        let (text, encoding) = decode(bytes)?;
        let first = text.lines().next().unwrap_or_default();
        let delimiter = delimiter.unwrap_or_else(|| guess(first));
        let mut reader = reader(&text, delimiter);
        let header = reader.headers().map_err(|e| unreadable(1, &e.to_string()))?;
        let columns: Vec<String> = header
            .iter()
            .enumerate()
            .map(|(i, name)| if name.trim().is_empty() { format!("#{}", i + 1) } else { name.trim().to_owned() })
            .collect();
        if columns.iter().all(|c| c.starts_with('#')) {
            return Err(FieldFault::new("line 1", "empty_file", "the file has no header row with column names"));
        }
        for (i, column) in columns.iter().enumerate() {
            if columns.iter().take(i).any(|c| c == column) {
                let message = format!("the column `{column}` stands there twice: rename one of them");
                return Err(FieldFault::new("line 1", "column_twice", message).arg("column", column.as_str()));
            }
        }
        Ok(Self { columns, encoding, text, delimiter })
    }

    /// The rows after the header. Blank lines are skipped.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let odd_quotes = self.text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
        let mut records = reader(&self.text, self.delimiter).into_records();
        let bytes = self.text.as_bytes();
        let (mut number, mut line, mut counted) = (1, 1, 0usize);
        std::iter::from_fn(move || {
            let cells = records.next()?.ok()?;
            number += 1;
            let begin = cells.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
            // the reader passes over blank lines, which still count as lines
            let blank = bytes.iter().skip(begin).take_while(|b| matches!(b, b'\n' | b'\r')).count();
            let passed = bytes.get(counted..begin + blank).unwrap_or_default();
            line += passed.iter().filter(|b| **b == b'\n').count() as u64;
            counted = begin + blank;
            // a quote that is never closed swallows the rest of the file
            let at_end = records.reader().position().byte() >= bytes.len() as u64;
            let swallowed = odd_quotes && at_end && cells.iter().any(|c| c.contains('\n'));
            let cells = if swallowed { csv::StringRecord::new() } else { cells };
            Some(Row { number, line, cells })
        })
    }

    /// Rows without the header, as far as it can be told without reading them.
    #[must_use]
    pub fn lines(&self) -> u64 {
        (self.text.trim_end().bytes().filter(|b| *b == b'\n').count() as u64).max(1)
    }

    /// What is wrong with the shape of a row.
    #[must_use]
    pub fn fault(&self, row: &Row) -> Option<(&'static str, String)> {
        match row.cells.len() {
            n if n == self.columns.len() => None,
            0 => Some((
                "open_quote",
                format!(
                    "a quotation mark that opens at or after line {} is never closed: close or remove it",
                    row.line
                ),
            )),
            n => Some((
                "cell_count",
                format!(
                    "line {} has {n} cells, the header has {}: look for a missing or unquoted separator",
                    row.line,
                    self.columns.len()
                ),
            )),
        }
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes())
}

/// The separator that occurs most in the header.
fn guess(header: &str) -> u8 {
    let count = |b: u8| header.bytes().filter(|c| *c == b).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|b| count(*b)).filter(|b| count(*b) > 0).unwrap_or(b',')
}

fn unreadable(line: u64, why: &str) -> FieldFault {
    FieldFault::new(format!("line {line}"), "unreadable", format!("the file cannot be read: {why}"))
}

/// Bytes to text; a fault names the line and the byte at which it ends.
pub fn decode(bytes: &[u8]) -> Result<(String, Encoding), FieldFault> {
    if bytes.len() > FILE_LIMIT {
        let message = format!("the file has more than {} MB: split it", FILE_LIMIT / 1024 / 1024);
        return Err(FieldFault::new("file", "too_large", message));
    }
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if body.is_empty() {
        return Err(FieldFault::new("line 1", "empty_file", "the file is empty"));
    }
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") {
        return Err(at(body, 0, "utf_16", "the file is UTF-16: save it as \"CSV UTF-8\""));
    }
    if let Some(zero) = body.iter().position(|b| *b == 0) {
        let message = "there is a zero byte: this is no text file; save the sheet as \"CSV UTF-8\"";
        return Err(at(body, zero, "not_text", message));
    }
    match std::str::from_utf8(body) {
        Ok(text) => Ok((text.to_owned(), Encoding::Utf8)),
        Err(e) => {
            let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(body);
            match text.filter(|_| looks_chinese(body)) {
                Some(text) => Ok((text.into_owned(), Encoding::Gb18030)),
                None => Err(at(
                    body,
                    e.valid_up_to(),
                    "unknown_encoding",
                    "the text is neither UTF-8 nor GB18030: save the file as \"CSV UTF-8\"",
                )),
            }
        }
    }
}

fn at(bytes: &[u8], offset: usize, code: &str, message: &str) -> FieldFault {
    let before = bytes.get(..offset).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let shown = bytes.get(offset).map_or_else(String::new, |b| format!(" (0x{b:02X})"));
    FieldFault::new(format!("line {line}, byte {}", offset + 1), code, format!("{message}{shown}"))
        .arg("line", line.to_string())
        .arg("byte", (offset + 1).to_string())
}

/// Most Western 8-bit text is formally GB18030 too, but its second bytes are
/// ASCII letters; in Chinese text at least a third of them are 0xA1 or more.
fn looks_chinese(bytes: &[u8]) -> bool {
    let (mut pairs, mut high) = (0u64, 0u64);
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte < 0x80 {
            continue;
        }
        pairs += 1;
        match rest.next() {
            Some(0x30..=0x39) => drop(rest.nth(1)),
            Some(0xa1..) => high += 1,
            _ => {}
        }
    }
    high * 3 >= pairs
}

#[cfg(test)]
mod tests;
