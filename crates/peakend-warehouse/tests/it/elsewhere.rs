//! Plans that go through bytes as if another process computed them, which knows
//! nothing but the bucket.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::{DefaultTableSource, source_as_provider};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::object_store::ObjectStore;
use datafusion::object_store::memory::InMemory;
use datafusion::physical_plan::collect;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use peakend_warehouse::{
    Bucket, Companions, Elsewhere, function_bytes, function_of, table_bytes, table_of, tally_bytes, tally_of,
};

const URL: &str = "s3://segments/";

/// A bucket in memory, with conditional writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store(Arc<InMemory>);

impl Store {
    /// The bucket as a server with this number uses it.
    pub(crate) fn bucket(&self, tag: u32) -> Bucket {
        let store: Arc<dyn ObjectStore> = self.0.clone();
        Bucket::new(store, URL.to_owned(), "peakend", tag, tokio::runtime::Handle::current())
    }

    /// How many objects of segments there are.
    pub(crate) async fn segments(&self) -> Vec<String> {
        use futures::TryStreamExt;
        let objects: Vec<_> = self.0.list(None).try_collect().await.unwrap();
        let paths = objects.into_iter().map(|o| o.location.to_string());
        let mut names: Vec<String> = paths.filter(|p| !p.ends_with("manifest.json")).collect();
        names.sort();
        names
    }
}

/// Another process, as far as bytes can tell.
pub(crate) struct Other {
    asking: SessionContext,
    computing: SessionContext,
    _copies: tempfile::TempDir,
}

impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Other")
    }
}

impl Other {
    pub(crate) fn over(store: &Store) -> Self {
        let copies = tempfile::tempdir().unwrap();
        // hardly any room: copies come and go
        let companions = Companions::new(copies.path().join("copies"), 20_000).unwrap();
        let config = SessionConfig::new()
            .with_target_partitions(3)
            .with_repartition_file_min_size(1)
            .with_extension(Arc::new(companions));
        let computing = SessionContext::new_with_config(config);
        let url = ObjectStoreUrl::parse(URL).unwrap();
        computing.register_object_store(url.as_ref(), store.0.clone());
        Self { asking: SessionContext::new(), computing, _copies: copies }
    }
}

fn sent(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plan = plan.transform_up(|node| {
        let node = node.map_expressions(|e| {
            e.transform_up(|e| match e {
                Expr::ScalarFunction(mut call) => {
                    let mut bytes = Vec::new();
                    if function_bytes(&call.func, &mut bytes)? {
                        call.func = function_of(&bytes)?;
                    }
                    Ok(Transformed::yes(Expr::ScalarFunction(call)))
                }
                other => Ok(Transformed::no(other)),
            })
        })?;
        match node.data {
            LogicalPlan::TableScan(mut scan) => {
                let mut bytes = Vec::new();
                assert!(table_bytes(source_as_provider(&scan.source)?.as_ref(), &mut bytes)?);
                scan.source = Arc::new(DefaultTableSource::new(table_of(&bytes)?));
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            other => Ok(Transformed::yes(other)),
        }
    })?;
    Ok(plan.data)
}

#[async_trait]
impl Elsewhere for Other {
    fn context(&self) -> &SessionContext {
        &self.asking
    }

    async fn collect(&self, plan: DataFrame) -> Result<Vec<RecordBatch>> {
        let plan = sent(plan.into_unoptimized_plan())?;
        let plan = self.computing.execute_logical_plan(plan).await?;
        let task = Arc::new(plan.task_ctx());
        let plan = plan.create_physical_plan().await?.transform_up(|node| {
            let mut bytes = Vec::new();
            let inputs: Vec<_> = node.children().into_iter().cloned().collect();
            Ok(match tally_bytes(node.as_ref(), &mut bytes)? {
                true => Transformed::yes(tally_of(&bytes, &inputs)?.unwrap()),
                false => Transformed::no(node),
            })
        })?;
        collect(plan.data, task).await
    }
}

impl Store {
    /// Change one bit in the middle of a segment of voices.
    pub(crate) async fn flip_a_bit(&self) {
        use datafusion::object_store::ObjectStoreExt;
        let name = self.segments().await.into_iter().find(|n| n.contains("voices-")).unwrap();
        let path = datafusion::object_store::path::Path::parse(&name).unwrap();
        let mut bytes = self.0.get(&path).await.unwrap().bytes().await.unwrap().to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        self.0.put(&path, bytes.into()).await.unwrap();
    }
}
