//! The `peakend` binary.
fn main() {}
