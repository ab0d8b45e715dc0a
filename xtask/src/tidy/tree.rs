//! The files of a workspace, read once for all rules.

use std::path::Path;

use anyhow::{Context, Result};

use super::rust::Source;

/// Folders that are made by a build or belong to version control.
const SKIPPED: [&str; 7] = ["target", "node_modules", "dist", "demo-data", "peakend-data", ".git", "test-results"];
/// Endings of files that people write and read.
const TEXT: [&str; 17] = [
    "rs", "toml", "md", "ts", "js", "mjs", "svelte", "css", "html", "json", "yaml", "yml", "sql", "csv", "txt", "sh",
    "case",
];
/// Generated or locked files: nobody writes them, so no rule of style applies.
const GENERATED: [&str; 4] = ["Cargo.lock", "ui/package-lock.json", "ui/openapi.json", "ui/src/api/schema.d.ts"];

/// One text file.
#[derive(Debug)]
pub(super) struct Text {
    /// Path relative to the root, with `/`.
    pub(super) path: String,
    /// Whole content.
    pub(super) text: String,
}

impl Text {
    /// Last part of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Lines with their numbers from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The workspace: its text files, the Rust ones also taken apart.
#[derive(Debug)]
pub(super) struct Tree {
    /// Every text file, Rust included, sorted by path.
    pub(super) texts: Vec<Text>,
    /// Every Rust file, sorted by path.
    pub(super) rust: Vec<Source>,
}

impl Tree {
    /// Reads the workspace at `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut texts = Vec::new();
        collect(root, root, &mut texts)?;
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        let rust = texts.iter().filter(|t| t.path.ends_with(".rs")).map(|t| Source::parse(&t.path, &t.text)).collect();
        Ok(Self { texts, rust })
    }

    /// The file at `path`.
    pub(super) fn text(&self, path: &str) -> Option<&Text> {
        self.texts.iter().find(|t| t.path == path)
    }

    /// Rust files of the product: `crates/<crate>/…`, without xtask.
    pub(super) fn product(&self) -> impl Iterator<Item = &Source> {
        self.rust.iter().filter(|s| s.path.starts_with("crates/"))
    }
}

fn collect(root: &Path, dir: &Path, texts: &mut Vec<Text>) -> Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("read {}", dir.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, texts)?;
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if GENERATED.contains(&relative.as_str()) || !(TEXT.contains(&ending) || relative.starts_with(".ci/")) {
            continue;
        }
        // a file that is not UTF-8 is a fixture for just that case
        if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push(Text { path: relative, text });
        }
    }
    Ok(())
}

/// A small tree on disk for a rule's own test: `(path, content)` pairs.
#[cfg(test)]
pub(super) fn sample(files: &[(&str, &str)]) -> Tree {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Tree::read(dir.path()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_and_generated_files_are_left_out() {
        let tree = sample(&[
            ("ui/src/a.ts", "x"),
            ("ui/node_modules/b.ts", "x"),
            ("ui/package-lock.json", "{}"),
            ("target/c.rs", "x"),
        ]);
        let paths: Vec<&str> = tree.texts.iter().map(|t| t.path.as_str()).collect();
        assert_eq!(paths, ["ui/src/a.ts"]);
    }
}
