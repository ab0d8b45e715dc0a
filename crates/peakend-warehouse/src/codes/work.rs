//! Spreading pieces of work over the threads of one question.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use peakend_query::WarehouseError;

use crate::fault::engine;

/// How a question is worked on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    /// Threads.
    pub(crate) threads: usize,
    /// Set when nobody waits for the answer any more.
    pub(crate) stop: &'a AtomicBool,
}

/// Threads of steps that mostly wait for the disk: it serves so many at a time.
const WAITING: usize = 8;

impl Work<'_> {
    /// The same for steps that wait for the disk more than they count.
    pub(crate) fn waiting(self) -> Self {
        Self { threads: self.threads.max(WAITING), ..self }
    }

    /// Do every step, each thread with a state of its own; the states come back.
    pub(crate) fn each<U: Sync, S: Send>(
        self,
        units: &[U],
        start: impl Fn() -> S + Sync,
        step: impl Fn(&mut S, &U) -> Result<(), WarehouseError> + Sync,
    ) -> Result<Vec<S>, WarehouseError> {
        let next = AtomicUsize::new(0);
        let run = || {
            let mut state = start();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.stop.load(Ordering::Relaxed) {
                    return Err(engine("answer the question")("the caller went away"));
                }
                step(&mut state, unit)?;
            }
            Ok(state)
        };
        let threads = self.threads.min(units.len()).max(1);
        if threads == 1 {
            return Ok(vec![run()?]);
        }
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let mut states = vec![run()];
            states.extend(others.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| Err(engine("answer the question")("a thread of it broke")))
            }));
            states.into_iter().collect()
        })
    }
}
