//! Builds the disk that can fail and puts a server on it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;
use crate::scene::Folder;

/// The disk, as C.
const SOURCE: &str = include_str!("disk.c");

/// A built disk and the folder it is in.
#[derive(Debug)]
pub(super) struct Shim {
    library: PathBuf,
    _folder: Folder,
}

/// What goes wrong, and when.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// `create`, `write`, `sync`, `truncate`, `rename`, `unlink`, `change` (write or sync) or `any`.
    pub(super) call: &'static str,
    /// File name, with `*`.
    pub(super) pattern: &'static str,
    /// Which of these calls, from 1.
    pub(super) k: u64,
    /// `eio`, `enospc`, `short`, `kill-before`, `kill-half` or `kill-after`.
    pub(super) action: &'static str,
}

impl Shim {
    /// Compile it; the C compiler that builds SQLite is enough.
    pub(super) fn build() -> Result<Self> {
        let folder = Folder::make("torture-disk")?;
        let (source, library) = (folder.0.join("disk.c"), folder.0.join("disk.so"));
        std::fs::write(&source, SOURCE).context("write the disk's source")?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        run::captured(&mut compiler).context("build the disk that can fail: a C compiler is needed")?;
        Ok(Self { library, _folder: folder })
    }

    /// Environment of a server whose data lie below `data`.
    pub(super) fn environment(&self, data: &Path) -> Vec<(&'static str, OsString)> {
        vec![("LD_PRELOAD", self.library.clone().into()), ("PEAKEND_DISK_ROOT", data.join("data").into())]
    }

    /// The same, with every change written to a diary.
    pub(super) fn recording(&self, data: &Path, diary: &Path) -> Vec<(&'static str, OsString)> {
        let mut all = self.environment(data);
        all.push(("PEAKEND_DISK_LOG", diary.into()));
        all
    }

    /// The same, with something that goes wrong; `arm` names a file that starts the counting.
    pub(super) fn failing(&self, data: &Path, point: &Point, arm: Option<&Path>) -> Vec<(&'static str, OsString)> {
        let mut all = self.environment(data);
        let Point { call, pattern, k, action } = point;
        all.push(("PEAKEND_DISK_POINT", format!("{call}:{pattern}:{k}:{action}").into()));
        all.extend(arm.map(|path| ("PEAKEND_DISK_ARM", path.into())));
        all
    }
}

/// Whether the thing that was to go wrong did so, by what the disk said in the server's log.
pub(super) fn fired(data: &Path) -> bool {
    std::fs::read_to_string(data.join("server.log")).is_ok_and(|log| log.lines().any(|l| l.starts_with("disk: ")))
}
