//! A look at the first rows of a file through a map, before anything is written.

use peakend_channel::sense::file::Sheet;
use peakend_channel::sense::map::{ImportMap, guess};
use peakend_domain::sense::import::{ImportKind, RowFault};
use peakend_domain::{FieldFault, Permission};

use super::prepare::{Reading, Ready};
use super::setting::Setting;
use crate::{Ctx, Error};

/// Rows shown.
const ROWS: usize = 20;

/// The first rows of a file through a map.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Columns of the file.
    pub columns: Vec<String>,
    /// Encoding it was read in.
    pub encoding: &'static str,
    /// Rows in the file, estimated from its lines.
    pub rows_estimated: u64,
    /// The map that was used: the given one, or a guess.
    pub map: String,
    /// What is wrong with the map.
    pub map_faults: Vec<FieldFault>,
    /// At most 20 rows.
    pub rows: Vec<PreviewRow>,
}

/// One row as it is and as it would be written.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    /// As a spreadsheet counts.
    pub number: u64,
    /// Cells in column order.
    pub cells: Vec<String>,
    /// What would be written; none when the row or the map is faulty.
    pub result: Option<serde_json::Value>,
    /// What is wrong.
    pub faults: Vec<RowFault>,
}

/// Look at a file. Without a map, one is guessed from the column names.
pub async fn preview(ctx: &Ctx<'_>, kind: ImportKind, file: &[u8], map: Option<&str>) -> Result<Preview, Error> {
    ctx.require(Permission::Ask)?;
    let setting = {
        let mut tx = ctx.app.store.read().await?;
        Setting::load(&mut tx, ctx.org(), ctx.now()).await?
    };
    let parsed = map.map(ImportMap::parse);
    let delimiter = parsed.as_ref().and_then(|m| m.as_ref().ok()?.delimiter);
    let sheet = Sheet::open(file, delimiter).map_err(|f| Error::Invalid(vec![f]))?;
    let text = map.map_or_else(|| guess(kind, &sheet.columns), str::to_owned);
    let bound = ImportMap::parse(&text)
        .map_err(|fault| vec![fault])
        .and_then(|map| map.bind(kind, &sheet.columns, &setting.zone));
    let (bound, map_faults) = match bound {
        Ok(bound) => (Some(bound), Vec::new()),
        Err(faults) => (None, faults),
    };
    let mut reading = bound.as_ref().map(|bound| Reading::new(kind, &setting, bound));
    let mut rows = Vec::new();
    for row in sheet.rows().take(ROWS) {
        let cells = row.cells.iter().map(str::to_owned).collect();
        let read = reading.as_mut().map(|r| r.row(&sheet, &row));
        let (result, faults) = match read {
            Some(Ok(ready)) => (ready.map(show), Vec::new()),
            Some(Err(faults)) => (None, faults),
            None => (None, Vec::new()),
        };
        rows.push(PreviewRow { number: row.number, cells, result, faults });
    }
    Ok(Preview {
        rows_estimated: sheet.lines(),
        encoding: sheet.encoding.name(),
        columns: sheet.columns.clone(),
        map: text,
        map_faults,
        rows,
    })
}

/// What would be written, as JSON to read.
fn show(ready: Ready) -> serde_json::Value {
    let names = |aliases: Vec<peakend_domain::sense::person::Alias>| {
        aliases.into_iter().map(|a| (a.kind.name().to_owned(), a.value)).collect::<std::collections::BTreeMap<_, _>>()
    };
    match ready {
        Ready::Entry(entry) => {
            let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
            serde_json::json!({ "id": entry.id, "body": body })
        }
        Ready::Person(aliases, traits) => serde_json::json!({ "person": names(aliases), "traits": traits }),
        Ready::Outcomes(aliases, month, values) => {
            let values: std::collections::BTreeMap<_, _> = values.into_iter().collect();
            serde_json::json!({ "person": names(aliases), "month": month.to_string(), "outcomes": values })
        }
    }
}
