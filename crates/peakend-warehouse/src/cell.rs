//! The fused aggregate: every histogram of a [`Cell`] counted in one pass.
//!
//! State and result are one fixed-size list of counts per group, so partial
//! results of several partitions (or processes) add up element by element.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, FixedSizeListArray, PrimitiveArray, UInt64Array,
};
use datafusion::arrow::compute::filter;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int8Type, UInt8Type, UInt64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, Volatility,
};
use datafusion::prelude::ident;
use datafusion::scalar::ScalarValue;
use peakend_query::{Cell, Tone};

/// Counts per group: voices, NPS 0..=10, CSAT 1..=5, CES 1..=7, tone, texts,
/// and one bin for what is not counted (unanswered or out of range).
const BINS: usize = 29;
const WIDTH: i32 = 29;
const VOICES: u8 = 0;
const NPS: u8 = 1;
const CSAT: u8 = 12;
const CES: u8 = 17;
const TONE: u8 = 24;
const TEXTS: u8 = 27;
const UNCOUNTED: u8 = 28;

/// The aggregate over the score columns of voices.
pub(crate) fn cell() -> Expr {
    function().call(["nps", "csat", "ces", "sentiment", "has_text"].map(ident).to_vec())
}

/// The function behind [`cell`].
pub(crate) fn function() -> AggregateUDF {
    AggregateUDF::from(CellCount {
        signature: Signature::exact(
            vec![DataType::UInt8, DataType::UInt8, DataType::UInt8, DataType::Int8, DataType::Boolean],
            Volatility::Immutable,
        ),
    })
}

/// The counts of one row of the aggregate's result column.
pub(crate) fn read(column: &ArrayRef, row: usize) -> Result<Cell> {
    let list = column.as_fixed_size_list_opt().ok_or_else(|| crate::fault::missing("cell"))?.value(row);
    let counts: &[u64] = list.as_primitive_opt::<UInt64Type>().ok_or_else(|| crate::fault::missing("cell"))?.values();
    let bins = |start: u8, into: &mut [u64]| into.copy_from_slice(&counts[usize::from(start)..][..into.len()]);
    let mut cell = Cell { voices: counts[usize::from(VOICES)], texts: counts[usize::from(TEXTS)], ..Cell::default() };
    bins(NPS, &mut cell.nps);
    bins(CSAT, &mut cell.csat);
    bins(CES, &mut cell.ces);
    bins(TONE, &mut cell.tone);
    Ok(cell)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CellCount {
    signature: Signature,
}

fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::UInt64, false))
}

fn list() -> DataType {
    DataType::FixedSizeList(item(), WIDTH)
}

impl AggregateUDFImpl for CellCount {
    fn name(&self) -> &'static str {
        "peakend_cell"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(list())
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneCell(Cells { counts: vec![0; BINS], slots: Slots::default() })))
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format_state_name(arguments.name, "counts"), list(), false))])
    }

    fn groups_accumulator_supported(&self, _arguments: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Cells { counts: Vec::new(), slots: Slots::default() }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// Which bin a stored byte counts into, per column.
#[derive(Debug)]
struct Slots {
    nps: [u8; 256],
    csat: [u8; 256],
    ces: [u8; 256],
    tone: [u8; 256],
}

impl Default for Slots {
    fn default() -> Self {
        let range = |first: u8, low: u8, high: u8| {
            let mut slots = [UNCOUNTED; 256];
            for value in low..=high {
                slots[usize::from(value)] = first + (value - low);
            }
            slots
        };
        let mut tone = [UNCOUNTED; 256];
        for sentiment in i8::MIN..=i8::MAX {
            let bin = match Tone::of(sentiment) {
                Tone::Negative => 0,
                Tone::Neutral => 1,
                Tone::Positive => 2,
            };
            tone[usize::from(sentiment.cast_unsigned())] = TONE + bin;
        }
        Self { nps: range(NPS, 0, 10), csat: range(CSAT, 1, 5), ces: range(CES, 1, 7), tone }
    }
}

/// Counts of all groups, [`BINS`] per group, in group order.
#[derive(Debug)]
struct Cells {
    counts: Vec<u64>,
    slots: Slots,
}

impl Cells {
    fn count(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [nps, csat, ces, sentiment, has_text] = values else {
            return Err(DataFusionError::Internal(format!("peakend_cell takes 5 columns, got {}", values.len())));
        };
        let (counts, slots) = (&mut self.counts, &self.slots);
        for &group in groups {
            counts[group * BINS + usize::from(VOICES)] += 1;
        }
        tally(counts, groups, nps.as_primitive::<UInt8Type>(), |v| slots.nps[usize::from(v)]);
        tally(counts, groups, csat.as_primitive::<UInt8Type>(), |v| slots.csat[usize::from(v)]);
        tally(counts, groups, ces.as_primitive::<UInt8Type>(), |v| slots.ces[usize::from(v)]);
        tally(counts, groups, sentiment.as_primitive::<Int8Type>(), |v| slots.tone[usize::from(v.cast_unsigned())]);
        for (&group, text) in groups.iter().zip(has_text.as_boolean().values()) {
            counts[group * BINS + usize::from(TEXTS)] += u64::from(text);
        }
        Ok(())
    }

    fn grow(&mut self, groups: usize) {
        self.counts.resize(groups * BINS, 0);
    }

    fn emit(&mut self, emit_to: EmitTo) -> Result<FixedSizeListArray> {
        let counts = match emit_to {
            EmitTo::All => std::mem::take(&mut self.counts),
            EmitTo::First(groups) => EmitTo::First(groups * BINS).take_needed(&mut self.counts),
        };
        lists(counts)
    }

    fn add(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let list =
            values.first().and_then(|v| v.as_fixed_size_list_opt()).ok_or_else(|| crate::fault::missing("counts"))?;
        let start = usize::try_from(list.value_offset(0)).unwrap_or(0);
        let all: &[u64] = list.values().as_primitive::<UInt64Type>().values();
        for (&group, counts) in groups.iter().zip(all[start..].chunks_exact(BINS)) {
            for (total, count) in self.counts[group * BINS..][..BINS].iter_mut().zip(counts) {
                *total += count;
            }
        }
        Ok(())
    }
}

fn lists(counts: Vec<u64>) -> Result<FixedSizeListArray> {
    Ok(FixedSizeListArray::try_new(item(), WIDTH, Arc::new(UInt64Array::from(counts)), None)?)
}

/// Unanswered rows go to the uncounted bin, so the loop has no early exit.
fn tally<T: ArrowPrimitiveType>(
    counts: &mut [u64],
    groups: &[usize],
    column: &PrimitiveArray<T>,
    slot: impl Fn(T::Native) -> u8,
) {
    let rows = groups.iter().zip(column.values());
    match column.nulls() {
        None => rows.for_each(|(&group, &value)| counts[group * BINS + usize::from(slot(value))] += 1),
        Some(valid) => rows.zip(valid).for_each(|((&group, &value), valid)| {
            let slot = if valid { slot(value) } else { UNCOUNTED };
            counts[group * BINS + usize::from(slot)] += 1;
        }),
    }
}

/// The rows an optional filter keeps, with their groups.
fn kept(values: &[ArrayRef], groups: &[usize], keep: &BooleanArray) -> Result<(Vec<ArrayRef>, Vec<usize>)> {
    let values = values.iter().map(|v| filter(v, keep)).collect::<Result<_, _>>()?;
    let groups = groups.iter().zip(keep).filter(|(_, keep)| *keep == Some(true)).map(|(&g, _)| g).collect();
    Ok((values, groups))
}

impl GroupsAccumulator for Cells {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        keep: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.grow(total);
        match keep {
            None => self.count(values, groups),
            Some(keep) => {
                let (values, groups) = kept(values, groups, keep)?;
                self.count(&values, &groups)
            }
        }
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(self.emit(emit_to)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(self.emit(emit_to)?)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.grow(total);
        self.add(values, groups)
    }

    fn convert_to_state(&self, values: &[ArrayRef], keep: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |v| v.len());
        let groups: Vec<usize> = (0..rows).collect();
        let mut each = Self { counts: Vec::new(), slots: Slots::default() };
        each.update_batch(values, &groups, keep, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.counts.capacity() * size_of::<u64>() + size_of::<Self>()
    }
}

/// The same counts without groups: one cell, also over no rows at all.
#[derive(Debug)]
struct OneCell(Cells);

impl OneCell {
    fn value(&self) -> Result<ScalarValue> {
        Ok(ScalarValue::FixedSizeList(Arc::new(lists(self.0.counts.clone())?)))
    }
}

impl Accumulator for OneCell {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |v| v.len());
        self.0.count(values, &vec![0; rows])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.value()
    }

    fn size(&self) -> usize {
        GroupsAccumulator::size(&self.0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.value()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |v| v.len());
        self.0.add(states, &vec![0; rows])
    }
}
