//! Short boards and peaks: what may be ranked, and against what.

/// Which end of the ranking is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardKind {
    /// Below the target: gap × reach.
    ShortBoard,
    /// Above the target: surplus × reach.
    Peak,
}

impl BoardKind {
    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShortBoard => "short_board",
            Self::Peak => "peak",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ShortBoard, Self::Peak].into_iter().find(|k| k.name() == name)
    }
}

/// What is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plank {
    /// Touchpoints
    Touchpoint,
    /// Stages of journeys
    Stage,
    /// Business lines
    Line,
    /// Units
    Unit,
    /// Themes of texts
    Theme,
}

impl Plank {
    /// All that may be ranked.
    pub const ALL: [Self; 5] = [Self::Touchpoint, Self::Stage, Self::Line, Self::Unit, Self::Theme];

    /// The public name, also that of the dimension.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Touchpoint => "touchpoint",
            Self::Stage => "stage",
            Self::Line => "line",
            Self::Unit => "unit",
            Self::Theme => "theme",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}
