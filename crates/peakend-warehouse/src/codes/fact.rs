//! Everything countable about a voice in one number below 9,216.

use std::sync::LazyLock;

use peakend_query::{Cell, Counting, Score, Tone, VoiceFact, VoiceKind};

/// How many different facts there are.
pub(crate) const FACTS: usize = 2 * 2 * 4 * 8 * 6 * 12;

/// A voice's kind, scores and tone; out of range is as good as unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fact {
    /// Response or signal.
    pub(crate) kind: VoiceKind,
    /// Whether there is a text.
    pub(crate) has_text: bool,
    /// Tone of the text.
    pub(crate) tone: Option<Tone>,
    /// 0..=10
    pub(crate) nps: Option<u8>,
    /// 1..=5
    pub(crate) csat: Option<u8>,
    /// 1..=7
    pub(crate) ces: Option<u8>,
}

/// The value's place in its scale, or the place after the last.
fn place(value: Option<u8>, score: Score) -> u16 {
    let (low, high) = score.range();
    u16::from(value.filter(|v| (low..=high).contains(v)).map_or(high - low + 1, |v| v - low))
}

fn value(place: u16, score: Score) -> Option<u8> {
    let (low, high) = score.range();
    u8::try_from(place).ok().map(|p| p + low).filter(|v| *v <= high)
}

impl Fact {
    /// The fact of stored columns.
    pub(crate) fn new(
        kind: VoiceKind,
        [nps, csat, ces]: [Option<u8>; 3],
        sentiment: Option<i8>,
        has_text: bool,
    ) -> Self {
        let within = |v: Option<u8>, score| value(place(v, score), score);
        Self {
            kind,
            has_text,
            tone: sentiment.map(Tone::of),
            nps: within(nps, Score::Nps),
            csat: within(csat, Score::Csat),
            ces: within(ces, Score::Ces),
        }
    }

    /// The number of this fact.
    pub(crate) fn code(self) -> u16 {
        let kind = u16::from(self.kind == VoiceKind::Signal);
        let tone = match self.tone {
            Some(Tone::Negative) => 0,
            Some(Tone::Neutral) => 1,
            Some(Tone::Positive) => 2,
            None => 3,
        };
        let mut code = kind * 2 + u16::from(self.has_text);
        code = code * 4 + tone;
        code = code * 8 + place(self.ces, Score::Ces);
        code = code * 6 + place(self.csat, Score::Csat);
        code * 12 + place(self.nps, Score::Nps)
    }

    /// The fact of a number.
    pub(crate) fn of(code: u16) -> Self {
        let (rest, nps) = (code / 12, code % 12);
        let (rest, csat) = (rest / 6, rest % 6);
        let (rest, ces) = (rest / 8, rest % 8);
        let (rest, tone) = (rest / 4, rest % 4);
        Self {
            kind: if rest / 2 == 0 { VoiceKind::Response } else { VoiceKind::Signal },
            has_text: rest % 2 == 1,
            tone: [Some(Tone::Negative), Some(Tone::Neutral), Some(Tone::Positive), None][usize::from(tone)],
            nps: value(nps, Score::Nps),
            csat: value(csat, Score::Csat),
            ces: value(ces, Score::Ces),
        }
    }

    /// Every fact by its number.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..FACTS).map(|code| Self::of(u16::try_from(code).unwrap_or(0)))
    }

    /// The answer on one scale.
    pub(crate) fn score(self, score: Score) -> Option<u8> {
        match score {
            Score::Nps => self.nps,
            Score::Csat => self.csat,
            Score::Ces => self.ces,
        }
    }

    /// A voice that a filter over facts sees as this one.
    pub(crate) fn voice(self) -> VoiceFact {
        let sentiment = self.tone.map(|tone| match tone {
            Tone::Negative => -100,
            Tone::Neutral => 0,
            Tone::Positive => 100,
        });
        let none = String::new;
        VoiceFact {
            seq: 0,
            id: none(),
            kind: self.kind,
            pillar: none(),
            survey: none(),
            line: none(),
            unit: none(),
            journey: none(),
            stage: none(),
            touchpoint: none(),
            channel: none(),
            segment: none(),
            theme: none(),
            language: none(),
            person: none(),
            at: 0,
            day: 0,
            nps: self.nps,
            csat: self.csat,
            ces: self.ces,
            sentiment,
            has_text: self.has_text,
            attributes: Default::default(),
        }
    }
}

/// What each stored value adds to the number of a fact.
#[derive(Debug)]
pub(crate) struct FactSteps {
    /// Of every value of a scale, then of none.
    scores: [[u16; 257]; 3],
    /// Of every sentiment by its bits, then of none.
    sentiments: [u16; 257],
    text: u16,
    signal: u16,
}

/// Computed once.
pub(crate) static FACT_STEPS: LazyLock<FactSteps> = LazyLock::new(|| {
    let (kind, scores) = (VoiceKind::Response, [None; 3]);
    let least = Fact::of(0);
    let step = |fact: Fact| fact.code();
    let score = |at: usize, value: Option<u8>| {
        let mut all = [least.nps, least.csat, least.ces];
        all[at] = value;
        step(Fact { tone: least.tone, ..Fact::new(kind, all, None, false) })
    };
    let sentiment = |value: Option<i8>| {
        step(Fact { nps: least.nps, csat: least.csat, ces: least.ces, ..Fact::new(kind, scores, value, false) })
    };
    let value = |at: usize| u8::try_from(at).ok();
    FactSteps {
        scores: std::array::from_fn(|scale| std::array::from_fn(|at| score(scale, value(at)))),
        sentiments: std::array::from_fn(|at| sentiment(value(at).map(|bits| i8::from_le_bytes([bits])))),
        text: step(Fact { has_text: true, ..least }),
        signal: step(Fact { kind: VoiceKind::Signal, ..least }),
    }
});

impl FactSteps {
    /// The number of the fact of stored columns.
    #[inline]
    pub(crate) fn code(
        &self,
        signal: bool,
        [nps, csat, ces]: [Option<u8>; 3],
        sentiment: Option<i8>,
        has_text: bool,
    ) -> u32 {
        let of = |scale: usize, value: Option<u8>| self.scores[scale][value.map_or(256, usize::from)];
        let tone = self.sentiments[sentiment.map_or(256, |s| usize::from(s.to_le_bytes()[0]))];
        let other = u16::from(has_text) * self.text + u16::from(signal) * self.signal;
        u32::from(of(0, nps) + of(1, csat) + of(2, ces) + tone + other)
    }
}

/// Where a fact counts, per group: so many bins, so many of them per row.
#[derive(Debug)]
pub(crate) struct Bins<const N: usize> {
    /// Bins of a group; a power of two.
    pub(crate) stride: usize,
    /// The bins that a fact adds one to.
    pub(crate) slots: Vec<[u8; N]>,
}

const UNCOUNTED: u8 = 28;

/// Bins of everything: NPS with unanswered, CSAT, CES, tone, texts.
pub(crate) fn everything() -> Bins<5> {
    let slots = Fact::all().map(|f| {
        let bin = |first: u8, value: Option<u8>| value.map_or(UNCOUNTED, |v| first + v);
        let tone = f.tone.map(|t| t as u8);
        [f.nps.unwrap_or(11), bin(11, f.csat), bin(16, f.ces), bin(24, tone), if f.has_text { 27 } else { UNCOUNTED }]
    });
    Bins { stride: 32, slots: slots.collect() }
}

/// Bins of one scale; bin 15 takes what does not count.
pub(crate) fn one(counting: Counting) -> Bins<1> {
    let slots = Fact::all().map(|f| {
        [match counting {
            Counting::Everything => 0,
            Counting::Answers(score) => f.score(score).unwrap_or(15),
            Counting::Tones => f.tone.map_or(15, |t| t as u8),
        }]
    });
    Bins { stride: 16, slots: slots.collect() }
}

/// The cell of a group's bins; `None` when nothing was counted.
pub(crate) fn cell(counting: Counting, bins: &[u32]) -> Option<Cell> {
    let mut cell = Cell::default();
    let fill = |from: usize, into: &mut [u64]| {
        into.iter_mut().zip(&bins[from..]).for_each(|(to, n)| *to = u64::from(*n));
    };
    match counting {
        Counting::Everything => {
            fill(0, &mut cell.nps);
            fill(12, &mut cell.csat);
            fill(17, &mut cell.ces);
            fill(24, &mut cell.tone);
            cell.texts = u64::from(bins[27]);
            cell.voices = bins[..12].iter().map(|n| u64::from(*n)).sum();
        }
        Counting::Answers(score) => {
            let into: &mut [u64] = match score {
                Score::Nps => &mut cell.nps,
                Score::Csat => {
                    fill(1, &mut cell.csat);
                    &mut []
                }
                Score::Ces => {
                    fill(1, &mut cell.ces);
                    &mut []
                }
            };
            fill(0, into);
            cell.voices = bins[..15].iter().map(|n| u64::from(*n)).sum();
        }
        Counting::Tones => {
            fill(0, &mut cell.tone);
            cell.voices = cell.tone.iter().sum();
        }
    }
    (cell.voices > 0).then_some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_own_number_and_comes_back() {
        for (code, fact) in Fact::all().enumerate() {
            assert_eq!(usize::from(fact.code()), code);
        }
    }

    #[test]
    fn steps_add_up_to_the_number_of_the_fact() {
        let values = || (0..=255_u8).map(Some).chain([None]);
        let sentiments = || (i8::MIN..=i8::MAX).map(Some).chain([None]);
        for (signal, text) in [(false, false), (false, true), (true, false), (true, true)] {
            let kind = if signal { VoiceKind::Signal } else { VoiceKind::Response };
            for (value, sentiment) in values().zip(sentiments()).chain(values().zip(sentiments().rev())) {
                for scores in [[value, Some(3), None], [Some(11), value, Some(7)], [None, Some(0), value]] {
                    let fact = Fact::new(kind, scores, sentiment, text);
                    assert_eq!(FACT_STEPS.code(signal, scores, sentiment, text), u32::from(fact.code()), "{fact:?}");
                }
            }
        }
    }

    #[test]
    fn bins_count_what_a_cell_counts() {
        for counting in [Counting::Everything, Counting::Tones]
            .into_iter()
            .chain([Score::Nps, Score::Csat, Score::Ces].map(Counting::Answers))
        {
            let (all, single) = (everything(), one(counting));
            for fact in Fact::all() {
                let mut bins = vec![0_u32; 32];
                let code = usize::from(fact.code());
                if counting == Counting::Everything {
                    all.slots[code].iter().for_each(|s| bins[usize::from(*s)] += 1);
                } else {
                    single.slots[code].iter().for_each(|s| bins[usize::from(*s)] += 1);
                }
                let mut expected = Cell::default();
                expected.add(&fact.voice());
                let expected = counting.matches(&fact.voice()).then(|| counting.narrow(expected));
                assert_eq!(cell(counting, &bins), expected, "{counting:?} {fact:?}");
            }
        }
    }
}
