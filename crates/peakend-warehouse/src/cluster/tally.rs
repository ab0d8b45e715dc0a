//! Counting as a plan: a table of counts that were never stored, and the operator
//! that counts them from coded columns where it runs. Its input names segments, so
//! that whoever splits the plan into tasks splits it as rows.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, BinaryArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::TryStreamExt;
use peakend_query::{DayRange, Filter, MigrationQuestion, Question, WarehouseError};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::companions::{Companions, Opened};
use super::counted::Counted;
use super::movers;
use crate::codes::{self, Part, Stored, Test, Work};
use crate::counted;
use crate::engine::Gone;
use crate::fault::missing;
use crate::segment::Segment;

/// The one column: each row is a [`Counted`].
pub(super) const COLUMN: &str = "counted";
static COUNTED: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(vec![Field::new(COLUMN, DataType::Binary, false)])));
/// The one column of the input: each row names a segment, as JSON.
const SEGMENT: &str = "segment";
static SHARES: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(vec![Field::new(SEGMENT, DataType::Utf8, false)])));
/// Groups in one row.
const GROUPS: usize = 4_096;
/// Rows sent at one time, each about a megabyte at most.
const ROWS: usize = 8;
/// What the bytes of a tally begin with: no protocol buffer does.
const MAGIC: &[u8; 8] = b"PKTALLY1";

/// What is counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    Cells(Question),
    Joint(Question),
    Moved(MigrationQuestion),
    Voices(Owners),
}

/// Persons whose voices are counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Owners {
    /// By digest.
    pub(super) persons: Vec<u64>,
    pub(super) period: DayRange,
    pub(super) filter: Filter,
}

/// What lies beside one segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Beside {
    /// The folder: inside the bucket, or on the disk that all processes share.
    pub(super) folder: String,
    pub(super) rows: u64,
    pub(super) parts: Vec<Part>,
}

impl Beside {
    fn of(segment: &Segment) -> (Option<String>, Self) {
        let counted = |part: &&Part| matches!(part.stored, Stored::Codes | Stored::Rollup);
        let parts = segment.entry.parts.iter().filter(counted).cloned().collect();
        let (bucket, file) = match segment.shared() {
            Some((url, path)) => (Some(url), path),
            None => (None, segment.path.to_string_lossy().into_owned()),
        };
        let folder = Path::new(&file).parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        (bucket, Self { folder, rows: segment.entry.rows, parts })
    }
}

/// What is counted, and where the files are.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    asked: Asked,
    /// None where the files lie on a disk that all processes share.
    bucket: Option<String>,
}

/// Sealed voices of one moment, to be counted and not read.
#[derive(Debug)]
pub(super) struct Counts {
    order: Order,
    segments: Vec<Beside>,
    /// Keeps the files from being deleted while a plan of this process names them.
    _alive: Vec<Arc<Segment>>,
}

impl Counts {
    pub(super) fn of(segments: &[Arc<Segment>], asked: Asked) -> Result<Self> {
        let (buckets, besides): (Vec<_>, Vec<_>) = segments.iter().map(|s| Beside::of(s)).unzip();
        let bucket = buckets.first().cloned().flatten();
        if buckets.iter().any(|b| *b != bucket) {
            return Err(DataFusionError::Internal("segments of one answer lie in several stores".to_owned()));
        }
        Ok(Self { order: Order { asked, bucket }, segments: besides, _alive: segments.to_vec() })
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(bytes, &(&self.order, &self.segments)).map_err(external)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let (order, segments) = serde_json::from_slice(bytes).map_err(external)?;
        Ok(Self { order, segments, _alive: Vec::new() })
    }
}

#[async_trait]
impl TableProvider for Counts {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&COUNTED)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let shares = dealt(self.segments.clone(), state.config().target_partitions());
        let shares = shares.iter().map(|share| Ok(vec![named(share)?])).collect::<Result<Vec<_>>>()?;
        let input = MemorySourceConfig::try_new_exec(&shares, Arc::clone(&SHARES), None)?;
        Ok(Arc::new(Tally::new(self.order.clone(), input)))
    }
}

/// A share as rows of a plan: what splits plans knows how to split those.
fn named(share: &[Beside]) -> Result<RecordBatch> {
    let rows = share.iter().map(|b| serde_json::to_string(b).map_err(external)).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(Arc::clone(&SHARES), vec![Arc::new(StringArray::from(rows))])?)
}

fn share(batches: &[RecordBatch]) -> Result<Vec<Beside>> {
    let mut share = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(SEGMENT).and_then(|c| c.as_string_opt::<i32>());
        for row in column.ok_or_else(|| missing(SEGMENT))?.iter().flatten() {
            share.push(serde_json::from_str(row).map_err(external)?);
        }
    }
    Ok(share)
}

/// Shares of about as many rows, the largest segments dealt first.
fn dealt(mut all: Vec<Beside>, shares: usize) -> Vec<Vec<Beside>> {
    all.sort_by_key(|b| std::cmp::Reverse(b.rows));
    let mut dealt = vec![(0_u64, Vec::new()); shares.clamp(1, all.len().max(1))];
    for beside in all {
        if let Some((rows, share)) = dealt.iter_mut().min_by_key(|(rows, _)| *rows) {
            *rows += beside.rows;
            share.push(beside);
        }
    }
    dealt.into_iter().map(|(_, share)| share).collect()
}

/// Counts the segments that each partition of its input names.
#[derive(Debug)]
struct Tally {
    order: Order,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl Tally {
    fn new(order: Order, input: Arc<dyn ExecutionPlan>) -> Self {
        let partitions = input.properties().partitioning.partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&COUNTED)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { order, input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for Tally {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PeakendTally: partitions={}", self.properties.partitioning.partition_count())
    }
}

impl ExecutionPlan for Tally {
    fn name(&self) -> &'static str {
        "PeakendTally"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().ok_or_else(|| DataFusionError::Internal("a tally has one input".to_owned()))?;
        Ok(Arc::new(Self::new(self.order.clone(), input)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let companions = context.session_config().get_extension::<Companions>();
        let companions = companions.ok_or_else(|| {
            DataFusionError::Internal("this process was not told where to keep coded columns".to_owned())
        })?;
        let (order, input) = (self.order.clone(), self.input.execute(partition, Arc::clone(&context))?);
        let counting = async move {
            let share = share(&input.try_collect::<Vec<_>>().await?)?;
            let gone = Gone::default();
            let (stop, io) = (Arc::clone(&gone.0), Handle::current());
            let count = move || {
                let opened = companions.open(&context.runtime_env(), &io, order.bucket.as_deref(), &share)?;
                counted(&order.asked, &share, opened, Work { threads: 1, stop: &stop }).map_err(external)
            };
            let counted = tokio::task::spawn_blocking(count).await.map_err(external)??;
            drop(gone);
            let mut batches: Vec<Result<RecordBatch>> = counted.chunks(ROWS).map(batch).collect();
            if batches.is_empty() {
                batches.push(batch(&[]));
            }
            Ok::<_, DataFusionError>(futures::stream::iter(batches))
        };
        let counted = futures::stream::once(counting).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&COUNTED), counted)))
    }
}

/// The rows of one part of the plan.
fn counted(asked: &Asked, share: &[Beside], opened: Opened, work: Work<'_>) -> Result<Vec<Counted>, WarehouseError> {
    let (sources, rollups) = opened;
    let tests = |filter: &Filter| -> Vec<Test> { sources.iter().map(|s| Test::of(filter, s)).collect() };
    match asked {
        Asked::Joint(q) => Ok(vec![Counted::Joint(counted::together(&sources, q, work)?)]),
        Asked::Cells(q) => {
            let (cells, route) = counted::count(&sources, &rollups, q, work)?;
            let mut cells: Vec<_> = cells.into_iter().collect();
            let mut parts = Vec::new();
            while !cells.is_empty() {
                let rest = cells.split_off(cells.len().min(GROUPS));
                parts.push(Counted::Cells(route, std::mem::replace(&mut cells, rest)));
            }
            Ok(parts)
        }
        Asked::Moved(q) => {
            let known = codes::movers(&sources, &tests(&q.filter), q, work)?;
            // no two parts have the same segment
            let part = share.first().map_or(0, |b| codes::digest(&format!("{} {:?}", b.folder, b.parts)));
            Ok(movers::rows(part, &known))
        }
        Asked::Voices(Owners { persons, period, filter }) => {
            let voices = codes::voices_of(&sources, &tests(filter), *period, persons, work)?;
            Ok(vec![Counted::Voices(voices)])
        }
    }
}

fn batch(parts: &[Counted]) -> Result<RecordBatch> {
    let rows = parts.iter().map(Counted::write).collect::<Result<Vec<_>>>()?;
    let column = BinaryArray::from_iter_values(rows);
    Ok(RecordBatch::try_new(Arc::clone(&COUNTED), vec![Arc::new(column)])?)
}

fn external<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> DataFusionError {
    DataFusionError::External(error.into())
}

/// A tally as bytes, without its input. Returns whether it is one.
///
/// # Errors
/// When it cannot be encoded.
pub fn tally_bytes(plan: &dyn ExecutionPlan, bytes: &mut Vec<u8>) -> Result<bool> {
    let Some(tally) = plan.downcast_ref::<Tally>() else { return Ok(false) };
    bytes.extend_from_slice(MAGIC);
    serde_json::to_writer(bytes, &tally.order).map_err(external)?;
    Ok(true)
}

/// The tally that [`tally_bytes`] wrote, over its input; `None` when the bytes are none.
///
/// # Errors
/// When the bytes are damaged or the input is missing.
pub fn tally_of(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(order) = bytes.strip_prefix(MAGIC) else { return Ok(None) };
    let order = serde_json::from_slice(order).map_err(external)?;
    let input = inputs.first().ok_or_else(|| DataFusionError::Internal("a tally has one input".to_owned()))?;
    Ok(Some(Arc::new(Tally::new(order, Arc::clone(input)))))
}
