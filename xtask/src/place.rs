//! Where things are: the workspace root, the target directory, the built binaries.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace root: the parent of this package's folder.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// The target directory cargo built this very program into (`<target>/debug/xtask`),
/// whatever chose it: a flag, the environment or a config file.
pub(crate) fn target() -> Result<PathBuf> {
    let exe = std::env::current_exe().context("find the running program")?;
    let profile = exe.ancestors().find(|p| p.ends_with("debug") || p.ends_with("release"));
    let target = profile.and_then(Path::parent).map(Path::to_path_buf);
    Ok(target.unwrap_or_else(|| root().join("target")))
}

/// The release binary, whether or not it has been built yet.
pub(crate) fn release_binary() -> Result<PathBuf> {
    Ok(target()?.join("release").join("peakend"))
}

/// A folder for what xtask remembers between runs (stamps, logs); made when absent.
pub(crate) fn memory() -> Result<PathBuf> {
    let dir = target()?.join("xtask");
    std::fs::create_dir_all(&dir).with_context(|| format!("make {}", dir.display()))?;
    Ok(dir)
}
