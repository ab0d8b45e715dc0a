//! What can go wrong when a question is answered.

/// A fault of the warehouse; refusals of a rule never appear here.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// Reading or writing a segment or the manifest failed.
    #[error("warehouse could not {operation} {path}")]
    Storage {
        /// What was being done, as a verb.
        operation: &'static str,
        /// The file concerned.
        path: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored file does not match its checksum or its declared format.
    #[error("segment {path} is damaged: {reason}; restore it from a backup or rebuild it from the log")]
    Damaged {
        /// The file concerned.
        path: String,
        /// What did not match.
        reason: String,
    },
    /// The engine failed on a well-formed question.
    #[error("warehouse could not {operation}")]
    Engine {
        /// What was being done.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The question itself is malformed.
    #[error("the question is not answerable: {0}")]
    Question(String),
}
