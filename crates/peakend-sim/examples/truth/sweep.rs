//! Exact coverage of the NPS interval for every base.

use peakend_sim::truth::ScoreMix;
use peakend_stats::insight::nps::NpsCounts;
use peakend_stats::insight::nps_interval::nps_interval;

/// Coverage that every base and mix must have.
pub(crate) const BAR: f64 = 0.93;
/// Outcomes rarer than this are left out and count as not covered.
const NEGLIGIBLE: f64 = 1e-13;

/// Coverage by base and mix.
pub(crate) struct Sweep {
    /// Base, then one coverage per mix.
    rows: Vec<(u64, Vec<f64>)>,
}

pub(crate) fn all() -> Sweep {
    let bases = (10..=60).chain([80, 100, 150, 199, 200, 300, 500, 1_000]);
    Sweep { rows: bases.map(|n| (n, ScoreMix::ALL.iter().map(|mix| coverage(n, mix)).collect())).collect() }
}

/// Probability that the interval of n answers covers the planted NPS.
fn coverage(n: u64, mix: &ScoreMix) -> f64 {
    let ln_factorial: Vec<f64> = (0..=n)
        .scan(0.0, |sum, k| {
            *sum += (k.max(1) as f64).ln();
            Some(*sum)
        })
        .collect();
    let ln = [mix.promoters, mix.passives, mix.detractors].map(f64::ln);
    let mut covered = 0.0;
    for promoters in 0..=n {
        for detractors in 0..=n - promoters {
            let passives = n - promoters - detractors;
            let counts = [promoters, passives, detractors];
            let ways: f64 = counts.iter().map(|k| ln_factorial[*k as usize]).sum();
            let chance: f64 = counts.iter().zip(ln).map(|(k, ln)| *k as f64 * ln).sum();
            let probability = (ln_factorial[n as usize] - ways + chance).exp();
            if probability < NEGLIGIBLE {
                continue;
            }
            let interval = nps_interval(&NpsCounts::new(promoters, passives, detractors));
            if interval.lo - 1e-9 <= mix.nps() && mix.nps() <= interval.hi + 1e-9 {
                covered += probability;
            }
        }
    }
    covered
}

impl Sweep {
    /// Bases in bands, with the mean and the lowest coverage and where it is.
    pub(crate) fn table(&self) -> String {
        let bands = [(10, 19), (20, 29), (30, 39), (40, 60), (61, 199), (200, 300), (301, 1_000)];
        let mut lines = vec![
            "| answers | mean coverage, % | lowest, % | at n | mix (promoters / passives / detractors) |".to_owned(),
        ];
        lines.push("|---|---|---|---|---|".to_owned());
        for (from, to) in bands {
            let rows: Vec<_> = self.rows.iter().filter(|(n, _)| (from..=to).contains(n)).collect();
            let all: Vec<(f64, u64, usize)> =
                rows.iter().flat_map(|(n, by_mix)| by_mix.iter().enumerate().map(|(m, c)| (*c, *n, m))).collect();
            let mean = all.iter().map(|(c, ..)| c).sum::<f64>() / all.len() as f64;
            let Some((lowest, n, mix)) = all.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
            let ScoreMix { promoters, passives, detractors } = ScoreMix::ALL[mix];
            lines.push(format!(
                "| {from} to {to} | {:.1} | {:.1} | {n} | {:.0} / {:.0} / {:.0} |",
                100.0 * mean,
                100.0 * lowest,
                100.0 * promoters,
                100.0 * passives,
                100.0 * detractors
            ));
        }
        lines.join("\n")
    }

    /// Bases and mixes below the bar.
    pub(crate) fn missed(&self) -> impl Iterator<Item = String> {
        let low = |(n, by_mix): &(u64, Vec<f64>)| {
            let n = *n;
            let low: Vec<(usize, f64)> = by_mix.iter().copied().enumerate().filter(|(_, c)| *c < BAR).collect();
            low.into_iter().map(move |(m, c)| format!("NPS interval, n = {n}, mix {}: {:.1} %", m + 1, 100.0 * c))
        };
        self.rows.iter().flat_map(low)
    }
}
