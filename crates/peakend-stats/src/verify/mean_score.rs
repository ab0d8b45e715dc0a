//! CES and other mean scores in cases of the method "NPS": a table of single answers
//! or of n, mean and deviation per group, and the columns of answers in a survey.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Figures;
use super::case::CaseError;
use super::level::Level;
use crate::insight::compare::welch;
use crate::summation::Moments;
use crate::table::Table;

/// Mean scores by id of the group.
pub(super) type MeanScores = BTreeMap<String, Moments>;

/// Groups of a table: one row per group with n, mean and sd, or with a count for each
/// score of the header, or one row per answer.
pub(super) fn groups(table: &Table) -> Result<MeanScores, CaseError> {
    let id = table.maybe_column(&["id", "group", "name"]);
    let summary = ["mean", "sd", "n"].map(|name| table.maybe_column(&[name]));
    if let (Some(id), [Some(mean), Some(sd), Some(n)]) = (id, summary) {
        return (0..table.len())
            .map(|row| {
                let number = |column| Ok::<f64, CaseError>(table.number(row, column)?.unwrap_or(f64::NAN));
                let moments = Moments { n: table.count(row, n)?, mean: number(mean)?, variance: number(sd)?.powi(2) };
                Ok((table.text(row, id).to_owned(), moments))
            })
            .collect();
    }
    let counted = counted(table);
    if let (Some(id), false) = (id, counted.is_empty()) {
        return (0..table.len())
            .map(|row| {
                let counts = counted.iter().map(|&(score, column)| Ok((score, table.count(row, column)?)));
                let counts = counts.collect::<Result<Vec<_>, CaseError>>()?;
                let moments = Moments::of_weighted_values(counts.into_iter());
                Ok((table.text(row, id).to_owned(), moments))
            })
            .collect();
    }
    let score = table.maybe_column(&["score", "value", "answer", "ces", "y"]);
    let Some(score) = score.or_else(|| (0..table.header().len()).rfind(|c| Some(*c) != id)) else {
        return Ok(MeanScores::new());
    };
    let mut answers: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in 0..table.len() {
        let group = id.map_or(table.header()[score].as_str(), |id| table.text(row, id));
        answers.entry(group).or_default().extend(table.number(row, score)?);
    }
    Ok(answers.into_iter().map(|(group, answers)| (group.to_owned(), Moments::of(&answers))).collect())
}

/// Columns whose name is a score: `1`, `s1`, `n_1`.
fn counted(table: &Table) -> Vec<(f64, usize)> {
    let score = |name: &str| name.trim_start_matches(['s', 'n', 'c', '_']).parse::<f64>().ok();
    let named = table.header().iter().enumerate();
    let columns: Vec<(f64, usize)> = named.filter_map(|(column, name)| Some((score(name)?, column))).collect();
    if columns.len() < 2 { Vec::new() } else { columns }
}

/// n, mean, deviation, standard error and t interval of every group.
pub(super) fn put(groups: &MeanScores, level: Level, figures: &mut Figures) {
    for (id, moments) in groups {
        let mut put = |name: &str, value: Value| {
            figures.insert(format!("{id}.{name}"), value);
        };
        let (error, df) = (moments.standard_error(), moments.n as f64 - 1.0);
        put("n", moments.n.into());
        put("mean", moments.mean.into());
        put("sd", moments.variance.sqrt().into());
        put("se", error.into());
        put("df", df.into());
        let [lo, hi] = level.around(moments.mean, error, Some(df));
        for name in ["", "t.", "ci.", "ci.t."] {
            put(&format!("{name}lo"), lo.into());
            put(&format!("{name}hi"), hi.into());
        }
    }
}

/// Welch's difference of two groups.
pub(super) fn put_difference(id: &str, [a, b]: [&Moments; 2], level: Level, figures: &mut Figures) {
    super::nps::put_difference(figures, &format!("{id}.welch"), &welch(a, b), level);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::spec::Spec;

    #[test]
    fn answers_counts_and_summaries_of_one_group_are_one_mean() {
        let tables =
            ["id,score\na,1\na,2\na,2\na,5\n", "id,s1,s2,s5\na,1,2,1\n", "id,n,mean,sd\na,4,2.5,1.7320508075688772\n"];
        for csv in tables {
            let groups = groups(&Table::of("ces.csv", csv).unwrap()).unwrap();
            let mut figures = Figures::new();
            put(&groups, Level::of(Spec("90% CI")), &mut figures);
            // scipy.stats.t.interval(0.9, 3, 2.5, 3 ** 0.5 / 2)
            assert!((figures["a.lo"].as_f64().unwrap() - 0.461_927_481).abs() < 1e-8, "{figures:?}");
            assert_eq!(figures["a.n"], 4);
        }
    }
}
