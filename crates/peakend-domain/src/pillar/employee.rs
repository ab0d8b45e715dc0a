//! Rules only the employee pillar has: nobody may be recognised.

/// The headline metric of the pillar (employee net promoter score).
pub const HEADLINE: &str = "nps";

/// Smallest group whose scores may be shown (METHODS section 10).
pub const MINIMUM_SCORES: u64 = 5;

/// Smallest group whose comments may be read.
pub const MINIMUM_COMMENTS: u64 = 10;

/// Floor below which no setting may lower the minimum.
pub const MINIMUM_FLOOR: u64 = 3;

/// Whether a single voice may become a case. A case shows one person's words
/// and asks somebody to call them: with employees that would undo the promise
/// that nobody is recognised. Common problems become initiatives instead.
pub const OPENS_CASES: bool = false;

/// Whether outcomes are compared person by person. That takes knowing who said
/// what, and an evaluation of a few employees would be a rating of each.
pub const EVALUATES_PERSONS: bool = false;

/// Whether a voice keeps its person and its hour. The person is dropped and the
/// time rounded to the day while the voice is taken in, before anything reads it.
pub const KEEPS_PERSONS: bool = false;
