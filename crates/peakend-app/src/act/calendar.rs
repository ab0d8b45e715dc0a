//! Business calendars: list, edit, and the one every organisation starts with.

use jiff::Timestamp;
use peakend_domain::act::calendar::{Calendar, CalendarDocument, china};
use peakend_domain::sense::place::parse_code;
use peakend_domain::{CalendarId, Entropy, OrgId, Permission};
use peakend_store::act::calendar as store;
use peakend_store::admin::audit;
use peakend_store::{Tx, admin};

use crate::{Ctx, Error};

pub use peakend_store::act::calendar::StoredCalendar;

/// Code of the calendar that every organisation starts with.
pub const STANDARD: &str = "standard";

/// A calendar as somebody wrote it.
#[derive(Debug, Clone)]
pub struct CalendarDraft {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Hours, holidays, make-up days.
    pub document: CalendarDocument,
}

/// All calendars. The first look makes the standard one.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<StoredCalendar>, Error> {
    ctx.require(Permission::WorkCases)?;
    let mut tx = ctx.app.store.read().await?;
    let all = store::list(&mut tx, ctx.org()).await?;
    drop(tx);
    if !all.is_empty() {
        return Ok(all);
    }
    let mut tx = ctx.app.store.begin().await?;
    let standard = standard_in(&mut tx, &*ctx.app.entropy, ctx.org(), ctx.now()).await?;
    tx.commit().await?;
    Ok(vec![standard])
}

/// One calendar.
pub async fn read(ctx: &Ctx<'_>, id: &CalendarId) -> Result<StoredCalendar, Error> {
    ctx.require(Permission::WorkCases)?;
    let mut tx = ctx.app.store.read().await?;
    store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("calendar"))
}

/// Make a calendar, or replace the one of that id. Clocks that run keep the
/// instants they were given.
pub async fn put(ctx: &Ctx<'_>, id: Option<&CalendarId>, draft: CalendarDraft) -> Result<StoredCalendar, Error> {
    ctx.require(Permission::Configure)?;
    let mut tx = ctx.app.store.begin().await?;
    if let Some(id) = id {
        store::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("calendar"))?;
    }
    let mut faults = Vec::new();
    let code = parse_code("code", &draft.code).unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
    let letters = draft.name.trim().chars().count();
    if letters == 0 || letters > 120 {
        faults.push(peakend_domain::FieldFault::new("name", "name_length", "a name has 1 to 120 letters"));
    }
    if let Err(wrong) = Calendar::read(&draft.document) {
        faults.extend(
            wrong.into_iter().map(|f| peakend_domain::FieldFault { path: format!("document.{}", f.path), ..f }),
        );
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let id = id.cloned().unwrap_or_else(|| CalendarId::new(ctx.now(), &*ctx.app.entropy));
    let calendar = StoredCalendar { id, code, name: draft.name.trim().to_owned(), document: draft.document };
    if !store::put(&mut tx, ctx.org(), &calendar).await? {
        return Err(Error::field("code", "code_taken", "another calendar has this code: choose another"));
    }
    let detail = serde_json::json!({"code": calendar.code});
    audit::record(&mut tx, ctx.actor, ctx.now(), "calendar.put", calendar.id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(calendar)
}

/// The organisation's standard calendar, made when it has none: mainland
/// China's public holidays for organisations in its time zone, otherwise the
/// same hours without holidays.
pub async fn standard_in(
    tx: &mut Tx,
    entropy: &dyn Entropy,
    org: &OrgId,
    now: Timestamp,
) -> Result<StoredCalendar, Error> {
    let all = store::list(tx, org).await?;
    if let Some(found) = all.into_iter().find(|c| c.code == STANDARD) {
        return Ok(found);
    }
    let organisation = admin::org::find(tx, org).await?.ok_or(Error::NotFound("organisation"))?;
    let mut document = china();
    if organisation.time_zone != document.time_zone {
        document.holidays.clear();
        document.make_up_days.clear();
        document.time_zone = organisation.time_zone;
    }
    let name = match organisation.locale.as_str() {
        "zh-Hans" => "标准工作日历",
        "zh-Hant" => "標準工作日曆",
        _ => "Standard hours",
    };
    let id = CalendarId::new(now, entropy);
    let calendar = StoredCalendar { id, code: STANDARD.to_owned(), name: name.to_owned(), document };
    store::put(tx, org, &calendar).await?;
    Ok(calendar)
}
