//! What every process of the cluster must agree on.

use std::sync::Arc;

use ballista_core::config::BALLISTA_SHUFFLE_COMPRESSION_CODEC;
use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::prelude::SessionConfig;

use crate::codec::{AskedPlans, RunPlans};

/// Largest message between processes: a plan carries the hot rows.
pub(crate) const MESSAGE_BYTES: usize = 256 << 20;

/// Settings of a session; `partitions` is how many pieces a scan is cut into.
pub(crate) fn config(partitions: usize) -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_target_partitions(partitions.max(1))
        .with_information_schema(false)
        .with_repartition_file_min_size(1 << 20)
        .with_collect_statistics(false)
        // counts are small, digests of persons do not compress, and rows are packed where they lie
        .set_str(BALLISTA_SHUFFLE_COMPRESSION_CODEC, "none")
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
        .with_ballista_logical_extension_codec(Arc::new(AskedPlans::default()))
        .with_ballista_physical_extension_codec(Arc::new(RunPlans::default()))
}

/// The engine's functions and ours.
pub(crate) fn functions() -> BallistaFunctionRegistry {
    let mut known = BallistaFunctionRegistry::default();
    for ours in peakend_warehouse::aggregates() {
        known.aggregate_functions.insert(ours.name().to_owned(), ours);
    }
    known
}
