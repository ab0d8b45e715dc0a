//! Cases of the method "Customer satisfaction index": `data.csv` with one column
//! per question; constructs and paths are given in the specification.

use serde_json::Value;

use super::case::CaseError;
use super::spec::{Spec, quoted};
use super::{Figures, ReadTable, tables};
use crate::insight::driver::Column;
use crate::insight::path_model::{Construct, PathModel, PathOptions, PathOutline};

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let constructs = constructs(spec);
    let mut columns = Vec::new();
    for (_, questions) in &constructs {
        for question in questions {
            let column = table.column(&[question])?;
            let values = (0..table.len()).map(|row| Ok(table.number(row, column)?.unwrap_or(f64::NAN)));
            columns.push((*question, values.collect::<Result<Vec<f64>, CaseError>>()?));
        }
    }
    let mut rest = columns.iter().map(|(name, values)| Column { name, values });
    let outline = PathOutline {
        constructs: constructs
            .iter()
            .map(|(name, questions)| Construct { name, questions: rest.by_ref().take(questions.len()).collect() })
            .collect(),
        links: links(spec, &constructs),
        scale: scale(spec).unwrap_or_else(|| observed(&columns)),
    };
    let options = PathOptions { resamples: 0, ..PathOptions::default() };
    let model = PathModel::of(&outline, &outline.rows(), &options, true).map_err(CaseError::Refused)?;
    Ok(named(&model))
}

fn named(model: &PathModel) -> Figures {
    let mut figures = Figures::new();
    let mut put = |id: String, value: Value| {
        figures.insert(id, value);
    };
    put("n".into(), model.n.into());
    for construct in &model.constructs {
        let name = &construct.name;
        put(format!("index.{name}"), construct.model_index.into());
        put(format!("simple.{name}"), construct.equal_weight_index.into());
        put(format!("alpha.{name}"), construct.alpha.into());
        put(format!("rhoC.{name}"), construct.composite_reliability.into());
        put(format!("AVE.{name}"), construct.shared_variance.into());
        put(format!("r2.{name}"), construct.r_squared.into());
        for question in &construct.questions {
            put(format!("weight.{}", question.name), question.weight.into());
            put(format!("loading.{}", question.name), question.loading.into());
        }
    }
    for path in &model.paths {
        put(format!("path.{}.{}", path.from, path.to), path.coefficient.into());
        put(format!("total.{}.{}", path.from, path.to), path.total.into());
    }
    figures
}

/// Names with their questions, from `{'A': ['a1', 'a2'], 'B': [...]}`.
fn constructs(spec: Spec<'_>) -> Vec<(&str, Vec<&str>)> {
    let text = spec.after("constructs").unwrap_or_default();
    let text = text.split('}').next().unwrap_or_default();
    let blocks = text.split(']').filter_map(|block| block.split_once('['));
    blocks.filter_map(|(name, questions)| Some((quoted(name).pop()?, quoted(questions)))).collect()
}

/// Pairs of places, from `[('A', 'B'), ('C', 'B')]` or `A -> B, C -> B`.
fn links(spec: Spec<'_>, constructs: &[(&str, Vec<&str>)]) -> Vec<(usize, usize)> {
    let text = spec.after("paths").or_else(|| spec.after("links")).unwrap_or_default();
    let place = |name: &str| constructs.iter().position(|(n, _)| *n == name.trim());
    if text.starts_with('[') {
        let text = text.split([';', '}']).next().unwrap_or_default();
        let names = quoted(text);
        return names.chunks_exact(2).filter_map(|pair| Some((place(pair[0])?, place(pair[1])?))).collect();
    }
    let text = text.split([';', '.']).next().unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once("->"));
    pairs.filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect()
}

/// Lowest and highest answer, from `... - 1)/(10-1)`.
fn scale(spec: Spec<'_>) -> Option<(f64, f64)> {
    let text = spec.0;
    let inside = text.match_indices(")/(").map(|(at, _)| text[at + 3..].split(')').next().unwrap_or_default());
    inside.filter_map(|range| range.split_once('-')).find_map(|(hi, lo)| {
        let (hi, lo): (f64, f64) = (hi.trim().parse().ok()?, lo.trim().parse().ok()?);
        (hi > lo).then_some((lo, hi))
    })
}

fn observed(columns: &[(&str, Vec<f64>)]) -> (f64, f64) {
    let all = columns.iter().flat_map(|(_, values)| values.iter().copied()).filter(|x| x.is_finite());
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_constructs_paths_and_scales_are_read() {
        let mut text = "q1,q2,q3,q4,q5\n".to_owned();
        for i in 0..40_u32 {
            let (a, b) = ((i * 7) % 5, (i * 3) % 4);
            text += &format!("{},{},{},{},{}\n", a, (a + i % 2).min(6), b + i % 3, (a + b) % 7, (a + b + i % 2) % 7);
        }
        let read = |name: &str| (name == "data.csv").then(|| text.clone());
        let spec = Spec(
            "Constructs {'Trust': ['q1', 'q2'], 'Ease': ['q3'], 'Stay': ['q4', 'q5']}; \
             paths [('Trust', 'Stay'), ('Ease', 'Stay')]; index.K = 100*(sum - 0)/(6-0) with weights.",
        );
        assert_eq!(scale(spec), Some((0.0, 6.0)));
        assert_eq!(constructs(spec)[2], ("Stay", vec!["q4", "q5"]));
        let found = figures(spec, &read).unwrap();
        assert!(found["path.Ease.Stay"].is_number() && found["r2.Stay"].is_number());
        assert!((found["loading.q3"].as_f64().unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(
            links(Spec("paths: A -> B, C -> B."), &[("A", vec![]), ("B", vec![]), ("C", vec![])]),
            [(0, 1), (2, 1)]
        );
    }
}
