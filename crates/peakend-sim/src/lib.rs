//! A seeded generator of the demo bank with planted effects.
