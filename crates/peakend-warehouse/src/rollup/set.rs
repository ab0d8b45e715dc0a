//! The sets of dimensions that counts are stored by.

use peakend_query::{Dimension, Grain};

/// Counts by time bucket, kind of voice and these dimensions. Where they are kept
/// apart by tone, a voice has one of four: negative, neutral, positive, none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Set {
    /// Width of a bucket.
    pub(crate) grain: Grain,
    /// The dimensions besides the kind.
    pub(crate) by: &'static [Dimension],
    /// Whether counts are also kept apart by tone.
    pub(crate) tones: bool,
}

use Dimension::{Channel, Journey, Line, Pillar, Segment, Stage, Survey, Theme, Touchpoint, Unit};

/// Never the full cube, which is as large as the rows: each set answers one part
/// of a board, and the last two the coarser view of a set before them. The pillar is in all of them, since who may see what depends on it.
/// Files refer to a set by its number: append, never reorder.
pub(crate) const SETS: [Set; 8] = [
    Set { grain: Grain::Month, by: &[Pillar, Survey, Line, Journey, Stage, Touchpoint, Channel], tones: false },
    Set { grain: Grain::Month, by: &[Pillar, Survey, Unit, Segment], tones: false },
    Set { grain: Grain::Month, by: &[Pillar, Line, Theme], tones: true },
    Set { grain: Grain::Month, by: &[Pillar, Line, Segment, Channel], tones: false },
    Set { grain: Grain::Day, by: &[Pillar, Survey, Line, Channel], tones: false },
    Set { grain: Grain::Day, by: &[Pillar, Survey, Journey, Stage, Touchpoint], tones: false },
    Set { grain: Grain::Month, by: &[Pillar, Unit], tones: false },
    Set { grain: Grain::Month, by: &[Pillar, Theme], tones: true },
];
