//! World: temporary store, frozen clock, seeded randomness, naive warehouse. Never a normal dependency.
