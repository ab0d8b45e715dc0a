//! Cases of the method "Survival": `data.csv` with a time, an event, perhaps a
//! group and an entry time, and the covariates of a Cox model; texts become
//! indicators of all levels but the first in order.

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::CaseError;
use super::level::Level;
use super::refusal::put_refusal;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::insight::driver::Column;
use crate::table::{Table, is_missing};
use crate::value::cox::{CoxModel, CoxOptions, Ties};
use crate::value::log_rank::LogRank;
use crate::value::survival::{CurvePoint, Spell, Survival, at_risk, kaplan_meier};

/// All figures of the case.
pub(super) fn figures(ids: &[&str], spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let spells = spells(&table, spec)?;
    let times: BTreeSet<&str> = ids.iter().filter_map(|id| listed_time(id)).collect();
    let horizon = times.iter().filter_map(|t| t.parse::<f64>().ok()).fold(0.0, f64::max);
    let mut figures = Figures::new();
    put_refusal(&mut figures, "", &kaplan_meier(&spells));
    figures.insert("n".into(), spells.len().into());
    figures.insert("events".into(), spells.iter().filter(|s| s.event).count().into());
    let level = Level::of(spec);
    curve("", &spells, (&times, horizon, level), &mut figures);
    if let Some(group) = group(&table, spec) {
        groups(&table, group, &spells, (&times, horizon, level), &mut figures);
    }
    if ids.iter().any(|id| ["cox.", "zph."].iter().any(|part| id.starts_with(part))) {
        model(ids, spec, &table, &spells, &mut figures)?;
    }
    Ok(figures)
}

/// The time at the end of an id such as `km.S.12` or `km.month.S.12`.
fn listed_time(id: &str) -> Option<&str> {
    let rest = id.strip_prefix("km.")?;
    ["S.", "se.", "lo.", "hi.", "at_risk."].iter().find_map(|part| {
        let at = rest.rfind(part)?;
        let time = &rest[at + part.len()..];
        time.parse::<f64>().is_ok().then_some(time)
    })
}

fn curve(group: &str, spells: &[Spell], (times, horizon, level): (&BTreeSet<&str>, f64, Level), figures: &mut Figures) {
    let curve = Survival::of(spells);
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    put(format!("km.{group}median"), curve.median.into());
    put(format!("km.{group}n"), curve.n.into());
    put(format!("km.{group}events"), curve.events.into());
    let rmst = curve.restricted_mean(horizon);
    let group_of_mean = group.trim_end_matches('.');
    let dot = if group.is_empty() { "" } else { "." };
    put(format!("rmst{dot}{group_of_mean}"), rmst.value.into());
    put(format!("rmst.se{dot}{group_of_mean}"), rmst.standard_error.into());
    for text in times {
        let Ok(time) = text.parse() else {
            continue;
        };
        let point = curve.at(time);
        put(format!("km.{group}S.{text}"), point.survival.into());
        put(format!("km.{group}se.{text}"), point.standard_error.into());
        let [lo, hi] = limits(&point, level);
        put(format!("km.{group}lo.{text}"), lo.into());
        put(format!("km.{group}hi.{text}"), hi.into());
        put(format!("km.{group}at_risk.{text}"), at_risk(spells, time).into());
    }
}

/// Log-log limits; at 95 % those of the curve itself.
fn limits(point: &CurvePoint, level: Level) -> [f64; 2] {
    let (s, log) = (point.survival, point.survival.ln());
    if level.outside == 0.05 || !(s > 0.0 && s < 1.0) {
        return [point.interval.lo, point.interval.hi];
    }
    let reach = level.z() * point.standard_error / (s * log.abs());
    [s.powf(reach.exp()), s.powf((-reach).exp())]
}

fn groups(table: &Table, column: usize, spells: &[Spell], asked: (&BTreeSet<&str>, f64, Level), figures: &mut Figures) {
    let texts = (0..table.len()).map(|row| table.text(row, column));
    let names: BTreeSet<&str> = texts.filter(|text| !is_missing(text)).collect();
    let mut members = Vec::new();
    for name in names {
        let own: Vec<Spell> =
            (0..table.len()).filter(|&row| table.text(row, column) == name).map(|row| spells[row]).collect();
        curve(&format!("{name}."), &own, asked, figures);
        members.push(own);
    }
    if let Ok(test) = LogRank::of(&members) {
        figures.insert("logrank.chisq".into(), test.chi_square.into());
        figures.insert("logrank.df".into(), test.df.into());
        figures.insert("logrank.p".into(), test.p.into());
    }
}

fn model(
    ids: &[&str],
    spec: Spec<'_>,
    table: &Table,
    spells: &[Spell],
    figures: &mut Figures,
) -> Result<(), CaseError> {
    let coded = covariates(ids, spec, table)?;
    let columns: Vec<Column<'_>> = coded.iter().map(|(name, values)| Column { name, values }).collect();
    let clusters = spec.column(&["cluster", "clustered by", "cluster by", "cluster="], table).map(|c| table.codes(c));
    let fit = |ties| {
        let options = CoxOptions { ties, clusters: clusters.as_deref() };
        CoxModel::of(spells, &columns, &options).map_err(CaseError::Refused)
    };
    let (efron, breslow) = (fit(Ties::Efron)?, fit(Ties::Breslow)?);
    let level = Level::of(spec);
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    for (j, term) in efron.terms.iter().enumerate() {
        let name = &term.name;
        put(format!("cox.b.{name}"), term.coefficient.into());
        put(format!("cox.se.{name}"), term.standard_error.into());
        put(format!("cox.robust_se.{name}"), term.robust_standard_error.into());
        put(format!("cox.hr.{name}"), term.hazard_ratio.into());
        put(format!("cox.p.{name}"), term.p.into());
        let [lo, hi] = level.around(term.coefficient, term.standard_error, None);
        put(format!("cox.b.lo.{name}"), lo.into());
        put(format!("cox.b.hi.{name}"), hi.into());
        put(format!("cox.hr.lo.{name}"), lo.exp().into());
        put(format!("cox.hr.hi.{name}"), hi.exp().into());
        put(format!("cox.breslow.b.{name}"), breslow.terms[j].coefficient.into());
        put(format!("cox.breslow.se.{name}"), breslow.terms[j].standard_error.into());
        put(format!("zph.p.{name}"), efron.proportionality.terms[j].p.into());
        put(format!("zph.chisq.{name}"), efron.proportionality.terms[j].chi_square.into());
    }
    put("zph.p.GLOBAL".into(), efron.proportionality.p.into());
    put("zph.p.global".into(), efron.proportionality.p.into());
    put("cox.loglik".into(), efron.log_likelihood.into());
    put("cox.breslow.loglik".into(), breslow.log_likelihood.into());
    put("cox.lr_test".into(), efron.likelihood_ratio.chi_square.into());
    put("cox.concordance".into(), efron.concordance.into());
    Ok(())
}

fn spells(table: &Table, spec: Spec<'_>) -> Result<Vec<Spell>, CaseError> {
    let time = spec.role(&["time=", "exit=", "stop="], &["time", "tenure", "duration", "exit", "stop"], table)?;
    let event = spec.role(&["event="], &["event", "churn", "status", "died", "arrest"], table)?;
    let entry = spec.column(&["entry=", "start=", "entry time", "entry"], table);
    (0..table.len())
        .map(|row| {
            let number = |column: usize| table.number(row, column);
            Ok(Spell {
                entry: entry.map_or(Ok(Some(0.0)), number)?.unwrap_or(0.0),
                exit: number(time)?.unwrap_or(f64::NAN),
                event: spec.flag(table, row, event)?,
            })
        })
        .collect()
}

fn group(table: &Table, spec: Spec<'_>) -> Option<usize> {
    spec.column(&["groups by", "group by", "grouped by", "groups:", "groups=", "group=", "group", "strata"], table)
}

/// Names as in the ids, with one value per row.
fn covariates(ids: &[&str], spec: Spec<'_>, table: &Table) -> Result<Vec<(String, Vec<f64>)>, CaseError> {
    let wanted: Vec<&str> = ids.iter().filter_map(|id| id.strip_prefix("cox.b.")).collect();
    let mut columns = spec.columns(&["covariates", "covariate", "x="], table);
    if columns.is_empty() {
        let header = table.header().iter().enumerate();
        let named = header.filter(|(_, name)| wanted.iter().any(|id| id.starts_with(name.as_str())));
        columns.extend(named.map(|(column, _)| column));
    }
    let mut coded = Vec::new();
    for column in columns {
        let name = &table.header()[column];
        let numeric = (0..table.len()).all(|row| table.number(row, column).is_ok());
        if numeric && (wanted.is_empty() || wanted.contains(&name.as_str())) {
            let values = (0..table.len()).map(|row| Ok(table.number(row, column)?.unwrap_or(f64::NAN)));
            coded.push((name.clone(), values.collect::<Result<_, CaseError>>()?));
            continue;
        }
        let texts = (0..table.len()).map(|row| table.text(row, column));
        let levels: BTreeSet<&str> = texts.filter(|text| !is_missing(text)).collect();
        // the level that no id names is what the others are compared with
        let unnamed = |level: &&&str| !wanted.iter().any(|id| id.strip_prefix(name.as_str()) == Some(**level));
        let mut open = levels.iter().filter(unnamed);
        let reference = match (open.next(), open.next()) {
            (Some(only), None) => *only,
            _ => levels.first().copied().unwrap_or_default(),
        };
        for level in levels.into_iter().filter(|level| *level != reference) {
            let values = (0..table.len()).map(|row| match table.text(row, column) {
                text if is_missing(text) => f64::NAN,
                text => f64::from(u8::from(text == level)),
            });
            coded.push((format!("{name}{level}"), values.collect()));
        }
    }
    Ok(coded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_columns_groups_and_times_are_read() {
        let mut text = "weeks,left,plan,age\n".to_owned();
        for i in 0..60_u32 {
            let plan = ["basic", "plus", "gold"][i as usize % 3];
            text += &format!("{},{},{plan},{}\n", 1 + (i * 13) % 24, u8::from(i % 4 != 0), 20 + (i * 7) % 40);
        }
        let read = |name: &str| (name == "data.csv").then(|| text.clone());
        let spec = "time=weeks, event=left (1=event). groups by plan. cox: covariates ['plan', 'age']; efron.";
        let ids = ["km.S.10", "km.gold.S.20", "cox.b.plangold", "cox.b.planplus", "cox.b.age", "rmst"];
        let found = figures(&ids, Spec(spec), &read).unwrap();
        assert_eq!((found["n"].as_u64(), found["events"].as_u64()), (Some(60), Some(45)));
        assert_eq!(found["km.plus.n"], 20);
        assert_eq!(found["logrank.df"], 2);
        assert!(ids.iter().all(|id| found[*id].as_f64().is_some()), "{found:?}");
        assert!(!found.contains_key("cox.b.planbasic"));
        let wide = figures(&ids, Spec(&format!("{spec} KM with log-log 99% CI.")), &read).unwrap();
        let limits = |figures: &Figures| ["lo", "hi"].map(|end| figures[&format!("km.{end}.10")].as_f64().unwrap());
        let ([lo, hi], [lo99, hi99]) = (limits(&found), limits(&wide));
        // log(-log S) is normal: the limits lie 2.5758 / 1.96 as far from its middle
        let loglog = |s: f64| (-s.ln()).ln();
        let ratio = (loglog(lo99) - loglog(hi99)) / (loglog(lo) - loglog(hi));
        assert!((ratio - 2.575_829_304 / 1.959_963_985).abs() < 1e-8, "{ratio}");
        // the area under a curve from 0 to 20
        assert!(found["rmst"].as_f64().unwrap() < 20.0);
    }

    #[test]
    fn a_code_for_the_event_and_the_level_no_id_names_are_read() {
        let mut text = "days,state,arm,weight\n".to_owned();
        for i in 0..60_u32 {
            let (arm, weight) =
                (["new", "std", "other"][i as usize % 3], if i == 7 { "NA".into() } else { i.to_string() });
            text += &format!("{},{},{arm},{weight}\n", 1 + (i * 13) % 24, 1 + u8::from(i % 4 != 0));
        }
        let read = |name: &str| (name == "data.csv").then(|| text.clone());
        let spec = Spec("time=days, event=state (2=event). groups by arm. cox: covariates ['arm', 'weight'].");
        let found = figures(&["cox.b.armnew", "cox.b.armother", "cox.b.weight"], spec, &read).unwrap();
        assert_eq!(found["events"], 45);
        assert!(found.contains_key("cox.b.armnew") && !found.contains_key("cox.b.armstd"), "{found:?}");
        assert!(found["cox.b.weight"].as_f64().is_some());
    }
}
