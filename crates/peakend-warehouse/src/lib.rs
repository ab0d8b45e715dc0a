//! The columnar warehouse: the only room that names the engine.
