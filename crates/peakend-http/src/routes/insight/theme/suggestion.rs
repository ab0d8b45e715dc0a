//! Proposals for themes.

use axum::Json;
use axum::extract::State;
use peakend_app::insight::theme::{Proposal, Proposals, propose};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Problem;
use crate::caller::Caller;
use crate::routes::insight::figure::PeriodView;
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(theme_suggestions))
}

/// A voice that stands for a proposal.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionQuote {
    id: String,
    text: String,
    language: String,
}

/// What people talk of now and did not before.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionView {
    /// Key terms, strongest first.
    terms: Vec<String>,
    /// Voices with them lately.
    recent: usize,
    /// Voices with them in the time before.
    base: usize,
    /// How many times their share has grown.
    ratio: f64,
    /// 95 % interval of the growth.
    low: f64,
    high: f64,
    /// Hardly anybody spoke of it before.
    new: bool,
    quotes: Vec<SuggestionQuote>,
}

/// Why there is no proposal.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionRefusal {
    have: usize,
    need: usize,
}

/// Proposals.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionsView {
    /// Days that are compared with the 90 days before them.
    period: PeriodView,
    /// Voices of these days, at most 4000 with those before.
    recent: usize,
    /// Voices of the time before.
    base: usize,
    items: Vec<SuggestionView>,
    /// Set when there is too little to compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<SuggestionRefusal>,
}

fn item(proposal: Proposal) -> SuggestionView {
    let quotes = proposal.quotes.into_iter();
    let found = proposal.emerging;
    SuggestionView {
        terms: found.terms.into_iter().map(|t| t.term).collect(),
        recent: found.recent,
        base: found.base,
        ratio: found.ratio,
        low: found.low,
        high: found.high,
        new: found.new,
        quotes: quotes.map(|v| SuggestionQuote { id: v.id, text: v.text, language: v.language }).collect(),
    }
}

fn view(p: Proposals) -> SuggestionsView {
    let (items, refused) = match p.found {
        Ok(found) => (found.into_iter().map(item).collect(), None),
        Err(why) => (Vec::new(), Some(SuggestionRefusal { have: why.have, need: why.need })),
    };
    let period = PeriodView { from: p.from.to_string(), to: p.to.to_string() };
    SuggestionsView { period, recent: p.recent, base: p.base, items, refused }
}

/// What people talk of in the last 30 days and did not in the 90 before: proposals,
/// of which a person makes themes or not.
#[utoipa::path(get, path = "/api/v1/themes/suggestions", tag = "insight",
    responses((status = 200, body = SuggestionsView), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn theme_suggestions(caller: Caller, State(app): State<ServerState>) -> Result<Json<SuggestionsView>, Problem> {
    Ok(Json(view(propose(&caller.ctx(&app)).await?)))
}
