//! Membership in a set too long for a list of comparisons.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::ident;

/// The wanted values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// Codes or person ids.
    Codes(HashSet<String>),
    /// Log positions.
    Seqs(HashSet<u64>),
}

/// Whether the column's value is one of the members.
pub(crate) fn among(column: &str, members: Members) -> Expr {
    let of = match &members {
        Members::Codes(_) => DataType::Utf8View,
        Members::Seqs(_) => DataType::UInt64,
    };
    ScalarUDF::from(Among { members: Arc::new(members), signature: Signature::exact(vec![of], Volatility::Immutable) })
        .call(vec![ident(column)])
}

#[derive(Debug, PartialEq, Eq)]
struct Among {
    members: Arc<Members>,
    signature: Signature,
}

impl Hash for Among {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &*self.members {
            Members::Codes(codes) => (0, codes.len()).hash(state),
            Members::Seqs(seqs) => (1, seqs.len()).hash(state),
        }
    }
}

impl ScalarUDFImpl for Among {
    fn name(&self) -> &'static str {
        "peakend_among"
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
                let values = column.as_string_view_opt().ok_or_else(|| crate::fault::missing("among"))?;
                (0..values.len()).map(|row| Some(codes.contains(values.value(row)))).collect()
            }
            Members::Seqs(seqs) => {
                let values = column.as_primitive_opt::<UInt64Type>().ok_or_else(|| crate::fault::missing("among"))?;
                values.values().iter().map(|seq| Some(seqs.contains(seq))).collect()
            }
        };
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}
