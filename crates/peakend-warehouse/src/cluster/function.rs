//! Our functions by name and bytes, for processes that did not build the plan.

use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use peakend_query::Grain;
use serde::{Deserialize, Serialize};

use crate::among::{Members, members, membership};
use crate::cell;
use crate::coded::{bucket_of, bucketing};

/// What a function of ours is made from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Made {
    Among(Members),
    Bucket(Grain),
}

/// The aggregates that every process of a cluster must know by name.
#[must_use]
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    vec![Arc::new(cell::function())]
}

/// Beginnings of the names of our functions.
const OURS: [&str; 2] = ["peakend_among_", "peakend_key"];

/// A function of ours as bytes; returns whether it is ours.
///
/// # Errors
/// When it belongs to one process only.
pub fn function_bytes(function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<bool> {
    let written = if let Some(members) = members(function) {
        serde_json::to_writer(bytes, &Made::Among(members))
    } else if let Some(grain) = bucket_of(function) {
        serde_json::to_writer(bytes, &Made::Bucket(grain))
    } else {
        if OURS.iter().any(|ours| function.name().starts_with(ours)) {
            let reason = format!("`{}` numbers codes of one process and cannot be sent", function.name());
            return Err(DataFusionError::Internal(reason));
        }
        return Ok(false);
    };
    written.map(|()| true).map_err(|e| DataFusionError::External(Box::new(e)))
}

/// The function that [`function_bytes`] wrote.
///
/// # Errors
/// When the bytes are not such a function.
pub fn function_of(bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
    let made: Made = serde_json::from_slice(bytes).map_err(|e| DataFusionError::External(Box::new(e)))?;
    Ok(Arc::new(match made {
        Made::Among(members) => membership(members),
        Made::Bucket(grain) => bucketing(grain),
    }))
}
