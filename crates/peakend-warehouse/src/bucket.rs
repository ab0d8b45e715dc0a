//! Days to buckets inside the engine, by the one rule of [`Grain::bucket`].

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, Int32Array};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::ident;
use peakend_query::Grain;

/// First day of the bucket of the `day` column.
pub(crate) fn bucket(grain: Grain) -> Expr {
    match grain {
        Grain::Day => ident("day"),
        _ => {
            ScalarUDF::from(Bucket { grain, signature: Signature::exact(vec![DataType::Int32], Volatility::Immutable) })
                .call(vec![ident("day")])
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bucket {
    grain: Grain,
    signature: Signature,
}

impl ScalarUDFImpl for Bucket {
    fn name(&self) -> &'static str {
        match self.grain {
            Grain::Day => "peakend_day",
            Grain::Week => "peakend_week",
            Grain::Month => "peakend_month",
            Grain::Quarter => "peakend_quarter",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let days = arrays
            .first()
            .and_then(|a| a.as_primitive_opt::<Int32Type>())
            .ok_or_else(|| crate::fault::missing("day"))?;
        // rows are sorted by day within a segment: nearly every row repeats the day before it
        let mut last = None;
        let buckets: Int32Array = Int32Array::from_iter_values(days.values().iter().map(|&day| match last {
            Some((known, bucket)) if known == day => bucket,
            _ => {
                let bucket = self.grain.bucket(day);
                last = Some((day, bucket));
                bucket
            }
        }));
        Ok(ColumnarValue::Array(Arc::new(buckets)))
    }
}
