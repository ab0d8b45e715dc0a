//! `stat synthetic`: one treated unit beside a twin mixed from untreated ones.

use std::collections::{BTreeMap, BTreeSet};

use super::input::Input;
use super::method::Method;
use super::words::{p_with_sign, shown};
use super::{Line, Report, Role, StatError};
use crate::value::synthetic_control::{SyntheticControl, UnitSeries, synthetic_effect};

/// Donors shown, the heaviest first.
const DONORS_SHOWN: usize = 10;
/// Donors below this weight are not shown.
const COUNTS: f64 = 0.005;

pub(super) const METHOD: Method = Method {
    name: "synthetic",
    about: "Effect on one unit against a twin mixed from untreated units (synthetic control)",
    needs: &[
        (Role::Y, "outcome"),
        (Role::Unit, "who or what was observed, once per period"),
        (Role::Time, "period"),
        (Role::Treated, "1 in the rows of the one treated unit from the change on, else 0"),
    ],
    may: &[],
    options: &[("--at", "first period after the change, where the treated unit is marked in all its rows")],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, unit, time) = (input.one(Role::Y)?, input.one(Role::Unit)?, input.one(Role::Time)?);
    let (values, periods) = (input.varying(y)?, input.periods(time)?);
    let codes = input.codes(unit)?;
    let mut seen = BTreeSet::new();
    if let Some(row) = (0..input.rows()).find(|&row| !seen.insert((codes[row], periods[row]))) {
        return Err(input.table.fault(row, time, "a period seen once for its unit").into());
    }
    let (treated, start) = change(input, unit, time, &periods)?;
    let distinct: Vec<i64> = periods.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let mut series: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in 0..input.rows() {
        let own = series.entry(input.text(row, unit)).or_insert_with(|| vec![f64::NAN; distinct.len()]);
        own[distinct.partition_point(|p| *p < periods[row])] = values[row];
    }
    let units = series.into_iter().map(|(name, values)| UnitSeries { name: name.to_owned(), values });
    let (own, donors): (Vec<UnitSeries>, Vec<UnitSeries>) = units.partition(|unit| unit.name == treated);
    let own = own.first().ok_or_else(|| input.option("a treated unit", "none is marked"))?;
    let found = synthetic_effect(own, &donors, distinct.partition_point(|p| *p < start))?;
    let name = input.name(y);
    let title = format!("Effect on `{name}` of {treated} from {} on", input.period_text(time, &periods, start));
    let report = Report::of(METHOD.name, found.definition, title, &found, &found.warnings);
    Ok(report
        .say(words(&found, name, treated))
        .say(placebos(&found))
        .lines(lines(&found, &distinct, |period| input.period_text(time, &periods, period))))
}

/// The treated unit and its first period after the change.
fn change<'a>(input: &Input<'a>, unit: usize, time: usize, periods: &[i64]) -> Result<(&'a str, i64), StatError> {
    let column = input.one(Role::Treated)?;
    let marked: Vec<usize> =
        input.arms(column)?.iter().enumerate().filter(|(_, on)| **on).map(|(row, _)| row).collect();
    let names: BTreeSet<&str> = marked.iter().map(|&row| input.text(row, unit)).collect();
    let treated = match (names.first(), names.len()) {
        (Some(treated), 1) => *treated,
        _ => {
            let have = format!("`{}` marks {} units", input.name(column), names.len());
            return Err(input.option("one treated unit (for several, see staggered)", have));
        }
    };
    let first = marked.iter().map(|&row| periods[row]).min().unwrap_or(i64::MIN);
    let start = match input.request.options.at.as_deref() {
        Some(text) => input.period_of(time, periods, text),
        None => periods.iter().any(|p| *p < first).then_some(first),
    };
    let have = || format!("`{}` marks all periods of {treated}", input.name(column));
    Ok((treated, start.ok_or_else(|| input.option("--at, the first period after the change", have()))?))
}

/// The headline: an effect only where the placebos single the unit out.
fn words(found: &SyntheticControl, name: &str, treated: &str) -> String {
    let way = if found.effect > 0.0 { "above" } else { "below" };
    let limits = found.interval.filter(|i| i.excludes(0.0) && found.placebo.p < 0.05);
    match limits {
        Some(_) => format!(
            "After the change {name} of {treated} was {} {way} its twin on average ({} of {} units as far off, p {}).",
            shown(found.effect.abs()),
            found.placebo.rank,
            found.placebo.units,
            p_with_sign(found.placebo.p)
        ),
        None => {
            let floor = 1.0 / found.placebo.units as f64;
            let could = found.interval.map_or_else(
                || format!("with {} units no p below {} is possible", found.placebo.units, shown(floor)),
                |i| format!("an effect of {} on average would have stood out", shown(i.half_width())),
            );
            format!("No detectable effect on {name} of {treated}; {could}.")
        }
    }
}

fn placebos(found: &SyntheticControl) -> String {
    let (rank, units) = (found.placebo.rank, found.placebo.units);
    format!(
        "Every other unit was treated alike in its turn; by how far it left its twin this one is number {rank} of {units}."
    )
}

fn lines(found: &SyntheticControl, periods: &[i64], text: impl Fn(i64) -> String) -> Vec<Line> {
    let mut effect = Line::of("average effect", found.effect).tested(found.placebo.p).base(found.placebo.units);
    effect.interval = found.interval;
    let mut lines = vec![
        effect,
        Line::of("error before the change", found.pre_error),
        Line::of("error after the change", found.post_error),
        Line::of("after over before", found.ratio),
    ];
    if let Some((lo, hi)) = found.leave_one_out {
        lines.push(Line::of("least effect with a donor left out", lo));
        lines.push(Line::of("largest effect with a donor left out", hi));
    }
    let mut donors: Vec<_> = found.weights.iter().filter(|donor| donor.weight >= COUNTS).collect();
    donors.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.name.cmp(&b.name)));
    let shown = donors.into_iter().take(DONORS_SHOWN);
    lines.extend(shown.map(|donor| Line::of(format!("weight of {}", donor.name), donor.weight)));
    let after = periods.iter().zip(&found.gaps).skip(found.pre_periods as usize);
    lines.extend(after.map(|(period, gap)| Line::of(format!("gap in {}", text(*period)), *gap)));
    lines
}
