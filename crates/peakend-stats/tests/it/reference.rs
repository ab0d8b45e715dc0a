//! Every check of the three methods we have, on the data of the reference cases.

use std::fs;
use std::path::{Path, PathBuf};

use peakend_stats::verify::{CaseReport, verify_case};

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference")
}

/// The report of a case, or `None` (said aloud) where the data is not at hand.
fn report(case: &str) -> Option<CaseReport> {
    let folder = reference().join(case);
    let Ok(expected) = fs::read_to_string(folder.join("expected.json")) else {
        println!("SKIPPED: reference case `{case}` is not beside the workspace");
        return None;
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    Some(verify_case(case, &expected, &read).expect("a readable case"))
}

fn all_pass(case: &str, checks: usize) {
    let Some(report) = report(case) else { return };
    assert!(report.all_passed(), "{report}");
    assert_eq!(report.passed, checks);
}

#[test]
fn nps_case_passes_in_full() {
    all_pass("nps-ci", 227);
}

#[test]
fn difference_in_differences_case_passes_in_full() {
    all_pass("did-card-krueger", 20);
}

#[test]
fn growth_case_passes_in_full() {
    all_pass("growth-cdnow", 256);
}

#[test]
fn panel_regression_case_passes_in_full() {
    all_pass("panel-petersen", 14);
}

#[test]
fn observational_comparison_case_passes_in_full() {
    all_pass("matching-lalonde", 40);
}

#[test]
fn anonymity_case_passes_but_for_the_queries_that_need_the_gate() {
    let Some(report) = report("ex-anonymity") else { return };
    assert_eq!((report.passed, report.failed, report.not_supported), (14, 0, 9), "{report}");
}

#[test]
fn staggered_case_passes_in_full() {
    all_pass("staggered-mpdta", 180);
}

#[test]
fn control_chart_case_passes_in_full() {
    all_pass("spc-trend", 33);
}

#[test]
fn driver_cases_pass_in_full() {
    all_pass("drivers-mobi", 139);
    all_pass("drivers-swiss", 43);
}

#[test]
fn survival_case_passes_in_full() {
    all_pass("survival-telco", 118);
}

#[test]
fn satisfaction_index_case_passes_in_full() {
    all_pass("csi-mobi", 53);
}

#[test]
fn linkage_case_passes_in_full() {
    all_pass("linkage-panel", 50);
}

#[test]
fn cuped_case_passes_in_full() {
    all_pass("cuped-nsw", 23);
}

#[test]
fn interrupted_series_case_passes_in_full() {
    all_pass("its-seatbelts", 28);
}

#[test]
fn raking_case_passes_in_full() {
    all_pass("raking-api", 14);
}
