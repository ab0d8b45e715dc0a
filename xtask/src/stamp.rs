//! Stamps: whether the sources of a build step changed since it last succeeded.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::place;

/// Folders that are made, not written.
const MADE: [&str; 4] = ["node_modules", "dist", "target", "test-results"];

/// A digest of the path, size and modification time of every file below `roots`
/// (paths relative to the workspace; files or folders; absent ones count as empty).
pub(crate) fn digest(base: &Path, roots: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    for root in roots {
        let mut files = Vec::new();
        collect(&base.join(root), &mut files);
        files.sort();
        for file in files {
            let Ok(meta) = file.metadata() else { continue };
            let modified = meta.modified().ok().and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
            (file.strip_prefix(base).unwrap_or(&file), meta.len(), modified.map(|d| d.as_nanos())).hash(&mut hasher);
        }
    }
    format!("{:016x}", hasher.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_path_buf());
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if MADE.iter().any(|m| name == *m) || name.to_string_lossy().starts_with('.') {
            continue;
        }
        collect(&entry.path(), files);
    }
}

/// Whether step `name` last succeeded on sources with this digest.
pub(crate) fn is_current(name: &str, digest: &str) -> bool {
    place::memory().ok().and_then(|d| std::fs::read_to_string(d.join(format!("{name}.stamp"))).ok()).as_deref()
        == Some(digest)
}

/// Remembers that step `name` succeeded on sources with this digest.
pub(crate) fn keep(name: &str, digest: &str) -> Result<()> {
    let path = place::memory()?.join(format!("{name}.stamp"));
    std::fs::write(&path, digest).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_changes_with_content_size_and_ignores_what_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("ui/src/a.ts", "1");
        let first = digest(dir.path(), &["ui"]);
        write("ui/node_modules/x/index.js", "made");
        write("ui/dist/index.html", "made");
        assert_eq!(first, digest(dir.path(), &["ui"]));
        write("ui/src/a.ts", "12");
        let second = digest(dir.path(), &["ui"]);
        assert_ne!(first, second);
        std::fs::remove_file(dir.path().join("ui/src/a.ts")).unwrap();
        assert_ne!(second, digest(dir.path(), &["ui"]));
    }
}
