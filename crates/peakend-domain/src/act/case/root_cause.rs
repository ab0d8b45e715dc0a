//! Why a problem arose: a short list, so that causes can be counted.

use serde::{Deserialize, Serialize};

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// A root cause. Free text stands beside it, never instead of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RootCause {
            $($(#[$doc])* #[serde(rename = $name)] $variant),*
        }

        impl RootCause {
            /// All of them, in the order they are offered.
            pub const ALL: [Self; 10] = [$(Self::$variant),*];

            /// The stored and public name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }
        }
    };
}

causes! {
    /// A step of the process is wrong, missing or double.
    Process = "process",
    /// The product does not do what the person needs.
    Product = "product",
    /// Price, fees or interest.
    Price = "price",
    /// A system failed or was slow.
    System = "system",
    /// Waiting or missing staff.
    Waiting = "waiting",
    /// How somebody behaved.
    Conduct = "conduct",
    /// Somebody did not know.
    Knowledge = "knowledge",
    /// We did not say it, or not clearly.
    Communication = "communication",
    /// A rule from outside that we must follow.
    Regulation = "regulation",
    /// None of these.
    Other = "other",
}

impl RootCause {
    /// The cause of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}
