//! A full disk: the server refuses in words, goes on answering, and takes in
//! again as soon as there is room. Nothing acknowledged is lost.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Settings;
use super::ground::{self, Ground};
use super::ledger::Ledger;
use super::load::{self, Load};
use super::verdict;
use crate::run;
use crate::scene::{Folder, Server};

/// Size of the file system.
const SIZE: &str = "16m";
/// What is taken away from the disk, and given back later, in bytes.
const BALLAST: usize = 4 << 20;
/// Longest wait until the disk is full.
const FILLING: Duration = Duration::from_secs(120);
/// Longest wait until a server with room again takes in again.
const RESUMING: Duration = Duration::from_secs(10);

/// A file system in memory, gone when dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn make(path: &'a Path) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={SIZE}"), "tmpfs"]).arg(path);
        run::captured(&mut mount)?;
        Ok(Self(path))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Whether all of it holds; none when this user may not mount.
pub(super) fn run(settings: &Settings) -> Result<Option<bool>> {
    if !run::is_root() {
        return Ok(None);
    }
    let ground = Ground::make(settings, "torture-full", Duration::from_millis(100))?;
    let folder = Folder::make("torture-full-run")?;
    let data = folder.0.join("data");
    let mount = Mount::make(&data)?;
    let copied = folder.0.join("copied");
    ground::copy(&ground.folder.0, &copied)?;
    run::captured(Command::new("cp").arg("-r").arg(copied.join("data/.")).arg(&data))?;
    let ballast = data.join("ballast");
    std::fs::write(&ballast, vec![1; BALLAST])?;
    let mut ledger = ground.ledger.clone();
    let mut server = Server::start(&settings.binary, &folder.0)?;
    let begun = Instant::now();
    let (mut round, mut refused) = (0, Vec::new());
    while refused.len() < 50 {
        round += 1;
        if begun.elapsed() > FILLING || server.gone(Duration::ZERO).is_some() {
            bail!("the disk did not fill: see {}", folder.0.join("server.log").display());
        }
        let sent = some(&mut server, &ground.key, round);
        refused.extend(sent.iter().filter_map(|s| s.refused));
        ledger.extend(sent);
    }
    let polite = refused.iter().filter(|status| matches!(status, 503 | 507)).count();
    let mut wire = server.wire(&ground.key);
    let reads = wire.get("/api/v1/figures?metric=responses&survey=load")?.status == 200
        && wire.get("/api/v1/voices?survey=load&limit=1")?.status == 200
        && wire.get("/api/v1/cases?limit=1")?.status == 200;
    let acknowledged = ledger.acknowledged();
    println!(
        "full after {acknowledged} acknowledged: {} refused, {polite} of them with 503 or 507, reading works: {reads}",
        refused.len()
    );
    std::fs::remove_file(&ballast)?;
    let begun = Instant::now();
    loop {
        round += 1;
        let sent = some(&mut server, &ground.key, round);
        let taken = sent.iter().any(|s| s.acknowledged.is_some());
        ledger.extend(sent);
        if taken {
            break;
        }
        if begun.elapsed() > RESUMING {
            println!("there is room again, but nothing is taken in after {} s", RESUMING.as_secs());
            return Ok(Some(false));
        }
    }
    println!("with room again, it took in again after {} ms, without a restart", begun.elapsed().as_millis());
    server.kill()?;
    // comparing writes: on a disk with room
    let after = Folder::make("torture-full-after")?;
    ground::copy(&folder.0, &after.0)?;
    drop(mount);
    let server = Server::start(&settings.binary, &after.0)?;
    let verdict = verdict::compare(&server, &ground.key, &mut Ledger(ledger.0))?;
    println!("{verdict}");
    Ok(Some(verdict.holds() && reads && polite == refused.len()))
}

fn some(server: &mut Server, key: &str, round: u64) -> Vec<super::ledger::Sent> {
    let life = Duration::from_millis(400);
    load::run(server, key, Load { round, pause: Duration::ZERO, life, patient: true }, |_| ()).0
}
