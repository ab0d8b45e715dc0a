//! The table of one snapshot: segments and hot chunks as one scan.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::catalog::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as StorePath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;

use crate::columns::{OUTCOMES, aligned, attributes_of, with_attributes};
use crate::event::EVENTS;
use crate::org::Snapshot;
use crate::segment::Segment;
use peakend_query::AttributeName;

/// Segments and hot rows of one moment. It keeps the segment files alive, so the
/// caller keeps it (or its snapshot) until the last row is read.
#[derive(Debug)]
pub(crate) struct Voices {
    schema: SchemaRef,
    segments: Vec<Arc<Segment>>,
    hot: Vec<RecordBatch>,
    late: bool,
}

impl Voices {
    /// The voices of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let hot = snapshot.hot.iter().map(|c| c.rows.clone()).collect();
        let attributes = snapshot.hot.iter().flat_map(|c| attributes_of(c.rows.schema_ref())).collect();
        Self { hot, ..Self::sealed_only(snapshot.segments.clone()) }.knowing(attributes)
    }

    /// The voices of some segments.
    pub(crate) fn sealed_only(segments: Vec<Arc<Segment>>) -> Self {
        let attributes = segments.iter().flat_map(|s| s.entry.attributes.iter().copied()).collect();
        Self { schema: with_attributes(&attributes), segments, hot: Vec::new(), late: false }
    }

    /// The same with columns for these attributes too, whether or not a row has them.
    pub(crate) fn knowing(mut self, mut attributes: BTreeSet<AttributeName>) -> Self {
        attributes.extend(attributes_of(&self.schema));
        self.schema = with_attributes(&attributes);
        self
    }

    /// The outcomes of some segments.
    pub(crate) fn outcomes(segments: Vec<Arc<Segment>>) -> Self {
        Self { schema: Arc::clone(&OUTCOMES), segments, hot: Vec::new(), late: false }
    }

    /// The events of some segments.
    pub(crate) fn events(segments: Vec<Arc<Segment>>) -> Self {
        Self { schema: Arc::clone(&EVENTS), segments, hot: Vec::new(), late: false }
    }

    /// Decode wide columns only where the filter matched: right when few rows do.
    pub(crate) fn late(mut self) -> Self {
        self.late = true;
        self
    }

    fn sealed(&self, state: &dyn Session, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
        let url = ObjectStoreUrl::local_filesystem();
        let runtime = state.runtime_env();
        let footers = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&url)?, footers);
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_pushdown_filters(self.late)
            .with_reorder_filters(self.late)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let files = self.segments.iter().map(|s| file(s)).collect::<Result<Vec<_>>>()?;
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let scan = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

fn file(segment: &Segment) -> Result<PartitionedFile> {
    Ok(PartitionedFile::new_from_meta(ObjectMeta {
        location: StorePath::from_absolute_path(&segment.path)?,
        // segments never change, so their cached footers never age
        last_modified: Default::default(),
        size: segment.entry.bytes,
        e_tag: None,
        version: None,
    }))
}

#[async_trait]
impl TableProvider for Voices {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
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
        let sealed = (!self.segments.is_empty()).then(|| self.sealed(state, projection)).transpose()?;
        let hot = self.hot.iter().map(|rows| aligned(rows, &self.schema)).collect::<Result<Vec<_>>>()?;
        with_hot(sealed, &hot, Arc::clone(&self.schema), projection)
    }
}

/// Sealed rows, where there are any, and hot rows as one scan.
pub(crate) fn with_hot(
    sealed: Option<Arc<dyn ExecutionPlan>>,
    hot: &[RecordBatch],
    schema: SchemaRef,
    projection: Option<&Vec<usize>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    match sealed {
        Some(sealed) if hot.is_empty() => Ok(sealed),
        sealed => {
            let hot: Arc<dyn ExecutionPlan> =
                MemorySourceConfig::try_new_exec(&[hot.to_vec()], schema, projection.cloned())?;
            match sealed {
                Some(sealed) => UnionExec::try_new(vec![sealed, hot]),
                None => Ok(hot),
            }
        }
    }
}
