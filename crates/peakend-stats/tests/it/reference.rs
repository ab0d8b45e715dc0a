//! Every check of the three methods we have, on the data of the reference cases.

use std::fs;
use std::path::{Path, PathBuf};

use peakend_stats::value::interrupted::{Harmonics, Interruption};
use peakend_stats::value::interrupted_counts::interrupted_counts;
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
fn synthetic_control_case_passes_in_full() {
    all_pass("synthetic-control-prop99", 25);
}

#[test]
fn causal_impact_cases_pass_in_full() {
    all_pass("causal-impact-arma", 7);
    all_pass("causal-impact-google", 7);
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

/// statsmodels 0.15: GLM, Poisson, offset ln(kms), scale X2.
#[test]
fn quasi_poisson_agrees_with_statsmodels_on_the_seatbelts() {
    let Ok(csv) = fs::read_to_string(reference().join("its-seatbelts/data.csv")) else {
        println!("SKIPPED: reference case `its-seatbelts` is not beside the workspace");
        return;
    };
    let column = |j: usize| -> Vec<f64> {
        csv.lines().skip(1).map(|line| line.split(',').nth(j).expect("a field").parse().expect("a number")).collect()
    };
    let season = Some(Harmonics { period: 12, pairs: 2 });
    let interruption = Interruption { change_at: 169, season, ..Interruption::default() };
    let found = interrupted_counts(&column(0), &column(3), &interruption).expect("a fit");
    assert!((found.level.ratio.ln() + 0.237_366_15).abs() < 1e-7);
    assert!((found.slope.ratio.ln() - 0.005_929_73).abs() < 1e-7);
    assert!((found.dispersion - 12.679_792_6).abs() < 1e-5);
}
