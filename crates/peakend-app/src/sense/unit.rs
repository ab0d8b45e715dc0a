//! Units: add, rename, move on a day.

use peakend_domain::sense::place::parse_code;
use peakend_domain::sense::unit::{Placement, Unit, UnitKind};
use peakend_domain::{Day, FieldFault, LocalText, Permission, UnitId, UnitScope, UserId};
use peakend_store::Tx;
use peakend_store::admin::{audit, user};
use peakend_store::sense::unit;

use super::place::Places;
use crate::{Ctx, Error};

/// A unit to add.
#[derive(Debug, Clone)]
pub struct NewUnit {
    /// Code, unique and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Kind.
    pub kind: UnitKind,
    /// Code of the unit above; none for a root.
    pub parent: Option<String>,
    /// First day; by default as early as the unit above.
    pub since: Option<Day>,
    /// Who answers for it.
    pub owner: Option<UserId>,
}

/// A unit with its places in the tree.
#[derive(Debug, Clone)]
pub struct PlacedUnit {
    /// The unit.
    pub unit: Unit,
    /// Where it stood when, oldest first.
    pub placements: Vec<Placement>,
}

/// Units within the actor's scope, by code.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<PlacedUnit>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let seen = |unit: &Unit| match &ctx.scope().units {
        UnitScope::All => true,
        UnitScope::Subtree(path) => {
            places.placements(&unit.code).last().is_some_and(|p| p.path.starts_with(path.as_str()))
        }
    };
    let placed = |u: &Unit| PlacedUnit { unit: u.clone(), placements: places.placements(&u.code).to_vec() };
    Ok(places.units().filter(|u| seen(u)).map(placed).collect())
}

/// Add a unit.
pub async fn create(ctx: &Ctx<'_>, new: NewUnit) -> Result<PlacedUnit, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let placed = create_in(ctx, &mut tx, new).await?;
    tx.commit().await?;
    Ok(placed)
}

/// Add a unit within the caller's transaction.
pub async fn create_in(ctx: &Ctx<'_>, tx: &mut Tx, new: NewUnit) -> Result<PlacedUnit, Error> {
    configure(ctx)?;
    let mut faults = Vec::new();
    let code = parse_code("code", &new.code).map_err(|f| faults.push(f)).unwrap_or_default();
    check_name("name", &new.name, &mut faults);
    check_user(ctx, tx, "owner", new.owner.as_ref(), &mut faults).await?;
    let places = Places::load(tx, ctx.org()).await?;
    let placements = places.tree().add(&code, new.parent.as_deref(), new.since).map_err(|f| faults.push(f));
    let (true, Ok(placements)) = (faults.is_empty(), placements) else { return Err(Error::Invalid(faults)) };
    let created =
        Unit { id: UnitId::new(ctx.now(), &*ctx.app.entropy), code, name: new.name, kind: new.kind, owner: new.owner };
    unit::insert(tx, ctx.org(), &created, ctx.now()).await?;
    let mut ids = places.unit_ids();
    ids.insert(created.code.clone(), created.id.clone());
    unit::place(tx, ctx.org(), &ids, &placements).await?;
    let detail = serde_json::json!({ "code": created.code, "parent": new.parent });
    audit::record(tx, ctx.actor, ctx.now(), "unit.added", created.id.as_str(), &detail).await?;
    let placements = placements.get(&created.code).cloned().unwrap_or_default();
    Ok(PlacedUnit { unit: created, placements })
}

/// Replace name, kind and owner.
pub async fn update(
    ctx: &Ctx<'_>,
    id: &UnitId,
    name: LocalText,
    kind: UnitKind,
    owner: Option<UserId>,
) -> Result<PlacedUnit, Error> {
    configure(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let mut faults = Vec::new();
    check_name("name", &name, &mut faults);
    check_user(ctx, &mut tx, "owner", owner.as_ref(), &mut faults).await?;
    let before = unit::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("unit"))?;
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let changed = Unit { name, kind, owner, ..before };
    unit::save(&mut tx, ctx.org(), &changed).await?;
    let detail = serde_json::json!({ "name": changed.name, "owner": changed.owner });
    audit::record(&mut tx, ctx.actor, ctx.now(), "unit.changed", id.as_str(), &detail).await?;
    let placements = Places::load(&mut tx, ctx.org()).await?.placements(&changed.code).to_vec();
    tx.commit().await?;
    Ok(PlacedUnit { unit: changed, placements })
}

/// Move a unit, and everything below it, under another parent from a day on.
/// What happened before that day stays where it was.
pub async fn relocate(ctx: &Ctx<'_>, id: &UnitId, parent: Option<&str>, on: Day) -> Result<PlacedUnit, Error> {
    configure(ctx)?;
    let mut tx = ctx.app.store.begin().await?;
    let moved = unit::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("unit"))?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let placements = places.tree().relocate(&moved.code, parent, on).map_err(|fault| Error::Invalid(vec![fault]))?;
    unit::place(&mut tx, ctx.org(), &places.unit_ids(), &placements).await?;
    let detail = serde_json::json!({ "parent": parent, "on": on.to_string(), "units": placements.len() });
    audit::record(&mut tx, ctx.actor, ctx.now(), "unit.moved", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(PlacedUnit { placements: placements.get(&moved.code).cloned().unwrap_or_default(), unit: moved })
}

/// Whoever may read anything may read the names of places; a write key may not.
pub(super) fn see(ctx: &Ctx<'_>) -> Result<(), Error> {
    use Permission::{Configure, ReadVoices, SeeFigures};
    if [SeeFigures, ReadVoices, Configure].into_iter().any(|p| ctx.actor.role.may(p)) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// Places are the organisation's as a whole: a unit scope does not suffice.
pub(super) fn configure(ctx: &Ctx<'_>) -> Result<(), Error> {
    ctx.require(Permission::Configure)?;
    if ctx.scope().units == UnitScope::All { Ok(()) } else { Err(Error::Forbidden) }
}

/// A name has at least one text and none longer than 200 characters.
pub(super) fn check_name(path: &str, name: &LocalText, faults: &mut Vec<FieldFault>) {
    if name.0.values().all(|text| text.trim().is_empty()) {
        faults.push(FieldFault::new(path, "required", "give it a name"));
    }
    if name.0.values().any(|text| text.chars().count() > 200) {
        faults.push(FieldFault::new(path, "too_long", "use at most 200 characters"));
    }
}

/// A user must exist in the organisation and not be disabled.
pub(super) async fn check_user(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    path: &str,
    id: Option<&UserId>,
    faults: &mut Vec<FieldFault>,
) -> Result<(), Error> {
    let Some(id) = id else { return Ok(()) };
    let known = user::find(tx, ctx.org(), id).await?.is_some_and(|u| u.disabled_at.is_none());
    if !known {
        faults.push(
            FieldFault::new(path, "unknown_user", format!("there is no active user {id}")).arg("value", id.as_str()),
        );
    }
    Ok(())
}
