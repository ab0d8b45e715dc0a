//! How far a generator is, how fast, and how long it still takes: a bar on a
//! terminal, a line every few seconds elsewhere, both on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Pause between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

/// Rows done of all rows.
#[derive(Debug)]
pub(super) struct Pace {
    bar: ProgressBar,
    begun: Instant,
    said: Mutex<Instant>,
}

impl Pace {
    /// Begins now.
    pub(super) fn new(rows: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(rows), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{bar:30} {percent:>3} %  {human_pos} of {human_len} rows  {per_sec}  {elapsed_precise}  eta {eta}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        let begun = Instant::now();
        Self { bar, begun, said: Mutex::new(begun) }
    }

    /// So many more rows are written.
    pub(super) fn add(&self, rows: usize) {
        self.bar.inc(rows as u64);
        if self.bar.is_hidden() {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.elapsed() >= PAUSE {
                *said = Instant::now();
                eprintln!("{}", line(self.bar.position(), self.bar.length().unwrap_or(0), self.begun.elapsed()));
            }
        }
    }

    /// All rows are written.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// "40 %, 2.1 million rows per second, 29 s left".
fn line(done: u64, all: u64, passed: Duration) -> String {
    let rate = done as f64 / passed.as_secs_f64().max(1e-9);
    let left = all.saturating_sub(done) as f64 / rate.max(1.0);
    let percent = done as f64 * 100.0 / (all as f64).max(1.0);
    format!("{percent:.0} %, {:.1} million rows per second, {left:.0} s left", rate / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_rate_and_time_left() {
        let said = line(40_000_000, 100_000_000, Duration::from_secs(20));
        assert_eq!(said, "40 %, 2.0 million rows per second, 30 s left");
    }
}
