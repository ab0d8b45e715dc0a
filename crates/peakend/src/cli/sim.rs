//! `peakend sim`: a crowd of any size as Parquet files, with what is planted in it.
//!
//! Two threads write one file each, chunk by chunk, so memory holds two chunks
//! whatever the size. `truth.json` comes last: a folder that has it is whole.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use peakend_sim::crowd::{Column, Crowd, CrowdSpec, Values};
use peakend_warehouse::{Column as Written, Kind, SheetWriter};
use serde_json::json;

use pace::Pace;

mod pace;

/// Rows of a file at most.
const FILE_ROWS: u64 = 5_000_000;
/// Threads that generate and write.
const THREADS: usize = 2;

/// Generate customers and their responses, seeded, with planted effects.
#[derive(Debug, clap::Args)]
pub(crate) struct Sim {
    /// Responses: a number, also as 250k or 100M.
    #[arg(long, default_value = "1M", value_parser = count)]
    rows: u64,
    /// Customers; a third of the responses when absent.
    #[arg(long, value_parser = count)]
    customers: Option<u64>,
    /// Seed: the same gives the same files.
    #[arg(long, default_value_t = 20_261_122)]
    seed: u64,
    /// Folder for the files; absent or empty.
    #[arg(long)]
    out: PathBuf,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

/// A file to write: consecutive chunks of responses or of customers.
#[derive(Debug)]
struct Sheet {
    table: &'static str,
    number: u64,
    chunks: std::ops::Range<u64>,
}

impl Sim {
    /// Writes all files; fails without touching anything when the folder is not empty.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let customers = self.customers.unwrap_or(self.rows.div_ceil(3));
        let spec = CrowdSpec::new(self.seed, self.rows, customers)?;
        empty_folder(&self.out)?;
        let begun = Instant::now();
        let crowd = Crowd::new(spec);
        let sheets = sheets(&spec);
        let pace = Pace::new(spec.rows + spec.customers);
        let bytes = write_all(&crowd, &sheets, &self.out, &pace)?;
        pace.end();
        let truth = serde_json::to_string_pretty(&crowd.truth())?;
        let path = self.out.join("truth.json");
        std::fs::write(&path, truth + "\n").with_context(|| format!("cannot write {}", path.display()))?;
        self.report(&spec, sheets.len(), bytes, begun.elapsed().as_secs_f64());
        Ok(ExitCode::SUCCESS)
    }

    fn report(&self, spec: &CrowdSpec, files: usize, bytes: u64, seconds: f64) {
        let rate = (spec.rows + spec.customers) as f64 / seconds.max(1e-9);
        if self.json {
            let report = json!({
                "rows": spec.rows, "customers": spec.customers, "seed": spec.seed, "files": files,
                "bytes": bytes, "seconds": seconds, "rows_per_second": rate.round(),
            });
            super::say(&report.to_string());
            return;
        }
        let mib = bytes as f64 / 1_048_576.0;
        super::say(&format!(
            "{} responses of {} customers in {files} files, {mib:.1} MiB, {seconds:.1} s ({rate:.0} rows per second)",
            spec.rows, spec.customers
        ));
    }
}

/// A number with an optional `k` or `M` behind it.
fn count(text: &str) -> Result<u64, String> {
    let plain = text.replace(['_', ','], "");
    let (digits, factor) = match plain.char_indices().last() {
        Some((end, 'k' | 'K')) => (&plain[..end], 1_000),
        Some((end, 'm' | 'M')) => (&plain[..end], 1_000_000),
        _ => (plain.as_str(), 1),
    };
    let number: Option<u64> = digits.parse().ok();
    number.and_then(|n| n.checked_mul(factor)).ok_or_else(|| format!("`{text}` is no number such as 250k or 100M"))
}

/// Makes the folder where it is absent; refuses one that holds anything.
fn empty_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make folder {}", folder.display()))?;
    let mut entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    if entries.next().is_some() {
        bail!("folder {} is not empty: name another or empty it first", folder.display());
    }
    Ok(())
}

/// The files of a crowd, responses first: whole chunks, as many as fit.
fn sheets(spec: &CrowdSpec) -> Vec<Sheet> {
    let tables = [("responses", spec.slices(), spec.rows), ("customers", spec.parts(), spec.customers)];
    let mut sheets = Vec::new();
    for (table, chunks, rows) in tables {
        let together = (FILE_ROWS / rows.div_ceil(chunks)).max(1);
        for number in 0..chunks.div_ceil(together) {
            let start = number * together;
            sheets.push(Sheet { table, number, chunks: start..(start + together).min(chunks) });
        }
    }
    sheets
}

/// Bytes of all files together; the first fault stops the others before their next file.
fn write_all(crowd: &Crowd, sheets: &[Sheet], out: &Path, pace: &Pace) -> anyhow::Result<u64> {
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<u64> {
        let mut bytes = 0;
        while let Some(sheet) = sheets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let path = out.join(format!("{}-{:04}.parquet", sheet.table, sheet.number));
            match write_sheet(crowd, sheet, &path, pace) {
                Ok(written) => bytes += written,
                Err(fault) => {
                    next.store(sheets.len(), Ordering::Relaxed);
                    return Err(fault.context(format!("cannot write {}", path.display())));
                }
            }
        }
        Ok(bytes)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let mut bytes = 0;
        for thread in threads {
            bytes += thread.join().map_err(|_| anyhow::anyhow!("a thread of the generator broke"))??;
        }
        Ok(bytes)
    })
}

fn write_sheet(crowd: &Crowd, sheet: &Sheet, path: &Path, pace: &Pace) -> anyhow::Result<u64> {
    let mut writer = None;
    for chunk in sheet.chunks.clone() {
        if sheet.table == "responses" {
            let slice = crowd.responses(chunk);
            append(&mut writer, path, &slice.columns())?;
            pace.add(slice.len());
        } else {
            let part = crowd.customers(chunk);
            append(&mut writer, path, &part.columns())?;
            pace.add(part.len());
        }
    }
    Ok(writer.map_or(Ok(0), SheetWriter::finish)?)
}

/// Writes a chunk; the first one also decides the columns of the file.
fn append(writer: &mut Option<SheetWriter>, path: &Path, columns: &[Column<'_>]) -> anyhow::Result<()> {
    let (kinds, values): (Vec<_>, Vec<_>) = columns.iter().map(|column| written(column.values)).unzip();
    let writer = match writer {
        Some(writer) => writer,
        None => {
            let names: Vec<_> = columns.iter().zip(kinds).map(|(column, kind)| (column.name, kind)).collect();
            writer.insert(SheetWriter::create(path, &names)?)
        }
    };
    Ok(writer.write(&values)?)
}

/// The same values as the writer names them.
fn written(values: Values<'_>) -> (Kind, Written<'_>) {
    match values {
        Values::U64(v) => (Kind::U64, Written::U64(v)),
        Values::I64(v) => (Kind::I64, Written::I64(v)),
        Values::Day(v) => (Kind::Day, Written::Day(v)),
        Values::Time(v) => (Kind::Time, Written::Time(v)),
        Values::U8(v) => (Kind::U8, Written::U8(v)),
        Values::U16(v) => (Kind::U16, Written::U16(v)),
        Values::MaybeU8(v) => (Kind::MaybeU8, Written::MaybeU8(v)),
        Values::MaybeI8(v) => (Kind::MaybeI8, Written::MaybeI8(v)),
        Values::Bool(v) => (Kind::Bool, Written::Bool(v)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_written_short() {
        assert_eq!(count("100M"), Ok(100_000_000));
        assert_eq!(count("250k"), Ok(250_000));
        assert_eq!(count("1_000"), Ok(1_000));
        assert!(count("M").is_err() && count("-1").is_err() && count("99999999999999999999").is_err());
    }

    #[test]
    fn files_hold_every_chunk_once_and_five_million_rows_at_most() {
        for rows in [1, 999, 1_000_000, 7_000_001, 10_000_000, 100_000_000] {
            let spec = CrowdSpec::new(1, rows, rows).unwrap();
            for (table, chunks) in [("responses", spec.slices()), ("customers", spec.parts())] {
                let mut next = 0;
                for sheet in sheets(&spec).iter().filter(|s| s.table == table) {
                    assert_eq!(sheet.chunks.start, next);
                    next = sheet.chunks.end;
                    let of = |c| if table == "responses" { spec.slice_rows(c) } else { spec.part_customers(c) };
                    let held: u64 = sheet.chunks.clone().map(|c| of(c).end - of(c).start).sum();
                    assert!(held <= FILE_ROWS, "{held}");
                }
                assert_eq!(next, chunks);
            }
        }
    }

    #[test]
    fn a_folder_with_anything_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(empty_folder(&folder.path().join("new")).is_ok());
        let fault = empty_folder(folder.path()).unwrap_err();
        assert!(fault.to_string().contains("is not empty"));
    }
}
