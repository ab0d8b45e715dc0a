//! The screens: node, npm and the scripts of `ui/package.json`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{self, Said};
use crate::stamp;

/// The oldest node that the build tool runs on.
const NODE: (u32, u32) = (20, 19);
/// What to type where the system's own node is too old.
const NODE_LINE: &str = "curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs";
/// What the built screens are made of, apart from the installed packages.
const SOURCES: [&str; 1] = ["ui"];
/// Shown by a binary that was built without the screens.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Peakend</title>\
    <p>The screens are not built into this binary. Type: cargo xtask demo</p></html>\n";

/// A script of `ui/package.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Types and templates.
    Check,
    /// Unit tests.
    Test,
    /// The bundles.
    Build,
    /// Bytes of each bundle against its gate.
    Size,
}

impl Step {
    /// Name of the script.
    fn script(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Test => "test",
            Self::Build => "build",
            Self::Size => "size",
        }
    }
}

/// Makes sure that a node of the right age is there; installs Debian's when we may.
pub(crate) fn need_node() -> Result<()> {
    if run::on_path(&["node"]).is_none() || run::on_path(&["npm"]).is_none() {
        run::apt_install(&["nodejs", "npm"])?;
    }
    let said = run::captured(Command::new("node").arg("--version"))?;
    let version = parse_version(&said).with_context(|| format!("read node's version '{}'", said.trim()))?;
    ensure!(version >= NODE, "node {} is too old, {}.{} is needed; type: {NODE_LINE}", said.trim(), NODE.0, NODE.1);
    Ok(())
}

/// `v20.20.2` → (20, 20).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The folder that the binary embeds must exist before peakend-http compiles.
pub(crate) fn ensure_dist(root: &Path) -> Result<()> {
    let dist = root.join("ui/dist");
    if dist.join("index.html").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&dist).with_context(|| format!("make {}", dist.display()))?;
    std::fs::write(dist.join("index.html"), NOT_BUILT).context("write ui/dist/index.html")
}

/// `npm ci`, unless what is installed is younger than the lock file.
pub(crate) fn install(root: &Path) -> Result<()> {
    // npm writes its own copy of the lock file last, so an interrupted install has none
    let written = |path: &str| root.join(path).metadata().and_then(|m| m.modified()).ok();
    let (wanted, installed) = (written("ui/package-lock.json"), written("ui/node_modules/.package-lock.json"));
    if installed.is_some() && installed >= wanted {
        return Ok(());
    }
    run::attended(npm(root).args(["ci", "--no-audit", "--no-fund"]))
}

/// Runs one script and shows what it says.
pub(crate) fn run(root: &Path, step: Step, log: &Path) -> Result<Said> {
    let package = std::fs::read_to_string(root.join("ui/package.json")).context("read ui/package.json")?;
    let package: serde_json::Value = serde_json::from_str(&package).context("parse ui/package.json")?;
    if package.pointer(&format!("/scripts/{}", step.script())).is_none() {
        bail!("ui/package.json has no script '{}'", step.script());
    }
    // the digest is taken before: a file changed while the build runs leaves it stale
    let digest = stamp::digest(root, &SOURCES);
    let said = run::stream(npm(root).args(["run", "--silent", step.script()]), log, |_| true)?;
    if step == Step::Build && said.ok {
        stamp::keep("ui", &digest)?;
    }
    Ok(said)
}

/// Whether the built screens are those of the sources.
pub(crate) fn is_built(root: &Path) -> bool {
    root.join("ui/dist/index.html").exists() && stamp::is_current("ui", &stamp::digest(root, &SOURCES))
}

/// Installs and builds the screens unless they are current.
pub(crate) fn build_when_stale(root: &Path) -> Result<()> {
    if is_built(root) {
        return Ok(());
    }
    need_node()?;
    install(root)?;
    let digest = stamp::digest(root, &SOURCES);
    run::attended(npm(root).args(["run", "--silent", Step::Build.script()]))?;
    stamp::keep("ui", &digest)
}

fn npm(root: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(root.join("ui")).env("NO_COLOR", "1").env("npm_config_update_notifier", "false");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert!(parse_version("v18.20.4") < Some(NODE) && parse_version("v22.0.0") > Some(NODE));
        assert_eq!(parse_version("node"), None);
    }

    #[test]
    fn placeholder_never_replaces_built_screens() {
        let dir = tempfile::tempdir().unwrap();
        ensure_dist(dir.path()).unwrap();
        let index = dir.path().join("ui/dist/index.html");
        assert!(std::fs::read_to_string(&index).unwrap().contains("cargo xtask demo"));
        std::fs::write(&index, "built").unwrap();
        ensure_dist(dir.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&index).unwrap(), "built");
    }
}
