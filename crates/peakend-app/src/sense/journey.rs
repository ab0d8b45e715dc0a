//! Journeys with their stages: add and change.

use std::collections::BTreeSet;

use peakend_domain::sense::journey::{Journey, Stage};
use peakend_domain::sense::place::parse_code;
use peakend_domain::{FieldFault, JourneyId, LocalText, Pillar, StageId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::journey;

use super::line::taken;
use super::place::Places;
use super::unit::{check_name, configure, see};
use crate::{Ctx, Error};

/// What is said about a journey.
#[derive(Debug, Clone)]
pub struct JourneyDraft {
    /// Name.
    pub name: LocalText,
    /// Business line code.
    pub line: Option<String>,
    /// Place in lists; by default the end.
    pub position: Option<i64>,
    /// Stages in their order, each with code and name.
    pub stages: Vec<(String, LocalText)>,
}

/// All journeys in their order.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Journey>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(journey::all(&mut tx, ctx.org()).await?)
}

/// Add a journey.
pub async fn create(ctx: &Ctx<'_>, code: &str, pillar: Pillar, draft: JourneyDraft) -> Result<Journey, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let created = create_in(ctx, &mut tx, code, pillar, draft).await?;
    tx.commit().await?;
    Ok(created)
}

/// Add a journey within the caller's transaction.
pub async fn create_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    code: &str,
    pillar: Pillar,
    draft: JourneyDraft,
) -> Result<Journey, Error> {
    configure(ctx)?;
    let places = Places::load(tx, ctx.org()).await?;
    let mut faults = check(&places, &draft);
    let code = parse_code("code", code).map_err(|f| faults.push(f)).unwrap_or_default();
    if places.journey(&code).is_some() {
        faults.push(taken(&code));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let position = places.journeys().iter().map(|j| j.position + 1).max().unwrap_or(0);
    let created = Journey {
        id: JourneyId::new(ctx.now(), &*ctx.app.entropy),
        code,
        name: draft.name,
        pillar,
        line: draft.line,
        position: draft.position.unwrap_or(position),
        stages: stages(ctx, draft.stages, &[]),
    };
    journey::insert(tx, ctx.org(), &created).await?;
    let detail = serde_json::json!({ "code": created.code, "stages": created.stages.len() });
    audit::record(tx, ctx.actor, ctx.now(), "journey.added", created.id.as_str(), &detail).await?;
    Ok(created)
}

/// Replace name, line, position and stages. A stage on which a touchpoint
/// stands cannot be left out.
pub async fn update(ctx: &Ctx<'_>, id: &JourneyId, draft: JourneyDraft) -> Result<Journey, Error> {
    configure(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let before = places.journeys().iter().find(|j| j.id == *id).cloned().ok_or(Error::NotFound("journey"))?;
    let mut faults = check(&places, &draft);
    for t in places.touchpoints().into_iter().filter(|t| t.journey.as_deref() == Some(before.code.as_str())) {
        if let Some(stage) = t.stage.as_ref().filter(|s| !draft.stages.iter().any(|(code, _)| code.trim() == *s)) {
            let message = format!("touchpoint `{}` stands on stage `{stage}`: move it first", t.code);
            faults.push(FieldFault::new("stages", "stage_in_use", message).arg("value", stage.as_str()));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let changed = Journey {
        name: draft.name,
        line: draft.line,
        position: draft.position.unwrap_or(before.position),
        stages: stages(ctx, draft.stages, &before.stages),
        ..before
    };
    journey::save(&mut tx, ctx.org(), &changed).await?;
    let detail = serde_json::json!({ "name": changed.name, "stages": changed.stages.len() });
    audit::record(&mut tx, ctx.actor, ctx.now(), "journey.changed", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(changed)
}

fn check(places: &Places, draft: &JourneyDraft) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    check_name("name", &draft.name, &mut faults);
    check_line(places, draft.line.as_deref(), &mut faults);
    let mut seen = BTreeSet::new();
    for (i, (code, name)) in draft.stages.iter().enumerate() {
        let path = format!("stages[{i}]");
        check_name(&format!("{path}.name"), name, &mut faults);
        match parse_code(&format!("{path}.code"), code) {
            Err(fault) => faults.push(fault),
            Ok(code) if !seen.insert(code.clone()) => faults.push(
                FieldFault::new(format!("{path}.code"), "code_taken", format!("stage `{code}` stands there twice"))
                    .arg("value", code),
            ),
            Ok(_) => {}
        }
    }
    faults
}

/// A line must exist.
pub(super) fn check_line(places: &Places, line: Option<&str>, faults: &mut Vec<FieldFault>) {
    if let Some(line) = line.filter(|l| places.line(l).is_none()) {
        faults.push(
            FieldFault::new("line", "unknown_line", format!("there is no business line `{line}`")).arg("value", line),
        );
    }
}

/// Stages in order; one that was there keeps its id.
fn stages(ctx: &Ctx<'_>, drafts: Vec<(String, LocalText)>, before: &[Stage]) -> Vec<Stage> {
    let id = |code: &str| before.iter().find(|s| s.code == code).map(|s| s.id.clone());
    drafts
        .into_iter()
        .map(|(code, name)| {
            let code = code.trim().to_owned();
            Stage { id: id(&code).unwrap_or_else(|| StageId::new(ctx.now(), &*ctx.app.entropy)), code, name }
        })
        .collect()
}
