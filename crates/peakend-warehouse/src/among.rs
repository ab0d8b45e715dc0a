//! Membership in a set too long for a list of comparisons.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{DataType, Int32Type, UInt64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::ident;
use serde::{Deserialize, Serialize};

use crate::columns::code_type;

/// The wanted values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Members {
    /// Codes of a dimension.
    Codes(HashSet<String>),
    /// Ids of persons or of voices, values of an attribute.
    Names(HashSet<String>),
    /// Log positions.
    Seqs(HashSet<u64>),
}

/// Whether the column's value is one of the members.
pub(crate) fn among(column: &str, members: Members) -> Expr {
    membership(members).call(vec![ident(column)])
}

/// The function behind [`among`].
pub(crate) fn membership(members: Members) -> ScalarUDF {
    let of = match &members {
        Members::Codes(_) => code_type(),
        Members::Names(_) => DataType::Utf8View,
        Members::Seqs(_) => DataType::UInt64,
    };
    // The engine compares some expressions by their printed name: two sets over
    // one column must not look alike, or `A and not B` is folded to false.
    let name = format!("peakend_among_{:016x}", members.digest());
    let signature = Signature::exact(vec![of], Volatility::Immutable);
    ScalarUDF::from(Among { members: Arc::new(members), name, signature })
}

/// The members a function asks for, when it is one of these.
pub(crate) fn members(function: &ScalarUDF) -> Option<Members> {
    function.inner().downcast_ref::<Among>().map(|among| Members::clone(&among.members))
}

impl Members {
    /// A number that differs for different sets, whatever their order in memory.
    fn digest(&self) -> u64 {
        fn of(kind: u8, item: impl Hash) -> u64 {
            let mut hasher = DefaultHasher::new();
            (kind, item).hash(&mut hasher);
            hasher.finish()
        }
        let sum = |hashes: &mut dyn Iterator<Item = u64>| hashes.fold(0_u64, u64::wrapping_add);
        match self {
            Self::Codes(codes) => sum(&mut codes.iter().map(|c| of(0, c))),
            Self::Names(persons) => sum(&mut persons.iter().map(|p| of(1, p))),
            Self::Seqs(seqs) => sum(&mut seqs.iter().map(|s| of(2, s))),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Among {
    members: Arc<Members>,
    name: String,
    signature: Signature,
}

impl Hash for Among {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Among {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let column = arrays.first().ok_or_else(|| crate::fault::missing("among"))?;
        let found: BooleanArray = match &*self.members {
            Members::Codes(codes) => {
                // one look-up per code, not per row
                let coded = column.as_dictionary_opt::<Int32Type>().ok_or_else(|| crate::fault::missing("among"))?;
                let names = coded.values().as_string_opt::<i32>().ok_or_else(|| crate::fault::missing("among"))?;
                let wanted: Vec<bool> = (0..names.len()).map(|i| codes.contains(names.value(i))).collect();
                BooleanBuffer::collect_bool(coded.len(), |row| wanted[coded.keys().value(row) as usize]).into()
            }
            Members::Names(persons) => {
                let values = column.as_string_view_opt().ok_or_else(|| crate::fault::missing("among"))?;
                // an attribute may be unknown
                BooleanBuffer::collect_bool(values.len(), |row| {
                    values.is_valid(row) && persons.contains(values.value(row))
                })
                .into()
            }
            Members::Seqs(seqs) => {
                let values = column.as_primitive_opt::<UInt64Type>().ok_or_else(|| crate::fault::missing("among"))?;
                BooleanBuffer::collect_bool(values.len(), |row| seqs.contains(&values.value(row))).into()
            }
        };
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}
