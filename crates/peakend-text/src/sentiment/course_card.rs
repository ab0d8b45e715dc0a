//! The card of a made model in words.

use std::fmt;

use super::course::{Card, Estimate, Mark};

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} (95 % {:.3} to {:.3})", self.value, self.low, self.high)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accuracy {}, macro F1 {}, {} of {} right", self.accuracy, self.macro_f1, self.right, self.n)
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = if self.language == "zh" { "Chinese" } else { "English" };
        let made = if self.made_by == "adapt" { "the shipped model, adapted" } else { "trained from nothing" };
        writeln!(f, "# Model card: sentiment, {language}, {made}\n")?;
        writeln!(f, "| corpus | licence | rows | used |\n|---|---|---|---|")?;
        for source in &self.sources {
            writeln!(f, "| {} | {} | {} | {} |", source.name, source.licence, source.rows, source.used)?;
        }
        let (l, t, h) = (&self.left_out, &self.taught, &self.held);
        writeln!(
            f,
            "\nLeft out: {} neither positive nor negative, {} twice, {} in another language, {} never to be trained on.",
            l.between, l.twice, l.other_language, l.never
        )?;
        writeln!(
            f,
            "Taught: {} positive, {} negative. Held out: {} and {}.",
            t.positive, t.negative, h.positive, h.negative
        )?;
        writeln!(f, "\nHeld-out texts, model with word lists:\n")?;
        writeln!(f, "- shipped: {}\n- this one: {}\n", self.before, self.after)?;
        if self.made_by == "train" {
            writeln!(
                f,
                "The shipped model may have learned from some of these texts: the first line is then too good.\n"
            )?;
        } else if !self.better {
            writeln!(f, "This one is not better than the shipped one: keep the shipped one.\n")?;
        }
        let s = &self.settings;
        write!(f, "Settings: {} passes, shrink {}, held out {}, seed {}.", s.passes, s.shrink, s.holdout, s.seed)
    }
}
