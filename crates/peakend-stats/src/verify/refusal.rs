//! Whether the product would show a figure at all, for cases that ask.

use super::Figures;
use crate::figure::Refusal;

/// Adds `refused` behind a prefix, and why when it is.
pub(super) fn put_refusal<T>(figures: &mut Figures, prefix: &str, judged: &Result<T, Refusal>) {
    figures.insert(format!("{prefix}refused"), judged.is_err().into());
    if let Err(refusal) = judged {
        figures.insert(format!("{prefix}refused.reason"), serde_json::to_value(refusal.reason).unwrap_or_default());
        figures.insert(format!("{prefix}refused.have"), refusal.have.into());
        figures.insert(format!("{prefix}refused.need"), refusal.need.into());
    }
}
