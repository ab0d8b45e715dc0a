//! Surveys: drafts that are saved with a revision, versions that never change.

use std::collections::HashMap;
use std::sync::Arc;

use peakend_domain::sense::survey::{self as document, Survey};
use peakend_domain::{FieldFault, LocalText, OrgId, Permission, Pillar, SurveyId};
use peakend_store::Tx;
use peakend_store::admin::audit;
use peakend_store::sense::survey::{self, SurveyCount, SurveyVersion};

pub use peakend_store::sense::survey::SurveyRow;
use serde_json::{Value, json};

use crate::fresh::Moment;
use crate::{App, Ctx, Error};

/// What a draft is made of: its text, or the document the editor holds.
#[derive(Debug, Clone)]
pub enum DraftText {
    /// YAML (or JSON) as somebody wrote it.
    Yaml(String),
    /// A document, which may still have faults.
    Document(Value),
}

/// A survey with what the editor needs.
#[derive(Debug, Clone)]
pub struct SurveyPage {
    /// The survey and its draft.
    pub row: SurveyRow,
    /// The draft as a document; none while its YAML does not read.
    pub document: Option<Value>,
    /// Faults of the draft.
    pub faults: Vec<FieldFault>,
    /// Whether the draft says something else than the published version.
    pub changed: bool,
}

/// A survey in the list.
#[derive(Debug, Clone)]
pub struct SurveyLine {
    /// The survey.
    pub row: SurveyRow,
    /// What came back; none without a response.
    pub count: Option<SurveyCount>,
}

/// All surveys, the last changed first.
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<SurveyLine>, Error> {
    ctx.require(Permission::SeeFigures)?;
    let mut tx = ctx.app.store.read().await?;
    let mut counts: HashMap<String, SurveyCount> =
        survey::counts(&mut tx, ctx.org()).await?.into_iter().map(|c| (c.code.clone(), c)).collect();
    let rows = survey::all(&mut tx, ctx.org()).await?;
    let line = |row: SurveyRow| {
        // employee counts leave only through the release gate
        let count = counts.remove(&row.code).filter(|_| row.pillar.keeps_persons());
        SurveyLine { row, count }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// One survey for the editor.
pub async fn page(ctx: &Ctx<'_>, id: &str) -> Result<SurveyPage, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    let row = find(&mut tx, ctx.org(), id).await?;
    page_of(&mut tx, ctx.org(), row).await
}

/// Faults of a text, and its document when it reads at all.
#[must_use]
pub fn check(draft: &DraftText) -> (Option<Value>, Vec<FieldFault>) {
    match draft {
        DraftText::Yaml(text) => (document::yaml_to_document(text).ok(), Survey::parse(text).err().unwrap_or_default()),
        DraftText::Document(value) => (Some(value.clone()), Survey::from_json(value).err().unwrap_or_default()),
    }
}

/// Make a survey from a draft, which must name an unused code and its pillar.
pub async fn create(ctx: &Ctx<'_>, draft: &DraftText) -> Result<SurveyPage, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let row = create_in(ctx, &mut tx, draft).await?;
    let page = page_of(&mut tx, ctx.org(), row).await?;
    tx.commit().await?;
    Ok(page)
}

/// [`create`] within the caller's transaction.
pub async fn create_in(ctx: &Ctx<'_>, tx: &mut Tx, draft: &DraftText) -> Result<SurveyRow, Error> {
    ctx.require(Permission::Ask)?;
    let now = ctx.now();
    let (code, pillar, title) = head(draft)?;
    if survey::find_by_code(tx, ctx.org(), &code).await?.is_some() {
        return Err(Error::Invalid(vec![taken(&code)]));
    }
    let row = SurveyRow {
        id: SurveyId::new(now, &*ctx.app.entropy),
        code,
        pillar,
        title,
        draft: text_of(draft)?,
        draft_revision: 1,
        published_version: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    survey::insert(tx, ctx.org(), &row).await?;
    audit::record(tx, ctx.actor, now, "survey.added", row.id.as_str(), &json!({"code": row.code})).await?;
    Ok(row)
}

/// Save the draft over the revision that was read; faults are kept with it, not refused.
pub async fn save(ctx: &Ctx<'_>, id: &str, draft: &DraftText, revision: i64) -> Result<SurveyPage, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.begin().await?;
    let mut row = find(&mut tx, ctx.org(), id).await?;
    if row.draft_revision != revision {
        return Err(Error::conflict(
            "stale_revision",
            format!(
                "the draft has revision {} by now, not {revision}: reload it and repeat the change",
                row.draft_revision
            ),
        ));
    }
    row.draft = text_of(draft)?;
    if let Ok((code, pillar, title)) = head(draft) {
        if row.published_version.is_none() && code != row.code {
            if survey::find_by_code(&mut tx, ctx.org(), &code).await?.is_some() {
                return Err(Error::Invalid(vec![taken(&code)]));
            }
            row.code = code;
        }
        if row.published_version.is_none() {
            row.pillar = pillar;
        }
        row.title = title;
    }
    row.draft_revision += 1;
    row.updated_at = ctx.now();
    store(&mut tx, ctx, &row, revision).await?;
    let page = page_of(&mut tx, ctx.org(), row).await?;
    tx.commit().await?;
    Ok(page)
}

/// Publish the draft as the next version. It must be free of faults, and code
/// and pillar stay what they were.
pub async fn publish(ctx: &Ctx<'_>, id: &str, revision: Option<i64>) -> Result<SurveyPage, Error> {
    let mut tx = ctx.app.store.begin().await?;
    let row = find(&mut tx, ctx.org(), id).await?;
    if let Some(wanted) = revision.filter(|r| *r != row.draft_revision) {
        return Err(Error::conflict(
            "stale_revision",
            format!("the draft has revision {} by now, not {wanted}: look at it again", row.draft_revision),
        ));
    }
    let row = publish_in(ctx, &mut tx, row).await?;
    let page = page_of(&mut tx, ctx.org(), row).await?;
    tx.commit().await?;
    Ok(page)
}

/// [`publish`] within the caller's transaction.
pub async fn publish_in(ctx: &Ctx<'_>, tx: &mut Tx, mut row: SurveyRow) -> Result<SurveyRow, Error> {
    ctx.require(Permission::Ask)?;
    let parsed = Survey::parse(&row.draft).map_err(Error::Invalid)?;
    if parsed.code != row.code || parsed.pillar != row.pillar {
        let message = format!("code `{}` and pillar `{}` are fixed once published", row.code, row.pillar.name());
        return Err(Error::field("code", "fixed", message));
    }
    let was = row.draft_revision;
    let versions = survey::versions(tx, ctx.org(), &row.id).await?;
    let version = versions.first().map_or(1, |v| v.version + 1);
    let document = parsed.to_json().to_string();
    if versions.first().is_some_and(|v| v.document == document) && row.closed_at.is_none() {
        return Err(Error::refused("nothing_changed", "the draft says what the published version says"));
    }
    let new = SurveyVersion {
        version,
        yaml: row.draft.clone(),
        document,
        published_at: ctx.now(),
        published_by: ctx.actor.label(),
    };
    survey::insert_version(tx, ctx.org(), &row.id, &new).await?;
    row.published_version = Some(version);
    row.closed_at = None;
    row.title = parsed.title;
    row.updated_at = ctx.now();
    store(tx, ctx, &row, was).await?;
    let detail = json!({"version": version});
    audit::record(tx, ctx.actor, ctx.now(), "survey.published", row.id.as_str(), &detail).await?;
    Ok(row)
}

/// Close a survey to answers; publishing opens it again.
pub async fn close(ctx: &Ctx<'_>, id: &str) -> Result<SurveyPage, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.begin().await?;
    let mut row = find(&mut tx, ctx.org(), id).await?;
    let was = row.draft_revision;
    row.closed_at = row.closed_at.or(Some(ctx.now()));
    store(&mut tx, ctx, &row, was).await?;
    audit::record(&mut tx, ctx.actor, ctx.now(), "survey.closed", row.id.as_str(), &json!({})).await?;
    let page = page_of(&mut tx, ctx.org(), row).await?;
    tx.commit().await?;
    Ok(page)
}

/// Versions, the newest first.
pub async fn versions(ctx: &Ctx<'_>, id: &str) -> Result<Vec<SurveyVersion>, Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    let row = find(&mut tx, ctx.org(), id).await?;
    Ok(survey::versions(&mut tx, ctx.org(), &row.id).await?)
}

/// A survey by id or code.
pub(super) async fn find(tx: &mut Tx, org: &OrgId, id: &str) -> Result<SurveyRow, Error> {
    let found = match survey::find(tx, org, id).await? {
        Some(row) => Some(row),
        None => survey::find_by_code(tx, org, id).await?,
    };
    found.ok_or(Error::NotFound("survey"))
}

async fn store(tx: &mut Tx, ctx: &Ctx<'_>, row: &SurveyRow, was: i64) -> Result<(), Error> {
    if survey::save(tx, ctx.org(), row, was).await? {
        return Ok(());
    }
    Err(Error::conflict("stale_revision", "somebody else saved in between: reload and repeat the change"))
}

async fn page_of(tx: &mut Tx, org: &OrgId, row: SurveyRow) -> Result<SurveyPage, Error> {
    let parsed = Survey::parse(&row.draft);
    let published = match row.published_version {
        Some(n) => survey::version(tx, org, &row.id, n).await?.map(|v| v.document),
        None => None,
    };
    let drafted = parsed.as_ref().ok().map(|s| s.to_json().to_string());
    let same = drafted.is_some() && drafted == published;
    let document = document::yaml_to_document(&row.draft).ok();
    Ok(SurveyPage { document, faults: parsed.err().unwrap_or_default(), changed: !same, row })
}

fn text_of(draft: &DraftText) -> Result<String, Error> {
    let text = match draft {
        DraftText::Yaml(text) => text.clone(),
        DraftText::Document(value) => document::document_to_yaml(value),
    };
    if text.len() > document::MAX_BYTES {
        return Err(Error::field("yaml", "too_large", format!("larger than {} bytes", document::MAX_BYTES)));
    }
    Ok(text)
}

/// Code, pillar and title of a draft, however faulty the rest may be.
fn head(draft: &DraftText) -> Result<(String, Pillar, LocalText), Error> {
    let value = match draft {
        DraftText::Yaml(text) => document::yaml_to_document(text).map_err(|f| Error::Invalid(vec![f]))?,
        DraftText::Document(value) => value.clone(),
    };
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = peakend_domain::sense::place::parse_code("code", text("code")).map_err(|f| Error::Invalid(vec![f]))?;
    let pillar = Pillar::parse(text("pillar"))
        .ok_or_else(|| Error::field("pillar", "unknown_pillar", "expected brand, customer or employee"))?;
    let title = match value.get("title") {
        Some(Value::String(one)) => LocalText::one(one),
        Some(other) => serde_json::from_value(other.clone()).unwrap_or_default(),
        None => LocalText::default(),
    };
    Ok((code, pillar, title))
}

fn taken(code: &str) -> FieldFault {
    FieldFault::new("code", "taken", format!("there is a survey `{code}` already: choose another code"))
}

/// A published survey.
#[derive(Debug, Clone)]
pub struct Published {
    /// The row.
    pub row: SurveyRow,
    /// Which version.
    pub version: i64,
    /// What it says.
    pub survey: Survey,
}

/// Published surveys by code and version, read when first needed; keep it for a batch.
#[derive(Debug, Default)]
pub struct Shelf<'a> {
    found: HashMap<(String, Option<i64>), Option<Arc<Published>>>,
    /// Where to look before the store, and the state of the store that is read.
    lately: Option<(&'a App, Moment)>,
}

impl<'a> Shelf<'a> {
    /// A shelf over surveys that were read lately; `moment` is one from before the
    /// transaction began that it is asked with.
    pub(crate) fn lately(app: &'a App, moment: Moment) -> Self {
        Self { found: HashMap::new(), lately: Some((app, moment)) }
    }

    /// A survey by code (or id) and version; the published one without a version.
    pub async fn get(
        &mut self,
        tx: &mut Tx,
        org: &OrgId,
        code: &str,
        version: Option<i64>,
    ) -> Result<Option<Arc<Published>>, Error> {
        if let Some(known) = self.known(org, code, version) {
            return Ok(known);
        }
        let found = read_published(tx, org, code, version).await?.map(Arc::new);
        if let (Some(found), Some((app, moment))) = (&found, self.lately) {
            app.surveys.keep(moment, (org.clone(), code.to_owned(), version), Arc::clone(found));
        }
        self.found.insert((code.to_owned(), version), found.clone());
        Ok(found)
    }

    /// What [`Self::get`] says without a look into the store; none when it must look.
    pub(super) fn known(&mut self, org: &OrgId, code: &str, version: Option<i64>) -> Option<Option<Arc<Published>>> {
        let key = (code.to_owned(), version);
        if let Some(found) = self.found.get(&key) {
            return Some(found.clone());
        }
        let (app, moment) = self.lately?;
        let known = app.surveys.get(moment, &(org.clone(), code.to_owned(), version))?;
        self.found.insert(key, Some(Arc::clone(&known)));
        Some(Some(known))
    }
}

/// [`Shelf::get`] of one survey, without reading it again while nothing has changed.
pub(super) async fn published(
    app: &App,
    org: &OrgId,
    code: &str,
    version: Option<i64>,
) -> Result<Option<Arc<Published>>, Error> {
    let (moment, key) = (Moment::of(app), (org.clone(), code.to_owned(), version));
    if let Some(found) = app.surveys.get(moment, &key) {
        return Ok(Some(found));
    }
    let mut tx = app.store.read().await?;
    let found = read_published(&mut tx, org, code, version).await?.map(Arc::new);
    if let Some(found) = &found {
        app.surveys.keep(moment, key, Arc::clone(found));
    }
    Ok(found)
}

async fn read_published(
    tx: &mut Tx,
    org: &OrgId,
    code: &str,
    version: Option<i64>,
) -> Result<Option<Published>, Error> {
    let row = match find(tx, org, code).await {
        Ok(row) => row,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(e) => return Err(e),
    };
    let Some(number) = version.or(row.published_version) else { return Ok(None) };
    let Some(stored) = survey::version(tx, org, &row.id, number).await? else { return Ok(None) };
    let value: Value = serde_json::from_str(&stored.document)
        .map_err(|e| Error::Fault(format!("read version {number} of survey {}: {e}", row.code)))?;
    let parsed = Survey::from_json(&value)
        .map_err(|f| Error::Fault(format!("version {number} of survey {} has {} fault(s)", row.code, f.len())))?;
    Ok(Some(Published { row, version: number, survey: parsed }))
}
