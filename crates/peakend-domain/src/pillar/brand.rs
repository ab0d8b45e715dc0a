//! Rules only the brand pillar has.

/// The headline metric of the pillar: net sentiment of what is said in public.
pub const HEADLINE: &str = "net_sentiment";
