//! How our tables and functions cross from one process to another.

use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

/// Plans as they are asked: tables of voices and outcomes, and our functions.
#[derive(Debug, Default)]
pub(crate) struct AskedPlans(BallistaLogicalExtensionCodec);

/// Plans as they are run: our functions and tallies, and what Ballista puts between stages.
#[derive(Debug, Default)]
pub(crate) struct RunPlans(BallistaPhysicalExtensionCodec);

fn scalar(name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
    if bytes.is_empty() {
        return Err(DataFusionError::Internal(format!("no function named `{name}` is known here")));
    }
    peakend_warehouse::function_of(bytes)
}

fn aggregate(name: &str) -> Result<Arc<AggregateUDF>> {
    let ours = peakend_warehouse::aggregates().into_iter().find(|f| f.name() == name);
    ours.ok_or_else(|| DataFusionError::Internal(format!("no aggregate named `{name}` is known here")))
}

impl LogicalExtensionCodec for AskedPlans {
    fn try_decode(&self, bytes: &[u8], inputs: &[LogicalPlan], ctx: &TaskContext) -> Result<Extension> {
        self.0.try_decode(bytes, inputs, ctx)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _table: &TableReference,
        _schema: SchemaRef,
        _ctx: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        peakend_warehouse::table_of(bytes)
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        if peakend_warehouse::table_bytes(table.as_ref(), bytes)? {
            return Ok(());
        }
        self.0.try_encode_table_provider(name, table, bytes)
    }

    fn try_decode_file_format(&self, bytes: &[u8], ctx: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.0.try_decode_file_format(bytes, ctx)
    }

    fn try_encode_file_format(&self, bytes: &mut Vec<u8>, format: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.0.try_encode_file_format(bytes, format)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        scalar(name, bytes)
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        peakend_warehouse::function_bytes(function, bytes).map(|_ours| ())
    }

    fn try_decode_udaf(&self, name: &str, _bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        aggregate(name)
    }
}

impl PhysicalExtensionCodec for RunPlans {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match peakend_warehouse::tally_of(bytes, inputs)? {
            Some(tally) => Ok(tally),
            None => self.0.try_decode(bytes, inputs, ctx, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if peakend_warehouse::tally_bytes(node.as_ref(), bytes)? {
            return Ok(());
        }
        self.0.try_encode(node, bytes, converter)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        scalar(name, bytes)
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        peakend_warehouse::function_bytes(function, bytes).map(|_ours| ())
    }

    fn try_decode_udaf(&self, name: &str, _bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        aggregate(name)
    }
}
