//! A second place for sealed files, which several servers share.
//!
//! Local disk stays where answers read from. A file in the shared place never
//! changes; which of them count is said by one manifest per organisation there,
//! replaced only by a server that knew the one before.

use std::path::Path;
use std::sync::PoisonError;

use peakend_query::WarehouseError;

use crate::fault::overtaken;
use crate::manifest::{Entry, Manifest};
use crate::org::Org;

/// The shared place. Every method but `forget` and the plain names blocks.
pub(crate) trait Home: Send + Sync + std::fmt::Debug {
    /// A number no other server has.
    fn tag(&self) -> u32;
    /// The store as an URL, and the path of a segment file inside it.
    fn place(&self, folder: &str, file: &str) -> (String, String);
    /// Copy a segment file there.
    fn put(&self, folder: &str, file: &str, from: &Path) -> Result<(), WarehouseError>;
    /// Remove a segment file there, some time.
    fn forget(&self, folder: &str, file: &str);
    /// Replace the manifest of a known version (`None`: there is none yet);
    /// returns the new version, or `None` when another server was faster.
    fn replace(&self, folder: &str, text: Vec<u8>, known: Option<&str>) -> Result<Option<String>, WarehouseError>;
}

impl Org {
    /// Make the manifest the valid one for all servers, its new files first.
    pub(crate) fn hand_over(&self, manifest: &Manifest) -> Result<(), WarehouseError> {
        let Some(home) = &self.home else { return Ok(()) };
        let (folder, inside, current) = (self.name(), self.inside(), self.manifest());
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = |entry: &&Entry| version.is_some() && current.segments.iter().any(|e| e.file == entry.file);
        let new: Vec<&Entry> = manifest.segments.iter().filter(|e| !shared(e)).collect();
        for entry in &new {
            for file in entry.files() {
                home.put(&folder, file, &inside.join(file))?;
            }
        }
        let path = self.folder().join("manifest.json");
        if let Some(now) = home.replace(&folder, manifest.checked(&path)?, version.as_deref())? {
            *version = Some(now);
            return Ok(());
        }
        for entry in new.iter().filter(|e| !current.segments.contains(e)) {
            entry.files().for_each(|file| home.forget(&folder, file));
            entry.discard(&inside)?;
        }
        Err(overtaken(&path))
    }
}
