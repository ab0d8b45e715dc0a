//! The three pillars: a field on nouns, not a folder of them.
//!
//! Everything that truly differs per pillar lives in the three modules here; a
//! `match pillar` elsewhere deserves a question in review.
pub mod brand;
pub mod customer;
pub mod employee;

use serde::{Deserialize, Serialize};

/// Which relationship an experience belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pillar {
    /// Everyone who meets us in public: they become customers.
    Brand,
    /// Everyone who uses us.
    Customer,
    /// Everyone who serves them.
    Employee,
}

impl Pillar {
    /// All three, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Brand, Self::Customer, Self::Employee];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Customer => "customer",
            Self::Employee => "employee",
        }
    }

    /// Whether a single voice of the pillar may become a case.
    #[must_use]
    pub fn opens_cases(self) -> bool {
        match self {
            Self::Brand | Self::Customer => true,
            Self::Employee => employee::OPENS_CASES,
        }
    }

    /// Whether outcomes may be compared person by person.
    #[must_use]
    pub fn evaluates_persons(self) -> bool {
        match self {
            Self::Brand | Self::Customer => true,
            Self::Employee => employee::EVALUATES_PERSONS,
        }
    }

    /// Whether a voice of the pillar may say whose it is.
    #[must_use]
    pub fn keeps_persons(self) -> bool {
        match self {
            Self::Brand | Self::Customer => true,
            Self::Employee => employee::KEEPS_PERSONS,
        }
    }

    /// The pillar of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}
