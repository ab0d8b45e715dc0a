//! How fast files are loaded, beside how fast they are only read.
//!
//! `load FILE... WAREHOUSE` loads generated responses (Parquet, or the same as CSV) into a new folder after reading
//! them once with the bare parser. `load csv FILE OUT` writes a generated Parquet file as CSV.
#![expect(clippy::print_stdout, reason = "it says what it measured")]
#![expect(clippy::disallowed_methods, reason = "it measures time and reads its arguments")]

mod generated;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use peakend_warehouse::{Bulk, BulkFormat, BulkOutcome, SegmentWarehouse, Settings};

type Fault = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    match arguments.as_slice() {
        [verb, from, to] if verb == Path::new("csv") => as_csv(from, to),
        [files @ .., folder] if !files.is_empty() => load(files.to_vec(), folder).await,
        _ => Err("usage: load FILE... WAREHOUSE | load csv FILE OUT".into()),
    }
}

async fn load(paths: Vec<PathBuf>, folder: &Path) -> Result<(), Fault> {
    let format = BulkFormat::of(&paths[0]).ok_or("files end in .parquet or .csv")?;
    for threads in 1..=if format == BulkFormat::Parquet { 2 } else { 1 } {
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        let rows = if format == BulkFormat::Parquet { parquet(&paths, threads)? } else { csv_rows(&paths)? };
        said(&format!("bare parser, {threads} thread"), rows, started, cpu)?;
    }
    let map = generated::map();
    let bulk = Bulk { org: "bank".to_owned(), paths, format, map, refused: Vec::new(), progress: Default::default() };
    let warehouse = SegmentWarehouse::open(folder, Settings::default())?;
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    let BulkOutcome::Loaded(done) = warehouse.load(bulk).await? else {
        return Err("these files are loaded already".into());
    };
    said("load", done.rows, started, cpu)?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default().trim();
    println!(
        "{} segments of {} bytes ({:.1} a row), peak {peak}",
        done.segments,
        done.bytes,
        per(done.bytes, done.rows)
    );
    let inside = folder.join("org-bank/segments");
    for kind in ["voices-", "codes-", "rollup-", "places-"] {
        let mut sum = 0;
        for file in fs::read_dir(&inside)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(kind) {
                sum += file.metadata()?.len();
            }
        }
        println!("{kind}* {sum} bytes, {:.1} a row", per(sum, done.rows));
    }
    Ok(())
}

fn per(a: u64, b: u64) -> f64 {
    a as f64 / b.max(1) as f64
}

fn said(what: &str, rows: u64, started: Instant, cpu: f64) -> Result<(), Fault> {
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let (rate, each) = (rows as f64 / seconds, cpu * 1e6 / rows.max(1) as f64);
    println!("{what}: {rows} rows in {seconds:.2} s, {rate:.0} rows/s; {cpu:.2} CPU s, {each:.2} microseconds a row");
    Ok(())
}

/// Decode every column of every row group, the groups spread over threads.
fn parquet(paths: &[PathBuf], threads: usize) -> Result<u64, Fault> {
    let mut groups = Vec::new();
    for path in paths {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
        groups.extend((0..reader.metadata().num_row_groups()).map(|group| (path, group)));
    }
    let next = AtomicUsize::new(0);
    let run = || -> Result<u64, Fault> {
        let mut rows = 0;
        while let Some((path, group)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
            for batch in reader.with_row_groups(vec![*group]).with_batch_size(65_536).build()? {
                rows += batch?.num_rows() as u64;
            }
        }
        Ok(rows)
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread broke".into()))).sum()
    })
}

/// Take every record apart, and no more.
fn csv_rows(paths: &[PathBuf]) -> Result<u64, Fault> {
    let mut rows = 0;
    for path in paths {
        let mut reader = csv::Reader::from_reader(std::io::BufReader::with_capacity(1 << 20, File::open(path)?));
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            rows += 1;
        }
    }
    Ok(rows)
}

fn as_csv(from: &Path, to: &Path) -> Result<(), Fault> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(from)?)?;
    let names: Vec<String> = reader.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    writeln!(out, "{}", names.join(","))?;
    for batch in reader.with_batch_size(65_536).build()? {
        let batch = batch?;
        let texts = batch.columns().iter().map(|c| cast(c, &DataType::Utf8View)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for (at, column) in texts.iter().enumerate() {
                let column = column.as_string_view();
                let comma = if at > 0 { "," } else { "" };
                write!(out, "{comma}{}", if column.is_null(row) { "" } else { column.value(row) })?;
            }
            writeln!(out)?;
        }
    }
    Ok(out.flush()?)
}

/// Processor time of this process so far, user and system.
fn cpu_seconds() -> Result<f64, Fault> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = fields.get(11..13).ok_or("a short stat line")?;
    // Linux counts in hundredths of a second
    Ok(ticks.iter().map(|t| t.parse::<f64>()).sum::<Result<f64, _>>()? / 100.0)
}
