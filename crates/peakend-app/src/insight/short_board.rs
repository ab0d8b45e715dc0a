//! Short boards and peaks: where the gap to the target, times the people who
//! meet it, is largest.

use std::collections::BTreeMap;

use peakend_domain::insight::metric::{Metric, find};
use peakend_domain::insight::short_board::{BoardKind, Plank};
use peakend_domain::{Day, LocalText, Permission, Pillar};
use peakend_query::{Counting, DayRange, Dimension, Question};
use peakend_stats::figure::{Interval, IntervalMethod};
use peakend_stats::insight::short_board as ranking;
use peakend_stats::insight::short_board::Standing;

use super::figure::{FigureQuestion, FigureRow, FigureTable, answer};
use super::voice_list::{Frame, VoiceFilter, without_employees};
use crate::{Ctx, Error};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardQuestion {
    /// Metric id.
    pub metric: String,
    /// Which end of the ranking.
    pub kind: BoardKind,
    /// What is ranked.
    pub plank: Plank,
    /// Rank within each business line.
    pub per_line: bool,
    /// Where things should stand; the figure of the whole (or of the line) when absent.
    pub target: Option<f64>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Which voices.
    pub filter: VoiceFilter,
}

/// One ranked place.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// 1 is the worst (or, among peaks, the best).
    pub rank: u64,
    /// Code.
    pub code: String,
    /// The organisation's name for it.
    pub name: Option<LocalText>,
    /// Its figure.
    pub performance: f64,
    /// 95 % interval of its figure.
    pub interval: (f64, f64),
    /// Answers.
    pub n: u64,
    /// Voices at that place in the period.
    pub reach: u64,
    /// Distance from the target.
    pub gap: f64,
    /// gap × reach, in points.
    pub impact: f64,
    /// 95 % interval of the impact.
    pub impact_interval: (f64, f64),
    /// `short` (or `peak`), `borderline` or `met`.
    pub standing: &'static str,
    /// Query of the voices behind its figure.
    pub voices: Option<String>,
}

/// The ranking of one line, or of everything.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardGroup {
    /// Business line; `None` for everything.
    pub line: Option<(String, Option<LocalText>)>,
    /// What the places are measured against.
    pub target: Option<f64>,
    /// Worst first.
    pub boards: Vec<Board>,
    /// Codes left out for too few answers.
    pub too_few: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardTable {
    /// The metric used.
    pub metric: &'static Metric,
    /// First and last day.
    pub period: (Day, Day),
    /// What was ranked.
    pub plank: Plank,
    /// Which end.
    pub kind: BoardKind,
    /// One ranking per line, or one.
    pub groups: Vec<BoardGroup>,
    /// Codes of what the reader should know.
    pub notes: Vec<&'static str>,
}

/// Ranks places.
pub async fn boards(ctx: &Ctx<'_>, asked: &BoardQuestion) -> Result<BoardTable, Error> {
    ctx.require(Permission::SeeFigures)?;
    let metric = find(&asked.metric).ok_or_else(|| Error::field("metric", "unknown_metric", "see /metrics"))?;
    if metric.measure.is_count() {
        return Err(Error::field("metric", "not_rankable", "a number of voices has no target: rank a score"));
    }
    let frame = Frame::open(ctx).await?;
    let plank = dimension(asked.plank);
    let by = if asked.per_line && plank != Dimension::Line { vec![Dimension::Line, plank] } else { vec![plank] };
    let question = |by: Vec<Dimension>| FigureQuestion {
        metric: asked.metric.clone(),
        by,
        grain: None,
        from: asked.from,
        to: asked.to,
        compare: false,
        filter: asked.filter.clone(),
    };
    let table = answer(ctx, &frame, &question(by.clone())).await?;
    let mut targets = BTreeMap::new();
    if by.len() == 2 {
        let lines = answer(ctx, &frame, &question(vec![Dimension::Line])).await?;
        targets = lines.rows.iter().filter_map(|row| Some((code(row, 0)?.to_owned(), value(row)?))).collect();
    }
    let reach = reach(ctx, &frame, asked, &table, &by).await?;
    let mut grouped: BTreeMap<Option<String>, Vec<&FigureRow>> = BTreeMap::new();
    for row in &table.rows {
        let line = if by.len() == 2 { Some(code(row, 0).unwrap_or_default().to_owned()) } else { None };
        if code(row, by.len() - 1).is_some() && line.as_deref() != Some("") {
            grouped.entry(line).or_default().push(row);
        }
    }
    let whole = value(&table.total);
    let groups = grouped.into_iter().map(|(line, rows)| {
        let own = line.as_ref().map_or(whole, |line| targets.get(line).copied());
        let line = line.map(|line| (line.clone(), frame.name(Dimension::Line, &line)));
        group(asked, line, asked.target.or(own), &rows, &reach)
    });
    Ok(BoardTable {
        metric: table.metric,
        period: (table.period.from, table.period.to),
        plank: asked.plank,
        kind: asked.kind,
        groups: groups.collect(),
        notes: table.notes,
    })
}

fn dimension(plank: Plank) -> Dimension {
    match plank {
        Plank::Touchpoint => Dimension::Touchpoint,
        Plank::Stage => Dimension::Stage,
        Plank::Line => Dimension::Line,
        Plank::Unit => Dimension::Unit,
        Plank::Theme => Dimension::Theme,
    }
}

fn code(row: &FigureRow, at: usize) -> Option<&str> {
    row.keys.get(at).map(|k| k.code.as_str()).filter(|c| !c.is_empty())
}

fn value(row: &FigureRow) -> Option<f64> {
    row.answer.as_ref().ok().and_then(|s| s.value)
}

type Reach = BTreeMap<Vec<String>, u64>;

/// Voices at each place, whatever they answered; among employees only the
/// answers that were released.
async fn reach(
    ctx: &Ctx<'_>,
    frame: &Frame,
    asked: &BoardQuestion,
    table: &FigureTable,
    by: &[Dimension],
) -> Result<Reach, Error> {
    if table.metric.pillars == [Pillar::Employee] || asked.filter.pillar == Some(Pillar::Employee) {
        let released = table.rows.iter().filter_map(|row| {
            let shown = row.answer.as_ref().ok()?;
            Some((row.keys.iter().map(|k| k.code.clone()).collect(), shown.n))
        });
        return Ok(released.collect());
    }
    let question = Question {
        org: ctx.org().as_str().to_owned(),
        period: DayRange { from: asked.from.0, to: asked.to.0 },
        filter: frame.resolve(ctx, &asked.filter).await?.and(without_employees()),
        by: by.to_vec(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    let all = ctx.app.warehouse.answer(&question).await?;
    Ok(all.rows.into_iter().map(|row| (row.keys, row.cell.voices)).collect())
}

fn group(
    asked: &BoardQuestion,
    line: Option<(String, Option<LocalText>)>,
    target: Option<f64>,
    rows: &[&FigureRow],
    reach: &Reach,
) -> BoardGroup {
    // a peak is a short board seen from the other side
    let side = if asked.kind == BoardKind::Peak { -1.0 } else { 1.0 };
    let mut too_few = Vec::new();
    let mut planks = Vec::new();
    let mut row_of = BTreeMap::new();
    for row in rows {
        let Some(key) = row.keys.last() else { continue };
        let shown = row.answer.as_ref().ok().and_then(|s| Some((s.value?, s.interval?, s.n)));
        let (Some((performance, (low, high), n)), Some(target)) = (shown, target) else {
            too_few.push(key.code.clone());
            continue;
        };
        let keys: Vec<String> = row.keys.iter().map(|k| k.code.clone()).collect();
        let (a, b) = (side * low, side * high);
        planks.push(ranking::Plank {
            key: key.code.clone(),
            performance: side * performance,
            interval: Interval::new(a.min(b), a.max(b), IntervalMethod::Carried),
            n,
            reach: reach.get(&keys).copied().unwrap_or(n),
            target: side * target,
            weight: 1.0,
        });
        row_of.insert(key.code.clone(), (*row, performance, (low, high)));
    }
    let ranked = ranking::short_boards(&planks);
    too_few.extend(ranked.too_few);
    let boards = ranked.boards.into_iter().filter_map(|b| {
        let (row, performance, interval) = row_of.get(&b.key)?;
        Some(Board {
            rank: b.rank,
            code: b.key.clone(),
            name: row.keys.last().and_then(|k| k.name.clone()),
            performance: *performance,
            interval: *interval,
            n: b.n,
            reach: b.reach,
            gap: b.gap,
            impact: b.lost_points,
            impact_interval: (b.interval.lo, b.interval.hi),
            standing: match b.standing {
                Standing::Short if asked.kind == BoardKind::Peak => "peak",
                Standing::Short => "short",
                Standing::Borderline => "borderline",
                Standing::Met => "met",
            },
            voices: row.voices.clone(),
        })
    });
    BoardGroup { line, target, boards: boards.collect(), too_few }
}
