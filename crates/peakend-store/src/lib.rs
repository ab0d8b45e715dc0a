//! The operational store: the only room that knows SQL.
