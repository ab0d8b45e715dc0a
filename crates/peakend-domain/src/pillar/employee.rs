//! Rules only the employee pillar has: nobody may be recognised.

/// The headline metric of the pillar (employee net promoter score).
pub const HEADLINE: &str = "nps";

/// Smallest group whose scores may be shown (METHODS section 10).
pub const MINIMUM_SCORES: u64 = 5;

/// Smallest group whose comments may be read.
pub const MINIMUM_COMMENTS: u64 = 10;

/// Floor below which no setting may lower the minimum.
pub const MINIMUM_FLOOR: u64 = 3;
