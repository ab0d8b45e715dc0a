//! The saturated design: one mean per cell (arm x period), contrasts between
//! cells, cluster-robust errors. All in closed form on sums per cluster and cell,
//! so that two million rows need one sort and two passes and no design matrix.

use crate::summation::Sum;

/// One observation of one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellRow {
    pub(crate) cluster: u64,
    pub(crate) cell: u32,
    pub(crate) y: f64,
    pub(crate) weight: f64,
}

/// Totals of one cell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    pub(crate) n: u64,
    pub(crate) weight: f64,
    pub(crate) weight_squares: f64,
    pub(crate) mean: f64,
    /// Unweighted squared deviations from the cell mean.
    pub(crate) squares: f64,
}

/// Sums over the rows of one cluster within one cell; e is the residual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) cluster: u64,
    pub(crate) cell: usize,
    pub(crate) m: f64,
    pub(crate) w: f64,
    pub(crate) ww: f64,
    pub(crate) e: f64,
    pub(crate) we: f64,
}

/// A fitted saturated design.
#[derive(Debug)]
pub(crate) struct CellFit {
    pub(crate) cells: Vec<Cell>,
    /// In order of cluster, then cell.
    pub(crate) blocks: Vec<Block>,
    pub(crate) clusters: u64,
    pub(crate) n: u64,
    /// Sum of w^2 e^2 per cell, for the heteroskedastic error.
    meat: Vec<f64>,
}

impl CellFit {
    /// Fits `cells` means. Rows are sorted first, so their order cannot matter.
    pub(crate) fn of(mut rows: Vec<CellRow>, cells: usize) -> Self {
        rows.sort_unstable_by(|a, b| {
            (a.cluster, a.cell)
                .cmp(&(b.cluster, b.cell))
                .then_with(|| a.y.total_cmp(&b.y))
                .then_with(|| a.weight.total_cmp(&b.weight))
        });
        let totals = cell_means(&rows, cells);
        let mut fit =
            Self { cells: totals, blocks: Vec::new(), clusters: 0, n: rows.len() as u64, meat: vec![0.0; cells] };
        fit.gather(&rows);
        fit
    }

    /// The second pass: residual sums per cluster and cell.
    fn gather(&mut self, rows: &[CellRow]) {
        let mut meat = vec![Sum::default(); self.cells.len()];
        let mut squares = vec![Sum::default(); self.cells.len()];
        let mut last = None;
        for chunk in rows.chunk_by(|a, b| (a.cluster, a.cell) == (b.cluster, b.cell)) {
            let first = chunk[0];
            let cell = first.cell as usize;
            let mean = self.cells[cell].mean;
            let mut block =
                Block { cluster: first.cluster, cell, m: chunk.len() as f64, w: 0.0, ww: 0.0, e: 0.0, we: 0.0 };
            for row in chunk {
                let e = row.y - mean;
                block.w += row.weight;
                block.ww += row.weight * row.weight;
                block.e += e;
                block.we += row.weight * e;
                meat[cell].add((row.weight * e).powi(2));
                squares[cell].add(e * e);
            }
            if last != Some(first.cluster) {
                self.clusters += 1;
                last = Some(first.cluster);
            }
            self.blocks.push(block);
        }
        self.meat = meat.into_iter().map(Sum::value).collect();
        for (cell, squares) in self.cells.iter_mut().zip(squares) {
            cell.squares = squares.value();
        }
    }

    /// Blocks of one cluster at a time.
    pub(crate) fn by_cluster(&self) -> impl Iterator<Item = &[Block]> {
        self.blocks.chunk_by(|a, b| a.cluster == b.cluster)
    }

    /// The contrast of cell means.
    pub(crate) fn contrast(&self, contrast: &[f64]) -> f64 {
        self.cells.iter().zip(contrast).map(|(cell, c)| if *c == 0.0 { 0.0 } else { c * cell.mean }).sum()
    }

    /// The influence of each cluster on several contrasts, one cluster at a time.
    pub(crate) fn each_score(&self, contrasts: &[Vec<f64>], mut visit: impl FnMut(&[Block], &[f64])) {
        let mut score = vec![0.0; contrasts.len()];
        for blocks in self.by_cluster() {
            for (s, contrast) in score.iter_mut().zip(contrasts) {
                *s = blocks.iter().map(|b| contrast[b.cell] * b.we / self.cells[b.cell].weight).sum();
            }
            visit(blocks, &score);
        }
    }

    /// CR1 covariance of several contrasts: G/(G-1) (N-1)/(N-K).
    pub(crate) fn cr1(&self, contrasts: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut products = Products::of(contrasts.len());
        self.each_score(contrasts, |_, score| products.add(score));
        let (g, n) = (self.clusters as f64, self.n as f64);
        products.scaled(g / (g - 1.0) * (n - 1.0) / (n - self.cells.len() as f64))
    }

    /// Standard error of a contrast robust to unequal variances only (HC1).
    pub(crate) fn hc1(&self, contrast: &[f64]) -> f64 {
        let n = self.n as f64;
        let variance: f64 = self
            .cells
            .iter()
            .zip(contrast)
            .zip(&self.meat)
            .filter(|((_, c), _)| **c != 0.0)
            .map(|((cell, c), meat)| (c / cell.weight).powi(2) * meat)
            .sum();
        (variance * n / (n - self.cells.len() as f64)).sqrt()
    }
}

/// Summed outer products of scores.
#[derive(Debug, Clone)]
pub(crate) struct Products {
    sums: Vec<Vec<Sum>>,
    pub(crate) count: u64,
}

impl Products {
    pub(crate) fn of(width: usize) -> Self {
        Self { sums: vec![vec![Sum::default(); width]; width], count: 0 }
    }

    pub(crate) fn add(&mut self, score: &[f64]) {
        self.count += 1;
        for (i, row) in self.sums.iter_mut().enumerate() {
            for (j, sum) in row.iter_mut().enumerate().take(i + 1) {
                sum.add(score[i] * score[j]);
            }
        }
    }

    /// The full symmetric matrix times a factor.
    pub(crate) fn scaled(&self, factor: f64) -> Vec<Vec<f64>> {
        let q = self.sums.len();
        (0..q).map(|i| (0..q).map(|j| factor * self.sums[i.max(j)][i.min(j)].value()).collect()).collect()
    }
}

fn cell_means(rows: &[CellRow], cells: usize) -> Vec<Cell> {
    let mut totals = vec![Cell::default(); cells];
    let mut weight = vec![Sum::default(); cells];
    let mut product = vec![Sum::default(); cells];
    for row in rows {
        let i = row.cell as usize;
        totals[i].n += 1;
        weight[i].add(row.weight);
        product[i].add(row.weight * row.y);
        totals[i].weight_squares += row.weight * row.weight;
    }
    for (i, cell) in totals.iter_mut().enumerate() {
        cell.weight = weight[i].value();
        cell.mean = product[i].value() / cell.weight;
    }
    totals
}
