//! Use cases of the loop.
