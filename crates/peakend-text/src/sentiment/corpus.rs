//! Labelled texts for training: labels, licences, what is held out.

use std::collections::HashSet;

use serde::Serialize;

use super::training::Example;
use super::{Pieces, identify};
use crate::fold::fold;
use crate::language::Language;

/// Labelled texts from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    /// Name of the file or collection.
    pub name: String,
    /// The licence under which it may be trained on; empty for an organisation's own texts.
    pub licence: String,
    /// Label and text.
    pub rows: Vec<(String, String)>,
}

/// Licences under which what ships may be trained, as they are written most often.
pub const LICENCES: [&str; 9] = [
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "Apache-2.0",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "public domain",
    "written for this project",
];

/// The licence of [`LICENCES`] that is meant; none for any other, such as those
/// that forbid commerce or changes.
#[must_use]
pub fn licence(written: &str) -> Option<&'static str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    LICENCES.into_iter().find(|known| plain(known) == plain(written))
}

/// How labels are read: words, or numbers with two limits.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Labels {
    /// Scores up to this one are negative.
    pub negative_to: Option<f64>,
    /// Scores from this one are positive.
    pub positive_from: Option<f64>,
}

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Positive or negative.
    Polar(bool),
    /// Neither.
    Between,
}

impl Labels {
    /// Reads a label: `pos`, `positive`, `neg`, `negative`, `neutral`, or a score.
    ///
    /// # Errors
    /// A label that is none, with what is needed.
    pub fn read(self, label: &str) -> Result<Label, String> {
        match label.trim().to_lowercase().as_str() {
            "pos" | "positive" => return Ok(Label::Polar(true)),
            "neg" | "negative" => return Ok(Label::Polar(false)),
            "neutral" | "neu" => return Ok(Label::Between),
            _ => {}
        }
        let score: f64 =
            label.trim().parse().map_err(|_| format!("label `{label}` is none of pos, neg, neutral or a score"))?;
        let (Some(low), Some(high)) = (self.negative_to, self.positive_from) else {
            return Err(format!(
                "label `{label}` is a score: say up to which scores are negative and from which positive"
            ));
        };
        Ok(match score {
            s if s <= low => Label::Polar(false),
            s if s >= high => Label::Polar(true),
            _ => Label::Between,
        })
    }
}

/// Texts that are not used, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Neither positive nor negative.
    pub between: usize,
    /// Equal to another after folding.
    pub twice: usize,
    /// In a language the model does not read.
    pub other_language: usize,
    /// Among the texts that must not be trained on.
    pub never: usize,
}

/// Labelled texts, divided.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Divided {
    /// To learn from.
    pub taught: Vec<Example>,
    /// To judge by.
    pub held: Vec<Example>,
    /// Not used.
    pub left_out: LeftOut,
    /// Used texts of each corpus.
    pub used: Vec<usize>,
}

impl Divided {
    /// All used texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taught.len() + self.held.len()
    }

    /// Whether no text is used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What two equal texts share: their folded letters.
pub(super) fn key(text: &str) -> String {
    fold(text.trim()).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Divides texts: which are held out is decided by the text and the seed alone,
/// so that more texts do not move the others.
///
/// # Errors
/// The first label that cannot be read, with its corpus and row.
pub fn divide(
    corpora: &[Corpus],
    labels: Labels,
    pieces: Pieces,
    holdout: f64,
    seed: u64,
    never: &[&str],
) -> Result<Divided, String> {
    let never: HashSet<String> = never.iter().map(|text| key(text)).collect();
    let mut seen: HashSet<String> = HashSet::new();
    let mut divided = Divided::default();
    for corpus in corpora {
        let before = divided.len();
        for (row, (label, text)) in corpus.rows.iter().enumerate() {
            let label = labels.read(label).map_err(|e| format!("{}, row {}: {e}", corpus.name, row + 1))?;
            let key = key(text);
            let language = identify(text);
            let fits = match pieces {
                Pieces::Letters => language.is_chinese(),
                Pieces::Words => language == Language::English,
            };
            let left_out = &mut divided.left_out;
            match label {
                _ if never.contains(&key) => left_out.never += 1,
                Label::Between => left_out.between += 1,
                Label::Polar(_) if !fits => left_out.other_language += 1,
                Label::Polar(_) if seen.contains(&key) => left_out.twice += 1,
                Label::Polar(positive) => {
                    let example = Example { text: text.clone(), positive, weight: 1.0 };
                    let side = if drawn(&key, seed) < holdout { &mut divided.held } else { &mut divided.taught };
                    side.push(example);
                    seen.insert(key);
                }
            }
        }
        divided.used.push(divided.len() - before);
    }
    Ok(divided)
}

/// A number from 0 to 1 that a text and a seed always give (FNV-1a, then SplitMix64).
fn drawn(key: &str, seed: u64) -> f64 {
    let code = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64 ^ seed, |code, byte| (code ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut z = code.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_that_allow_training_are_told_from_those_that_do_not() {
        assert_eq!(licence("cc by 4.0"), Some("CC-BY-4.0"));
        assert_eq!(licence("apache 2.0"), Some("Apache-2.0"));
        for other in ["", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "unknown", "GPL-3.0"] {
            assert_eq!(licence(other), None, "{other}");
        }
    }

    #[test]
    fn scores_need_their_limits() {
        assert!(Labels::default().read("7").unwrap_err().contains("score"));
        let nps = Labels { negative_to: Some(6.0), positive_from: Some(9.0) };
        assert_eq!(nps.read("6"), Ok(Label::Polar(false)));
        assert_eq!(nps.read("8"), Ok(Label::Between));
        assert_eq!(nps.read(" 10 "), Ok(Label::Polar(true)));
        assert!(nps.read("often").is_err());
    }

    #[test]
    fn equal_texts_count_once_and_each_text_keeps_its_side() {
        let row = |n: usize| ("pos".to_owned(), format!("第{n}次来,味道很好"));
        let corpus = |n: usize| Corpus { name: "c".into(), licence: "MIT".into(), rows: (0..n).map(row).collect() };
        let divide = |n| divide(&[corpus(n), corpus(3)], Labels::default(), Pieces::Letters, 0.2, 1, &[]).unwrap();
        let (few, many) = (divide(100), divide(1_000));
        assert_eq!((few.len(), few.left_out.twice, few.used.clone()), (100, 3, vec![100, 0]));
        assert!(few.held.iter().all(|e| many.held.contains(e)));
        assert!((120..280).contains(&many.held.len()), "{}", many.held.len());
    }

    #[test]
    fn a_label_that_cannot_be_read_is_named_with_its_row() {
        let rows = vec![("pos".to_owned(), "好".to_owned()), ("maybe".to_owned(), "好".to_owned())];
        let corpus = Corpus { name: "reviews.tsv".into(), licence: "MIT".into(), rows };
        let fault = divide(&[corpus], Labels::default(), Pieces::Letters, 0.2, 1, &[]).unwrap_err();
        assert!(fault.starts_with("reviews.tsv, row 2: label `maybe`"), "{fault}");
    }
}
