//! From the causes below to the faults a caller sees.

use std::error::Error;
use std::path::Path;

use datafusion::error::DataFusionError;
use peakend_query::WarehouseError;

/// A file operation that failed, for `map_err`.
pub(crate) fn storage<E>(operation: &'static str, path: &Path) -> impl FnOnce(E) -> WarehouseError + use<E>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let path = path.display().to_string();
    move |source| WarehouseError::Storage { operation, path, source: source.into() }
}

/// An engine operation that failed, for `map_err`.
pub(crate) fn engine<E>(operation: &'static str) -> impl FnOnce(E) -> WarehouseError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |source| WarehouseError::Engine { operation, source: source.into() }
}

/// A stored file that is not what the manifest says.
pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> WarehouseError {
    WarehouseError::Damaged { path: path.display().to_string(), reason: reason.into() }
}

/// A column the plan promised and the batch does not have.
pub(crate) fn missing(column: &str) -> DataFusionError {
    DataFusionError::Internal(format!("the answer has no column `{column}` of the expected type"))
}

/// Another server changed what this one was about to change.
#[derive(Debug)]
struct Overtaken;

impl std::fmt::Display for Overtaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("another server replaced it first; try again")
    }
}

impl Error for Overtaken {}

/// A manifest that another server replaced first; nothing was changed here.
pub(crate) fn overtaken(path: &Path) -> WarehouseError {
    storage("replace", path)(Overtaken)
}

/// Whether a write failed only because another server was faster.
pub(crate) fn was_overtaken(fault: &WarehouseError) -> bool {
    matches!(fault, WarehouseError::Storage { source, .. } if source.is::<Overtaken>())
}
