//! `stat csi`: a satisfaction index by a path model of constructs.

use super::input::Input;
use super::method::Method;
use super::words::shown;
use super::{Line, Report, StatError};
use crate::insight::driver::Column;
use crate::insight::path_model::{Construct, ConstructFit, PathModel, PathOptions, PathOutline, path_model};

pub(super) const METHOD: Method = Method {
    name: "csi",
    about: "Satisfaction index: constructs of several questions and the paths between them",
    needs: &[],
    may: &[],
    options: &[
        ("--model", "constructs with their columns, and links: \"Trust=q1,q2; Stay=q3,q4; Trust>Stay\""),
        ("--scale", "lowest,highest answer, such as 1,10"),
        ("--seed", "of the resamples"),
    ],
    run,
};

const SHAPE: &str = "--model \"A=column,column; B=column,column; A>B\"";

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let asked = &input.request.options;
    let text = asked.model.as_deref().ok_or_else(|| input.option(SHAPE, "there is none"))?;
    let scale = asked.scale.ok_or_else(|| input.option("--scale lowest,highest answer", "there is none"))?;
    let (constructs, links) = parse(input, text)?;
    let columns = constructs
        .iter()
        .map(|(_, questions)| questions.iter().map(|q| answers(input, q, scale)).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let outline = PathOutline {
        constructs: constructs
            .iter()
            .zip(&columns)
            .map(|((name, questions), columns)| Construct {
                name,
                questions: questions.iter().zip(columns).map(|(&name, values)| Column { name, values }).collect(),
            })
            .collect(),
        links,
        scale,
    };
    let found = path_model(&outline, &PathOptions { seed: asked.seed, ..PathOptions::default() })?;
    let report =
        Report::of(METHOD.name, found.definition, "Satisfaction index, 0 to 100".to_owned(), &found, &found.warnings);
    Ok(report.say(words(&found)).lines(lines(&found)))
}

fn words(found: &PathModel) -> String {
    let lowest = found.constructs.iter().min_by(|a, b| a.index.total_cmp(&b.index));
    lowest.map_or_else(String::new, |c| format!("The lowest index is that of {}: {}.", c.name, shown(c.index)))
}

fn lines(found: &PathModel) -> Vec<Line> {
    let index = |c: &ConstructFit| {
        let alpha = c.alpha.map_or_else(String::new, |alpha| format!("alpha {}", shown(alpha)));
        Line { interval: c.interval, ..Line::of(format!("index of {}", c.name), c.index) }.base(found.n).note(alpha)
    };
    let mut lines: Vec<Line> = found.constructs.iter().map(index).collect();
    for path in &found.paths {
        let name = format!("{} to {}", path.from, path.to);
        lines.push(match path.coefficient {
            Some(value) if value == path.total => Line { interval: path.interval, ..Line::of(name, value) },
            Some(value) => Line { interval: path.interval, ..Line::of(name, value) }
                .note(format!("{} with what passes through others", shown(path.total))),
            None => Line { interval: path.total_interval, ..Line::of(name, path.total) }.note("through others only"),
        });
    }
    lines
}

fn answers(input: &Input<'_>, question: &str, (lo, hi): (f64, f64)) -> Result<Vec<f64>, StatError> {
    let column = input.table.column(&[question])?;
    let values = input.varying(column)?;
    match values.iter().position(|x| *x < lo || *x > hi) {
        Some(row) => Err(input.table.fault(row, column, "an answer on the scale").into()),
        None => Ok(values),
    }
}

type Outline<'t> = (Vec<(&'t str, Vec<&'t str>)>, Vec<(usize, usize)>);

/// Constructs and links of `A=a,b; B=c; A>B`.
fn parse<'t>(input: &Input<'_>, text: &'t str) -> Result<Outline<'t>, StatError> {
    let parts = || text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let constructs: Vec<(&str, Vec<&str>)> = parts()
        .filter_map(|part| part.split_once('='))
        .map(|(name, columns)| (name.trim(), columns.split(',').map(str::trim).filter(|c| !c.is_empty()).collect()))
        .collect();
    let place = |name: &str| {
        let place = constructs.iter().position(|(known, _)| *known == name.trim());
        place.ok_or_else(|| input.option(SHAPE, format!("`{}` has no columns in it", name.trim())))
    };
    let mut links = Vec::new();
    for part in parts().filter(|part| !part.contains('=')) {
        let (from, to) = part.split_once('>').ok_or_else(|| input.option(SHAPE, format!("it has `{part}`")))?;
        links.push((place(from)?, place(to)?));
    }
    if let Some((name, _)) = constructs.iter().find(|(_, columns)| columns.is_empty()) {
        return Err(input.option(SHAPE, format!("`{name}` has no columns in it")));
    }
    Ok((constructs, links))
}
