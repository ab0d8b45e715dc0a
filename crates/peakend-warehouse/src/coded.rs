//! Group keys as numbers: two codes (or a code and a bucket) in one integer.
//!
//! Segments store codes once per row group and refer to them by number. A
//! question gives each code it meets a number of its own, translates a row
//! group's dictionary once, and groups by integers; names return at the end.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::ident;
use peakend_query::{Dimension, Grain};

use crate::columns::code_type;
use crate::fault::missing;

/// One of the things a question groups by.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A coded dimension.
    Code(Dimension, Arc<Codes>),
    /// The time bucket of the day.
    Bucket(Grain),
}

impl Part {
    /// A dimension with no code numbered yet.
    pub(crate) fn code(dimension: Dimension) -> Self {
        Self::Code(dimension, Arc::default())
    }

    /// The codes by number; none for a bucket, whose number is its day.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Code(_, codes) => codes.known().names.clone(),
            Self::Bucket(_) => Vec::new(),
        }
    }

    fn column(&self) -> &'static str {
        match self {
            Self::Code(dimension, _) => dimension.column(),
            Self::Bucket(_) => "day",
        }
    }

    fn stored(&self) -> DataType {
        match self {
            Self::Code(Dimension::Attribute(_), _) => DataType::Utf8View,
            Self::Code(..) => code_type(),
            Self::Bucket(_) => DataType::Int32,
        }
    }

    fn numbers(&self, column: &ArrayRef) -> Result<Vec<u32>> {
        match self {
            Self::Code(_, codes) => codes.number(column),
            Self::Bucket(grain) => {
                let days = column.as_primitive_opt::<Int32Type>().ok_or_else(|| missing("day"))?;
                // rows are sorted by day within a segment: nearly every row repeats the day before it
                let mut last = None;
                let bucket = |&day: &i32| match last {
                    Some((known, bucket)) if known == day => bucket,
                    _ => {
                        let bucket = grain.bucket(day).cast_unsigned();
                        last = Some((day, bucket));
                        bucket
                    }
                };
                Ok(days.values().iter().map(bucket).collect())
            }
        }
    }
}

/// Equal when they number the same codes, so that the engine merges no two questions.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Code(a, x), Self::Code(b, y)) => a == b && Arc::ptr_eq(x, y),
            (Self::Bucket(a), Self::Bucket(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Part {}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column().hash(state);
    }
}

/// Where a dictionary lies: its first offset and their number.
type Address = (usize, usize);
/// A dictionary and the numbers of its codes.
type Translated = (ArrayRef, Arc<Vec<u32>>);

/// The codes of one dimension met so far in one question, by number.
#[derive(Debug, Default)]
pub(crate) struct Codes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    /// Translated dictionaries by address; holding them keeps the address theirs.
    translated: HashMap<Address, Translated>,
}

impl Codes {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, column: &ArrayRef) -> Result<Vec<u32>> {
        if let Some(values) = column.as_string_view_opt() {
            // an attribute: few values, mostly unknown
            let mut known = self.known();
            return Ok(values.iter().map(|value| known.number(value.unwrap_or(""))).collect());
        }
        let coded = column.as_dictionary_opt::<Int32Type>().ok_or_else(|| missing("code"))?;
        let values = coded.values();
        let names = values.as_string_opt::<i32>().ok_or_else(|| missing("code"))?;
        let numbers = self.known().translate(values, names);
        Ok(coded.keys().values().iter().map(|&key| numbers[key as usize]).collect())
    }
}

impl Known {
    fn translate(&mut self, values: &ArrayRef, names: &StringArray) -> Arc<Vec<u32>> {
        // batches of a row group share its buffers, not its array object
        let offsets = names.value_offsets();
        let address = (offsets.as_ptr() as usize, offsets.len());
        if let Some((_, numbers)) = self.translated.get(&address) {
            return Arc::clone(numbers);
        }
        let numbers: Arc<Vec<u32>> = Arc::new((0..names.len()).map(|i| self.number(names.value(i))).collect());
        self.translated.insert(address, (Arc::clone(values), Arc::clone(&numbers)));
        numbers
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// The integer key of one or two parts.
pub(crate) fn packed(parts: &[Part]) -> Expr {
    let signature = Signature::exact(parts.iter().map(Part::stored).collect(), Volatility::Immutable);
    let columns = parts.iter().map(|p| ident(p.column())).collect();
    ScalarUDF::from(Packed { parts: parts.to_vec(), signature }).call(columns)
}

/// The bucket of a day as a key of one part, which any process computes alike.
pub(crate) fn bucketing(grain: Grain) -> ScalarUDF {
    let parts = vec![Part::Bucket(grain)];
    let signature = Signature::exact(parts.iter().map(Part::stored).collect(), Volatility::Immutable);
    ScalarUDF::from(Packed { parts, signature })
}

/// The grain of a function that gives buckets alone.
pub(crate) fn bucket_of(function: &ScalarUDF) -> Option<Grain> {
    match function.inner().downcast_ref::<Packed>()?.parts.as_slice() {
        [Part::Bucket(grain)] => Some(*grain),
        _ => None,
    }
}

/// The numbers of the parts of a key, first part first.
pub(crate) fn unpacked(key: u64, parts: usize) -> impl Iterator<Item = u32> {
    (0..parts).rev().map(move |i| (key >> (32 * i)) as u32)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Packed {
    parts: Vec<Part>,
    signature: Signature,
}

impl ScalarUDFImpl for Packed {
    fn name(&self) -> &'static str {
        "peakend_key"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let mut keys: Vec<u64> = Vec::new();
        for (part, column) in self.parts.iter().zip(&arrays) {
            let numbers = part.numbers(column)?;
            if keys.is_empty() {
                keys = numbers.into_iter().map(u64::from).collect();
            } else {
                keys.iter_mut().zip(numbers).for_each(|(key, n)| *key = (*key << 32) | u64::from(n));
            }
        }
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from(keys))))
    }
}

#[cfg(test)]
mod tests {
    use super::unpacked;

    #[test]
    fn a_key_gives_back_its_parts_in_order() {
        assert_eq!(unpacked((7 << 32) | 9, 2).collect::<Vec<_>>(), vec![7, 9]);
        let before_1970 = (-3_i32).cast_unsigned();
        assert_eq!(unpacked(u64::from(before_1970), 1).collect::<Vec<_>>(), vec![before_1970]);
    }
}
