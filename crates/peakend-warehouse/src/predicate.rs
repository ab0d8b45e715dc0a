//! A filter as an engine expression that is never null.
//!
//! The oracle knows no third truth value, so every leaf here is true or false:
//! codes are never null, and a leaf over a score first asks whether there is one.

use std::collections::HashSet;

use datafusion::logical_expr::Expr;
use datafusion::prelude::{ident, lit};
use datafusion::scalar::ScalarValue;
use peakend_query::{DayRange, Dimension, Filter, Score, Tone};

use crate::among::{Members, among};
use crate::columns::kind_code;

/// The expression of a filter; `None` when it keeps everything.
pub(crate) fn predicate(filter: &Filter) -> Option<Expr> {
    match filter {
        Filter::All => None,
        other => Some(expression(other)),
    }
}

/// Days inside the range.
pub(crate) fn within(period: DayRange) -> Expr {
    ident("day").gt_eq(lit(period.from)).and(ident("day").lt_eq(lit(period.to)))
}

/// A text literal of the stored type, so that no column is ever cast.
pub(crate) fn text(code: &str) -> Expr {
    lit(ScalarValue::Utf8View(Some(code.to_owned())))
}

fn expression(filter: &Filter) -> Expr {
    match filter {
        Filter::All => lit(true),
        Filter::In(dimension, codes) => one_of(*dimension, codes),
        Filter::Id(ids) => match ids.iter().filter(|id| !id.is_empty()).cloned().collect::<HashSet<_>>() {
            none if none.is_empty() => lit(false),
            ids => among("id", Members::Names(ids)),
        },
        Filter::Kind(kind) => ident("kind").eq(lit(kind_code(*kind))),
        Filter::Band(band) if band.low > band.high => lit(false),
        Filter::Band(band) => {
            let score = match band.score {
                Score::Nps => "nps",
                Score::Csat => "csat",
                Score::Ces => "ces",
            };
            let (low, high) = band.score.range();
            let (low, high) = (band.low.max(low), band.high.min(high));
            answered(score).and(ident(score).gt_eq(lit(low))).and(ident(score).lt_eq(lit(high)))
        }
        Filter::Tone(tone) => {
            let sentiment = || ident("sentiment");
            answered("sentiment").and(match tone {
                Tone::Negative => sentiment().lt(lit(-20_i8)),
                Tone::Neutral => sentiment().gt_eq(lit(-20_i8)).and(sentiment().lt_eq(lit(20_i8))),
                Tone::Positive => sentiment().gt(lit(20_i8)),
            })
        }
        Filter::HasText(true) => ident("has_text"),
        Filter::HasText(false) => Expr::Not(Box::new(ident("has_text"))),
        Filter::And(all) => all.iter().map(expression).reduce(Expr::and).unwrap_or_else(|| lit(true)),
        Filter::Or(any) => any.iter().map(expression).reduce(Expr::or).unwrap_or_else(|| lit(false)),
        Filter::Not(inner) => Expr::Not(Box::new(expression(inner))),
    }
}

fn answered(column: &str) -> Expr {
    ident(column).is_not_null()
}

fn one_of(dimension: Dimension, codes: &[String]) -> Expr {
    let known: HashSet<&String> = codes.iter().filter(|c| !c.is_empty()).collect();
    if known.is_empty() {
        lit(false)
    } else {
        let known = known.into_iter().cloned().collect();
        among(
            dimension.column(),
            match dimension {
                Dimension::Person | Dimension::Attribute(_) => Members::Names(known),
                _ => Members::Codes(known),
            },
        )
    }
}
