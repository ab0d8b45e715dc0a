//! Who the crowd is: customers with their assets, part by part.

use super::column::{Column, Values};
use super::dice::{Dice, Purpose};
use super::effects::is_devoted;
use super::{Crowd, odds};

/// 2026-01-01 as days since 1970: nobody became a customer after it.
const LATEST: i32 = 20_454;

/// The customers of one part, by rising id; all columns are of one length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerPart {
    /// Running number over all parts.
    pub customer_id: Vec<u64>,
    /// Assets under management, cents.
    pub aum_cents: Vec<i64>,
    /// 0 to 33.
    pub region: Vec<u8>,
    /// Day since which they are customers, since 1970.
    pub since: Vec<i32>,
    /// 0 to 5.
    pub segment: Vec<u8>,
}

impl Crowd {
    /// The customers of part `part`, which is below [`super::CrowdSpec::parts`].
    #[must_use]
    pub fn customers(&self, part: u64) -> CustomerPart {
        let mut dice = Dice::new(self.spec.seed, Purpose::Customers, part);
        let devotion = self.effects.devotion;
        let mut people = CustomerPart::default();
        for id in self.spec.part_customers(part) {
            let segment = odds::segment(id);
            let assets = (9.5 + 1.2 * dice.normal() + 0.9 * f64::from(segment)).exp();
            let extra = if is_devoted(self.spec.seed, id, devotion.share) { devotion.aum_cents } else { 0 };
            people.customer_id.push(id);
            people.aum_cents.push((assets * 100.0).round() as i64 + extra);
            people.region.push(self.odds.region.pick(dice.bits()) as u8);
            people.since.push(LATEST - dice.below(3_650) as i32);
            people.segment.push(segment);
        }
        people
    }
}

impl CustomerPart {
    /// Customers in the part.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customer_id.len()
    }

    /// Whether the part has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customer_id.is_empty()
    }

    /// The columns with their names, always in the same order.
    #[must_use]
    pub fn columns(&self) -> [Column<'_>; 5] {
        let column = |name, values| Column { name, values };
        [
            column("customer_id", Values::U64(&self.customer_id)),
            column("aum_cents", Values::I64(&self.aum_cents)),
            column("region", Values::U8(&self.region)),
            column("since", Values::Day(&self.since)),
            column("segment", Values::U8(&self.segment)),
        ]
    }
}
