//! The journeys in a real Chromium.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::leg::{Counts, Session};
use super::rust;
use crate::{run, ui};

/// Runs `ui/e2e/run.mjs` against the release binary. The script ends with `N passed, N failed, N skipped`.
pub(super) fn journeys(session: &mut Session) -> Result<Counts> {
    if let Err(why) = ui::need_node() {
        return Ok(Counts::left_out(format!("{why:#}")));
    }
    let chromium = match chromium() {
        Ok(path) => path,
        Err(why) => return Ok(Counts::left_out(format!("{why:#}"))),
    };
    let binary = rust::release_binary(session, "browser")?;
    let mut command = Command::new("node");
    command
        .current_dir(&session.root)
        .arg("ui/e2e/run.mjs")
        .env("PEAKEND_BIN", binary)
        .env("CHROMIUM", &chromium)
        .env("NO_COLOR", "1");
    let said = run::stream(&mut command, &session.log("browser"), |_| true)?;
    let mut counts = said
        .lines
        .iter()
        .rev()
        .find_map(|line| Counts::from_plain_line(line))
        .context("the journeys ended without their closing line")?;
    if !said.ok && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// Chromium from `CHROMIUM` or the path, installed when missing and we may.
fn chromium() -> Result<PathBuf> {
    let known = || {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|p| p.is_file());
        named.or_else(|| run::on_path(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))
    };
    if let Some(path) = known() {
        return Ok(path);
    }
    run::apt_install(&["chromium", "fonts-noto-cjk"])?;
    known().context("chromium is installed but not on the path; name it in CHROMIUM")
}
