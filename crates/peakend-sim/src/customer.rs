//! Customers: who they are before anything happens.

use peakend_domain::Month;

use crate::text::Language;
use crate::{Random, Spec};

/// A customer of the demo bank.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Number from 0; the customer number is `C` and this with leading zeros.
    pub index: usize,
    /// Branch from 0
    pub branch: usize,
    /// 0 mass, 1 affluent, 2 private
    pub segment: usize,
    /// Writes in
    pub language: Language,
    /// First month as a customer
    pub since: Month,
    /// Assets in the first month of history, cents
    pub assets: i64,
    /// How kindly this person judges, in score points around 0
    pub mood: f64,
    /// How often something happens to this person per month
    pub activity: f64,
}

/// Codes of the segments.
pub(crate) const SEGMENTS: [&str; 3] = ["mass", "affluent", "private"];

impl Customer {
    /// Customer number.
    #[must_use]
    pub fn number(&self) -> String {
        format!("C{:08}", self.index)
    }

    /// Segment code.
    #[must_use]
    pub fn segment_code(&self) -> &'static str {
        SEGMENTS.get(self.segment).copied().unwrap_or("mass")
    }

    /// Code of the branch.
    #[must_use]
    pub fn branch_code(&self) -> String {
        crate::bank::branch_code(self.branch)
    }
}

/// All customers, reproducibly.
pub fn customers(spec: &Spec) -> impl Iterator<Item = Customer> + '_ {
    (0..spec.customers).map(move |index| {
        let mut random = Random::new(spec.seed, "customer", index as u64);
        let segment = random.weighted(&[0.72, 0.22, 0.06]);
        let branch = random.below(spec.branches);
        // the sixth region writes traditional Chinese
        let language = match random.weighted(&[0.78, 0.22]) {
            1 => Language::En,
            _ if branch % 6 == 5 => Language::ZhHant,
            _ => Language::ZhHans,
        };
        let tenure = random.below(96);
        let joined = random.chance(0.12);
        let first = spec.first_month().0;
        let since = if joined {
            Month(first + i32::try_from(random.below(usize::try_from(spec.months).unwrap_or(1))).unwrap_or(0))
        } else {
            Month(first - 1 - i32::try_from(tenure).unwrap_or(0))
        };
        let level = [9.6, 11.6, 13.6].get(segment).copied().unwrap_or(9.6);
        Customer {
            index,
            branch,
            segment,
            language,
            since,
            assets: cents((level + 0.7 * random.normal()).exp()),
            mood: 0.9 * random.normal(),
            activity: 0.16 * (0.5 * random.normal()).exp(),
        }
    })
}

/// Whole cents of an amount in units.
pub(crate) fn cents(units: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "amounts are far below 2^53")]
    let whole = (units * 100.0).round() as i64;
    whole
}
