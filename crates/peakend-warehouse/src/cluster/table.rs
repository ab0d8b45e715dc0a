//! A snapshot as a table that can be sent to another process.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::catalog::Session;
use datafusion::catalog::memory::DataSourceExec;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;
use serde::{Deserialize, Serialize};

use crate::cluster::tally::Counts;
use crate::columns::{OUTCOMES, VOICES, aligned};
use crate::event::EVENTS;
use crate::manifest::Contents;
use crate::org::Snapshot;
use crate::scan::with_hot;
use crate::segment::Segment;

/// What is sent of a table, besides its hot rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Layout {
    contents: Contents,
    /// Where the files are: `file:///` or `s3://bucket/`.
    store: String,
    files: Vec<Place>,
}

/// One segment file inside the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    path: String,
    bytes: u64,
}

/// Segments and hot rows of one moment, wherever the plan over them runs.
#[derive(Debug)]
pub(super) struct Spread {
    layout: Layout,
    hot: Vec<RecordBatch>,
    /// Keeps the files from being deleted while a plan of this process names them.
    _alive: Vec<Arc<Segment>>,
}

impl Spread {
    /// The voices of a snapshot.
    pub(super) fn voices(snapshot: &Snapshot) -> Result<Self> {
        let hot = snapshot.hot.iter().map(|c| aligned(&c.rows, &VOICES)).collect::<Result<_>>()?;
        Self::new(Contents::Voices, &snapshot.segments, hot)
    }

    /// The outcomes of one segment.
    pub(super) fn outcomes(segment: &Arc<Segment>) -> Result<Self> {
        Self::new(Contents::Outcomes, std::slice::from_ref(segment), Vec::new())
    }

    fn new(contents: Contents, segments: &[Arc<Segment>], hot: Vec<RecordBatch>) -> Result<Self> {
        let mut store = "file:///".to_owned();
        let mut files = Vec::with_capacity(segments.len());
        for segment in segments {
            let path = match segment.shared() {
                Some((url, path)) => {
                    store = url;
                    path
                }
                None => StorePath::from_absolute_path(&segment.path)?.to_string(),
            };
            files.push(Place { path, bytes: segment.entry.bytes });
        }
        let layout = Layout { contents, store, files };
        Ok(Self { layout, hot, _alive: segments.to_vec() })
    }

    fn stored(&self) -> SchemaRef {
        Arc::clone(match self.layout.contents {
            Contents::Voices => &VOICES,
            Contents::Outcomes => &OUTCOMES,
            Contents::Events => &EVENTS,
        })
    }

    fn sealed(&self, state: &dyn Session, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
        let source = ParquetSource::new(self.stored());
        let file = |place: &Place| {
            Ok(PartitionedFile::new_from_meta(ObjectMeta {
                location: StorePath::parse(&place.path).map_err(|e| DataFusionError::External(Box::new(e)))?,
                last_modified: Default::default(),
                size: place.bytes,
                e_tag: None,
                version: None,
            }))
        };
        let files = self.layout.files.iter().map(file).collect::<Result<Vec<_>>>()?;
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::parse(&self.layout.store)?, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

#[async_trait]
impl TableProvider for Spread {
    fn schema(&self) -> SchemaRef {
        self.stored()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let sealed = (!self.layout.files.is_empty()).then(|| self.sealed(state, projection)).transpose()?;
        with_hot(sealed, &self.hot, self.stored(), projection)
    }
}

/// Which table of ours some bytes are.
const ROWS: u8 = 1;
const COUNTS: u8 = 2;

/// A table of ours as bytes: which one, then for rows the length of the layout, the
/// layout as JSON, the hot rows as an Arrow stream. Returns whether it is ours.
///
/// # Errors
/// When the rows cannot be encoded.
pub fn table_bytes(table: &dyn TableProvider, bytes: &mut Vec<u8>) -> Result<bool> {
    if let Some(counts) = table.downcast_ref::<Counts>() {
        bytes.push(COUNTS);
        return counts.write(bytes).map(|()| true);
    }
    let Some(spread) = table.downcast_ref::<Spread>() else { return Ok(false) };
    bytes.push(ROWS);
    let layout = serde_json::to_vec(&spread.layout).map_err(|e| DataFusionError::External(Box::new(e)))?;
    bytes.extend_from_slice(&(layout.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&layout);
    if !spread.hot.is_empty() {
        let mut rows = StreamWriter::try_new(bytes, &spread.stored())?;
        for batch in &spread.hot {
            rows.write(batch)?;
        }
        rows.finish()?;
    }
    Ok(true)
}

/// The table that [`table_bytes`] wrote.
///
/// # Errors
/// When the bytes are not such a table.
pub fn table_of(bytes: &[u8]) -> Result<Arc<dyn TableProvider>> {
    let torn = || DataFusionError::Internal("a table of voices arrived incomplete".to_owned());
    let (which, bytes) = bytes.split_first().ok_or_else(torn)?;
    if *which == COUNTS {
        return Ok(Arc::new(Counts::read(bytes)?));
    }
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(torn)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| torn())?;
    let (layout, rows) = rest.split_at_checked(length).ok_or_else(torn)?;
    let layout: Layout = serde_json::from_slice(layout).map_err(|e| DataFusionError::External(Box::new(e)))?;
    let mut hot = Vec::new();
    if !rows.is_empty() {
        for batch in StreamReader::try_new(rows, None)? {
            hot.push(batch?);
        }
    }
    Ok(Arc::new(Spread { layout, hot, _alive: Vec::new() }))
}
