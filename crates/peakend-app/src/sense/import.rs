//! Imports: read everything, then write it in one transaction, or nothing.
//!
//! A row's id is the map's, or derived from the row's cells, so that the same
//! file again changes nothing. Faults name row, column and what to do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use peakend_domain::sense::import::{ImportKind, ImportReport, ImportState, RowFault};
use peakend_domain::{FieldFault, ImportId, Permission};
use peakend_store::sense::import;

use super::attribute::Door;
use crate::{App, Ctx, Error, sha256_hex};

mod prepare;
mod preview;
mod setting;
mod write;

pub use peakend_store::sense::import::Import;
pub use preview::{Preview, PreviewRow, preview};

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// What the rows are.
    pub kind: ImportKind,
    /// Name of the file, for the list of imports.
    pub file_name: String,
    /// The file.
    pub file: Vec<u8>,
    /// The map, as YAML.
    pub map: String,
    /// Write the good rows although others are faulty.
    pub skip_faulty: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Reading, then writing.
    pub state: ImportState,
    /// Rows done in this state.
    pub done: u64,
    /// Rows in all, estimated while reading.
    pub total: u64,
}

/// Told now and then how far an import is.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// How far the imports of this process are, by id.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<BTreeMap<ImportId, Progress>>);

impl Board {
    fn set(&self, id: &ImportId, progress: Option<Progress>) {
        // a poisoned board would only lose a progress bar
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            Some(progress) => drop(all.insert(id.clone(), progress)),
            None => drop(all.remove(id)),
        }
    }

    fn get(&self, id: &ImportId) -> Option<Progress> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(id).copied()
    }
}

/// Import a file and wait for the end.
pub async fn run(ctx: &Ctx<'_>, request: ImportRequest, watch: Watch) -> Result<ImportReport, Error> {
    let import = begin(ctx, &request).await?;
    Ok(finish(ctx, import, request, watch).await?.report)
}

/// Record an import, so that it can be seen while it runs. The map is checked
/// first: a faulty one is answered at once and leaves no trace.
pub async fn begin(ctx: &Ctx<'_>, request: &ImportRequest) -> Result<Import, Error> {
    ctx.require(Permission::Ask)?;
    let map = peakend_channel::sense::map::ImportMap::parse(&request.map).map_err(|f| Error::Invalid(vec![f]))?;
    let faults = map.check(request.kind);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let named = map.group("attributes").map(|(name, _)| (name.clone(), String::new())).collect();
    Door::of(ctx.app, ctx.org()).admit("map, attributes", &named).await?;
    let hash = sha256_hex(
        [request.kind.name().as_bytes(), request.map.as_bytes(), request.file.as_slice()].concat().as_slice(),
    );
    let import = Import {
        id: ImportId::new(ctx.now(), &*ctx.app.entropy),
        kind: request.kind,
        file_name: request.file_name.chars().take(200).collect(),
        content_hash: hash,
        state: ImportState::Reading,
        report: ImportReport::default(),
        created_at: ctx.now(),
        finished_at: None,
    };
    let mut tx = ctx.app.store.begin().await?;
    import::insert(&mut tx, ctx.org(), &import).await?;
    tx.commit().await?;
    Ok(import)
}

/// Carry a recorded import out. Whatever happens, its record says how it ended.
pub async fn finish(ctx: &Ctx<'_>, import: Import, request: ImportRequest, watch: Watch) -> Result<Import, Error> {
    let id = import.id.clone();
    let app = ctx.app;
    let result = carry_out(ctx, import.clone(), request, watch).await;
    app.importing.set(&id, None);
    if let Err(error) = &result {
        let mut failed = import;
        failed.state = ImportState::Failed;
        failed.finished_at = Some(ctx.now());
        failed.report.faults = match error {
            Error::Invalid(faults) => faults.iter().map(as_row_fault).collect(),
            other => vec![RowFault { row: 0, column: String::new(), code: "fault".into(), message: other.to_string() }],
        };
        let mut tx = app.store.begin().await?;
        import::save(&mut tx, ctx.org(), &failed).await?;
        tx.commit().await?;
    }
    result
}

async fn carry_out(ctx: &Ctx<'_>, import: Import, request: ImportRequest, watch: Watch) -> Result<Import, Error> {
    let setting = {
        let mut tx = ctx.app.store.read().await?;
        setting::Setting::load(&mut tx, ctx.org(), ctx.now()).await?
    };
    let skip_faulty = request.skip_faulty;
    let reading = Arc::clone(&watch);
    let prepared = tokio::task::spawn_blocking(move || prepare::prepare(&request, &setting, &*reading))
        .await
        .map_err(|e| Error::Fault(format!("read an import file: {e}")))?
        .map_err(Error::Invalid)?;
    if prepared.report.rows_faulty > 0 && !skip_faulty {
        return write::refuse(ctx, import, prepared.report).await;
    }
    write::write(ctx, import, prepared, skip_faulty, &*watch).await
}

/// A fault of the map or of the whole file, in the form of a row's.
fn as_row_fault(f: &FieldFault) -> RowFault {
    RowFault { row: 0, column: f.path.clone(), code: f.code.clone(), message: f.message.clone() }
}

/// Start an import in the background; answers with its record at once.
pub async fn start(app: &Arc<App>, actor: &peakend_domain::Actor, request: ImportRequest) -> Result<Import, Error> {
    let import = begin(&Ctx::new(app, actor), &request).await?;
    let (app, actor, running) = (Arc::clone(app), actor.clone(), import.clone());
    tokio::spawn(async move {
        let (board, id) = (Arc::clone(&app), running.id.clone());
        let watch: Watch = Arc::new(move |progress| board.importing.set(&id, Some(progress)));
        if let Err(e) = finish(&Ctx::new(&app, &actor), running, request, watch).await {
            tracing::warn!(error = %e, "an import broke off");
        }
    });
    Ok(import)
}

/// An import with how far it is, while it runs in this process.
pub async fn find(ctx: &Ctx<'_>, id: &ImportId) -> Result<(Import, Option<Progress>), Error> {
    ctx.require(Permission::Ask)?;
    let mut tx = ctx.app.store.read().await?;
    let found = import::find(&mut tx, ctx.org(), id).await?.ok_or(Error::NotFound("import"))?;
    Ok((found, ctx.app.importing.get(id)))
}

/// A page of imports, newest first, with the cursor of the next page and how many there are.
pub async fn list(ctx: &Ctx<'_>, cursor: &str, limit: i64) -> Result<(Vec<Import>, Option<String>, i64), Error> {
    ctx.require(Permission::Ask)?;
    let limit = limit.clamp(1, 200);
    let mut tx = ctx.app.store.read().await?;
    let mut items = import::list(&mut tx, ctx.org(), cursor, limit + 1).await?;
    let total = import::count(&mut tx, ctx.org()).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = if more { items.last().map(|i| i.id.to_string()) } else { None };
    Ok((items, next, total))
}

/// At start: imports that a former process left unfinished have failed.
pub async fn abandon(app: &App) -> Result<u64, Error> {
    let mut tx = app.store.begin().await?;
    let n = import::abandon(&mut tx, app.now()).await?;
    tx.commit().await?;
    Ok(n)
}
