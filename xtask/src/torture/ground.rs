//! A furnished data folder that each round starts from.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Settings;
use super::ledger::Ledger;
use super::load::{self, Load};
use crate::scene::{self, Folder, Server};

/// Data folder, key and book of what is in it.
#[derive(Debug)]
pub(super) struct Ground {
    /// Holds the data folder `data`.
    pub(super) folder: Folder,
    /// An owner's key.
    pub(super) key: String,
    /// What was sent so far.
    pub(super) ledger: Ledger,
}

impl Ground {
    /// Furnished, with the answers of `life` in a sealed segment, and stopped in good order.
    pub(super) fn make(settings: &Settings, name: &str, life: Duration) -> Result<Self> {
        let folder = Folder::make(name)?;
        let mut server = Server::start(&settings.binary, &folder.0)?;
        let key = scene::furnish(&server)?;
        let mut ledger = Ledger::default();
        let load = Load { round: 0, pause: Duration::from_millis(1), life, patient: true };
        let (sent, ended) = load::run(&mut server, &key, load, |_| ());
        let () = ended;
        ledger.extend(sent);
        server.stop()?;
        Ok(Self { folder, key, ledger })
    }
}

/// Copy a data folder to `to/data`, which is made anew; shared memory stays behind.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("clear {}", to.display()))?;
    }
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    tree(&from.join("data"), &to.join("data"))
}

fn tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            tree(&path, &target)?;
        } else if !path.to_string_lossy().ends_with("-shm") {
            fs::copy(&path, &target).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}
