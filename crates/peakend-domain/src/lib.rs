//! Words and rules of the loop: no I/O, no clock, no randomness.
