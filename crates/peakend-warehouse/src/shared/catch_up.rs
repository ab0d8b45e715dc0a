//! Taking over what other servers made valid.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use peakend_query::WarehouseError;

use super::bucket::Bucket;
use crate::fault::storage;
use crate::manifest::{Entry, Manifest, sync_folder};
use crate::org::Org;
use crate::segment::verify_file;

/// Bring the folders of a server up to the bucket, before it opens them. Blocking.
pub(super) fn prepare(bucket: &Bucket, root: &Path) -> Result<Vec<(String, String)>, WarehouseError> {
    let mut versions = Vec::new();
    for name in bucket.folders()? {
        let Some((text, version)) = bucket.manifest(&name, None)? else { continue };
        let folder = root.join(&name);
        let manifest = Manifest::parse(&text, &folder.join("manifest.json"))?;
        let inside = folder.join("segments");
        fs::create_dir_all(&inside).map_err(storage("create", &inside))?;
        fetch(bucket, &name, &inside, &manifest)?;
        manifest.write(&folder)?;
        versions.push((manifest.org, version));
    }
    Ok(versions)
}

/// Take over the manifest of the bucket when it is newer; returns whether hot
/// rows must be read again. Blocking; the caller holds the right to write.
pub(super) fn follow(bucket: &Bucket, org: &Org) -> Result<bool, WarehouseError> {
    let known = org.version.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some((text, version)) = bucket.manifest(&org.name(), known.as_deref())? else { return Ok(false) };
    let manifest = Manifest::parse(&text, &org.folder().join("manifest.json"))?;
    org.settle()?;
    fetch(bucket, &org.name(), &org.inside(), &manifest)?;
    let turned = org.take_over(manifest)?;
    *org.version.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
    Ok(turned)
}

/// The files of a manifest that are not here yet. They never change.
fn fetch(bucket: &Bucket, name: &str, inside: &Path, manifest: &Manifest) -> Result<(), WarehouseError> {
    let missing = |entry: &&Entry| entry.files().any(|file| !inside.join(file).exists());
    for entry in manifest.segments.iter().filter(missing) {
        for file in entry.files() {
            let to = inside.join(file);
            if !to.exists() {
                bucket.fetch(name, file, &to)?;
            }
        }
        // companions check themselves as they are opened and read
        verify_file(&inside.join(&entry.file), entry.bytes, entry.crc32)?;
    }
    sync_folder(inside)
}
