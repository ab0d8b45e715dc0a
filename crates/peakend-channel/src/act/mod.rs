//! Act: messages to persons.
pub mod mail;
