//! Rules only the customer pillar has.

/// The headline metric of the pillar.
pub const HEADLINE: &str = "nps";
