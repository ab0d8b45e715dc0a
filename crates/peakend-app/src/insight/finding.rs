//! Findings: made from figures with their evidence frozen, judged, handed to initiatives.

use jiff::ToSpan;
use peakend_domain::insight::finding::{Finding, FindingKind, FindingRefusal, FindingState};
use peakend_domain::insight::short_board::{BoardKind, Plank};
use peakend_domain::pillar::{brand, customer};
use peakend_domain::{Day, FindingId, InitiativeId, Lang, LocalText, Permission, Pillar};
use peakend_query::Dimension;
use peakend_store::admin::audit;
use peakend_store::insight::finding as store;
use peakend_store::{Tx, insight::finding::Wanted};
use serde_json::{Value, json};

use super::figure::{FigureQuestion, figures};
use super::metric::{Answer, Change};
use super::short_board::{Board, BoardQuestion, boards};
use super::voice_list::{VoiceFilter, names};
use crate::{Ctx, Error};

/// Findings made per pillar in one run of the detection.
const PER_PILLAR: usize = 3;

impl From<FindingRefusal> for Error {
    fn from(refusal: FindingRefusal) -> Self {
        Self::refused(refusal.code(), refusal.to_string())
    }
}

/// A finding to be made. The server asks the figures again and freezes them.
#[derive(Debug, Clone)]
pub struct NewFinding {
    /// Kind.
    pub kind: FindingKind,
    /// Metric id.
    pub metric: String,
    /// What it is about; the name of the place when empty.
    pub title: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Which voices; its pillar, line and touchpoint become the finding's.
    pub filter: VoiceFilter,
}

/// Makes a finding from a figure or a short board.
pub async fn make(ctx: &Ctx<'_>, new: &NewFinding) -> Result<Finding, Error> {
    ctx.require(Permission::Improve)?;
    let evidence = evidence(ctx, new).await?;
    let finding = build(ctx, new, evidence).await?;
    let mut tx = ctx.app.store.begin().await?;
    insert_in(ctx, &mut tx, &finding).await?;
    tx.commit().await?;
    Ok(finding)
}

async fn insert_in(ctx: &Ctx<'_>, tx: &mut Tx, finding: &Finding) -> Result<(), Error> {
    store::insert(tx, finding).await?;
    let detail = json!({ "kind": finding.kind, "metric": finding.metric });
    audit::record(tx, ctx.actor, ctx.now(), "finding.made", finding.id.as_str(), &detail).await?;
    Ok(())
}

fn first(filter: &VoiceFilter, dimension: Dimension) -> &str {
    filter.codes.get(dimension.name()).and_then(|c| c.first()).map_or("", String::as_str)
}

async fn build(ctx: &Ctx<'_>, new: &NewFinding, evidence: Value) -> Result<Finding, Error> {
    let (touchpoint, line) = (first(&new.filter, Dimension::Touchpoint), first(&new.filter, Dimension::Line));
    let mut title = new.title.trim().to_owned();
    if title.is_empty() {
        title = place_name(ctx, &new.filter).await?;
    }
    let pillar = evidence.get("pillar").and_then(Value::as_str).and_then(Pillar::parse);
    Ok(Finding {
        id: FindingId::new(ctx.now(), &*ctx.app.entropy),
        org: ctx.org().clone(),
        kind: new.kind,
        pillar: pillar.or(new.filter.pillar).unwrap_or(Pillar::Customer),
        title: title.chars().take(200).collect(),
        touchpoint_code: touchpoint.to_owned(),
        line_code: line.to_owned(),
        metric: new.metric.clone(),
        question: json!({
            "metric": new.metric,
            "from": new.from.to_string(),
            "to": new.to.to_string(),
            "query": new.filter.query(new.from, new.to),
        }),
        evidence,
        state: FindingState::New,
        created_at: ctx.now(),
        created_by: ctx.actor.label(),
    })
}

/// "Redemption · Funds" in the organisation's language; its own name when
/// nothing narrower was asked about.
async fn place_name(ctx: &Ctx<'_>, filter: &VoiceFilter) -> Result<String, Error> {
    let mut tx = ctx.app.store.read().await?;
    let org = peakend_store::admin::org::find(&mut tx, ctx.org()).await?.ok_or(Error::NotFound("organisation"))?;
    let lang = Lang::parse(&org.locale).unwrap_or(Lang::En);
    let names = names(ctx, &mut tx).await?;
    let name = |dimension: &str, code: &str| {
        let known = names.get(&(dimension.to_owned(), code.to_owned()));
        known.map_or_else(|| code.to_owned(), |t: &LocalText| t.get(lang).to_owned())
    };
    let mut parts = Vec::new();
    for dimension in ["touchpoint", "stage", "journey", "theme", "channel", "segment", "line"] {
        parts.extend(filter.codes.get(dimension).into_iter().flatten().map(|code| name(dimension, code)));
    }
    parts.extend(filter.attributes.iter().map(|(by, values)| format!("{}: {}", by.name(), values.join(", "))));
    parts.extend(filter.theme_at.iter().map(|code| name("theme", code)));
    parts.extend(filter.unit_at.iter().chain(&filter.unit).map(|code| name("unit", code)));
    Ok(if parts.is_empty() { org.name } else { parts.join(" · ") })
}

/// The figures as they are now: the figure itself with the period before, and
/// its trend by month.
async fn evidence(ctx: &Ctx<'_>, new: &NewFinding) -> Result<Value, Error> {
    let mut asked = FigureQuestion {
        metric: new.metric.clone(),
        by: Vec::new(),
        grain: None,
        from: new.from,
        to: new.to,
        compare: true,
        filter: new.filter.clone(),
    };
    let now = figures(ctx, &asked).await?;
    asked.compare = false;
    asked.grain = Some(peakend_query::Grain::Month);
    let trend = figures(ctx, &asked).await?;
    let months: Vec<Value> = trend
        .rows
        .iter()
        .map(|row| json!({ "bucket": row.bucket.map(|d| d.to_string()), "figure": figure_json(&row.answer) }))
        .collect();
    let pillar = if now.metric.id == "enps" { Some(Pillar::Employee) } else { new.filter.pillar };
    Ok(json!({
        "metric": now.metric.id,
        "definition": now.metric.definition,
        "unit": now.metric.unit.name(),
        "pillar": pillar.map(Pillar::name),
        "from": now.period.from.to_string(),
        "to": now.period.to.to_string(),
        "figure": figure_json(&now.total.answer),
        "previous": now.total.previous.as_ref().map(figure_json),
        "change": now.total.change.as_ref().map(change_json),
        "trend": months,
        "voices": now.total.voices,
        "notes": now.notes,
    }))
}

fn figure_json(answer: &Answer) -> Value {
    match answer {
        Ok(s) => json!({
            "value": s.value, "n": s.n, "low": s.interval.map(|i| i.0), "high": s.interval.map(|i| i.1),
            "warnings": s.warnings,
        }),
        Err(w) => json!({ "refused": { "reason": w.reason, "have": w.have, "need": w.need } }),
    }
}

fn change_json(c: &Change) -> Value {
    json!({ "diff": c.diff, "low": c.interval.0, "high": c.interval.1, "p": c.p, "claim": c.claim })
}

fn board_json(board: &Board, target: Option<f64>) -> Value {
    json!({
        "rank": board.rank, "target": target, "performance": board.performance, "low": board.interval.0,
        "high": board.interval.1, "n": board.n, "reach": board.reach, "gap": board.gap, "impact": board.impact,
        "impact_low": board.impact_interval.0, "impact_high": board.impact_interval.1, "standing": board.standing,
    })
}

/// A page of findings, newest first.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The page.
    pub items: Vec<Finding>,
    /// How many match.
    pub total: u64,
    /// Offset of the next page.
    pub next: Option<u64>,
}

/// Lists findings.
pub async fn list(ctx: &Ctx<'_>, wanted: &Wanted, offset: u64, limit: u64) -> Result<Findings, Error> {
    ctx.require(Permission::SeeFigures)?;
    let mut tx = ctx.app.store.read().await?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let items = store::page(&mut tx, ctx.org(), wanted, number(offset), number(limit)).await?;
    let total = u64::try_from(store::count(&mut tx, ctx.org(), wanted).await?).unwrap_or(0);
    let reached = offset + items.len() as u64;
    Ok(Findings { next: (reached < total && !items.is_empty()).then_some(reached), items, total })
}

/// One finding.
pub async fn one(ctx: &Ctx<'_>, id: &FindingId) -> Result<Finding, Error> {
    ctx.require(Permission::SeeFigures)?;
    let mut tx = ctx.app.store.read().await?;
    store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("finding"))
}

/// A reader's judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It is so, and worth acting on.
    Accept,
    /// It is nothing, for this reason.
    Dismiss(String),
}

/// Judges a finding.
pub async fn judge(ctx: &Ctx<'_>, id: &FindingId, judgement: Judgement) -> Result<Finding, Error> {
    ctx.require(Permission::Improve)?;
    let mut tx = ctx.app.store.begin().await?;
    let finding = store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("finding"))?;
    let (at, by) = (ctx.now(), ctx.actor.label());
    let judged = match judgement {
        Judgement::Accept => finding.accept(at, by)?,
        Judgement::Dismiss(reason) => finding.dismiss(&reason, at, by)?,
    };
    store::save(&mut tx, &judged).await?;
    let detail = json!({ "phase": judged.state.phase() });
    audit::record(&mut tx, ctx.actor, at, "finding.judged", judged.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(judged)
}

/// Hands a finding to an initiative, in the transaction that creates it.
pub async fn become_initiative_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: &FindingId,
    initiative: InitiativeId,
) -> Result<Finding, Error> {
    let finding = store::find(tx, ctx.org(), id).await?.ok_or(Error::NotFound("finding"))?;
    let handed = finding.become_initiative(initiative, ctx.now())?;
    store::save(tx, &handed).await?;
    Ok(handed)
}

/// Looks for the short boards that stand out: the largest losses per pillar
/// whose whole interval lies below the target. What is known already, or was
/// dismissed within a quarter, is not made again.
pub async fn detect(ctx: &Ctx<'_>, from: Day, to: Day) -> Result<Vec<Finding>, Error> {
    ctx.require(Permission::Improve)?;
    let headlines = [
        (Pillar::Brand, brand::HEADLINE),
        (Pillar::Customer, customer::HEADLINE),
        (Pillar::Employee, peakend_domain::pillar::employee::HEADLINE),
    ];
    let mut made = Vec::new();
    for (pillar, metric) in headlines {
        let filter = VoiceFilter { pillar: Some(pillar), ..VoiceFilter::default() };
        let asked = BoardQuestion {
            metric: metric.to_owned(),
            kind: BoardKind::ShortBoard,
            plank: Plank::Touchpoint,
            per_line: false,
            target: None,
            from,
            to,
            filter: filter.clone(),
        };
        let table = boards(ctx, &asked).await?;
        let mut short: Vec<(Option<f64>, &Board)> = Vec::new();
        for group in &table.groups {
            short.extend(group.boards.iter().filter(|b| b.standing == "short").map(|b| (group.target, b)));
        }
        for (target, board) in short.into_iter().take(PER_PILLAR) {
            let mut narrowed = filter.clone();
            let _ = narrowed.narrow(Dimension::Touchpoint, &board.code);
            let new = NewFinding {
                kind: FindingKind::ShortBoard,
                metric: table.metric.id.to_owned(),
                title: String::new(),
                from,
                to,
                filter: narrowed,
            };
            let mut evidence = evidence(ctx, &new).await?;
            if let Some(map) = evidence.as_object_mut() {
                map.insert("board".to_owned(), board_json(board, target));
            }
            let finding = build(ctx, &new, evidence).await?;
            let quarter = ctx.now().checked_sub((90 * 24).hours()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            let mut tx = ctx.app.store.begin().await?;
            if !store::is_known(&mut tx, &finding, quarter).await? {
                insert_in(ctx, &mut tx, &finding).await?;
                tx.commit().await?;
                made.push(finding);
            }
        }
    }
    Ok(made)
}

/// Which findings are wanted; an empty text does not filter.
#[must_use]
pub fn wanted(phase: &str, pillar: &str, kind: &str) -> Wanted {
    Wanted { phase: phase.to_owned(), pillar: pillar.to_owned(), kind: kind.to_owned() }
}
