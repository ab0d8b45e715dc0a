//! Figures by dimensions and time.

mod view;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use peakend_app::Error;
use peakend_app::insight::figure::{FigureQuestion, FigureRow, FigureTable, Key, figures};
use peakend_app::insight::voice_list::{CODED, VoiceFilter, period};
use peakend_domain::insight::metric::Metric;
use peakend_domain::sense::attribute;
use peakend_domain::{Day, Pillar};
use peakend_query::{AttributeName, Dimension, Grain, Provenance, Route, VoiceKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::metric::{Texts, texts};
use crate::Problem;
use crate::caller::Caller;
use crate::query::Query;
use crate::server::ServerState;
pub(super) use view::figure_view;
pub(in crate::routes) use view::{ChangeView, FigureView, answer_view, change_view};

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The filters that every figure and every list of voices share. Several codes
/// are joined by commas.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct FilterParams {
    /// `brand`, `customer` or `employee`
    pillar: Option<String>,
    /// Survey codes
    survey: Option<String>,
    /// Business line codes
    line: Option<String>,
    /// A unit and everything below it
    unit: Option<String>,
    /// Exactly this unit
    unit_at: Option<String>,
    /// Journey codes
    journey: Option<String>,
    /// Stage codes
    stage: Option<String>,
    /// Touchpoint codes
    touchpoint: Option<String>,
    /// Channel codes
    channel: Option<String>,
    /// Segment codes
    segment: Option<String>,
    /// Theme codes; what is below them counts too
    theme: Option<String>,
    /// Exactly this main theme
    theme_at: Option<String>,
    /// Language tags
    language: Option<String>,
    /// `response` or `signal`
    kind: Option<String>,
    /// `promoter`, `passive`, `detractor`, `satisfied`, `unsatisfied`, `easy`, `hard`, or a score's name for any answer to it
    band: Option<String>,
    /// `negative`, `neutral`, `positive`, or `any`
    tone: Option<String>,
    /// Attributes as `name:value`, joined by commas; several values of one name mean any of them. A comma within
    /// a value is written `\,`
    attribute: Option<String>,
    /// First day, `YYYY-MM-DD`; 90 days in all when absent
    from: Option<String>,
    /// Last day; today when absent
    to: Option<String>,
}

/// Values by attribute, of a text such as `product:fund,vip:true`; a comma within a value is written `\,`.
pub(super) fn attributes(text: Option<&str>) -> Result<BTreeMap<AttributeName, Vec<String>>, Error> {
    let mut attributes = BTreeMap::<AttributeName, Vec<String>>::new();
    let parts = attribute::parts(text.unwrap_or_default());
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let named = part.split_once(':').map(|(name, value)| (AttributeName::parse(name.trim()), value.trim()));
        let Some((Some(name), value)) = named.filter(|(_, value)| !value.is_empty()) else {
            let message = format!("`{part}` is no attribute with a value: write name:value, for example vip:true");
            return Err(Error::field("attribute", "bad_attribute", message));
        };
        attributes.entry(name).or_default().push(value.to_owned());
    }
    Ok(attributes)
}

impl FilterParams {
    pub(in crate::routes) fn filter(&self) -> Result<VoiceFilter, Error> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        let mut filter = VoiceFilter {
            unit: given(&self.unit),
            unit_at: given(&self.unit_at),
            theme_at: given(&self.theme_at),
            band: given(&self.band),
            tone: given(&self.tone),
            ..VoiceFilter::default()
        };
        if let Some(name) = given(&self.pillar) {
            let pillar = Pillar::parse(&name)
                .ok_or_else(|| Error::field("pillar", "unknown_pillar", "use brand, customer or employee"))?;
            filter.pillar = Some(pillar);
        }
        filter.kind = match given(&self.kind).as_deref() {
            None => None,
            Some("response") => Some(VoiceKind::Response),
            Some("signal") => Some(VoiceKind::Signal),
            Some(_) => return Err(Error::field("kind", "unknown_kind", "use response or signal")),
        };
        for dimension in CODED {
            if let Some(codes) = given(self.coded(dimension)) {
                filter.codes.insert(dimension.name(), codes.split(',').map(|c| c.trim().to_owned()).collect());
            }
        }
        filter.attributes = attributes(self.attribute.as_deref())?;
        Ok(filter)
    }

    fn coded(&self, dimension: Dimension) -> &Option<String> {
        match dimension {
            Dimension::Survey => &self.survey,
            Dimension::Line => &self.line,
            Dimension::Journey => &self.journey,
            Dimension::Stage => &self.stage,
            Dimension::Touchpoint => &self.touchpoint,
            Dimension::Channel => &self.channel,
            Dimension::Segment => &self.segment,
            Dimension::Theme => &self.theme,
            Dimension::Language => &self.language,
            Dimension::Pillar | Dimension::Unit | Dimension::Person | Dimension::Attribute(_) => &None,
        }
    }

    /// The days, with the defaults of the organisation's today.
    pub(in crate::routes) async fn days(&self, caller: &Caller, app: &ServerState) -> Result<(Day, Day), Error> {
        let read = |name: &str, text: &Option<String>| match text {
            Some(text) => Day::parse(text)
                .map(Some)
                .ok_or_else(|| Error::field(name, "not_a_day", "write a day as YYYY-MM-DD, for example 2026-11-22")),
            None => Ok(None),
        };
        period(&caller.ctx(app), read("from", &self.from)?, read("to", &self.to)?).await
    }
}

/// What is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FigureParams {
    /// Metric id, see `/metrics`
    metric: String,
    /// Up to two dimensions, joined by a comma: pillar, survey, line, unit, journey, stage, touchpoint, channel, segment, theme, language, or `attribute:` with the name of an attribute
    by: Option<String>,
    /// `day`, `week`, `month` or `quarter`
    grain: Option<String>,
    /// `previous` compares with the period before
    compare: Option<String>,
}

fn dimensions(text: Option<&str>) -> Result<Vec<Dimension>, Error> {
    text.unwrap_or("")
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            Dimension::parse(name)
                .ok_or_else(|| Error::field("by", "unknown_dimension", format!("`{name}` is not a dimension")))
        })
        .collect()
}

fn grain(text: Option<&str>) -> Result<Option<Grain>, Error> {
    match text {
        None | Some("") => Ok(None),
        Some("day") => Ok(Some(Grain::Day)),
        Some("week") => Ok(Some(Grain::Week)),
        Some("month") => Ok(Some(Grain::Month)),
        Some("quarter") => Ok(Some(Grain::Quarter)),
        Some(_) => Err(Error::field("grain", "unknown_grain", "use day, week, month or quarter")),
    }
}

/// A code with the organisation's name for it.
#[derive(Debug, Serialize, ToSchema)]
struct KeyView {
    /// Dimension.
    dimension: String,
    /// Code; empty when not known.
    code: String,
    /// Name by language.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Texts>,
}

fn key_view(key: &Key) -> KeyView {
    KeyView { dimension: key.dimension.name().to_owned(), code: key.code.clone(), name: key.name.as_ref().map(texts) }
}

/// One figure of the answer.
#[derive(Debug, Serialize, ToSchema)]
struct FigureRowView {
    /// What it is about.
    keys: Vec<KeyView>,
    /// First day of its time bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
    /// The figure.
    figure: FigureView,
    /// The same in the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<FigureView>,
    /// This period minus the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeView>,
    /// This group minus everybody else in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    against_rest: Option<ChangeView>,
    /// Page with exactly the voices behind it (`/api/v1/voices` takes the same query); absent where single voices may not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    voices_href: Option<String>,
}

fn row_view(metric: &Metric, row: &FigureRow) -> FigureRowView {
    FigureRowView {
        keys: row.keys.iter().map(key_view).collect(),
        bucket: row.bucket.map(|d| d.to_string()),
        figure: figure_view(metric, &row.answer),
        previous: row.previous.as_ref().map(|a| figure_view(metric, a)),
        change: row.change.as_ref().map(change_view),
        against_rest: row.against_rest.as_ref().map(change_view),
        voices_href: row.voices.as_deref().map(voices_href),
    }
}

/// The page with exactly the voices of a query; `/api/v1/voices` takes the same query.
pub(super) fn voices_href(query: &str) -> String {
    format!("/insight/voices?{query}")
}

/// Inclusive days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeriodView {
    /// First day.
    pub(super) from: String,
    /// Last day.
    pub(super) to: String,
}

/// The period compared with.
#[derive(Debug, Serialize, ToSchema)]
struct ComparedView {
    from: String,
    to: String,
    /// False while the present period still runs: the comparison is provisional.
    complete: bool,
}

/// How the comparisons of the answer were corrected together.
#[derive(Debug, Serialize, ToSchema)]
struct FamilyView {
    /// `holm` or `benjamini_hochberg`.
    correction: String,
    /// How many comparisons.
    comparisons: usize,
}

/// Figures.
#[derive(Debug, Serialize, ToSchema)]
struct FigureTableView {
    /// Metric used; `enps` when `nps` was asked of employees.
    metric: String,
    definition: String,
    /// `points`, `percent` or `count`
    unit: String,
    higher_is_better: Option<bool>,
    /// Days answered for; whole months among employees.
    period: PeriodView,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<ComparedView>,
    by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grain: Option<String>,
    total: FigureRowView,
    rows: Vec<FigureRowView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<FamilyView>,
    /// Codes: `employees_excluded`, `released`, `widened_to_months`, `coarsened_to_months`, `period_running`
    notes: Vec<String>,
    /// Fewest answers shown.
    minimum: u64,
    /// How the counts were found; absent among employees.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<CountedView>,
}

/// How the counts were found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountedView {
    /// `rollup` (stored counts were added), `coded` (coded columns were read), `scan` (rows were read) or `naive`.
    way: String,
    /// Position of the intake log up to which voices are counted.
    position: u64,
    /// Voices counted that are not yet in a segment.
    hot_rows: u64,
}

pub(super) fn counted_view(provenance: &Provenance) -> CountedView {
    let way = match provenance.route {
        Route::Rollup => "rollup",
        Route::Coded => "coded",
        Route::Scan => "scan",
        Route::Naive => "naive",
    };
    CountedView { way: way.to_owned(), position: provenance.position, hot_rows: provenance.hot_rows }
}

fn table_view(table: &FigureTable) -> FigureTableView {
    let metric = table.metric;
    FigureTableView {
        metric: metric.id.to_owned(),
        definition: metric.definition.to_owned(),
        unit: metric.unit.name().to_owned(),
        higher_is_better: metric.higher_is_better,
        period: PeriodView { from: table.period.from.to_string(), to: table.period.to.to_string() },
        compared: table.compared.map(|(p, complete)| ComparedView {
            from: p.from.to_string(),
            to: p.to.to_string(),
            complete,
        }),
        by: table.by.iter().map(|d| d.name().to_owned()).collect(),
        grain: table.grain.map(|g| format!("{g:?}").to_lowercase()),
        total: row_view(metric, &table.total),
        rows: table.rows.iter().map(|row| row_view(metric, row)).collect(),
        family: table.family.map(|(c, comparisons)| FamilyView { correction: c.to_owned(), comparisons }),
        notes: table.notes.iter().map(|n| (*n).to_owned()).collect(),
        minimum: table.minimum,
        counted: table.provenance.as_ref().map(counted_view),
    }
}

/// A metric by dimensions and time, with n, interval, comparison and the way to
/// the voices behind each figure. Employees are answered through the release
/// gate, and only when `pillar=employee` is asked for.
#[utoipa::path(get, path = "/api/v1/figures", tag = "insight", params(FigureParams, FilterParams),
    responses((status = 200, body = FigureTableView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn list(
    caller: Caller,
    State(app): State<ServerState>,
    Query(asked): Query<FigureParams>,
    Query(filters): Query<FilterParams>,
) -> Result<Json<FigureTableView>, Problem> {
    let (from, to) = filters.days(&caller, &app).await?;
    let question = FigureQuestion {
        metric: asked.metric,
        by: dimensions(asked.by.as_deref())?,
        grain: grain(asked.grain.as_deref())?,
        from,
        to,
        compare: asked.compare.as_deref() == Some("previous"),
        filter: filters.filter()?,
    };
    let table = figures(&caller.ctx(&app), &question).await?;
    Ok(Json(table_view(&table)))
}
