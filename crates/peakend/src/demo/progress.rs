//! A bar per stage on standard error; silent when nobody looks.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows stages; the text of each says what is being done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Bars on a terminal; plain lines where there is none.
    pub(crate) fn new(shown: bool) -> Self {
        Self { shown }
    }

    /// Begin a stage of so many steps.
    pub(crate) fn stage(self, what: &'static str, steps: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
        if !self.shown {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else if bar.is_hidden() {
            // no terminal: say at least what is going on
            eprintln!("{what}");
        }
        let style = ProgressStyle::with_template("{msg:32} {bar:30} {percent:>3} %  {elapsed_precise}  eta {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message(what);
        bar
    }
}
