//! Synthetic control (`synthetic.v1`; Abadie, Diamond and Hainmueller 2010): one
//! treated unit against the mixture of untreated ones that followed it best
//! before. All outcomes before the change are matched, with equal weight.
//!
//! Assumes that donors are not touched by the change and that what moved with
//! the unit before goes on doing so.

use serde::Serialize;

use super::convex_weights::convex_weights;
use crate::figure::{Interval, IntervalMethod, Refusal, RefusalReason, Warning, WarningCode};
use crate::summation::{Moments, sum};

/// Periods before the change that are needed.
const PRE_PERIODS: u64 = 5;
/// Donors that are needed.
const DONORS: u64 = 5;
/// Largest error before the change, in deviations of the unit before it.
const WORST_FIT: f64 = 0.25;
/// A smallest possible p above this cannot show anything.
const P_FLOOR: f64 = 0.05;
/// Donors below this weight are not left out in turn.
const COUNTS: f64 = 1e-4;

/// One unit over all periods.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitSeries {
    /// Name.
    pub name: String,
    /// Outcome per period; all units have the same periods.
    pub values: Vec<f64>,
}

/// A donor and its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DonorWeight {
    /// Donor.
    pub name: String,
    /// Weight, 0 to 1.
    pub weight: f64,
}

/// How unusual the unit is among all units treated alike for the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlaceboTest {
    /// Place of the unit by ratio, 1 for the most unusual.
    pub rank: u64,
    /// Units ranked.
    pub units: u64,
    /// Rank over units.
    pub p: f64,
}

/// A unit beside its synthetic twin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SyntheticControl {
    /// Definition id.
    pub definition: &'static str,
    /// Treated unit.
    pub treated: String,
    /// Periods before the change.
    pub pre_periods: u64,
    /// Every donor in the order given.
    pub weights: Vec<DonorWeight>,
    /// Unit less twin, per period.
    pub gaps: Vec<f64>,
    /// Mean gap after the change: the effect per period.
    pub effect: f64,
    /// 95 % interval from the placebo effects, in units of each one's error
    /// before; absent with too few donors.
    pub interval: Option<Interval>,
    /// Root mean squared gap before the change.
    pub pre_error: f64,
    /// Root mean squared gap after it.
    pub post_error: f64,
    /// Error after over error before.
    pub ratio: f64,
    /// Standard deviation of the unit before the change.
    pub pre_deviation: f64,
    /// Every donor treated in its turn.
    pub placebo: PlaceboTest,
    /// Smallest and largest effect when one donor is left out.
    pub leave_one_out: Option<(f64, f64)>,
    /// What to say beside it.
    pub warnings: Vec<Warning>,
}

/// The gaps of one unit to its twin, in short.
struct Twin {
    weights: Vec<f64>,
    gaps: Vec<f64>,
    effect: f64,
    pre_error: f64,
    post_error: f64,
}

impl Twin {
    fn of(unit: &UnitSeries, donors: &[&UnitSeries], pre: usize) -> Self {
        let columns: Vec<Vec<f64>> = donors.iter().map(|donor| donor.values[..pre].to_vec()).collect();
        let weights = convex_weights(&unit.values[..pre], &columns);
        let mixed = |t: usize| sum(donors.iter().zip(&weights).map(|(donor, w)| w * donor.values[t]));
        let gaps: Vec<f64> = (0..unit.values.len()).map(|t| unit.values[t] - mixed(t)).collect();
        let error = |part: &[f64]| (sum(part.iter().map(|g| g * g)) / part.len() as f64).sqrt();
        Self {
            weights,
            effect: sum(gaps[pre..].iter().copied()) / (gaps.len() - pre) as f64,
            pre_error: error(&gaps[..pre]),
            post_error: error(&gaps[pre..]),
            gaps,
        }
    }

    fn ratio(&self) -> f64 {
        self.post_error / self.pre_error
    }
}

/// The effect of a change on one unit, if its twin is fit to tell.
///
/// # Errors
/// A [`Refusal`] below five periods before or five donors, without a period
/// after, or when the twin misses the unit by more than a quarter of its
/// deviation before the change.
pub fn synthetic_effect(
    treated: &UnitSeries,
    donors: &[UnitSeries],
    pre_periods: usize,
) -> Result<SyntheticControl, Refusal> {
    let pre = pre_periods as u64;
    if pre < PRE_PERIODS {
        return Err(Refusal::count(RefusalReason::SeriesTooShort, pre, PRE_PERIODS));
    }
    let twin = synthetic_control(treated, donors, pre_periods)?;
    let have = twin.weights.len() as u64;
    if have < DONORS {
        return Err(Refusal::count(RefusalReason::TooFewDonors, have, DONORS));
    }
    let worst = WORST_FIT * twin.pre_deviation;
    if twin.pre_error > worst {
        return Err(Refusal { reason: RefusalReason::PoorFitBefore, have: twin.pre_error, need: worst });
    }
    Ok(twin)
}

/// The twin with its placebos, not yet judged: what reference cases check.
/// Donors with a missing value or another number of periods are left out.
///
/// # Errors
/// A [`Refusal`] without a period before or after, without two donors, or with
/// a missing value in the treated unit.
pub fn synthetic_control(
    treated: &UnitSeries,
    donors: &[UnitSeries],
    pre_periods: usize,
) -> Result<SyntheticControl, Refusal> {
    let all = treated.values.len();
    if pre_periods == 0 || pre_periods >= all {
        return Err(Refusal::count(
            RefusalReason::SeriesTooShort,
            pre_periods.min(all - pre_periods.min(all)) as u64,
            1,
        ));
    }
    let whole = |unit: &UnitSeries| unit.values.len() == all && unit.values.iter().all(|x| x.is_finite());
    if !whole(treated) {
        return Err(Refusal::count(RefusalReason::NotFinite, 0, 1));
    }
    let pool: Vec<&UnitSeries> = donors.iter().filter(|donor| whole(donor)).collect();
    if pool.len() < 2 {
        return Err(Refusal::count(RefusalReason::TooFewDonors, pool.len() as u64, 2));
    }
    let twin = Twin::of(treated, &pool, pre_periods);
    // the treated unit joins the donors of every placebo (Abadie, Diamond and Hainmueller
    // 2010): under no effect all units are alike, so each has to be judged alike
    let others = |i: usize| -> Vec<&UnitSeries> { without(&pool, i).into_iter().chain([treated]).collect() };
    let placebos: Vec<Twin> = (0..pool.len()).map(|i| Twin::of(pool[i], &others(i), pre_periods)).collect();
    let rank = 1 + placebos.iter().filter(|p| p.ratio() > twin.ratio()).count() as u64;
    let units = pool.len() as u64 + 1;
    Ok(SyntheticControl {
        definition: "synthetic.v1",
        treated: treated.name.clone(),
        pre_periods: pre_periods as u64,
        effect: twin.effect,
        interval: placebo_interval(&twin, &placebos),
        pre_error: twin.pre_error,
        post_error: twin.post_error,
        ratio: twin.ratio(),
        pre_deviation: Moments::of(&treated.values[..pre_periods]).variance.sqrt(),
        placebo: PlaceboTest { rank, units, p: rank as f64 / units as f64 },
        leave_one_out: leave_one_out(treated, &pool, &twin, pre_periods),
        warnings: warnings(units, (donors.len() - pool.len()) as u64),
        weights: pool
            .iter()
            .zip(&twin.weights)
            .map(|(donor, w)| DonorWeight { name: donor.name.clone(), weight: *w })
            .collect(),
        gaps: twin.gaps,
    })
}

fn without<'a>(pool: &[&'a UnitSeries], left_out: usize) -> Vec<&'a UnitSeries> {
    pool.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, unit)| *unit).collect()
}

/// Effect +- the 95 % point of the placebo effects, each over its own error
/// before the change, times that of the unit.
fn placebo_interval(twin: &Twin, placebos: &[Twin]) -> Option<Interval> {
    let mut scaled: Vec<f64> = placebos.iter().map(|p| p.effect.abs() / p.pre_error).collect();
    scaled.sort_unstable_by(f64::total_cmp);
    let place = (0.95 * (scaled.len() + 1) as f64).ceil() as usize;
    let reach = scaled.get(place.checked_sub(1)?)? * twin.pre_error;
    Some(Interval::new(twin.effect - reach, twin.effect + reach, IntervalMethod::Placebo))
}

fn leave_one_out(treated: &UnitSeries, pool: &[&UnitSeries], twin: &Twin, pre_periods: usize) -> Option<(f64, f64)> {
    let counted = (0..pool.len()).filter(|&i| twin.weights[i] > COUNTS);
    let effects = counted.map(|i| Twin::of(treated, &without(pool, i), pre_periods).effect);
    effects.fold(None, |range, effect| match range {
        None => Some((effect, effect)),
        Some((lo, hi)) => Some((f64::min(lo, effect), f64::max(hi, effect))),
    })
}

fn warnings(units: u64, dropped: u64) -> Vec<Warning> {
    let floor = 1.0 / units as f64;
    let coarse = (floor > P_FLOOR).then_some(Warning { code: WarningCode::FewPlacebos, have: floor, bound: P_FLOOR });
    let missing = (dropped > 0).then(|| Warning::count(WarningCode::MissingDropped, dropped, 0));
    coarse.into_iter().chain(missing).collect()
}

#[cfg(test)]
mod tests;
