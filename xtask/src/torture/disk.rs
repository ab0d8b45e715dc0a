//! What a disk holds after the power went: all that was synced, and of the
//! rest whatever chance kept, in pieces of a sector.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Dice;
use super::journal::{Change, Record};

/// A disk writes this many bytes whole or not at all.
const SECTOR: usize = 512;

/// A change of a file's bytes that no sync has covered.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// A file: what is safe, and what is on its way.
#[derive(Debug, Clone, Default)]
struct Node {
    safe: Vec<u8>,
    waiting: Vec<(usize, Edit)>,
}

/// A change of names that no sync of their folder has covered.
#[derive(Debug, Clone)]
enum Naming {
    Add(PathBuf, usize),
    Folder(PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl Naming {
    fn folder(&self) -> &Path {
        match self {
            Self::Add(path, _) | Self::Folder(path) | Self::Remove(path) | Self::Rename(_, path) => {
                path.parent().unwrap_or(Path::new(""))
            }
        }
    }
}

/// Names and what they stand for; a folder stands for none.
type Names = BTreeMap<PathBuf, Option<usize>>;

/// A disk that remembers which of its changes are safe.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    nodes: Vec<Node>,
    /// As the server sees them.
    live: Names,
    /// As they would be after a power cut.
    safe: Names,
    waiting: Vec<(usize, Naming)>,
    inodes: HashMap<u64, usize>,
    folders: HashMap<u64, PathBuf>,
    begun: HashMap<u64, Vec<usize>>,
    /// Whether a sync makes anything safe; the control run's disk lies.
    honest: bool,
    clock: usize,
}

impl Disk {
    /// The disk before the server started.
    pub(super) fn of(folder: &Path, honest: bool) -> Result<Self> {
        let mut disk = Self {
            nodes: Vec::new(),
            live: Names::new(),
            safe: Names::new(),
            waiting: Vec::new(),
            inodes: HashMap::new(),
            folders: HashMap::new(),
            begun: HashMap::new(),
            honest,
            clock: 0,
        };
        disk.read(folder, folder)?;
        disk.live.clone_from(&disk.safe);
        Ok(disk)
    }

    fn read(&mut self, root: &Path, folder: &Path) -> Result<()> {
        self.safe.insert(folder.strip_prefix(root)?.to_path_buf(), None);
        for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(root, &path)?;
            } else if !path.to_string_lossy().ends_with("-shm") {
                let safe = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                self.nodes.push(Node { safe, waiting: Vec::new() });
                self.safe.insert(path.strip_prefix(root)?.to_path_buf(), Some(self.nodes.len() - 1));
            }
        }
        Ok(())
    }

    /// Let one more change happen.
    pub(super) fn happen(&mut self, record: &Record) {
        self.clock += 1;
        match &record.change {
            Change::Opened { inode, path, folder: true } => {
                self.folders.insert(*inode, path.clone());
            }
            Change::Opened { inode, path, folder: false } => {
                if let Some(Some(node)) = self.live.get(path) {
                    self.inodes.insert(*inode, *node);
                }
            }
            Change::Created { inode, path } => {
                self.nodes.push(Node::default());
                let node = self.nodes.len() - 1;
                self.inodes.insert(*inode, node);
                self.rename(Naming::Add(path.clone(), node));
            }
            Change::Written { inode, offset, bytes } => self.edit(*inode, Edit::Write(*offset, bytes.clone())),
            Change::Cut { inode, length } => self.edit(*inode, Edit::Length(*length)),
            Change::Begun { inode } => self.begun.entry(*inode).or_default().push(self.clock),
            Change::Synced { inode } => {
                // several syncs of one file may be under way: the oldest beginning is the safe one to take
                let begun = self.begun.get_mut(inode).filter(|b| !b.is_empty()).map(|b| b.remove(0));
                if let (Some(begun), true) = (begun, self.honest) {
                    self.sync(*inode, begun);
                }
            }
            Change::Renamed { from, to } => self.rename(Naming::Rename(from.clone(), to.clone())),
            Change::Removed { path } => self.rename(Naming::Remove(path.clone())),
            Change::Folder { path } => self.rename(Naming::Folder(path.clone())),
        }
    }

    fn edit(&mut self, inode: u64, edit: Edit) {
        if let Some(node) = self.inodes.get(&inode) {
            self.nodes[*node].waiting.push((self.clock, edit));
        }
    }

    fn rename(&mut self, naming: Naming) {
        apply(&mut self.live, &naming);
        self.waiting.push((self.clock, naming));
    }

    fn sync(&mut self, inode: u64, begun: usize) {
        if let Some(folder) = self.folders.get(&inode) {
            let safe = &mut self.safe;
            self.waiting.retain(|(at, naming)| {
                let covered = *at < begun && naming.folder() == folder;
                if covered {
                    apply(safe, naming);
                }
                !covered
            });
        } else if let Some(node) = self.inodes.get(&inode) {
            let node = &mut self.nodes[*node];
            let still = node.waiting.partition_point(|(at, _)| *at < begun);
            for (_, edit) in node.waiting.drain(..still) {
                write(&mut node.safe, &edit, |_| true);
            }
        }
    }

    /// Cut the power, and write what is left to an empty folder.
    pub(super) fn cut(&self, dice: &mut Dice, folder: &Path) -> Result<()> {
        let mut names = self.safe.clone();
        // names change in order; how far the disk came is chance
        let kept = dice.below(self.waiting.len() + 1);
        for (_, naming) in self.waiting.iter().take(kept) {
            apply(&mut names, naming);
        }
        for (path, node) in &names {
            let target = folder.join(path);
            match node {
                None => fs::create_dir_all(&target).with_context(|| format!("make {}", target.display()))?,
                Some(node) if target.parent().is_some_and(Path::is_dir) => {
                    fs::write(&target, left(&self.nodes[*node], dice))
                        .with_context(|| format!("write {}", target.display()))?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// What is left of a file: nothing that waited, its first part, or any sectors of any of it.
fn left(node: &Node, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = node.safe.clone();
    match dice.below(3) {
        0 => {}
        1 => {
            let kept = dice.below(node.waiting.len() + 1);
            for (_, edit) in node.waiting.iter().take(kept) {
                write(&mut bytes, edit, |_| true);
            }
        }
        _ => {
            for (_, edit) in &node.waiting {
                let (kept, torn) = (dice.below(2) == 0, dice.below(3) == 0);
                if kept {
                    write(&mut bytes, edit, |_| !torn || dice.below(2) == 0);
                }
            }
        }
    }
    bytes
}

/// Apply an edit to the sectors that `keeps` wants.
fn write(bytes: &mut Vec<u8>, edit: &Edit, mut keeps: impl FnMut(usize) -> bool) {
    match edit {
        Edit::Length(length) => bytes.resize(*length, 0),
        Edit::Write(offset, new) => {
            let mut from = 0;
            while from < new.len() {
                let at = offset + from;
                let to = new.len().min(from + SECTOR - at % SECTOR);
                if keeps(at / SECTOR) {
                    let end = offset + to;
                    if bytes.len() < end {
                        bytes.resize(end, 0);
                    }
                    bytes[at..end].copy_from_slice(&new[from..to]);
                }
                from = to;
            }
        }
    }
}

fn apply(names: &mut Names, naming: &Naming) {
    match naming {
        Naming::Add(path, node) => {
            names.insert(path.clone(), Some(*node));
        }
        Naming::Folder(path) => {
            names.insert(path.clone(), None);
        }
        Naming::Remove(path) => {
            names.remove(path);
        }
        Naming::Rename(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn play(changes: &[Change], honest: bool, seed: u64) -> Option<Vec<u8>> {
        let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut disk = Disk::of(before.path(), honest).unwrap();
        for change in changes {
            disk.happen(&Record { at: SystemTime::UNIX_EPOCH, change: change.clone() });
        }
        disk.cut(&mut Dice(seed), after.path()).unwrap();
        fs::read(after.path().join("a")).ok()
    }

    fn file() -> Vec<Change> {
        vec![
            Change::Opened { inode: 1, path: PathBuf::new(), folder: true },
            Change::Created { inode: 2, path: "a".into() },
            Change::Written { inode: 2, offset: 0, bytes: vec![7; 2000] },
            Change::Begun { inode: 2 },
            Change::Synced { inode: 2 },
            Change::Begun { inode: 1 },
            Change::Synced { inode: 1 },
        ]
    }

    #[test]
    fn what_was_synced_with_its_folder_is_always_there() {
        for seed in 0..50 {
            assert_eq!(play(&file(), true, seed), Some(vec![7; 2000]));
        }
    }

    #[test]
    fn a_file_whose_folder_was_not_synced_may_be_gone() {
        let found: Vec<_> = (0..50).map(|seed| play(&file()[..5], true, seed)).collect();
        assert!(found.contains(&None) && found.contains(&Some(vec![7; 2000])));
    }

    #[test]
    fn what_was_written_after_the_sync_began_is_kept_torn_or_lost() {
        let mut changes = file();
        changes.push(Change::Written { inode: 2, offset: 0, bytes: vec![9; 2000] });
        let found: Vec<_> = (0..200).filter_map(|seed| play(&changes, true, seed)).collect();
        assert!(found.contains(&vec![7; 2000]) && found.contains(&vec![9; 2000]));
        let torn = |bytes: &&Vec<u8>| bytes[..512] != bytes[512..1024];
        assert!(found.iter().any(|bytes| torn(&bytes)));
        assert!(found.iter().all(|bytes| bytes[..512].iter().all(|b| *b == bytes[0])), "a sector is whole");
    }

    #[test]
    fn a_disk_that_lies_loses_what_it_said_was_safe() {
        assert!((0..50).any(|seed| play(&file(), false, seed) != Some(vec![7; 2000])));
    }
}
