//! Columns of a file as names and as codes with each name once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray, Int32Array, PrimitiveArray, StringArray,
    StringViewArray, StringViewBuilder,
};
use datafusion::arrow::datatypes::{
    DataType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::error::Result;

/// Numbers below this are found by themselves.
const NARROW: usize = 1 << 16;

macro_rules! by_width {
    ($column:expr, $with:ident) => {
        match $column.data_type() {
            DataType::UInt8 => $with::<UInt8Type>($column.as_primitive()),
            DataType::UInt16 => $with::<UInt16Type>($column.as_primitive()),
            DataType::UInt32 => $with::<UInt32Type>($column.as_primitive()),
            DataType::UInt64 => $with::<UInt64Type>($column.as_primitive()),
            DataType::Int8 => $with::<Int8Type>($column.as_primitive()),
            DataType::Int16 => $with::<Int16Type>($column.as_primitive()),
            DataType::Int32 => $with::<Int32Type>($column.as_primitive()),
            _ => $with::<Int64Type>($column.as_primitive()),
        }
    };
}

/// The digits of whole numbers; none of them is null.
pub(super) fn numbered(column: &ArrayRef) -> Result<ArrayRef> {
    by_width!(column, digits)
}

fn digits<T>(column: &PrimitiveArray<T>) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    let mut names = StringViewBuilder::with_capacity(column.len());
    let mut written = [0_u8; 40];
    for value in column.values() {
        let value: i128 = (*value).into();
        let (mut rest, mut at) = (u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX), written.len());
        loop {
            at -= 1;
            written[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            at -= 1;
            written[at] = b'-';
        }
        names.append_value(std::str::from_utf8(&written[at..]).unwrap_or_default());
    }
    Ok(Arc::new(names.finish()))
}

/// Whole numbers as codes of their digits; nothing is the empty code.
pub(super) fn codes_of_numbers(column: &ArrayRef) -> Result<ArrayRef> {
    by_width!(column, codes)
}

fn codes<T>(column: &PrimitiveArray<T>) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    let mut names: Vec<String> = Vec::new();
    let mut new = |name: String| {
        names.push(name);
        names.len() as i32 - 1
    };
    let (mut narrow, mut wide, mut none) =
        (Vec::new(), HashMap::<i128, i32, BuildHasherDefault<Spread>>::default(), -1);
    let mut keys = Vec::with_capacity(column.len());
    for (row, value) in column.values().iter().enumerate() {
        if column.null_count() > 0 && column.is_null(row) {
            if none < 0 {
                none = new(String::new());
            }
            keys.push(none);
            continue;
        }
        let number: i128 = (*value).into();
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        if place < NARROW {
            if place >= narrow.len() {
                narrow.resize((place + 1).next_power_of_two(), -1);
            }
            if narrow[place] < 0 {
                narrow[place] = new(number.to_string());
            }
            keys.push(narrow[place]);
        } else {
            keys.push(*wide.entry(number).or_insert_with(|| new(number.to_string())));
        }
    }
    coded(keys, names)
}

/// Texts as codes; nothing is the empty code.
pub(super) fn codes_of_texts(texts: &StringViewArray) -> Result<ArrayRef> {
    let mut names: Vec<String> = Vec::new();
    // a text of at most twelve bytes is its view, and the codes of a dimension are few
    let mut short = HashMap::<u128, i32, BuildHasherDefault<Spread>>::default();
    let mut long: HashMap<&str, i32> = HashMap::new();
    let mut keys = Vec::with_capacity(texts.len());
    for (row, view) in texts.views().iter().enumerate() {
        let view = if texts.is_null(row) { 0 } else { *view };
        let new = |names: &mut Vec<String>, text: &str| {
            names.push(text.to_owned());
            names.len() as i32 - 1
        };
        keys.push(match (view as u32) <= 12 {
            true => {
                *short.entry(view).or_insert_with(|| new(&mut names, if view == 0 { "" } else { texts.value(row) }))
            }
            false => *long.entry(texts.value(row)).or_insert_with(|| new(&mut names, texts.value(row))),
        });
    }
    coded(keys, names)
}

fn coded(keys: Vec<i32>, names: Vec<String>) -> Result<ArrayRef> {
    let (keys, names) = (Int32Array::from(keys), Arc::new(StringArray::from(names)));
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names)?))
}

/// Numbers spread by multiplication; they come from a file, and at worst its load is slow.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int16Array, UInt64Array};
    use datafusion::arrow::compute::cast;

    use super::*;

    fn texts(codes: &ArrayRef) -> Vec<String> {
        let texts = cast(codes, &DataType::Utf8View).unwrap();
        texts.as_string_view().iter().map(|v| v.unwrap().to_owned()).collect()
    }

    #[test]
    fn numbers_become_their_digits_and_nothing_the_empty_code() {
        let column: ArrayRef = Arc::new(Int16Array::from(vec![Some(7), None, Some(-3), Some(7), Some(i16::MAX)]));
        assert_eq!(texts(&codes_of_numbers(&column).unwrap()), ["7", "", "-3", "7", "32767"]);
        let column: ArrayRef = Arc::new(UInt64Array::from(vec![0, 10, u64::MAX, 999_999_999_999, 1_000_000_000_000]));
        let wanted = ["0", "10", "18446744073709551615", "999999999999", "1000000000000"];
        assert_eq!(texts(&codes_of_numbers(&column).unwrap()), wanted);
        assert_eq!(texts(&numbered(&column).unwrap()), wanted);
        let column: ArrayRef = Arc::new(Int16Array::from(vec![i16::MIN, -1, 0]));
        assert_eq!(texts(&numbered(&column).unwrap()), ["-32768", "-1", "0"]);
    }

    #[test]
    fn short_and_long_texts_get_one_code_each() {
        let column = StringViewArray::from(vec![
            Some("retail"),
            None,
            Some("a text of more than twelve bytes"),
            Some(""),
            Some("retail"),
            Some("a text of more than twelve letters"),
            Some("a text of more than twelve bytes"),
        ]);
        let codes = codes_of_texts(&column).unwrap();
        assert_eq!(codes.as_any_dictionary().values().len(), 4);
        let wanted = column.iter().map(|v| v.unwrap_or_default().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(&codes), wanted);
    }
}
