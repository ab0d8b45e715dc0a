//! Response rate (`response-rate.v1`): completes over delivered invitations.

use serde::Serialize;

use super::proportion::{Share, share};
use crate::figure::Refusal;

/// What became of the invitations of one distribution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Invitations {
    /// Handed to the channel.
    pub sent: u64,
    /// Not bounced, not blocked.
    pub delivered: u64,
    /// Opened the survey.
    pub started: u64,
    /// Answered to the end.
    pub completed: u64,
}

/// Completes over delivered, in percent.
///
/// # Errors
/// A [`Refusal`] when fewer than `shown_from` were delivered.
pub fn response_rate(invitations: &Invitations, shown_from: u64) -> Result<Share, Refusal> {
    let Invitations { delivered, completed, .. } = *invitations;
    share("response-rate.v1", completed, delivered, shown_from)
}

/// Completes over displays of an intercept, in percent.
///
/// # Errors
/// A [`Refusal`] when there were fewer than `shown_from` displays.
pub fn display_rate(completed: u64, displays: u64, shown_from: u64) -> Result<Share, Refusal> {
    share("display-rate.v1", completed, displays, shown_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounced_invitations_do_not_count_against_us() {
        let invitations = Invitations { sent: 400, delivered: 380, started: 120, completed: 95 };
        let rate = response_rate(&invitations, 5).unwrap();
        assert!((rate.figure.value - 25.0).abs() < 1e-12);
        assert_eq!(rate.figure.n, 380);
    }
}
