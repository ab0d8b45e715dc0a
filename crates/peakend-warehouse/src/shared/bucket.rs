//! Segment files and manifests in an S3-compatible bucket (or any object store).

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use datafusion::object_store::path::Path as StorePath;
use datafusion::object_store::{
    Error as StoreError, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use futures::TryStreamExt;
use peakend_query::WarehouseError;
use tokio::runtime::Handle;

use crate::fault::storage;
use crate::home::Home;

/// A bucket that several servers share, with conditional writes.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    url: String,
    prefix: String,
    tag: u32,
    runtime: Handle,
}

/// A manifest as found: its text and its version.
pub(super) type Found = (Vec<u8>, String);

impl Bucket {
    /// A bucket known to executors by `url` (`s3://name/`), its objects under a
    /// prefix. `tag` is a number no other server has; `runtime` does the transfers.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, url: String, prefix: &str, tag: u32, runtime: Handle) -> Self {
        Self { store, url, prefix: prefix.trim_matches('/').to_owned(), tag, runtime }
    }

    fn at(&self, rest: &str) -> Result<StorePath, WarehouseError> {
        let path = if self.prefix.is_empty() { rest.to_owned() } else { format!("{}/{rest}", self.prefix) };
        StorePath::parse(&path).map_err(storage("name", Path::new(&path)))
    }

    fn segment(&self, folder: &str, file: &str) -> Result<StorePath, WarehouseError> {
        self.at(&format!("{folder}/segments/{file}"))
    }

    fn manifest_path(&self, folder: &str) -> Result<StorePath, WarehouseError> {
        self.at(&format!("{folder}/manifest.json"))
    }

    /// Folders of organisations. Blocking.
    pub(super) fn folders(&self) -> Result<Vec<String>, WarehouseError> {
        let root = StorePath::parse(&self.prefix).map_err(storage("name", Path::new(&self.prefix)))?;
        let root = (!self.prefix.is_empty()).then_some(root);
        let list = self.store.list_with_delimiter(root.as_ref());
        let found = self.runtime.block_on(list).map_err(storage("list", Path::new(&self.url)))?;
        let names = found.common_prefixes.iter().filter_map(|p| p.filename().map(str::to_owned));
        Ok(names.filter(|name| name.starts_with("org-")).collect())
    }

    /// The manifest there, unless it is the known version or there is none. Blocking.
    pub(super) fn manifest(&self, folder: &str, known: Option<&str>) -> Result<Option<Found>, WarehouseError> {
        let path = self.manifest_path(folder)?;
        let options = GetOptions { if_none_match: known.map(str::to_owned), ..GetOptions::default() };
        let get = async {
            let found = match self.store.get_opts(&path, options).await {
                Err(StoreError::NotFound { .. } | StoreError::NotModified { .. }) => return Ok(None),
                other => other?,
            };
            let version = found.meta.e_tag.clone().unwrap_or_default();
            Ok(Some((found.bytes().await?.to_vec(), version)))
        };
        let got: Result<_, StoreError> = self.runtime.block_on(get);
        let got = got.map_err(storage("read", Path::new(path.as_ref())))?;
        Ok(got.filter(|(_, version)| known != Some(version.as_str())))
    }

    /// Copy a segment file here. Blocking.
    pub(super) fn fetch(&self, folder: &str, file: &str, to: &Path) -> Result<(), WarehouseError> {
        let path = self.segment(folder, file)?;
        let aside = to.with_extension("new");
        let mut out = File::create(&aside).map_err(storage("create", &aside))?;
        let copy = async {
            let mut pieces = self.store.get(&path).await?.into_stream();
            while let Some(piece) = pieces.try_next().await? {
                let write = std::io::Write::write_all(&mut out, &piece);
                write.map_err(|source| StoreError::Generic { store: "disk", source: Box::new(source) })?;
            }
            Ok(())
        };
        let copied: Result<(), StoreError> = self.runtime.block_on(copy);
        copied.map_err(storage("fetch", Path::new(path.as_ref())))?;
        out.sync_all().map_err(storage("sync", &aside))?;
        fs::rename(&aside, to).map_err(storage("replace", to))
    }
}

/// Bytes sent in one piece; larger files go in several.
const PIECE: usize = 16 << 20;

impl Home for Bucket {
    fn tag(&self) -> u32 {
        self.tag
    }

    fn place(&self, folder: &str, file: &str) -> (String, String) {
        let path = self.segment(folder, file).map(|path| path.to_string()).unwrap_or_default();
        (self.url.clone(), path)
    }

    fn put(&self, folder: &str, file: &str, from: &Path) -> Result<(), WarehouseError> {
        let path = self.segment(folder, file)?;
        let bytes = fs::read(from).map_err(storage("read", from))?;
        let send = async {
            if bytes.len() <= PIECE {
                self.store.put(&path, PutPayload::from(bytes)).await?;
                return Ok(());
            }
            let mut upload = self.store.put_multipart(&path).await?;
            for piece in bytes.chunks(PIECE) {
                upload.put_part(PutPayload::from(piece.to_vec())).await?;
            }
            upload.complete().await.map(|_| ())
        };
        let sent: Result<(), StoreError> = self.runtime.block_on(send);
        sent.map_err(storage("send", Path::new(path.as_ref())))
    }

    fn forget(&self, folder: &str, file: &str) {
        let Ok(path) = self.segment(folder, file) else { return };
        let store = Arc::clone(&self.store);
        self.runtime.spawn(async move {
            match store.delete(&path).await {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => tracing::warn!(%path, %error, "an unused object stays in the bucket"),
            }
        });
    }

    fn replace(&self, folder: &str, text: Vec<u8>, known: Option<&str>) -> Result<Option<String>, WarehouseError> {
        let path = self.manifest_path(folder)?;
        let mode = match known {
            None => PutMode::Create,
            Some(version) => PutMode::Update(UpdateVersion { e_tag: Some(version.to_owned()), version: None }),
        };
        let put = self.store.put_opts(&path, PutPayload::from(text.clone()), PutOptions::from(mode));
        match self.runtime.block_on(put) {
            Ok(done) => Ok(Some(done.e_tag.unwrap_or_default())),
            Err(StoreError::Precondition { .. } | StoreError::AlreadyExists { .. } | StoreError::NotFound { .. }) => {
                // a put whose reply was lost is repeated, and then finds itself
                let found = self.manifest(folder, None)?;
                Ok(found.filter(|(there, _)| *there == text).map(|(_, version)| version))
            }
            Err(error) => match self.manifest(folder, None) {
                Ok(Some((there, version))) if there == text => Ok(Some(version)),
                _ => Err(storage("replace", Path::new(path.as_ref()))(error)),
            },
        }
    }
}
