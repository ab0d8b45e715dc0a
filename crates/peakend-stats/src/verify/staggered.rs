//! Cases of the method "Staggered adoption difference-in-differences":
//! `data.csv` with unit, period, first treated period, outcome and covariates.

use serde_json::Value;

use super::case::CaseError;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::staggered::{
    BasePeriod, Comparison, Gathering, StaggeredEffect, StaggeredOptions, StaggeredRow, staggered_effect,
};
use crate::value::weighting::Effect;

/// All figures of the designs that the ids of the checks begin with: controls
/// never treated (`nev`), not yet treated (`nyt`), doubly robust (`dr`).
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let covariates = spec.columns(&["covariates", "covariate", "xformla"], &table);
    let rows = rows(&table, spec, &covariates)?;
    let mut figures = Figures::new();
    let (base, anticipation, level) = (base(spec), anticipation(spec), Level::of(spec));
    figures.insert("n".into(), rows.len().into());
    let designs = [
        ("nev", Comparison::NeverTreated, 0),
        ("nyt", Comparison::NotYetTreated, 0),
        ("dr", Comparison::NeverTreated, covariates.len()),
        ("dr_nyt", Comparison::NotYetTreated, covariates.len()),
    ];
    for (name, comparison, covariates) in designs {
        let asked = ids.iter().any(|id| id.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        if !asked {
            continue;
        }
        let options = StaggeredOptions { comparison, base, anticipation, covariates, ..StaggeredOptions::default() };
        let found = staggered_effect(&rows, options);
        put_refusal(&mut figures, &format!("{name}."), &found);
        match found {
            Ok(effect) => put_all(name, &effect, level, &mut figures),
            Err(refusal) => {
                let refused = serde_json::to_value(refusal).unwrap_or_default();
                figures.insert(format!("{name}.simple.overall"), refused);
            }
        }
    }
    Ok(figures)
}

/// "base period universal", "universal base period", `base_period="universal"`.
fn base(spec: Spec<'_>) -> BasePeriod {
    let behind = ["base period", "base_period", "base"].iter().flat_map(|key| spec.mentions(key));
    let said = behind.into_iter().any(|rest| rest.to_ascii_lowercase().starts_with("universal"))
        || spec.mentions("universal").any(|rest| rest.starts_with("base"));
    if said { BasePeriod::Universal } else { BasePeriod::Varying }
}

/// "anticipation of 1 period", "anticipation=1".
fn anticipation(spec: Spec<'_>) -> u32 {
    let behind = spec.mentions("anticipation").find_map(|rest| {
        let rest = rest.trim_start_matches("of ").trim_start();
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
    });
    let before = || {
        let (text, _) = spec.0.split_once(" of anticipation")?;
        text.split_whitespace().rev().nth(1)?.parse().ok()
    };
    behind.or_else(before).unwrap_or(0)
}

fn put_all(name: &str, effect: &StaggeredEffect, level: Level, figures: &mut Figures) {
    figures.insert("units".into(), effect.units.into());
    let mut put = |id: String, value: f64| {
        // the base period has no error
        let shown = if value.is_nan() { Value::Null } else { value.into() };
        figures.insert(format!("{name}.{id}"), shown);
    };
    let universal = effect.options.base == BasePeriod::Universal;
    let error = |effect: &Effect| {
        if universal && effect.standard_error == 0.0 { f64::NAN } else { effect.standard_error }
    };
    for cell in &effect.cells {
        put(format!("att.{}.{}", cell.cohort, cell.period), cell.effect.value);
        put(format!("se.{}.{}", cell.cohort, cell.period), error(&cell.effect));
    }
    put("simple.overall".into(), effect.simple.value);
    put("simple.overall_se".into(), effect.simple.standard_error);
    let [lo, hi] = level.around(effect.simple.value, effect.simple.standard_error, None);
    put("simple.lo".into(), lo);
    put("simple.hi".into(), hi);
    let gatherings: [(&str, &Gathering); 3] =
        [("dynamic", &effect.dynamic), ("group", &effect.cohorts), ("calendar", &effect.calendar)];
    for (kind, gathering) in gatherings {
        put(format!("{kind}.overall"), gathering.overall.value);
        put(format!("{kind}.overall_se"), gathering.overall.standard_error);
        for part in &gathering.parts {
            put(format!("{kind}.{}", part.at), part.effect.value);
            put(format!("{kind}.{}.se", part.at), error(&part.effect));
            let [lo, hi] = level.around(part.effect.value, error(&part.effect), None);
            put(format!("{kind}.{}.lo", part.at), lo);
            put(format!("{kind}.{}.hi", part.at), hi);
        }
    }
    if let Some(leads) = effect.leads {
        put("leads.p".into(), leads.p);
    }
}

fn rows(table: &Table, spec: Spec<'_>, covariates: &[usize]) -> Result<Vec<StaggeredRow>, CaseError> {
    let named = |keys: &[&str], usual: &[&str]| spec.role(keys, usual, table);
    let outcome = named(&["outcome", "y="], &["y", "outcome", "value"])?;
    let unit = named(&["unit", "id="], &["unit", "id", "entity", "branch", "customer"])?;
    let period = named(&["period", "time", "t="], &["period", "time", "year", "month", "week", "t"])?;
    let first = named(
        &["first treated period", "first treatment period", "first treated", "cohort", "g="],
        &["first_treat", "first_treated", "first.treat", "cohort", "group", "g", "start"],
    )?;
    let units = table.codes(unit);
    (0..table.len())
        .map(|row| {
            let whole = |column: usize| -> Result<Option<i64>, CaseError> {
                if table.text(row, column).to_ascii_lowercase().starts_with("inf") {
                    return Ok(None);
                }
                let number = table.number(row, column)?;
                if number.is_some_and(|x| x.fract() != 0.0 || x.abs() > 1e15) {
                    return Err(table.fault(row, column, "a whole number").into());
                }
                Ok(number.map(|x| x as i64))
            };
            let number = |column| Ok(table.number(row, column)?.unwrap_or(f64::NAN));
            Ok(StaggeredRow {
                unit: units[row],
                period: whole(period)?.ok_or_else(|| table.fault(row, period, "a period"))?,
                // 0 and nothing both mean never
                first_treated: whole(first)?.filter(|first| *first != 0),
                outcome: number(outcome)?,
                covariates: covariates.iter().map(|&c| number(c)).collect::<Result<_, CaseError>>()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::verify::verify_case;

    /// Branches by month under other names, two covariates, no noise: the effect is 2.
    #[test]
    fn roles_come_from_the_specification() {
        let mut csv = "month,branch,sales,joined,size,city\n".to_owned();
        for branch in 0..30_i64 {
            let joined = [0, 4, 6][(branch % 3) as usize];
            let (size, city) = (branch * 7 % 11, (branch / 3) % 2);
            for month in 1..=7_i64 {
                let lift = if joined > 0 && month >= joined { 2 } else { 0 };
                csv.push_str(&format!(
                    "{month},b{branch},{},{joined},{size},{city}\n",
                    branch + month * (1 + size) + lift
                ));
            }
        }
        let expected = r#"{"case": "x", "method": "Staggered adoption difference-in-differences (CS)",
            "spec": "Outcome sales, unit branch, period month, first treated period joined (0 = never). dr.*: doubly robust with covariates size, city (logit).",
            "checks": [{"id": "dr.att.4.5", "value": 2, "abs": 1e-8}, {"id": "dr.dynamic.0", "value": 2, "abs": 1e-8},
                {"id": "dr.dynamic.-2", "value": 0, "abs": 1e-8}, {"id": "dr.calendar.7", "value": 2, "abs": 1e-8},
                {"id": "nev.group.6.se", "value": 0, "abs": 9}, {"id": "units", "value": 30}]}"#;
        let report = verify_case("x", expected, &|_| Some(csv.clone())).unwrap();
        assert!(report.all_passed(), "{report}");
    }

    /// Two cohorts and a control of two units each, no noise but the units' own drift.
    #[test]
    fn universal_base_and_anticipation_come_from_the_specification() {
        let mut csv = "unit,time,g,y\n".to_owned();
        let outcome = |unit: i64, time: i64, first: i64| {
            // those treated from 4 on know of it one period before
            let lift = if first > 0 && time >= first - 1 { 3 } else { 0 };
            unit + time * time + lift + (unit * time) % 2
        };
        for unit in 0..12_i64 {
            let first = [0, 4, 5][(unit % 3) as usize];
            for time in 1..=6_i64 {
                csv.push_str(&format!("{unit},{time},{first},{}\n", outcome(unit, time, first)));
            }
        }
        let expected = |checks: &str| {
            format!(
                r#"{{"case": "x", "method": "Staggered adoption difference-in-differences",
            "spec": "Outcome y, unit unit, period time, first treated period g. Base period universal; anticipation 1.",
            "checks": [{checks}]}}"#
            )
        };
        // by hand: against period first - 2, everybody drifts alike but for odd units
        let change = |first: i64, from: i64, to: i64| {
            let own: Vec<i64> = (0..12).filter(|unit| [0, 4, 5][(unit % 3) as usize] == first).collect();
            own.iter().map(|&u| outcome(u, to, first) - outcome(u, from, first)).sum::<i64>() as f64 / 4.0
        };
        let att = |first: i64, time: i64| change(first, first - 2, time) - change(0, first - 2, time);
        let checks = [(4, 1), (4, 3), (4, 6), (5, 1), (5, 4), (5, 5)].map(|(first, time)| {
            format!(r#"{{"id": "nev.att.{first}.{time}", "value": {}, "abs": 1e-10}}"#, att(first, time))
        });
        let base = r#"{"id": "nev.att.4.2", "value": 0, "abs": 0}, {"id": "nev.se.4.2", "value": null},
            {"id": "nev.refused", "value": false}"#;
        let json = expected(&format!("{}, {base}", checks.join(", ")));
        let report = verify_case("x", &json, &|_| Some(csv.clone())).unwrap();
        assert!(report.all_passed(), "{report}");
    }
}
