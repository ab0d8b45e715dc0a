//! Touchpoints and their owners: add, change, assign.

use peakend_domain::sense::place::parse_code;
use peakend_domain::sense::touchpoint::{Touchpoint, TouchpointOwner};
use peakend_domain::{FieldFault, LocalText, Pillar, TouchpointId, UserId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::touchpoint;

use super::journey::check_line;
use super::line::taken;
use super::place::Places;
use super::unit::{check_name, check_user, configure, see};
use crate::{Ctx, Error};

/// What is said about a touchpoint.
#[derive(Debug, Clone)]
pub struct TouchpointDraft {
    /// Name.
    pub name: LocalText,
    /// Journey code.
    pub journey: Option<String>,
    /// Stage code; needs a journey.
    pub stage: Option<String>,
    /// Business line code.
    pub line: Option<String>,
    /// Place in lists; by default the end.
    pub position: Option<i64>,
}

/// All touchpoints in their order.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Touchpoint>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(touchpoint::all(&mut tx, ctx.org()).await?)
}

/// Owners of all touchpoints.
pub async fn owners(ctx: &Ctx<'_>) -> Result<Vec<TouchpointOwner>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(touchpoint::owners(&mut tx, ctx.org()).await?)
}

/// Add a touchpoint.
pub async fn create(ctx: &Ctx<'_>, code: &str, pillar: Pillar, draft: TouchpointDraft) -> Result<Touchpoint, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let created = create_in(ctx, &mut tx, code, pillar, draft).await?;
    tx.commit().await?;
    Ok(created)
}

/// Add a touchpoint within the caller's transaction.
pub async fn create_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    code: &str,
    pillar: Pillar,
    draft: TouchpointDraft,
) -> Result<Touchpoint, Error> {
    configure(ctx)?;
    let places = Places::load(tx, ctx.org()).await?;
    let mut faults = check(&places, pillar, &draft);
    let code = parse_code("code", code).map_err(|f| faults.push(f)).unwrap_or_default();
    if places.touchpoint(&code).is_some() {
        faults.push(taken(&code));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let position = places.touchpoints().iter().map(|t| t.position + 1).max().unwrap_or(0);
    let created = Touchpoint {
        id: TouchpointId::new(ctx.now(), &*ctx.app.entropy),
        code,
        name: draft.name,
        pillar,
        journey: draft.journey,
        stage: draft.stage,
        line: draft.line,
        position: draft.position.unwrap_or(position),
    };
    touchpoint::insert(tx, ctx.org(), &created).await?;
    let detail = serde_json::json!({ "code": created.code });
    audit::record(tx, ctx.actor, ctx.now(), "touchpoint.added", created.id.as_str(), &detail).await?;
    Ok(created)
}

/// Replace everything but code and pillar.
pub async fn update(ctx: &Ctx<'_>, id: &TouchpointId, draft: TouchpointDraft) -> Result<Touchpoint, Error> {
    configure(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let before = by_id(&places, id)?;
    let faults = check(&places, before.pillar, &draft);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let changed = Touchpoint {
        name: draft.name,
        journey: draft.journey,
        stage: draft.stage,
        line: draft.line,
        position: draft.position.unwrap_or(before.position),
        ..before
    };
    touchpoint::save(&mut tx, ctx.org(), &changed).await?;
    let detail = serde_json::json!({ "name": changed.name });
    audit::record(&mut tx, ctx.actor, ctx.now(), "touchpoint.changed", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Make somebody the owner in a unit and below it, or everywhere when no unit
/// is given; no user takes the owner away.
pub async fn assign(
    ctx: &Ctx<'_>,
    id: &TouchpointId,
    unit: Option<&str>,
    user: Option<&UserId>,
) -> Result<Vec<TouchpointOwner>, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let touchpoint = by_id(&places, id)?;
    assign_in(ctx, &mut tx, &touchpoint.code, unit, user).await?;
    let owners = touchpoint::owners(&mut tx, ctx.org()).await?;
    tx.commit().await?;
    Ok(owners.into_iter().filter(|o| o.touchpoint == touchpoint.code).collect())
}

/// [`assign`] by touchpoint code within the caller's transaction.
pub async fn assign_in(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    code: &str,
    unit: Option<&str>,
    user: Option<&UserId>,
) -> Result<(), Error> {
    configure(ctx)?;
    let places = Places::load(tx, ctx.org()).await?;
    let mut faults = Vec::new();
    if places.touchpoint(code).is_none() {
        return Err(Error::NotFound("touchpoint"));
    }
    check_user(ctx, tx, "user", user, &mut faults).await?;
    let unit_id = match unit {
        None => String::new(),
        Some(unit) => places.unit(unit).map(|u| u.id.to_string()).unwrap_or_else(|| {
            let message = format!("there is no unit with code `{unit}`");
            faults.push(FieldFault::new("unit", "unknown_unit", message).arg("value", unit));
            String::new()
        }),
    };
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    touchpoint::set_owner(tx, ctx.org(), code, &unit_id, user).await?;
    let detail = serde_json::json!({ "unit": unit, "user": user });
    audit::record(tx, ctx.actor, ctx.now(), "touchpoint.assigned", code, &detail).await?;
    Ok(())
}

fn by_id(places: &Places, id: &TouchpointId) -> Result<Touchpoint, Error> {
    places.touchpoints().into_iter().find(|t| t.id == *id).cloned().ok_or(Error::NotFound("touchpoint"))
}

fn check(places: &Places, pillar: Pillar, draft: &TouchpointDraft) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    check_name("name", &draft.name, &mut faults);
    check_line(places, draft.line.as_deref(), &mut faults);
    let journey = draft.journey.as_deref().map(|code| (code, places.journey(code)));
    match journey {
        Some((code, None)) => faults.push(
            FieldFault::new("journey", "unknown_journey", format!("there is no journey `{code}`")).arg("value", code),
        ),
        Some((code, Some(found))) if found.pillar != pillar => faults.push(
            FieldFault::new(
                "journey",
                "pillar_differs",
                format!(
                    "journey `{code}` belongs to the {} pillar: choose one of {}",
                    found.pillar.name(),
                    pillar.name()
                ),
            )
            .arg("value", code),
        ),
        _ => {}
    }
    if let Some(stage) = draft.stage.as_deref() {
        let stands = journey.and_then(|(_, j)| j).is_some_and(|j| j.stages.iter().any(|s| s.code == stage));
        if !stands {
            let message = format!("there is no stage `{stage}` in that journey");
            faults.push(FieldFault::new("stage", "unknown_stage", message).arg("value", stage));
        }
    }
    faults
}
