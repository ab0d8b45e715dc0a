//! Metric definitions.

use axum::Json;
use axum::extract::State;
use peakend_app::insight::metric;
use peakend_domain::LocalText;
use peakend_domain::insight::metric::{Metric, Trio};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A text in the three languages, by language tag.
pub(super) type Texts = std::collections::BTreeMap<String, String>;

pub(super) fn texts(text: &LocalText) -> Texts {
    text.0.clone()
}

fn trio([en, hans, hant]: Trio) -> Texts {
    [("en", en), ("zh-Hans", hans), ("zh-Hant", hant)].map(|(l, t)| (l.to_owned(), t.to_owned())).into()
}

/// A named range of answers, inclusive.
#[derive(Debug, Serialize, ToSchema)]
struct MetricBand {
    code: String,
    low: u8,
    high: u8,
}

/// A versioned definition.
#[derive(Debug, Serialize, ToSchema)]
struct MetricView {
    /// Id, as in `/figures?metric=`.
    id: String,
    /// Definition id with its version, as in every figure.
    definition: String,
    /// Pillars it is meant for.
    pillars: Vec<String>,
    /// `points`, `percent` or `count`.
    unit: String,
    /// Absent for plain counts.
    higher_is_better: Option<bool>,
    /// Highest first.
    bands: Vec<MetricBand>,
    /// Name by language.
    name: Texts,
    /// Formula by language.
    formula: Texts,
}

impl From<&Metric> for MetricView {
    fn from(m: &Metric) -> Self {
        let band = |b: &peakend_domain::insight::metric::BandRange| MetricBand {
            code: b.code.to_owned(),
            low: b.low,
            high: b.high,
        };
        Self {
            id: m.id.to_owned(),
            definition: m.definition.to_owned(),
            pillars: m.pillars.iter().map(|p| p.name().to_owned()).collect(),
            unit: m.unit.name().to_owned(),
            higher_is_better: m.higher_is_better,
            bands: m.bands.iter().map(band).collect(),
            name: trio(m.name),
            formula: trio(m.formula),
        }
    }
}

/// Metrics.
#[derive(Debug, Serialize, ToSchema)]
struct MetricList {
    items: Vec<MetricView>,
}

/// Every metric with its definition.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "insight",
    responses((status = 200, body = MetricList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller, State(app): State<ServerState>) -> Result<Json<MetricList>, Problem> {
    let metrics = metric::list(&caller.ctx(&app))?;
    Ok(Json(MetricList { items: metrics.iter().map(MetricView::from).collect() }))
}
