//! Cases of the method "Synthetic control": `data.csv` in long format with unit,
//! period and outcome.

use std::collections::BTreeMap;

use super::case::CaseError;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable};
use crate::table::Table;
use crate::value::synthetic_control::{SyntheticControl, UnitSeries, synthetic_control, synthetic_effect};

/// All figures of the case.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = Table::need("data.csv", read)?;
    let roles = Roles::of(&table, spec)?;
    let mut periods: Vec<&str> = (0..table.len()).map(|row| table.text(row, roles.period)).collect();
    periods.sort_by(|a, b| by_value(a, b));
    periods.dedup();
    let start = first_after(ids, spec, &periods);
    let pre = periods.iter().filter(|period| by_value(period, start).is_lt()).count();
    let mut series: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in 0..table.len() {
        let values = series.entry(table.text(row, roles.unit)).or_insert_with(|| vec![f64::NAN; periods.len()]);
        let place = periods.partition_point(|period| by_value(period, table.text(row, roles.period)).is_lt());
        values[place] = table.number(row, roles.outcome)?.unwrap_or(f64::NAN);
    }
    let units = series.into_iter().map(|(name, values)| UnitSeries { name: name.to_owned(), values });
    let (treated, donors): (Vec<UnitSeries>, Vec<UnitSeries>) = units.partition(|unit| unit.name == roles.treated);
    let mut figures = Figures::new();
    let Some(treated) = treated.first() else { return Ok(figures) };
    put_refusal(&mut figures, "", &synthetic_effect(treated, &donors, pre));
    match synthetic_control(treated, &donors, pre) {
        Ok(control) => put_all(&control, &periods, &mut figures),
        Err(refusal) => {
            figures.insert("effect.avg".into(), serde_json::to_value(refusal).unwrap_or_default());
        }
    }
    Ok(figures)
}

struct Roles {
    unit: usize,
    period: usize,
    outcome: usize,
    treated: String,
}

impl Roles {
    fn of(table: &Table, spec: Spec<'_>) -> Result<Self, CaseError> {
        let named = |keys: &[&str], usual: &[&'static str]| {
            let mut names: Vec<&str> = keys.iter().filter_map(|key| spec.name(key)).collect();
            names.extend(usual);
            table.maybe_column(&names)
        };
        let period =
            named(&["period=", "time="], &["year", "time", "period", "month", "week", "quarter", "date", "day"])
                .map_or_else(|| table.column(&["year"]), Ok)?;
        // the treated unit is the longest label that the specification names
        let rest = spec.after("treated unit").or_else(|| spec.after("treated")).unwrap_or_default();
        let rest = rest.strip_prefix("is ").unwrap_or(rest);
        let labelled = (0..table.header().len()).filter(|column| *column != period).filter_map(|column| {
            let labels = (0..table.len()).map(|row| table.text(row, column));
            let named = labels.filter(|label| !label.is_empty() && rest.starts_with(label));
            named.max_by_key(|label| label.len()).map(|label| (column, label))
        });
        let found = labelled.max_by_key(|(_, label)| label.len());
        let unit = match found {
            Some((unit, _)) => unit,
            None => table.column(&["unit", "state", "region", "branch", "name", "id"])?,
        };
        let other = (0..table.header().len()).find(|column| *column != unit && *column != period);
        let outcome = match named(&["outcome", "y="], &["y", "outcome", "value"]) {
            Some(column) => column,
            None => other.map_or_else(|| table.column(&["y"]), Ok)?,
        };
        Ok(Self { unit, period, outcome, treated: found.map(|(_, label)| label.to_owned()).unwrap_or_default() })
    }
}

/// Numbers by size, other labels by their letters.
fn by_value(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

/// The first period after the change: from "pre-period time<1989", else the
/// first period whose gap is asked for.
fn first_after<'a>(ids: &[&'a str], spec: Spec<'a>, periods: &[&'a str]) -> &'a str {
    let rest = ["pre-period", "pre period", "before"].iter().find_map(|key| spec.after(key)).unwrap_or_default();
    let sentence = rest.split(['.', ';']).next().unwrap_or_default();
    if let Some((_, bound)) = sentence.split_once('<') {
        let (inclusive, bound) = bound.strip_prefix('=').map_or((false, bound), |bound| (true, bound));
        let bound = bound.trim().split([' ', ',', ')']).next().unwrap_or_default();
        let after =
            |period: &&&str| if inclusive { by_value(period, bound).is_gt() } else { by_value(period, bound).is_ge() };
        if let Some(period) = periods.iter().find(after) {
            return period;
        }
    }
    let gaps = ids.iter().filter_map(|id| id.strip_prefix("gap.")).filter(|period| periods.contains(period));
    gaps.min_by(|a, b| by_value(a, b)).unwrap_or_default()
}

fn put_all(control: &SyntheticControl, periods: &[&str], figures: &mut Figures) {
    let mut put = |id: String, value: f64| {
        figures.insert(id, value.into());
    };
    for donor in &control.weights {
        put(format!("w.{}", donor.name), donor.weight);
    }
    for (period, gap) in periods.iter().zip(&control.gaps) {
        put(format!("gap.{period}"), *gap);
    }
    put("pre_rmspe".into(), control.pre_error);
    put("post_rmspe".into(), control.post_error);
    put("effect.avg".into(), control.effect);
    put("ratio".into(), control.ratio);
    put("placebo.rank".into(), control.placebo.rank as f64);
    put("placebo.n".into(), control.placebo.units as f64);
    put("placebo.p".into(), control.placebo.p);
    if let Some((lo, hi)) = control.leave_one_out {
        put("loo.min".into(), lo);
        put("loo.max".into(), hi);
    }
}

#[cfg(test)]
mod tests {
    use crate::verify::verify_case;

    /// A unit with a space in its name that is the mean of two others.
    #[test]
    fn roles_come_from_the_specification() {
        let mut csv = "sold,week,shop\n".to_owned();
        for week in 1..=9_i64 {
            let (a, b) = (week * week % 7 + 10, 3 * week % 5 + 20);
            let lift = if week >= 7 { 3.0 } else { 0.0 };
            csv.push_str(&format!(
                "{a},{week},West\n{b},{week},East\n{},{week},Old Town\n",
                (a + b) as f64 / 2.0 + lift
            ));
            for (shop, at) in [("Old", 60), ("North", 70), ("South", 2)] {
                csv.push_str(&format!("{},{week},{shop}\n", at + week * 3 % 4));
            }
        }
        let expected = r#"{"case": "x", "method": "Synthetic control: convex weights",
            "spec": "Treated Old Town; pre-period week<=6. Weights as usual.",
            "checks": [{"id": "w.West", "value": 0.5, "abs": 1e-6}, {"id": "w.East", "value": 0.5, "abs": 1e-6},
                {"id": "gap.7", "value": 3, "abs": 1e-6}, {"id": "effect.avg", "value": 3, "abs": 1e-6},
                {"id": "placebo.rank", "value": 1}, {"id": "placebo.n", "value": 6}]}"#;
        let report = verify_case("x", expected, &|_| Some(csv.clone())).unwrap();
        assert!(report.all_passed(), "{report}");
    }
}
