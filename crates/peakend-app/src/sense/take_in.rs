//! One batch of one organisation: take in, then decide, in the caller's transaction.

use peakend_domain::OrgId;
use peakend_domain::sense::voice::Voice;
use peakend_store::Tx;
use peakend_store::sense::intake::LoggedEntry;

use crate::{App, Error};

/// Take a batch in; returns the new voices in log order.
pub(super) async fn batch(
    _app: &App,
    _tx: &mut Tx,
    _org: &OrgId,
    _entries: &[&LoggedEntry],
) -> Result<Vec<Voice>, Error> {
    Ok(Vec::new())
}
