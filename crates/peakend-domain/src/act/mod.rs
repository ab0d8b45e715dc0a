//! Act: one person's problem and everybody's problem become work.
