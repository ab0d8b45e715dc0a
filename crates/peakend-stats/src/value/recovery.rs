//! Recovery rate (`recovery-rate.v1`): of the customers who answered again
//! after their case was closed, how many left the detractor band.

use serde::Serialize;

use crate::figure::Refusal;
use crate::insight::proportion::{Share, share};

/// Closed cases and what the re-ask said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReAsked {
    /// Cases closed with a re-ask sent.
    pub closed: u64,
    /// Re-asks answered.
    pub answered: u64,
    /// Answers outside the detractor band.
    pub recovered: u64,
}

/// The rate, always beside the share that answered: silence is not recovery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recovery {
    /// Recovered of answered, in percent.
    pub rate: Share,
    /// Answered of closed, in percent.
    pub answer_rate: Share,
    /// Closed cases whose customer did not answer.
    pub silent: u64,
}

/// Recovery among those who answered again.
///
/// # Errors
/// A [`Refusal`] when fewer than `shown_from` answered.
pub fn recovery(asked: &ReAsked, shown_from: u64) -> Result<Recovery, Refusal> {
    Ok(Recovery {
        rate: share("recovery-rate.v1", asked.recovered, asked.answered, shown_from)?,
        answer_rate: share("re-ask-rate.v1", asked.answered, asked.closed, shown_from)?,
        silent: asked.closed.saturating_sub(asked.answered),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_of_eighty_answers_of_120_closed() {
        let asked = ReAsked { closed: 120, answered: 80, recovered: 60 };
        let recovery = recovery(&asked, 5).unwrap();
        assert!((recovery.rate.figure.value - 75.0).abs() < 1e-12);
        assert!((recovery.answer_rate.figure.value - 66.7).abs() < 0.05);
        assert_eq!(recovery.silent, 40);
    }
}
