//! Which stored counts answer a question, and which rows they leave.

use std::collections::HashSet;
use std::sync::Arc;

use peakend_query::{DayRange, Dimension, Filter, Grain, Question};

use super::file::RollupFile;
use super::set::SETS;
use crate::codes::{Source, Span, spans_of};

/// Stored buckets that lie wholly inside the question.
#[derive(Debug)]
pub(crate) struct Cover {
    /// Which source.
    pub(super) source: usize,
    pub(super) file: Arc<RollupFile>,
    pub(super) set: usize,
    /// Places of the buckets.
    pub(super) buckets: Vec<usize>,
}

/// How a question is answered.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What is added up.
    pub(crate) covers: Vec<Cover>,
    /// What is read besides.
    pub(crate) rest: Vec<Span>,
}

/// What a filter looks at.
#[derive(Debug, Default)]
struct Looked {
    dimensions: HashSet<Dimension>,
    tones: bool,
}

/// What a filter looks at; `None` when that is scores or texts.
fn looked_at(filter: &Filter, into: &mut Looked) -> Option<()> {
    match filter {
        Filter::Tone(_) => {
            into.tones = true;
            Some(())
        }
        Filter::All | Filter::Kind(_) => Some(()),
        Filter::In(dimension, _) => {
            into.dimensions.insert(*dimension);
            Some(())
        }
        Filter::And(all) | Filter::Or(all) => all.iter().try_for_each(|f| looked_at(f, into)),
        Filter::Not(inner) => looked_at(inner, into),
        Filter::Id(_) | Filter::Band(_) | Filter::HasText(_) => None,
    }
}

/// Whether buckets of one width add up to those of another.
fn fits(stored: Grain, asked: Option<Grain>) -> bool {
    match asked {
        None => true,
        Some(Grain::Month | Grain::Quarter) => matches!(stored, Grain::Day | Grain::Month),
        Some(Grain::Day | Grain::Week) => stored == Grain::Day,
    }
}

fn next(grain: Grain, first: i32) -> i32 {
    match grain {
        Grain::Day => first + 1,
        Grain::Week => first + 7,
        // 31 days after the first of a month lie in the next one
        Grain::Month => Grain::Month.bucket(first + 31),
        Grain::Quarter => Grain::Quarter.bucket(first + 93),
    }
}

/// Cover each source by the set that leaves the least to do.
pub(crate) fn plan(sources: &[Source], rollups: &[Option<Arc<RollupFile>>], q: &Question) -> Plan {
    let mut needed = Looked { dimensions: q.by.iter().copied().collect(), tones: false };
    let narrow = looked_at(&q.filter, &mut needed).is_some();
    let sets: Vec<usize> = (0..SETS.len())
        .filter(|n| {
            let has = |d: &Dimension| SETS[*n].by.contains(d);
            let tones = SETS[*n].tones || !needed.tones;
            narrow && tones && fits(SETS[*n].grain, q.grain) && needed.dimensions.iter().all(has)
        })
        .collect();
    let mut plan = Plan { covers: Vec::new(), rest: Vec::new() };
    for (number, source) in sources.iter().enumerate() {
        let file = rollups.get(number).and_then(Option::as_ref);
        let candidates = sets.iter().filter_map(|set| {
            let file = file?;
            let (buckets, rest, cost) = covered(source, file, *set, q.period)?;
            Some((cost, Cover { source: number, file: Arc::clone(file), set: *set, buckets }, rest))
        });
        match candidates.min_by_key(|(cost, _, _)| *cost) {
            Some((cost, cover, rest)) if cost < source.within(q.period).len() => {
                plan.covers.push(cover);
                rest.into_iter().for_each(|rows| plan.rest.extend(spans_of(number, rows)));
            }
            _ => plan.rest.extend(spans_of(number, source.within(q.period))),
        }
    }
    plan
}

type Rows = std::ops::Range<usize>;

/// Buckets of a set inside the period, the rows left, and what both cost.
fn covered(source: &Source, file: &RollupFile, set: usize, period: DayRange) -> Option<(Vec<usize>, Vec<Rows>, usize)> {
    let (mut inside, mut rest, mut cost) = (Vec::new(), Vec::new(), 0);
    for (place, bucket) in file.buckets(set)?.iter().enumerate() {
        let whole = source.within(DayRange { from: bucket.first, to: next(SETS[set].grain, bucket.first) - 1 });
        let wanted = source.within(period);
        let wanted = wanted.start.max(whole.start)..wanted.end.min(whole.end);
        if wanted == whole {
            inside.push(place);
            cost += bucket.groups;
        } else if !wanted.is_empty() && rest.last() != Some(&wanted) {
            // a bucket in two parts leaves its rows once
            cost += wanted.len();
            rest.push(wanted);
        }
    }
    Some((inside, rest, cost))
}
