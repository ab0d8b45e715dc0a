//! What is read from outside: files and the maps that explain their columns.
pub mod decimal;
pub mod file;
pub mod map;
pub mod moment;
