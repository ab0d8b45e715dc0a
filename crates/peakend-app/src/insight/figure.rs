//! Figures: a metric by dimensions and time, with n, interval, comparison and
//! the way to the voices behind each.

use peakend_domain::insight::figure::Period;
use peakend_domain::insight::metric::{Metric, find};
use peakend_domain::pillar::employee;
use peakend_domain::{Day, LocalText, Permission, Pillar};
use peakend_query::{Cell, DayRange, Dimension, Filter, Grain, Provenance, Question};
use peakend_stats::figure::SHOWN_FROM;
use peakend_stats::insight::family::{Correction, adjust};

use super::metric::{Answer, Change, Withheld, change, counting, figure, figure_of_employees, heard, rest};
use super::release::{self, Asked, Group, Groups, Told};
use super::voice_list::{Frame, VoiceFilter, without_employees};
use crate::{Ctx, Error};

/// Groups an answer may have; more would be a list, not a figure.
const GROUPS: usize = 2_000;
/// Grains finer than this many buckets are refused.
const BUCKETS: i32 = 800;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureQuestion {
    /// Metric id.
    pub metric: String,
    /// Group by these.
    pub by: Vec<Dimension>,
    /// Group by time too.
    pub grain: Option<Grain>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Compare with the period before.
    pub compare: bool,
    /// Which voices.
    pub filter: VoiceFilter,
}

/// One code of a row with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Dimension.
    pub dimension: Dimension,
    /// Code; empty when unknown.
    pub code: String,
    /// The organisation's name for it.
    pub name: Option<LocalText>,
}

/// One figure of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureRow {
    /// What it is about.
    pub keys: Vec<Key>,
    /// First day of its time bucket.
    pub bucket: Option<Day>,
    /// The figure.
    pub answer: Answer,
    /// The same in the period before.
    pub previous: Option<Answer>,
    /// This period minus the one before.
    pub change: Option<Change>,
    /// This group minus everybody else in the answer.
    pub against_rest: Option<Change>,
    /// Query of exactly the voices behind it; absent where single voices may not be read.
    pub voices: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureTable {
    /// The metric used; eNPS when NPS was asked of employees.
    pub metric: &'static Metric,
    /// The days answered for; whole months among employees.
    pub period: Period,
    /// The days compared with, and whether both periods are over.
    pub compared: Option<(Period, bool)>,
    /// Dimensions of the rows.
    pub by: Vec<Dimension>,
    /// Grain used.
    pub grain: Option<Grain>,
    /// Everything together.
    pub total: FigureRow,
    /// By bucket, then by code.
    pub rows: Vec<FigureRow>,
    /// How many comparisons were corrected together, and how.
    pub family: Option<(&'static str, usize)>,
    /// Codes of what the reader should know.
    pub notes: Vec<&'static str>,
    /// Fewest answers shown.
    pub minimum: u64,
    /// How the warehouse found the counts, and up to which position of the log;
    /// absent among employees.
    pub provenance: Option<Provenance>,
}

/// Answers a question.
pub async fn figures(ctx: &Ctx<'_>, asked: &FigureQuestion) -> Result<FigureTable, Error> {
    ctx.require(Permission::SeeFigures)?;
    let frame = Frame::open(ctx).await?;
    answer(ctx, &frame, asked).await
}

pub(crate) async fn answer(ctx: &Ctx<'_>, frame: &Frame, asked: &FigureQuestion) -> Result<FigureTable, Error> {
    let plan = Plan::of(frame, asked)?;
    let filter = frame.resolve(ctx, &plan.filter).await?;
    let groups = plan.groups(ctx, &filter, plan.period, plan.grain).await?;
    if groups.rows.len() > GROUPS {
        let message = format!("the answer has {} groups: filter it or group by less", groups.rows.len());
        return Err(Error::field("by", "too_many_groups", message));
    }
    let mut before = None;
    if asked.compare {
        let period = plan.period.previous();
        // a trend is compared as a whole; its buckets are the comparison in time
        let by_time = if plan.grain.is_some() { None } else { plan.grain };
        before = Some((period, plan.groups(ctx, &filter, period, by_time).await?));
    }
    Ok(plan.table(frame, groups, before))
}

/// A question after the rules of its pillar have been applied.
struct Plan {
    metric: &'static Metric,
    filter: VoiceFilter,
    period: Period,
    by: Vec<Dimension>,
    grain: Option<Grain>,
    notes: Vec<&'static str>,
    minimum: u64,
}

impl Plan {
    fn of(frame: &Frame, asked: &FigureQuestion) -> Result<Self, Error> {
        let metric = find(&asked.metric).ok_or_else(|| {
            Error::field("metric", "unknown_metric", format!("there is no metric `{}`: see /metrics", asked.metric))
        })?;
        let metric = metric.within(asked.filter.pillar);
        let mut filter = asked.filter.clone();
        if metric.pillars == [Pillar::Employee] {
            filter.pillar = Some(Pillar::Employee);
        }
        let period = Period::new(asked.from, asked.to)
            .ok_or_else(|| Error::field("to", "before_from", "the period ends before it begins"))?;
        if asked.by.contains(&Dimension::Person) || asked.by.len() > 2 {
            return Err(Error::field("by", "bad_dimensions", "group by at most two dimensions, and not by person"));
        }
        let mut plan = Self {
            metric,
            filter,
            period,
            by: asked.by.clone(),
            grain: asked.grain,
            notes: Vec::new(),
            minimum: if metric.measure.is_count() { 0 } else { SHOWN_FROM },
        };
        if plan.is_of_employees() {
            plan.bind_to_gate()?;
        } else if plan.filter.pillar.is_none() {
            plan.notes.push("employees_excluded");
        }
        if !plan.period.is_complete(frame.today) {
            plan.notes.push("period_running");
        }
        if matches!(plan.grain, Some(Grain::Day | Grain::Week)) && plan.period.days() > BUCKETS {
            return Err(Error::field("grain", "too_fine", "ask for months when the period is longer than two years"));
        }
        Ok(plan)
    }

    fn is_of_employees(&self) -> bool {
        self.filter.pillar == Some(Pillar::Employee)
    }

    /// Employees: whole months, and no selection by what was answered.
    fn bind_to_gate(&mut self) -> Result<(), Error> {
        if self.filter.selects_answers() {
            return Err(Error::refused(
                "employee_filter",
                "figures of employees cannot be filtered by score, tone, kind or attribute: that would tell who answered what",
            ));
        }
        self.minimum = employee::MINIMUM_SCORES;
        self.notes.push("released");
        let months = self.period.widened_to_months();
        if months != self.period {
            self.period = months;
            self.notes.push("widened_to_months");
        }
        if matches!(self.grain, Some(Grain::Day | Grain::Week)) {
            self.grain = Some(Grain::Month);
            self.notes.push("coarsened_to_months");
        }
        Ok(())
    }

    async fn groups(
        &self,
        ctx: &Ctx<'_>,
        filter: &Filter,
        period: Period,
        grain: Option<Grain>,
    ) -> Result<Groups, Error> {
        if self.is_of_employees() {
            let (measure, by) = (self.metric.measure, self.by.clone());
            let asked = Asked { measure, filter: filter.clone(), from: period.from, to: period.to, by, grain };
            return release::groups(ctx, &asked).await;
        }
        let question = Question {
            org: ctx.org().as_str().to_owned(),
            period: DayRange { from: period.from.0, to: period.to.0 },
            filter: filter.clone().and(without_employees()).and(heard(self.metric.measure)),
            by: self.by.clone(),
            grain,
            persons: false,
            counting: counting(self.metric.measure),
        };
        let table = ctx.app.warehouse.answer(&question).await?;
        let mut total = Cell::default();
        for row in &table.rows {
            total.merge(&row.cell);
        }
        let whole = self.by.is_empty() && grain.is_none();
        let rows = table.rows.into_iter().filter(|_| !whole).map(|row| Group {
            keys: row.keys,
            bucket: row.bucket,
            told: Told::Whole(row.cell),
        });
        let provenance = Some(table.provenance);
        Ok(Groups { total: Told::Whole(total), rows: rows.collect(), provenance })
    }

    fn figure(&self, told: &Told) -> Answer {
        match told {
            Told::Withheld(reason) => Err(Withheld { reason, have: None, need: self.minimum as f64 }),
            Told::Whole(cell) if self.is_of_employees() => figure_of_employees(self.metric, cell, self.minimum),
            Told::Whole(cell) => figure(self.metric, cell, self.minimum),
            Told::AsReleased(cell) => figure_of_employees(self.metric, cell, self.minimum).map(|mut shown| {
                shown.warnings.push("as_released_before");
                shown
            }),
        }
    }

    /// A comparison, unless a range was told instead of a value.
    fn change(&self, now: &Told, then: &Told) -> Option<Change> {
        let (now_cell, then_cell) = (now.cell()?, then.cell()?);
        let exact = |told: &Told| self.figure(told).is_ok_and(|s| s.value.is_some());
        if !exact(now) || !exact(then) {
            return None;
        }
        change(self.metric, now_cell, then_cell)
    }

    fn row(&self, frame: &Frame, group: &Group, total: &Told, before: Option<&Groups>) -> FigureRow {
        let keys = self.by.iter().zip(&group.keys);
        let keys: Vec<Key> =
            keys.map(|(d, code)| Key { dimension: *d, code: code.clone(), name: frame.name(*d, code) }).collect();
        let then = before.filter(|_| self.grain.is_none()).map(|groups| {
            let found = groups.rows.iter().find(|g| g.keys == group.keys);
            found.map_or(Told::Whole(Cell::default()), |g| g.told.clone())
        });
        let against_rest = match (&group.told, total) {
            (Told::Whole(part), Told::Whole(all)) if self.grain.is_none() && !self.is_of_employees() => {
                change(self.metric, part, &rest(all, part))
            }
            _ => None,
        };
        FigureRow {
            voices: self.voices(&keys, group.bucket),
            keys,
            bucket: group.bucket.map(Day),
            answer: self.figure(&group.told),
            previous: then.as_ref().map(|told| self.figure(told)),
            change: then.as_ref().and_then(|told| self.change(&group.told, told)),
            against_rest,
        }
    }

    fn voices(&self, keys: &[Key], bucket: Option<i32>) -> Option<String> {
        if self.is_of_employees() {
            return None;
        }
        let mut filter = self.filter.clone();
        for key in keys {
            let narrower = match key.dimension {
                Dimension::Unit => filter.unit_at.is_none(),
                Dimension::Theme => filter.theme_at.is_none(),
                _ => true,
            };
            if !narrower || !filter.narrow(key.dimension, &key.code) {
                return None;
            }
        }
        let (mut from, mut to) = (self.period.from, self.period.to);
        if let (Some(first), Some(grain)) = (bucket, self.grain) {
            from = from.max(Day(first));
            to = to.min(Day(last_day(grain, first)));
        }
        Some(filter.answering(self.metric.measure)?.query(from, to))
    }

    fn table(self, frame: &Frame, groups: Groups, before: Option<(Period, Groups)>) -> FigureTable {
        let then = before.as_ref().map(|(_, groups)| groups);
        let mut rows: Vec<FigureRow> =
            groups.rows.iter().map(|group| self.row(frame, group, &groups.total, then)).collect();
        let mut total = FigureRow {
            keys: Vec::new(),
            bucket: None,
            answer: self.figure(&groups.total),
            previous: then.map(|t| self.figure(&t.total)),
            change: then.and_then(|t| self.change(&groups.total, &t.total)),
            against_rest: None,
            voices: self.voices(&[], None),
        };
        let family = judge(&mut total, &mut rows);
        let compared = before.map(|(period, _)| (period, self.period.is_complete(frame.today)));
        FigureTable {
            metric: self.metric,
            period: self.period,
            compared,
            by: self.by,
            grain: self.grain,
            total,
            rows,
            family,
            notes: self.notes,
            minimum: self.minimum,
            provenance: groups.provenance,
        }
    }
}

impl Told {
    fn cell(&self) -> Option<&Cell> {
        match self {
            Self::Whole(cell) | Self::AsReleased(cell) => Some(cell),
            Self::Withheld(_) => None,
        }
    }
}

/// Judges all comparisons of an answer together.
fn judge(total: &mut FigureRow, rows: &mut [FigureRow]) -> Option<(&'static str, usize)> {
    let mut changes: Vec<&mut Change> = total.change.iter_mut().collect();
    for row in rows {
        changes.extend(row.change.iter_mut());
        changes.extend(row.against_rest.iter_mut());
    }
    if changes.is_empty() {
        return None;
    }
    let p: Vec<f64> = changes.iter().map(|c| c.p).collect();
    let adjusted = adjust(&p);
    for (change, value) in changes.iter_mut().zip(&adjusted.values) {
        change.judge(*value);
    }
    let name = match adjusted.correction {
        Correction::Holm => "holm",
        Correction::BenjaminiHochberg => "benjamini_hochberg",
    };
    Some((name, p.len()))
}

/// The last day of a bucket that begins on `first`.
fn last_day(grain: Grain, first: i32) -> i32 {
    let step = match grain {
        Grain::Day => return first,
        Grain::Week => return first + 6,
        Grain::Month => 40,
        Grain::Quarter => 100,
    };
    grain.bucket(first + step) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_the_day_before_the_next_begins() {
        for first in ["2024-02-01", "2026-01-01", "2026-12-01"] {
            let first = Day::parse(first).unwrap();
            let next = Day(last_day(Grain::Month, first.0) + 1);
            assert_eq!(next, peakend_domain::Month(peakend_domain::Month::of(first).0 + 1).first());
        }
        let quarter = Day::parse("2026-10-01").unwrap();
        assert_eq!(Day(last_day(Grain::Quarter, quarter.0)).to_string(), "2026-12-31");
        assert_eq!(last_day(Grain::Week, 4), 10);
    }
}
