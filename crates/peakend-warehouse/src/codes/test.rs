//! A filter as table look-ups over coded columns of one source.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use peakend_query::{Filter, VoiceFact};

use super::fact::Fact;
use super::file::Lane;
use super::lane::Codes;
use super::scan::Block;
use super::source::{Source, place};

/// Which rows of a source a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// All, or none.
    Always(bool),
    /// By a dimension's code: 1 for wanted.
    Code(usize, Vec<u8>),
    /// By fact: 1 for wanted.
    Fact(Vec<u8>),
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
}

/// A voice of every fact, to be asked about.
static FACTS: LazyLock<Vec<VoiceFact>> = LazyLock::new(|| Fact::all().map(|fact| fact.voice()).collect());

/// Whether a filter can be tested without the rows: it names no person, no voice and no attribute.
pub(crate) fn testable(filter: &Filter) -> bool {
    match filter {
        Filter::In(dimension, _) => place(*dimension).is_some(),
        Filter::Id(_) => false,
        Filter::And(all) | Filter::Or(all) => all.iter().all(testable),
        Filter::Not(inner) => testable(inner),
        _ => true,
    }
}

fn table(wanted: Vec<u8>, make: impl FnOnce(Vec<u8>) -> Test) -> Test {
    match (wanted.contains(&1), wanted.contains(&0)) {
        (true, false) => Test::Always(true),
        (false, _) => Test::Always(false),
        _ => make(wanted),
    }
}

impl Test {
    /// The test of a filter over the codes of this source.
    pub(crate) fn of(filter: &Filter, source: &Source) -> Self {
        let several = |all: &[Filter], and: bool| {
            let tests: Vec<Self> =
                all.iter().map(|f| Self::of(f, source)).filter(|t| *t != Self::Always(and)).collect();
            Self::joined(tests, and)
        };
        match filter {
            Filter::All => Self::Always(true),
            // asked of the rows: see `testable`
            Filter::Id(_) => Self::Always(false),
            Filter::In(dimension, codes) => match place(*dimension) {
                None => Self::Always(false),
                Some(at) => {
                    let codes: HashSet<&str> = codes.iter().map(String::as_str).filter(|c| !c.is_empty()).collect();
                    let wanted = source.names(at).iter().map(|name| u8::from(codes.contains(name.as_str())));
                    table(wanted.collect(), |wanted| Self::Code(at, wanted))
                }
            },
            Filter::And(all) => several(all, true),
            Filter::Or(any) => several(any, false),
            Filter::Not(inner) => match Self::of(inner, source) {
                Self::Always(known) => Self::Always(!known),
                Self::Fact(wanted) => Self::Fact(wanted.iter().map(|w| 1 - w).collect()),
                Self::Code(at, wanted) => Self::Code(at, wanted.iter().map(|w| 1 - w).collect()),
                other => Self::Not(Box::new(other)),
            },
            fact => table(FACTS.iter().map(|voice| u8::from(fact.matches(voice))).collect(), Self::Fact),
        }
    }

    /// One test of several; tables over the same column become one.
    fn joined(tests: Vec<Self>, and: bool) -> Self {
        if tests.contains(&Self::Always(!and)) {
            return Self::Always(!and);
        }
        let mut kept: Vec<Self> = Vec::new();
        for test in tests {
            let merged = kept.iter_mut().any(|known| match (known, &test) {
                (Self::Fact(a), Self::Fact(b)) => merge(a, b, and),
                (Self::Code(x, a), Self::Code(y, b)) if x == y => merge(a, b, and),
                _ => false,
            });
            if !merged {
                kept.push(test);
            }
        }
        // the test that keeps least comes first: the others then look at few rows
        kept.sort_by_key(Self::share);
        match (kept.len(), and) {
            (0, _) => Self::Always(and),
            (1, _) => kept.remove(0),
            (_, true) => Self::And(kept),
            (_, false) => Self::Or(kept),
        }
    }

    /// About which share of rows it keeps, in thousandths.
    fn share(&self) -> usize {
        match self {
            Self::Code(_, wanted) | Self::Fact(wanted) => {
                wanted.iter().map(|w| usize::from(*w)).sum::<usize>() * 1000 / wanted.len().max(1)
            }
            _ => 1000,
        }
    }

    /// The lanes it looks at.
    pub(crate) fn lanes(&self, into: &mut BTreeSet<Lane>) {
        match self {
            Self::Always(_) => {}
            Self::Code(at, _) => {
                into.insert(Lane::Dimension(*at));
            }
            Self::Fact(_) => {
                into.insert(Lane::Fact);
            }
            Self::And(all) | Self::Or(all) => all.iter().for_each(|t| t.lanes(into)),
            Self::Not(inner) => inner.lanes(into),
        }
    }

    /// Drop the rows that this test does not want; `false` when it is not a table.
    fn narrow(&self, block: &Block, start: usize, rows: &mut Vec<u32>) -> bool {
        let (codes, wanted) = match self {
            Self::Code(at, wanted) => (&block.dimensions[*at], wanted),
            Self::Fact(wanted) => (&block.facts, wanted),
            _ => return false,
        };
        rows.retain(|row| wanted[codes.get(start + *row as usize) as usize] != 0);
        true
    }

    /// 1 for each wanted row.
    pub(crate) fn mask(&self, block: &Block, rows: Range<usize>, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Always(known) => out.resize(rows.len(), u8::from(*known)),
            Self::Code(at, wanted) => look_up(&block.dimensions[*at], wanted, rows, out),
            Self::Fact(wanted) => look_up(&block.facts, wanted, rows, out),
            Self::And(tests) | Self::Or(tests) => {
                let and = matches!(self, Self::And(_));
                let mut other = Vec::new();
                // the rows left, once they are few
                let mut left: Option<Vec<u32>> = None;
                for (i, test) in tests.iter().enumerate() {
                    if i == 0 {
                        test.mask(block, rows.clone(), out);
                        continue;
                    }
                    if and && (left.is_some() || few(out)) {
                        let left = left.get_or_insert_with(|| wanted_rows(out));
                        if test.narrow(block, rows.start, left) {
                            continue;
                        }
                    }
                    test.mask(block, rows.clone(), &mut other);
                    if and {
                        out.iter_mut().zip(&other).for_each(|(a, b)| *a &= b);
                    } else {
                        out.iter_mut().zip(&other).for_each(|(a, b)| *a |= b);
                    }
                }
                if let Some(left) = left {
                    // what a test that is no table dropped stays dropped
                    let kept: Vec<u32> = left.into_iter().filter(|row| out[*row as usize] != 0).collect();
                    out.fill(0);
                    kept.into_iter().for_each(|row| out[row as usize] = 1);
                }
            }
            Self::Not(inner) => {
                inner.mask(block, rows, out);
                out.iter_mut().for_each(|m| *m = 1 - *m);
            }
        }
    }
}

/// Whether so few rows are left that each is looked at by itself.
fn few(mask: &[u8]) -> bool {
    mask.iter().map(|m| usize::from(*m)).sum::<usize>() * 8 < mask.len()
}

/// The places of the wanted rows.
fn wanted_rows(mask: &[u8]) -> Vec<u32> {
    let mut rows = vec![0; mask.len() + 1];
    let mut count = 0;
    // each place is written, and written over where it is not wanted: no branch to foresee
    for (place, wanted) in (0..).zip(mask) {
        rows[count] = place;
        count += usize::from(*wanted);
    }
    rows.truncate(count);
    rows
}

fn merge(into: &mut [u8], other: &[u8], and: bool) -> bool {
    into.iter_mut().zip(other).for_each(|(a, b)| if and { *a &= b } else { *a |= b });
    true
}

fn look_up(codes: &Codes, wanted: &[u8], rows: Range<usize>, out: &mut Vec<u8>) {
    match codes {
        Codes::U8(codes) => {
            // a table of all there can be needs no bound check
            let mut full = [0; 256];
            full.iter_mut().zip(wanted).for_each(|(to, w)| *to = *w);
            out.extend(codes[rows].iter().map(|c| full[usize::from(*c)]));
        }
        Codes::U16(codes) => {
            let mut full = [0; 65_536];
            full.iter_mut().zip(wanted).for_each(|(to, w)| *to = *w);
            out.extend(codes[rows].iter().map(|c| full[usize::from(*c)]));
        }
        _ => codes.each(rows, |_, code| out.push(wanted[code as usize])),
    }
}
