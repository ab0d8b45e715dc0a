//! What a use case can answer instead of its result.

use peakend_domain::FieldFault;
use peakend_query::WarehouseError;
use peakend_store::{DiskFault, StoreError};

/// Seconds after which a caller tries again when the disk could not take something.
const AGAIN_AFTER_S: u32 = 5;

/// Refusals and faults, told apart: the HTTP floor maps each to one status.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error("{message}")]
    Refused {
        /// Stable code, snake case.
        code: &'static str,
        /// Why, and what to do.
        message: String,
    },
    /// There is no such thing, or it lies outside the actor's scope.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The actor's role does not allow this.
    #[error("your role does not allow this: ask an owner of the organisation")]
    Forbidden,
    /// Nobody is signed in, or the proof is not valid.
    #[error("sign in first: the session or key is missing, unknown or expired")]
    Unauthenticated,
    /// The input has faults.
    #[error("the input has {} fault(s)", .0.len())]
    Invalid(Vec<FieldFault>),
    /// Somebody else changed it, or the id stands for something else.
    #[error("{message}")]
    Conflict {
        /// Stable code, snake case.
        code: &'static str,
        /// What to do.
        message: String,
    },
    /// Too much at once.
    #[error("too busy: retry after {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The disk is full; nothing was written.
    #[error("the disk is full: retry after {retry_after_s} s")]
    Full {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The store broke.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// The warehouse broke.
    #[error("the warehouse failed")]
    Warehouse(#[from] WarehouseError),
    /// Anything else that broke, with the operation in the text.
    #[error("{0}")]
    Fault(String),
}

impl Error {
    /// One faulty field.
    pub fn field(path: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(path, code, message)])
    }

    /// Whether the disk below store or warehouse has failed: then nobody knows
    /// what it kept, and the process must start again and read.
    #[must_use]
    pub fn is_broken_disk(&self) -> bool {
        match self {
            Self::Store(e) => e.disk() == Some(DiskFault::Broken),
            Self::Warehouse(WarehouseError::Storage { source, .. }) => {
                /// Input/output error, on every Unix.
                const EIO: i32 = 5;
                source.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error) == Some(EIO)
            }
            _ => false,
        }
    }

    /// A refusal by rule.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into() }
    }

    /// A conflict with the present state.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }
}

impl From<StoreError> for Error {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Busy { retry_after_s } => Self::Busy { retry_after_s },
            // nothing was acknowledged: sending again under the same id is safe
            StoreError::IntakeStopped(_) => Self::Busy { retry_after_s: AGAIN_AFTER_S },
            StoreError::Full { retry_after_s } => Self::Full { retry_after_s },
            e if e.disk() == Some(DiskFault::Full) => Self::Full { retry_after_s: AGAIN_AFTER_S },
            other => Self::Store(other),
        }
    }
}
