//! `peakend verify DIR`: every check of one reference case, or of a folder of
//! cases, with our figure beside the expected one. Figures and comparison are
//! in `peakend_stats::verify`, figures of texts in `peakend_text::verify`; here
//! are only folders, files and printing, and the release gate of the domain,
//! which the numerics do not know.

mod gate;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use peakend_stats::verify::{CaseReport, Report, TABLE_NAMES, verify_case_with};

const EXPECTED: &str = "expected.json";

/// Verifies `path`, writes the report as text or JSON, and says whether every
/// check passed (exit status 0 only then: "not supported" is no pass).
pub(crate) fn run(path: &Path, json: bool, out: &mut impl Write) -> anyhow::Result<bool> {
    let report = verify_dir(path)?;
    if json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(report.ok)
}

/// The report of one case folder, or of every case folder directly below.
pub(crate) fn verify_dir(path: &Path) -> anyhow::Result<Report> {
    if path.join(EXPECTED).is_file() {
        return Ok(Report::new(vec![verify_folder(path)]));
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read folder `{}`", path.display()))?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    folders.retain(|folder| folder.join(EXPECTED).is_file());
    folders.sort();
    if folders.is_empty() {
        bail!("no case below `{}`: a case is a folder with {EXPECTED} and its tables", path.display());
    }
    Ok(Report::new(folders.iter().map(|folder| verify_folder(folder)).collect()))
}

/// One case; a case that cannot be read is a failed one, so that the others
/// of the folder are still judged.
fn verify_folder(folder: &Path) -> CaseReport {
    // `verify .` has no file name of its own
    let named = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = named.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let read = |table: &str| match table {
        TABLE_NAMES => Some(file_names(folder)),
        table => fs::read_to_string(folder.join(table)).ok(),
    };
    let expected = match fs::read_to_string(folder.join(EXPECTED)) {
        Ok(text) => text,
        Err(error) => return CaseReport::unreadable(name, format!("cannot read {EXPECTED}: {error}")),
    };
    verify_case_with(&name, &expected, &read, Some(&gate::refusals), Some(&peakend_text::verify::figures))
        .unwrap_or_else(|error| CaseReport::unreadable(name, error.to_string()))
}

/// Names of the files of a case, one per line; none when the folder cannot be read.
fn file_names(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = r#"{"case": "tiny", "method": "Growth accounting", "spec": "",
        "checks": [{"id": "customers", "value": 2}, {"id": "repeat_rate", "value": 0.5, "abs": 1e-9}]}"#;
    const TABLE: &str = "id,date,amount\n1,2026-01-05,10\n1,2026-02-05,10\n2,2026-01-09,4\n";

    fn write_case(folder: &Path, expected: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(EXPECTED), expected).unwrap();
        fs::write(folder.join("data.csv"), TABLE).unwrap();
    }

    #[test]
    fn one_case_or_a_folder_of_cases_is_judged() {
        let root = tempfile::tempdir().unwrap();
        write_case(&root.path().join("a"), CASE);
        let mut text = Vec::new();
        assert!(run(&root.path().join("a"), false, &mut text).unwrap());
        assert!(String::from_utf8(text).unwrap().contains("2 passed, 0 failed"));
        write_case(&root.path().join("b"), "{broken");
        let report = verify_dir(root.path()).unwrap();
        assert!(!report.ok);
        assert_eq!((report.cases.len(), report.passed, report.failed), (2, 2, 1));
    }

    #[test]
    fn a_method_we_lack_is_no_success() {
        let root = tempfile::tempdir().unwrap();
        write_case(root.path(), &CASE.replace("Growth accounting", "Kriging"));
        let mut json = Vec::new();
        assert!(!run(root.path(), true, &mut json).unwrap());
        let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(report["not_supported"], 2);
    }

    #[test]
    fn an_empty_folder_is_an_error_that_names_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(verify_dir(root.path()).unwrap_err().to_string().contains("no case below"));
    }
}
