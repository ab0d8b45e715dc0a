//! The sets of dimensions that counts are stored by.

use peakend_query::{Dimension, Grain};

/// Counts by time bucket, kind of voice and these dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Set {
    /// Width of a bucket.
    pub(crate) grain: Grain,
    /// The dimensions besides the kind.
    pub(crate) by: &'static [Dimension],
}

use Dimension::{Channel, Journey, Language, Line, Pillar, Segment, Stage, Survey, Theme, Touchpoint, Unit};

/// Never the full cube, which is as large as the rows: each set answers one part
/// of a board. The pillar is in all of them, since who may see what depends on it.
/// Files refer to a set by its number: append, never reorder.
pub(crate) const SETS: [Set; 6] = [
    Set { grain: Grain::Month, by: &[Pillar, Survey, Line, Journey, Stage, Touchpoint, Channel] },
    Set { grain: Grain::Month, by: &[Pillar, Survey, Unit, Segment] },
    Set { grain: Grain::Month, by: &[Pillar, Line, Theme, Language] },
    Set { grain: Grain::Month, by: &[Pillar, Line, Segment, Channel] },
    Set { grain: Grain::Day, by: &[Pillar, Survey, Line, Channel] },
    Set { grain: Grain::Day, by: &[Pillar, Survey, Journey, Stage, Touchpoint] },
];
