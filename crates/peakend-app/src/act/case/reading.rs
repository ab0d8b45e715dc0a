//! Reading cases: the inbox and one case with everything around it.

use std::collections::BTreeMap;

use peakend_domain::act::case::{Case, Deed};
use peakend_domain::act::sla::SlaReading;
use peakend_domain::sense::person::{Alias, AliasKind, Person};
use peakend_domain::sense::voice::Voice;
use peakend_domain::{CaseId, LocalText, Permission, PersonId, UserId};
use peakend_store::act::calendar::{self, StoredCalendar};
use peakend_store::act::case::{
    self as store, CaseCounts, CaseEntry, CaseFilter, CaseGlance, CaseOrder, CaseSight, CaseView, Cursor,
};
use peakend_store::admin::user;
use peakend_store::sense::{person, voice};

use crate::insight::theme::with_below;
use crate::sense::place::Places;
use crate::{Ctx, Error};

/// A page of a tab.
#[derive(Debug, Clone)]
pub struct CaseQuery {
    /// Tab.
    pub view: CaseView,
    /// Order; the tab's usual one when absent.
    pub order: Option<CaseOrder>,
    /// Filter.
    pub filter: CaseFilter,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows, at most 200.
    pub limit: i64,
}

/// A page with its clocks and the counts of every tab.
#[derive(Debug, Clone)]
pub struct CaseList {
    /// Rows with the reading of the clock that matters next.
    pub items: Vec<(CaseGlance, CaseClocks)>,
    /// Rows in all.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Cases per tab under the same filter.
    pub counts: CaseCounts,
    /// Names of their places.
    pub place_names: PlaceNames,
}

/// Both clocks as they stand now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseClocks {
    /// Until the first contact.
    pub contact: SlaReading,
    /// Until it is resolved.
    pub resolve: SlaReading,
}

/// One case with everything around it.
#[derive(Debug, Clone)]
pub struct CaseReading {
    /// The case.
    pub case: Case,
    /// Its clocks.
    pub clocks: CaseClocks,
    /// The voices: the one that opened it first, then those that joined.
    pub voices: Vec<Voice>,
    /// The person, when known and within sight.
    pub person: Option<Person>,
    /// Their other cases.
    pub other_cases: Vec<person::PersonCase>,
    /// The history.
    pub entries: Vec<CaseEntry>,
    /// Names of the members of staff it mentions, by id.
    pub names: BTreeMap<String, String>,
    /// How the person can be reached: telephone numbers and e-mail addresses.
    pub reach: Vec<Alias>,
    /// Names of its places.
    pub place_names: PlaceNames,
}

/// Names of places by code.
#[derive(Debug, Clone, Default)]
pub struct PlaceNames {
    /// Touchpoints.
    pub touchpoints: BTreeMap<String, LocalText>,
    /// Units.
    pub units: BTreeMap<String, LocalText>,
}

impl PlaceNames {
    /// The names of the places that these cases are about.
    fn of<'a>(places: &Places, cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut names = Self::default();
        for case in cases {
            let o = &case.opening;
            if let Some(touchpoint) = places.touchpoint(&o.touchpoint_code) {
                names.touchpoints.insert(o.touchpoint_code.clone(), touchpoint.name.clone());
            }
            if let Some(unit) = places.unit(&o.unit_code) {
                names.units.insert(o.unit_code.clone(), unit.name.clone());
            }
        }
        names
    }
}

/// A page of the inbox.
pub async fn list(ctx: &Ctx<'_>, query: &CaseQuery) -> Result<CaseList, Error> {
    ctx.require(Permission::WorkCases)?;
    let now = ctx.now();
    let sight = CaseSight { scope: ctx.scope(), own: ctx.actor.user() };
    let mut tx = ctx.app.store.read().await?;
    let limit = query.limit.clamp(1, 200);
    let order = query.order.unwrap_or_else(|| query.view.usual_order());
    let reader = ctx.app.readers.current(&mut tx, ctx.org()).await?;
    let themes = with_below(reader.scheme(), &query.filter.themes);
    let filter = CaseFilter { themes, ..query.filter.clone() };
    let page = store::page(&mut tx, sight, (query.view, order), &filter, now, query.after.as_ref(), limit).await?;
    let counts = store::counts(&mut tx, sight, &filter, now).await?;
    let calendars = calendar::list(&mut tx, ctx.org()).await?;
    let clocks = clocks_of(&calendars)?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let place_names = PlaceNames::of(&places, page.items.iter().map(|glance| &glance.case));
    let items = page.items.into_iter().map(|glance| {
        let read = read_clocks(&clocks, &glance.case, now)?;
        Ok((glance, read))
    });
    let items = items.collect::<Result<_, Error>>()?;
    Ok(CaseList { items, total: page.total, next: page.next, counts, place_names })
}

/// One case.
pub async fn read(ctx: &Ctx<'_>, id: &CaseId) -> Result<CaseReading, Error> {
    ctx.require(Permission::WorkCases)?;
    let sight = CaseSight { scope: ctx.scope(), own: ctx.actor.user() };
    let mut tx = ctx.app.store.read().await?;
    let case = store::find(&mut tx, sight, id).await?.ok_or(Error::NotFound("case"))?;
    let entries = store::entries(&mut tx, ctx.org(), id).await?;
    // who may see the case may read the voices it is about, also where the unit has moved since
    let whole = peakend_domain::Scope::all(ctx.org().clone());
    let mut voices = Vec::new();
    for voice_id in std::iter::once(case.opening.voice.clone()).chain(joined(&entries)) {
        voices.extend(voice::find(&mut tx, &whole, &voice_id).await?);
    }
    let person_id = PersonId::stored(case.opening.person.clone());
    let known = !case.opening.person.is_empty();
    let person = if known { person::find(&mut tx, &whole, &person_id).await? } else { None };
    let mut other_cases = if known { person::cases(&mut tx, ctx.scope(), &person_id, 20).await? } else { Vec::new() };
    other_cases.retain(|other| other.id != case.opening.id.as_str());
    let users = user::list(&mut tx, ctx.org()).await?;
    let names = users.into_iter().map(|u| (u.id.to_string(), u.name)).collect();
    let calendars = calendar::list(&mut tx, ctx.org()).await?;
    let clocks = read_clocks(&clocks_of(&calendars)?, &case, ctx.now())?;
    let places = Places::load(&mut tx, ctx.org()).await?;
    let place_names = PlaceNames::of(&places, std::iter::once(&case));
    let mut reach = Vec::new();
    if known {
        for found in person::candidates(&mut tx, ctx.org(), std::slice::from_ref(&person_id)).await? {
            let by = |alias: &Alias| matches!(alias.kind, AliasKind::Phone | AliasKind::Email);
            reach.extend(found.aliases.into_iter().filter(by));
        }
    }
    Ok(CaseReading { case, clocks, voices, person, other_cases, entries, names, reach, place_names })
}

/// Voices that joined later.
fn joined(entries: &[CaseEntry]) -> Vec<String> {
    let deeds = entries.iter().filter_map(|entry| serde_json::from_value(entry.body.clone()).ok());
    deeds
        .filter_map(|deed| match deed {
            Deed::VoiceJoined { voice, .. } => Some(voice),
            _ => None,
        })
        .collect()
}

type Calendars = BTreeMap<String, peakend_domain::act::calendar::Calendar>;

fn clocks_of(stored: &[StoredCalendar]) -> Result<Calendars, Error> {
    stored.iter().map(|c| Ok((c.id.to_string(), c.calendar()?))).collect()
}

fn read_clocks(calendars: &Calendars, case: &Case, now: jiff::Timestamp) -> Result<CaseClocks, Error> {
    let calendar = calendars
        .get(case.opening.calendar.as_str())
        .ok_or_else(|| Error::Fault(format!("case {} names a calendar that is gone", case.opening.id)))?;
    // a case closed without reaching the person stops the contact clock when it is closed
    let contacted = case.first_contact_at.or(case.closed_at());
    Ok(CaseClocks {
        contact: SlaReading::of(calendar, case.sla.contact_due_at, contacted, now),
        resolve: SlaReading::of(calendar, case.sla.resolve_due_at, case.closed_at(), now),
    })
}

/// Members of staff to whom a case can be handed: id and name, by name.
pub async fn owners(ctx: &Ctx<'_>) -> Result<Vec<(UserId, String)>, Error> {
    ctx.require(Permission::WorkCases)?;
    let mut tx = ctx.app.store.read().await?;
    let staff = user::list(&mut tx, ctx.org()).await?;
    let may = staff.into_iter().filter(|u| u.disabled_at.is_none() && u.role.may(Permission::WorkCases));
    let mut owners: Vec<_> = may.map(|u| (u.id, u.name)).collect();
    owners.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(owners)
}
