//! Small cells of a published table (`suppression.v1`): what a reader can work
//! out about a hidden count, and the fewest further cells that have to be hidden.
//!
//! A table of two attributes with its margins is a circulation: people flow from
//! the grand total to the rows, through the inner cells to the columns and back.
//! What is published is fixed, what is hidden may be anything from 0 up. So the
//! range of a hidden count is a largest flow in what the hidden cells leave open
//! (Cox 1995), exact in whole people. Sums of scores are hidden in the same
//! cells, and a count that is not settled leaves no sum settled either.

use serde::Serialize;

use crate::figure::{Refusal, RefusalReason};

/// More sets of cells than this are not tried one by one.
const TRIES: u64 = 2_000_000;

/// Where a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// Inner cell.
    Cell {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// Total of a row.
    RowTotal {
        /// Row, from 0.
        row: usize,
    },
    /// Total of a column.
    ColumnTotal {
        /// Column, from 0.
        column: usize,
    },
}

/// What a reader of everything published can say of a hidden count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Feasible {
    /// Which count.
    pub place: Place,
    /// Smallest value consistent with what is published.
    pub lo: u64,
    /// Largest such value.
    pub hi: u64,
}

impl Feasible {
    /// Whether the count is hidden well: it may reach the minimum and is open.
    #[must_use]
    pub fn hides(&self, minimum: u64) -> bool {
        self.hi >= minimum && self.lo < self.hi
    }
}

/// The fewest cells to hide beside the small ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complement {
    /// Definition id.
    pub definition: &'static str,
    /// Counts of 1 to minimum - 1, inner cells first, then totals.
    pub primary: Vec<Place>,
    /// Further inner cells; of all sets of that size the one with the fewest people.
    pub cells: Vec<Place>,
    /// People in the further cells.
    pub people: u64,
    /// What stays possible for each primary count.
    pub feasible: Vec<Feasible>,
}

/// Counts of people by row and column; margins are their sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountTable {
    counts: Vec<Vec<u64>>,
    columns: usize,
}

impl CountTable {
    /// A table of rows of equal length; shorter rows are filled with 0.
    #[must_use]
    pub fn of(mut counts: Vec<Vec<u64>>) -> Self {
        let columns = counts.iter().map(Vec::len).max().unwrap_or(0);
        for row in &mut counts {
            row.resize(columns, 0);
        }
        Self { counts, columns }
    }

    /// The count at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> u64 {
        match place {
            Place::Cell { row, column } => self.counts[row][column],
            Place::RowTotal { row } => self.counts[row].iter().sum(),
            Place::ColumnTotal { column } => self.counts.iter().map(|row| row[column]).sum(),
        }
    }

    /// Everybody.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    fn cells(&self) -> impl Iterator<Item = Place> {
        (0..self.counts.len()).flat_map(|row| (0..self.columns).map(move |column| Place::Cell { row, column }))
    }

    /// Counts of 1 to `minimum` - 1: cells row by row, then totals.
    #[must_use]
    pub fn primary(&self, minimum: u64) -> Vec<Place> {
        let rows = (0..self.counts.len()).map(|row| Place::RowTotal { row });
        let columns = (0..self.columns).map(|column| Place::ColumnTotal { column });
        self.cells().chain(rows).chain(columns).filter(|&place| (1..minimum).contains(&self.at(place))).collect()
    }

    /// The ranges of all hidden counts, given every other count, every other
    /// margin and the grand total.
    #[must_use]
    pub fn feasible(&self, hidden: &[Place]) -> Vec<Feasible> {
        let mut flow = Circulation::of(self, hidden);
        let bound = self.total();
        (0..hidden.len())
            .map(|i| {
                let value = flow.edges[i].value;
                let lo = value - flow.slack(i, Direction::Down, value);
                let hi = value + flow.slack(i, Direction::Up, bound);
                Feasible { place: hidden[i], lo, hi }
            })
            .collect()
    }

    /// Whether the first `primary` of the hidden counts are hidden well.
    fn hides(&self, hidden: &[Place], primary: usize, minimum: u64) -> bool {
        let mut flow = Circulation::of(self, hidden);
        (0..primary).all(|i| {
            let value = flow.edges[i].value;
            let short = minimum.saturating_sub(value);
            let up = flow.slack(i, Direction::Up, short.max(1));
            up >= short && (up > 0 || flow.slack(i, Direction::Down, 1) > 0)
        })
    }

    /// The fewest inner cells to hide beside the primary ones so that each
    /// primary count may still reach `minimum` and is not settled; found by
    /// trying all sets of rising size. Empty cells stay shown.
    ///
    /// # Errors
    /// A [`Refusal`] when there are fewer people than the minimum, when no set of
    /// cells is enough, or when there are too many sets to try.
    pub fn smallest_complement(&self, minimum: u64) -> Result<Complement, Refusal> {
        if self.total() < minimum {
            return Err(Refusal::count(RefusalReason::GroupTooSmall, self.total(), minimum));
        }
        let primary = self.primary(minimum);
        let free: Vec<Place> = self.cells().filter(|&place| self.at(place) >= minimum).collect();
        let mut tries = 0;
        for size in self.lonely(&primary)..=free.len() {
            if let Some((people, cells)) = self.best_of(&primary, &free, size, minimum, &mut tries)? {
                let hidden: Vec<Place> = primary.iter().chain(&cells).copied().collect();
                let mut feasible = self.feasible(&hidden);
                feasible.truncate(primary.len());
                return Ok(Complement { definition: "suppression.v1", primary, cells, people, feasible });
            }
        }
        Err(Refusal::count(RefusalReason::NotHideable, free.len() as u64, primary.len() as u64))
    }

    /// The set of `size` cells with the fewest people that hides all primary
    /// ones; the first in the order of the table among equals.
    fn best_of(
        &self,
        primary: &[Place],
        free: &[Place],
        size: usize,
        minimum: u64,
        tries: &mut u64,
    ) -> Result<Option<(u64, Vec<Place>)>, Refusal> {
        let mut best: Option<(u64, Vec<Place>)> = None;
        let mut picked: Vec<usize> = (0..size).collect();
        let mut hidden = primary.to_vec();
        loop {
            *tries += 1;
            if *tries > TRIES {
                return Err(Refusal::count(RefusalReason::TooManyCells, free.len() as u64, size as u64));
            }
            hidden.truncate(primary.len());
            hidden.extend(picked.iter().map(|&i| free[i]));
            let people = picked.iter().map(|&i| self.at(free[i])).sum();
            let better = best.as_ref().is_none_or(|(least, _)| people < *least);
            if better && self.lonely(&hidden) == 0 && self.hides(&hidden, primary.len(), minimum) {
                best = Some((people, hidden[primary.len()..].to_vec()));
            }
            if !advance(&mut picked, free.len()) {
                return Ok(best);
            }
        }
    }

    /// How many cells have to be added at least: lines with a shown total and a
    /// single hidden cell give that cell away.
    fn lonely(&self, hidden: &[Place]) -> usize {
        let mut rows = vec![0_u32; self.counts.len()];
        let mut columns = vec![0_u32; self.columns];
        for place in hidden {
            match *place {
                Place::Cell { row, column } => {
                    rows[row] += 1;
                    columns[column] += 1;
                }
                Place::RowTotal { row } => rows[row] += 1,
                Place::ColumnTotal { column } => columns[column] += 1,
            }
        }
        let single = |lines: &[u32]| lines.iter().filter(|n| **n == 1).count();
        single(&rows).max(single(&columns))
    }
}

/// The next combination in ascending order; false after the last one.
fn advance(picked: &mut [usize], of: usize) -> bool {
    let size = picked.len();
    for i in (0..size).rev() {
        if picked[i] < of - size + i {
            picked[i] += 1;
            for j in i + 1..size {
                picked[j] = picked[j - 1] + 1;
            }
            return true;
        }
    }
    false
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

/// A hidden count as an edge between two lines of the table.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    value: u64,
}

/// The hidden counts as edges that may still move. Nodes: the total line of all
/// rows, the rows, the total line of all columns, the columns.
struct Circulation {
    edges: Vec<Edge>,
    nodes: usize,
    bound: u64,
}

impl Circulation {
    fn of(table: &CountTable, hidden: &[Place]) -> Self {
        let (row_node, column_node) = (|r: usize| 1 + r, |c: usize| table.counts.len() + 2 + c);
        let (all_rows, all_columns) = (0, table.counts.len() + 1);
        let edges = hidden.iter().map(|&place| {
            let value = table.at(place);
            let (from, to) = match place {
                Place::Cell { row, column } => (row_node(row), column_node(column)),
                Place::RowTotal { row } => (all_columns, row_node(row)),
                Place::ColumnTotal { column } => (column_node(column), all_rows),
            };
            Edge { from, to, value }
        });
        Self { edges: edges.collect(), nodes: table.counts.len() + table.columns + 2, bound: table.total() }
    }

    /// How far the count of an edge may move, up to `limit`: the largest flow
    /// that the other hidden counts can carry back.
    fn slack(&mut self, edge: usize, direction: Direction, limit: u64) -> u64 {
        let Edge { from, to, .. } = self.edges[edge];
        let (source, sink) = match direction {
            Direction::Up => (to, from),
            Direction::Down => (from, to),
        };
        let before = self.edges.clone();
        let mut moved = 0;
        while moved < limit {
            let Some((path, width)) = self.path(source, sink, edge) else { break };
            let step = width.min(limit - moved);
            for (i, forward) in path {
                let value = &mut self.edges[i].value;
                *value = if forward { *value + step } else { *value - step };
            }
            moved += step;
        }
        self.edges = before;
        moved
    }

    /// A shortest way over other hidden counts, each of which may rise without
    /// bound or fall to 0, and how much it carries.
    fn path(&self, source: usize, sink: usize, without: usize) -> Option<(Vec<(usize, bool)>, u64)> {
        let mut came: Vec<Option<(usize, bool)>> = vec![None; self.nodes];
        let mut queue = std::collections::VecDeque::from([source]);
        while let Some(node) = queue.pop_front() {
            if node == sink {
                break;
            }
            for (i, edge) in self.edges.iter().enumerate().filter(|(i, _)| *i != without) {
                let next = if edge.from == node {
                    Some((edge.to, true))
                } else if edge.to == node && edge.value > 0 {
                    Some((edge.from, false))
                } else {
                    None
                };
                if let Some((next, forward)) = next
                    && next != source
                    && came[next].is_none()
                {
                    came[next] = Some((i, forward));
                    queue.push_back(next);
                }
            }
        }
        let (mut path, mut width, mut node) = (Vec::new(), self.bound, sink);
        while node != source {
            let (i, forward) = came[node]?;
            let edge = self.edges[i];
            if !forward {
                width = width.min(edge.value);
            }
            path.push((i, forward));
            node = if forward { edge.from } else { edge.to };
        }
        Some((path, width))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(row: usize, column: usize) -> Place {
        Place::Cell { row, column }
    }

    #[test]
    fn a_single_hidden_cell_is_given_away_by_its_margins() {
        let table = CountTable::of(vec![vec![3, 9], vec![8, 7]]);
        let [only] = table.feasible(&[cell(0, 0)])[..] else { panic!("one range") };
        assert_eq!((only.lo, only.hi), (3, 3));
        assert!(!only.hides(5));
    }

    #[test]
    fn a_square_of_hidden_cells_leaves_what_the_margins_allow() {
        let table = CountTable::of(vec![vec![3, 9, 20], vec![8, 7, 20]]);
        let hidden = [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1)];
        let ranges: Vec<(u64, u64)> = table.feasible(&hidden).iter().map(|f| (f.lo, f.hi)).collect();
        // 3 + 9 = 12, 8 + 7 = 15, 3 + 8 = 11, 9 + 7 = 16
        assert_eq!(ranges, [(0, 11), (1, 12), (0, 11), (4, 15)]);
        let found = table.smallest_complement(5).unwrap();
        assert_eq!(found.cells.len(), 3);
        assert_eq!(found.people, 9 + 8 + 7);
    }

    #[test]
    fn a_hidden_total_is_judged_like_a_cell() {
        let table = CountTable::of(vec![vec![2, 0], vec![8, 7], vec![9, 9]]);
        assert_eq!(table.primary(5), [cell(0, 0), Place::RowTotal { row: 0 }]);
        let found = table.smallest_complement(5);
        // the other totals of rows and the grand total give the hidden one away
        assert_eq!(found.unwrap_err().reason, RefusalReason::NotHideable);
    }

    #[test]
    fn a_table_without_small_cells_needs_nothing() {
        let found = CountTable::of(vec![vec![6, 9], vec![8, 0]]).smallest_complement(5).unwrap();
        assert!(found.primary.is_empty() && found.cells.is_empty());
    }

    proptest! {
        #[test]
        fn ranges_hold_the_truth_and_agree_with_enumeration(
            counts in prop::collection::vec(prop::collection::vec(0..7_u64, 3), 3),
            mask in 0..512_u32,
        ) {
            let table = CountTable::of(counts);
            let hidden: Vec<Place> = table.cells().enumerate().filter(|(i, _)| mask & (1 << i) != 0).map(|(_, p)| p).collect();
            let ranges = table.feasible(&hidden);
            let mut seen = vec![(u64::MAX, 0); hidden.len()];
            enumerate(&table, &hidden, &mut Vec::new(), &mut seen);
            for (range, (lo, hi)) in ranges.iter().zip(seen) {
                prop_assert!(range.lo <= table.at(range.place) && table.at(range.place) <= range.hi);
                prop_assert_eq!((range.lo, range.hi), (lo, hi));
            }
        }
    }

    /// Tries every filling of the hidden cells that keeps all margins.
    fn enumerate(table: &CountTable, hidden: &[Place], values: &mut Vec<u64>, seen: &mut [(u64, u64)]) {
        let mut left = (vec![0_u64; 3], vec![0_u64; 3]);
        for place in hidden {
            let Place::Cell { row, column } = *place else { return };
            left.0[row] += table.at(*place);
            left.1[column] += table.at(*place);
        }
        for (place, value) in hidden.iter().zip(&*values) {
            let Place::Cell { row, column } = *place else { return };
            left.0[row] -= value;
            left.1[column] -= value;
        }
        let Some(Place::Cell { row, column }) = hidden.get(values.len()) else {
            if left.0.iter().chain(&left.1).all(|n| *n == 0) {
                for (range, value) in seen.iter_mut().zip(&*values) {
                    *range = (range.0.min(*value), range.1.max(*value));
                }
            }
            return;
        };
        for value in 0..=left.0[*row].min(left.1[*column]) {
            values.push(value);
            enumerate(table, hidden, values, seen);
            values.pop();
        }
    }
}
