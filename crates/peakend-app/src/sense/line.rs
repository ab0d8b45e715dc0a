//! Business lines: add and rename.

use peakend_domain::sense::line::Line;
use peakend_domain::sense::place::parse_code;
use peakend_domain::{FieldFault, LineId, LocalText};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::line;

use super::unit::{check_name, configure, see};
use crate::{Ctx, Error};

/// All lines in their order.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Line>, Error> {
    see(ctx)?;
    let mut tx = ctx.app.store.read().await?;
    Ok(line::all(&mut tx, ctx.org()).await?)
}

/// Add a line at the end.
pub async fn create(ctx: &Ctx<'_>, code: &str, name: LocalText) -> Result<Line, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let created = create_in(ctx, &mut tx, code, name).await?;
    tx.commit().await?;
    Ok(created)
}

/// Add a line within the caller's transaction.
pub async fn create_in(ctx: &Ctx<'_>, tx: &mut Tx, code: &str, name: LocalText) -> Result<Line, Error> {
    configure(ctx)?;
    let all = line::all(tx, ctx.org()).await?;
    let mut faults = Vec::new();
    check_name("name", &name, &mut faults);
    let code = parse_code("code", code).map_err(|f| faults.push(f)).unwrap_or_default();
    if all.iter().any(|l| l.code == code) {
        faults.push(taken(&code));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let position = all.iter().map(|l| l.position + 1).max().unwrap_or(0);
    let created = Line { id: LineId::new(ctx.now(), &*ctx.app.entropy), code, name, position };
    line::insert(tx, ctx.org(), &created).await?;
    let detail = serde_json::json!({ "code": created.code });
    audit::record(tx, ctx.actor, ctx.now(), "line.added", created.id.as_str(), &detail).await?;
    Ok(created)
}

/// Replace name and position.
pub async fn update(ctx: &Ctx<'_>, id: &LineId, name: LocalText, position: Option<i64>) -> Result<Line, Error> {
    configure(ctx)?;
    let mut faults = Vec::new();
    check_name("name", &name, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut tx = ctx.app.store.begin().await?;
    let all = line::all(&mut tx, ctx.org()).await?;
    let before = all.into_iter().find(|l| l.id == *id).ok_or(Error::NotFound("line"))?;
    let changed = Line { name, position: position.unwrap_or(before.position), ..before };
    line::save(&mut tx, ctx.org(), &changed).await?;
    let detail = serde_json::json!({ "name": changed.name });
    audit::record(&mut tx, ctx.actor, ctx.now(), "line.changed", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(changed)
}

/// The fault of a code that is in use.
pub(super) fn taken(code: &str) -> FieldFault {
    FieldFault::new("code", "code_taken", format!("the code `{code}` is in use: choose another")).arg("value", code)
}
