//! From counts to figures: which statistic belongs to which metric.

use peakend_domain::Permission;
use peakend_domain::insight::metric::{Measure, Metric, REGISTRY};
use peakend_domain::insight::release::unanimity_band;
use peakend_query::{Band, Cell, Counting, Filter, Score, VoiceKind};
use peakend_stats::figure::{Figure, Refusal, RefusalReason, WarningCode};
use peakend_stats::insight::bands::NpsBands;
use peakend_stats::insight::compare::{Claim, Difference};
use peakend_stats::insight::histogram::{FivePoint, ScoreHistogram, SevenPoint};
use peakend_stats::insight::nps::{NpsCounts, nps_of_counts};
use peakend_stats::insight::nps_compare::nps_change;
use peakend_stats::insight::share_compare::{Part, share_change};
use peakend_stats::insight::{ces, csat};

use crate::{Ctx, Error};

/// A figure fit to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The value; absent when everybody answered alike and only a range may be told.
    pub value: Option<f64>,
    /// Answers behind it.
    pub n: u64,
    /// 95 % interval, or the range that is told instead of the value; absent for counts.
    pub interval: Option<(f64, f64)>,
    /// Codes of what to say beside it.
    pub warnings: Vec<&'static str>,
}

/// A figure withheld.
#[derive(Debug, Clone, PartialEq)]
pub struct Withheld {
    /// Code of the reason.
    pub reason: &'static str,
    /// What there is; never told about employees.
    pub have: Option<f64>,
    /// What it takes.
    pub need: f64,
}

/// A figure or why there is none.
pub type Answer = Result<Shown, Withheld>;

/// A difference between two figures, first minus second.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Difference in the metric's unit.
    pub diff: f64,
    /// 95 % interval.
    pub interval: (f64, f64),
    /// Two-sided p of this comparison alone.
    pub p: f64,
    /// p (or q) among all comparisons of the answer; set by the family.
    pub adjusted_p: f64,
    /// `higher`, `lower` or `not_detectable`, by the adjusted p and the interval.
    pub claim: &'static str,
    /// Smallest difference these bases detect at 80 % power.
    pub detectable: f64,
    judged: Difference,
}

impl Change {
    /// A difference that stands alone until [`Self::judge`] is told of the others.
    pub(crate) fn of(judged: Difference) -> Self {
        Self {
            diff: judged.value,
            interval: (judged.interval.lo, judged.interval.hi),
            p: judged.p,
            adjusted_p: judged.p,
            claim: claim_code(judged.claim(judged.p)),
            detectable: judged.detectable,
            judged,
        }
    }

    /// Judges the difference again among all comparisons of the answer.
    pub(crate) fn judge(&mut self, adjusted_p: f64) {
        self.adjusted_p = adjusted_p;
        self.claim = claim_code(self.judged.claim(adjusted_p));
    }
}

fn claim_code(claim: Claim) -> &'static str {
    match claim {
        Claim::Higher => "higher",
        Claim::Lower => "lower",
        Claim::NotDetectable => "not_detectable",
    }
}

/// Every metric.
pub fn list(ctx: &Ctx<'_>) -> Result<&'static [Metric], Error> {
    ctx.require(Permission::SeeFigures)?;
    Ok(&REGISTRY)
}

/// Which voices answer a measure: exactly the n of its figures.
#[must_use]
pub fn answered(measure: Measure) -> Filter {
    let scale = |score, low, high| Filter::Band(Band { score, low, high });
    match measure {
        Measure::Nps => scale(Score::Nps, 0, 10),
        Measure::Csat => scale(Score::Csat, 1, 5),
        Measure::Ces => scale(Score::Ces, 1, 7),
        Measure::NetSentiment => any_tone(),
        Measure::Responses => Filter::Kind(VoiceKind::Response),
        Measure::Signals => Filter::Kind(VoiceKind::Signal),
    }
}

/// What a question about a measure counts: with [`heard`], exactly the voices of [`answered`].
#[must_use]
pub fn counting(measure: Measure) -> Counting {
    match measure {
        Measure::Nps => Counting::Answers(Score::Nps),
        Measure::Csat => Counting::Answers(Score::Csat),
        Measure::Ces => Counting::Answers(Score::Ces),
        Measure::NetSentiment => Counting::Tones,
        Measure::Responses | Measure::Signals => Counting::Everything,
    }
}

/// The kind of voice a measure is of, where it is of one.
#[must_use]
pub fn heard(measure: Measure) -> Filter {
    match measure {
        Measure::Responses | Measure::Signals => answered(measure),
        _ => Filter::All,
    }
}

/// Texts whose tone is determined.
#[must_use]
pub fn any_tone() -> Filter {
    use peakend_query::Tone::{Negative, Neutral, Positive};
    Filter::Or(vec![Filter::Tone(Negative), Filter::Tone(Neutral), Filter::Tone(Positive)])
}

fn net_counts(metric: &Metric, cell: &Cell) -> NpsCounts {
    if metric.measure == Measure::NetSentiment {
        let [negative, neutral, positive] = cell.tone;
        return NpsCounts::new(positive, neutral, negative);
    }
    ScoreHistogram::new(cell.nps).classes(&NpsBands::STANDARD)
}

/// Satisfied or easy answers among all of a scale; none for other measures.
fn favourable(measure: Measure, cell: &Cell) -> Option<Part> {
    let (k, n) = match measure {
        Measure::Csat => {
            let scale = FivePoint::new(cell.csat);
            (scale.at_least(4), scale.n())
        }
        Measure::Ces => {
            let scale = SevenPoint::new(cell.ces);
            (scale.at_least(5), scale.n())
        }
        Measure::Nps | Measure::NetSentiment | Measure::Responses | Measure::Signals => return None,
    };
    Some(Part { k, n })
}

/// The value alone, of however few answers: one person's own score, which goes
/// into a mean and is never shown itself. None without an answer, and for counts.
#[must_use]
pub(crate) fn point(metric: &Metric, cell: &Cell) -> Option<f64> {
    match metric.measure {
        Measure::Nps | Measure::NetSentiment => {
            let counts = net_counts(metric, cell);
            (counts.n() > 0).then(|| counts.nps())
        }
        Measure::Csat | Measure::Ces => {
            favourable(metric.measure, cell).filter(|p| p.n > 0).map(|p| 100.0 * p.k as f64 / p.n as f64)
        }
        Measure::Responses | Measure::Signals => None,
    }
}

fn bands(metric: &Metric) -> NpsBands {
    NpsBands { definition: metric.definition, ..NpsBands::STANDARD }
}

/// The figure of a group, refused below `minimum` answers.
pub fn figure(metric: &Metric, cell: &Cell, minimum: u64) -> Answer {
    let made = match metric.measure {
        Measure::Nps | Measure::NetSentiment => {
            nps_of_counts(&net_counts(metric, cell), &bands(metric), minimum).map(|n| n.figure)
        }
        Measure::Csat => csat::csat(&FivePoint::new(cell.csat), minimum).map(|s| s.figure),
        Measure::Ces => ces::ces(&SevenPoint::new(cell.ces), minimum).map(|s| s.figure),
        Measure::Responses | Measure::Signals => {
            let n = cell.voices;
            return Ok(Shown { value: Some(n as f64), n, interval: None, warnings: Vec::new() });
        }
    };
    made.map(shown).map_err(withheld)
}

/// The figure of a group of employees: no count in a refusal, and a range
/// instead of the value when everybody answered alike.
pub fn figure_of_employees(metric: &Metric, cell: &Cell, minimum: u64) -> Answer {
    let mut shown =
        figure(metric, cell, minimum).map_err(|w| Withheld { have: None, reason: "below_minimum_group", ..w })?;
    let range = match metric.measure {
        Measure::Nps | Measure::NetSentiment => unanimity_band(&net_counts(metric, cell).ordered(), -100.0, 100.0),
        Measure::Csat | Measure::Ces => {
            favourable(metric.measure, cell).and_then(|p| unanimity_band(&[p.n - p.k, p.k], 0.0, 100.0))
        }
        Measure::Responses | Measure::Signals => None,
    };
    if range.is_some() {
        shown.value = None;
        shown.interval = range;
        shown.warnings.push("unanimous_range");
    }
    Ok(shown)
}

pub(crate) fn shown(figure: Figure) -> Shown {
    Shown {
        value: Some(figure.value),
        n: figure.n,
        interval: Some((figure.interval.lo, figure.interval.hi)),
        warnings: figure.warnings.iter().map(|w| warning_code(w.code)).collect(),
    }
}

pub(crate) fn withheld(refusal: Refusal) -> Withheld {
    let reason = match refusal.reason {
        RefusalReason::TooFewAnswers => "too_few_answers",
        RefusalReason::GroupTooSmall => "group_too_small",
        _ => "not_computable",
    };
    Withheld { reason, have: Some(refusal.have), need: refusal.need }
}

fn warning_code(code: WarningCode) -> &'static str {
    match code {
        WarningCode::SmallBase => "small_base",
        WarningCode::TestsDisagree => "tests_disagree",
        WarningCode::LargeSampleShare => "large_sample_share",
        _ => "see_method",
    }
}

/// The difference of two independent groups, first minus second; `None` for
/// counts and where a group is too small to be compared.
#[must_use]
pub fn change(metric: &Metric, a: &Cell, b: &Cell) -> Option<Change> {
    let (diff, judged) = match metric.measure {
        Measure::Nps | Measure::NetSentiment => {
            let change = nps_change(&net_counts(metric, a), &net_counts(metric, b)).ok()?;
            (change.value, change.judged)
        }
        Measure::Csat | Measure::Ces => {
            let change = share_change(favourable(metric.measure, a)?, favourable(metric.measure, b)?).ok()?;
            (change.value, change.judged)
        }
        Measure::Responses | Measure::Signals => return None,
    };
    if !judged.p.is_finite() {
        return None;
    }
    Some(Change { diff, ..Change::of(judged) })
}

/// Everybody of `whole` who is not in `part`; `part` must lie within `whole`.
#[must_use]
pub fn rest(whole: &Cell, part: &Cell) -> Cell {
    let mut rest = whole.clone();
    rest.voices = rest.voices.saturating_sub(part.voices);
    rest.texts = rest.texts.saturating_sub(part.texts);
    rest.persons = None;
    let take = |from: &mut [u64], what: &[u64]| {
        for (a, b) in from.iter_mut().zip(what) {
            *a = a.saturating_sub(*b);
        }
    };
    take(&mut rest.nps, &part.nps);
    take(&mut rest.csat, &part.csat);
    take(&mut rest.ces, &part.ces);
    take(&mut rest.tone, &part.tone);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use peakend_domain::insight::metric::find;

    fn nps_cell(promoters: u64, passives: u64, detractors: u64) -> Cell {
        let mut cell = Cell { voices: promoters + passives + detractors, ..Cell::default() };
        cell.nps[10] = promoters;
        cell.nps[8] = passives;
        cell.nps[0] = detractors;
        cell
    }

    #[test]
    fn golden_figures_of_the_definitions() {
        let nps = figure(find("nps").unwrap(), &nps_cell(500, 333, 167), 5).unwrap();
        assert!((nps.value.unwrap() - 33.3).abs() < 1e-9);
        let mut cell = Cell { voices: 1000, tone: [120, 580, 300], csat: [100, 100, 70, 320, 410], ..Cell::default() };
        cell.ces = [10, 20, 30, 40, 100, 150, 150];
        let sentiment = figure(find("net_sentiment").unwrap(), &cell, 5).unwrap();
        assert!((sentiment.value.unwrap() - 18.0).abs() < 1e-9);
        assert!((figure(find("csat").unwrap(), &cell, 5).unwrap().value.unwrap() - 73.0).abs() < 1e-9);
        assert!((figure(find("ces").unwrap(), &cell, 5).unwrap().value.unwrap() - 80.0).abs() < 1e-9);
        let change = change(find("nps").unwrap(), &nps_cell(500, 300, 200), &nps_cell(450, 300, 250)).unwrap();
        assert!((change.diff - 10.0).abs() < 1e-9 && change.p < 0.01 && change.claim == "higher");
    }

    #[test]
    fn one_persons_own_score_follows_the_same_definitions_as_a_figure() {
        let own = |id: &str, cell: &Cell| point(find(id).unwrap(), cell);
        assert_eq!(own("nps", &nps_cell(1, 1, 0)), Some(50.0));
        let cell = Cell { csat: [0, 0, 1, 1, 0], ces: [0, 0, 0, 1, 1, 0, 0], tone: [1, 0, 0], ..Cell::default() };
        assert_eq!([own("csat", &cell), own("ces", &cell)], [Some(50.0), Some(50.0)]);
        assert_eq!([own("net_sentiment", &cell), own("nps", &cell)], [Some(-100.0), None]);
        assert_eq!(own("responses", &nps_cell(1, 0, 0)), None);
    }

    #[test]
    fn a_refusal_about_employees_tells_no_count() {
        let enps = find("enps").unwrap();
        let refused = figure_of_employees(enps, &nps_cell(2, 1, 1), 5).unwrap_err();
        assert_eq!((refused.have, refused.need), (None, 5.0));
        let alike = figure_of_employees(enps, &nps_cell(0, 0, 7), 5).unwrap();
        assert_eq!(alike.value, None);
        assert!(alike.interval.unwrap().1 < 0.0);
    }

    #[test]
    fn the_rest_and_the_part_make_the_whole() {
        let (whole, part) = (nps_cell(10, 5, 4), nps_cell(3, 5, 1));
        let mut sum = rest(&whole, &part);
        sum.merge(&part);
        assert_eq!(sum, whole);
    }
}
