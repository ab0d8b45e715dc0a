//! A chunk as named columns, for whoever writes it down.

/// A column with its name.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The name, in snake case.
    pub name: &'static str,
    /// One value per row.
    pub values: Values<'a>,
}

/// The values of a column.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// Ids.
    U64(&'a [u64]),
    /// Amounts in cents.
    I64(&'a [i64]),
    /// Days since 1970.
    Day(&'a [i32]),
    /// Microseconds since 1970.
    Time(&'a [i64]),
    /// Codes.
    U8(&'a [u8]),
    /// Codes of more than 256 kinds.
    U16(&'a [u16]),
    /// Scores and codes that may be missing.
    MaybeU8(&'a [Option<u8>]),
    /// Signed scores that may be missing.
    MaybeI8(&'a [Option<i8>]),
    /// Marks.
    Bool(&'a [bool]),
}
