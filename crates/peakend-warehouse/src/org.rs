//! One organisation's warehouse: its folder, its manifest, its hot tail.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::error::Result;
use peakend_query::{AttributeName, EventFact, Provenance, Retention, Route, VoiceFact, WarehouseError};

use crate::codes::Source;
use crate::engine::RollupRule;
use crate::event::{Happened, HotEvents};
use crate::fault::{damaged, engine, storage};
use crate::home::Home;
use crate::hot::{CHUNK, Chunk, Hot};
use crate::manifest::{Contents, Entry, Manifest, sync_folder};
use crate::revise::moved;
use crate::rollup::RollupFile;
use crate::segment::Segment;

/// An organisation. Readers take a [`Snapshot`]; writers queue on `writing`.
#[derive(Debug)]
pub(crate) struct Org {
    folder: PathBuf,
    rollup: RollupRule,
    /// Where its files lie besides, for several servers.
    pub(crate) home: Option<Arc<dyn Home>>,
    /// The shared manifest known here.
    pub(crate) version: Mutex<Option<String>>,
    /// Held while segments and manifest change; never while answering.
    pub(crate) writing: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    manifest: Arc<Manifest>,
    segments: Vec<Arc<Segment>>,
    hot: Hot,
    events: HotEvents,
}

/// What one answer reads: sealed and hot rows of the same moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Segments that may hold a wanted row.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Hot chunks that may hold a wanted row.
    pub(crate) hot: Vec<Chunk>,
    /// Whether every row in them lies inside the wanted days.
    pub(crate) inside: bool,
    /// For the answer.
    pub(crate) provenance: Provenance,
}

impl Snapshot {
    /// What an organisation without rows answers from.
    pub(crate) fn empty() -> Self {
        let provenance = Provenance { route: Route::Scan, position: 0, segments: 0, hot_rows: 0 };
        Self { segments: Vec::new(), hot: Vec::new(), inside: true, provenance }
    }

    /// The coded columns of all of it; `None` when a segment has none.
    pub(crate) fn sources(&self) -> Option<Vec<Source>> {
        let sealed = self.segments.iter().map(|s| s.codes.clone().map(Source::Sealed));
        sealed.chain(self.hot.iter().map(|c| Some(Source::Hot(Arc::clone(&c.codes))))).collect()
    }

    /// The stored counts beside each source, in the same order.
    pub(crate) fn rollups(&self) -> Vec<Option<Arc<RollupFile>>> {
        self.segments.iter().map(|s| s.rollup.clone()).chain(self.hot.iter().map(|_| None)).collect()
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.hot.is_empty()
    }
}

impl Org {
    /// An organisation not yet on disk.
    pub(crate) fn new(root: &Path, name: &str, rollup: RollupRule, home: Option<Arc<dyn Home>>) -> Self {
        Self::with(root.join(folder_name(name)), Manifest::empty(name), Vec::new(), rollup, home)
    }

    /// The organisation in this folder, its segments checked, leftovers removed.
    /// `None` when the folder holds none.
    pub(crate) fn open(
        folder: PathBuf,
        rollup: RollupRule,
        home: Option<Arc<dyn Home>>,
    ) -> Result<Option<(String, Self)>, WarehouseError> {
        let inside = folder.join("segments");
        let Some(manifest) = Manifest::read(&folder)? else {
            // the first manifest is written before the first segment
            let orphaned = inside.read_dir().is_ok_and(|mut files| files.next().is_some());
            return if orphaned { Err(damaged(&folder.join("manifest.json"), "it is missing")) } else { Ok(None) };
        };
        remove_unnamed(&inside, &manifest)?;
        let mut segments = Vec::with_capacity(manifest.segments.len());
        for entry in &manifest.segments {
            let segment = Segment::new(&inside, entry.clone())?.at(home.as_ref(), &name_of(&folder));
            segment.verify()?;
            segments.push(Arc::new(segment));
        }
        Ok(Some((manifest.org.clone(), Self::with(folder, manifest, segments, rollup, home))))
    }

    fn with(
        folder: PathBuf,
        manifest: Manifest,
        segments: Vec<Arc<Segment>>,
        rollup: RollupRule,
        home: Option<Arc<dyn Home>>,
    ) -> Self {
        let state = State { manifest: Arc::new(manifest), segments, hot: Hot::default(), events: HotEvents::default() };
        Self { folder, rollup, home, version: Mutex::default(), writing: Arc::default(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which segments have stored counts.
    pub(crate) fn rollup(&self) -> RollupRule {
        self.rollup
    }

    /// The folder's name, the same on every server.
    pub(crate) fn name(&self) -> String {
        name_of(&self.folder)
    }

    /// The folder of this server.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A number for new files that no other server gives.
    pub(crate) fn unlike_others(&self, number: u64) -> u64 {
        self.home.as_ref().map_or(number, |home| (number << 32) | u64::from(home.tag()))
    }

    /// Where segments go.
    pub(crate) fn inside(&self) -> PathBuf {
        self.folder.join("segments")
    }

    /// What is sealed now.
    pub(crate) fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.state().manifest)
    }

    /// Take new voices into the hot tail. Answers get in between two pieces.
    pub(crate) fn append(&self, voices: Vec<VoiceFact>) -> Result<(), WarehouseError> {
        let mut voices = voices.into_iter().peekable();
        while voices.peek().is_some() {
            let mut state = self.state();
            let sealed = state.manifest.sealed;
            let piece = voices.by_ref().take(CHUNK).filter(|v| v.seq > sealed);
            state.hot.add(piece).map_err(engine("take new voices"))?;
        }
        Ok(())
    }

    /// Hot rows as they are now, to be sealed, and the highest position among them.
    pub(crate) fn freeze(&self) -> Result<(Vec<Chunk>, u64), WarehouseError> {
        let mut state = self.state();
        let chunks = state.hot.freeze().map_err(engine("freeze hot voices"))?;
        Ok((chunks, state.hot.last_seq()))
    }

    /// Highest log position that answers count.
    pub(crate) fn head(&self) -> u64 {
        let state = self.state();
        state.manifest.sealed.max(state.hot.last_seq())
    }

    /// Sealed and hot voices that may lie in these days.
    pub(crate) fn voices(&self, from: i32, to: i32) -> Result<Snapshot, WarehouseError> {
        let mut state = self.state();
        let mut hot = state.hot.chunks().map_err(engine("read hot voices"))?;
        hot.retain(|c| c.first <= to && c.last >= from);
        let segments = state.of(Contents::Voices, from, to);
        let inside = segments.iter().all(|s| s.entry.first >= from && s.entry.last <= to)
            && hot.iter().all(|c| c.first >= from && c.last <= to);
        let provenance = Provenance {
            route: Route::Scan,
            position: state.manifest.sealed.max(state.hot.last_seq()),
            segments: segments.len() as u64,
            hot_rows: state.hot.rows(),
        };
        Ok(Snapshot { segments, hot, inside, provenance })
    }

    /// Outcome segments that may hold these months, in the order of loading.
    pub(crate) fn outcomes(&self, from: i32, to: i32) -> Vec<Arc<Segment>> {
        self.state().of(Contents::Outcomes, from, to)
    }

    /// Take new events into their hot tail.
    pub(crate) fn append_events(&self, events: Vec<EventFact>) {
        let mut state = self.state();
        let sealed = state.manifest.events_sealed;
        state.events.add(events, sealed);
    }

    /// Highest log position whose events answers count.
    pub(crate) fn event_head(&self) -> u64 {
        let state = self.state();
        state.manifest.events_sealed.max(state.events.last_seq())
    }

    /// Hot events as they are now, and the highest position taken.
    pub(crate) fn hot_events(&self) -> (Vec<Arc<Vec<EventFact>>>, u64) {
        let state = self.state();
        (state.events.pieces(), state.events.last_seq())
    }

    /// Sealed and hot events that may lie in these days.
    pub(crate) fn happened(&self, from: i32, to: i32) -> Happened {
        let state = self.state();
        let segments = state.of(Contents::Events, from, to);
        let provenance = Provenance {
            route: Route::Scan,
            position: state.manifest.events_sealed.max(state.events.last_seq()),
            segments: segments.len() as u64,
            hot_rows: state.events.rows(),
        };
        Happened { segments, hot: state.events.pieces(), provenance }
    }

    /// Every segment, in the order of the manifest.
    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        self.state().segments.clone()
    }

    /// The attributes that voices have, sealed and hot.
    pub(crate) fn attributes(&self) -> BTreeSet<AttributeName> {
        let state = self.state();
        let sealed = state.manifest.segments.iter().flat_map(|entry| entry.attributes.iter().copied());
        sealed.chain(state.hot.attributes().iter().copied()).collect()
    }

    /// Make the folders and the first manifest, before the first segment. Blocking.
    pub(crate) fn settle(&self) -> Result<(), WarehouseError> {
        let inside = self.inside();
        if inside.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(storage("create", &self.folder))?;
        self.manifest().write(&self.folder)?;
        fs::create_dir(&inside).map_err(storage("create", &inside))?;
        sync_folder(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)
    }

    /// Make a manifest the valid one, on disk and then for new answers, which from
    /// that moment no longer see the first `sealed_chunks` hot chunks. Blocking.
    pub(crate) fn publish(&self, manifest: Manifest, sealed_chunks: usize) -> Result<(), WarehouseError> {
        sync_folder(&self.inside())?;
        let opened = self.opened(&manifest)?;
        self.hand_over(&manifest)?;
        manifest.write(&self.folder)?;
        let mut state = self.state();
        state.events.follow(manifest.events_sealed);
        state.replace(opened, manifest);
        state.hot.forget(sealed_chunks).map_err(engine("drop sealed voices"))
    }

    /// Forget everything, on disk too. Blocking.
    pub(crate) fn clear(&self) -> Result<(), WarehouseError> {
        let old = self.manifest();
        let mut manifest = Manifest::empty(&old.org);
        manifest.next = old.next;
        manifest.turns = old.turns + 1;
        if self.inside().is_dir() {
            self.hand_over(&manifest)?;
            manifest.write(&self.folder)?;
        }
        let mut state = self.state();
        state.replace(Vec::new(), manifest);
        (state.hot, state.events) = Default::default();
        Ok(())
    }

    /// Drop hot rows of these persons; returns how many there were.
    pub(crate) fn erase_hot(&self, persons: &HashSet<&str>) -> Result<u64, WarehouseError> {
        let mut state = self.state();
        let events = state.events.erase(persons);
        state.hot.erase(persons).map(|voices| voices + events).map_err(engine("erase hot rows"))
    }

    /// Put hot voices in the place of those with the same position; returns how many there were.
    pub(crate) fn revise_hot(&self, voices: &[VoiceFact]) -> Result<u64, WarehouseError> {
        let new = voices.iter().map(|v| (v.seq, v)).collect();
        self.state().hot.revise(&new).map_err(engine("revise hot voices"))?.map_err(moved)
    }

    /// Drop hot rows that are no longer kept; returns how many there were.
    pub(crate) fn expire_hot(&self, keep: &Retention) -> Result<u64, WarehouseError> {
        let mut state = self.state();
        let events = state.events.expire(keep.first_event_day);
        state.hot.expire(keep).map(|voices| voices + events).map_err(engine("drop old hot rows"))
    }

    /// Take over what another server made valid; returns whether hot rows must be
    /// read again from the log. Blocking, with the files already here.
    pub(crate) fn take_over(&self, manifest: Manifest) -> Result<bool, WarehouseError> {
        let opened = self.opened(&manifest)?;
        manifest.write(&self.folder)?;
        let mut state = self.state();
        let turned = manifest.turns != state.manifest.turns;
        let (sealed, events) = (manifest.sealed, manifest.events_sealed);
        state.replace(opened, manifest);
        if turned {
            (state.hot, state.events) = Default::default();
        } else {
            state.events.follow(events);
            state.hot.follow(sealed).map_err(engine("drop voices sealed elsewhere"))?;
        }
        Ok(turned)
    }

    /// The segments of a manifest: those in use now, the others opened.
    fn opened(&self, manifest: &Manifest) -> Result<Vec<Arc<Segment>>, WarehouseError> {
        let (known, inside) = (self.segments(), self.inside());
        let open = |entry: &Entry| match known.iter().find(|s| s.entry == *entry) {
            Some(segment) => Ok(Arc::clone(segment)),
            None => Ok(Arc::new(Segment::new(&inside, entry.clone())?.at(self.home.as_ref(), &self.name()))),
        };
        manifest.segments.iter().map(open).collect()
    }
}

impl State {
    fn of(&self, contents: Contents, from: i32, to: i32) -> Vec<Arc<Segment>> {
        self.segments.iter().filter(|s| s.entry.contents == contents && s.overlaps(from, to)).cloned().collect()
    }

    fn replace(&mut self, opened: Vec<Arc<Segment>>, manifest: Manifest) {
        let old = std::mem::replace(&mut self.segments, opened);
        let named: HashSet<&str> = manifest.segments.iter().map(|e| e.file.as_str()).collect();
        old.iter().filter(|s| !named.contains(s.entry.file.as_str())).for_each(|s| s.retire());
        self.manifest = Arc::new(manifest);
    }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Files a crash left between a segment and its manifest, or a merge before deletion.
fn remove_unnamed(inside: &Path, manifest: &Manifest) -> Result<(), WarehouseError> {
    let Ok(files) = inside.read_dir() else { return Ok(()) };
    for file in files {
        let file = file.map_err(storage("list", inside))?;
        let named = |e: &Entry| {
            file.file_name() == e.file.as_str() || e.parts.iter().any(|p| file.file_name() == p.file.as_str())
        };
        if !manifest.segments.iter().any(named) {
            tracing::info!(path = %file.path().display(), "removing a file that no manifest names");
            fs::remove_file(file.path()).map_err(storage("remove", &file.path()))?;
        }
    }
    Ok(())
}

/// A folder name for any organisation id: other bytes than letters, digits, `-`
/// and `_` become `=` and two hexadecimal digits, so no id can leave the root.
fn folder_name(org: &str) -> String {
    let mut name = String::from("org-");
    for byte in org.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("={byte:02x}"));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn no_organisation_id_leads_outside_the_root() {
        assert_eq!(folder_name("org_01H-a"), "org-org_01H-a");
        assert_eq!(folder_name("../x"), "org-=2e=2e=2fx");
        assert_eq!(folder_name("a=2e"), "org-a=3d2e");
        assert_ne!(folder_name(""), folder_name("."));
    }
}
