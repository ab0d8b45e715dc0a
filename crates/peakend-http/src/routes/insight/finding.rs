//! Findings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use peakend_app::Error;
use peakend_app::insight::finding::{self, Judgement, NewFinding};
use peakend_app::insight::voice_list::{VoiceFilter, period};
use peakend_domain::insight::finding::{Finding, FindingKind, FindingState};
use peakend_domain::{Day, FindingId, Pillar};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::attributes;
use crate::Problem;
use crate::caller::Caller;
use crate::name::word;
use crate::query::{Body, Path, Query};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(one)).routes(routes!(judge)).routes(routes!(detect))
}

/// A finding with its frozen evidence.
#[derive(Debug, Serialize, ToSchema)]
struct FindingView {
    id: String,
    /// `short_board`, `peak` or `figure`
    kind: String,
    pillar: String,
    title: String,
    touchpoint: String,
    line: String,
    metric: String,
    /// What was asked.
    question: serde_json::Value,
    /// The figures as they were, with their definition ids.
    evidence: serde_json::Value,
    /// `new`, `accepted`, `dismissed` or `became_initiative`
    phase: String,
    /// Why it was dismissed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The initiative that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    initiative: Option<String>,
    created_at: String,
    created_by: String,
}

impl From<Finding> for FindingView {
    fn from(f: Finding) -> Self {
        let (mut reason, mut initiative) = (None, None);
        match &f.state {
            FindingState::Dismissed { reason: why, .. } => reason = Some(why.clone()),
            FindingState::BecameInitiative { initiative: id, .. } => initiative = Some(id.to_string()),
            FindingState::New | FindingState::Accepted { .. } => {}
        }
        Self {
            id: f.id.to_string(),
            kind: f.kind.name().to_owned(),
            pillar: f.pillar.name().to_owned(),
            title: f.title,
            touchpoint: f.touchpoint_code,
            line: f.line_code,
            metric: f.metric,
            question: f.question,
            evidence: f.evidence,
            phase: f.state.phase().to_owned(),
            reason,
            initiative,
            created_at: f.created_at.to_string(),
            created_by: f.created_by,
        }
    }
}

/// A page of findings.
#[derive(Debug, Serialize, ToSchema)]
struct FindingPage {
    items: Vec<FindingView>,
    next_cursor: Option<String>,
    total: u64,
}

/// Which findings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FindingParams {
    /// `new`, `accepted`, `dismissed` or `became_initiative`
    phase: Option<String>,
    /// Pillar
    pillar: Option<String>,
    /// `short_board`, `peak` or `figure`
    kind: Option<String>,
    /// From the page before
    cursor: Option<String>,
    /// At most 200
    limit: Option<u64>,
}

/// Findings, newest first.
#[utoipa::path(get, path = "/api/v1/findings", tag = "insight", params(FindingParams),
    responses((status = 200, body = FindingPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(
    caller: Caller,
    State(app): State<ServerState>,
    Query(asked): Query<FindingParams>,
) -> Result<Json<FindingPage>, Problem> {
    let phases = |p: &str| ["", "new", "accepted", "dismissed", "became_initiative"].contains(&p).then_some(());
    let kinds = |k: &str| if k.is_empty() { Some(()) } else { FindingKind::parse(k).map(|_| ()) };
    let pillars = |p: &str| if p.is_empty() { Some(()) } else { Pillar::parse(p).map(|_| ()) };
    word("phase", asked.phase.as_deref().unwrap_or(""), phases, "new, accepted, dismissed, became_initiative")?;
    word("kind", asked.kind.as_deref().unwrap_or(""), kinds, "short_board, peak, figure")?;
    word("pillar", asked.pillar.as_deref().unwrap_or(""), pillars, "brand, customer, employee")?;
    let wanted = peakend_app::insight::finding::wanted(
        asked.phase.as_deref().unwrap_or(""),
        asked.pillar.as_deref().unwrap_or(""),
        asked.kind.as_deref().unwrap_or(""),
    );
    let page = finding::list(&caller.ctx(&app), &wanted, offset(asked.cursor.as_deref())?, limit(asked.limit)).await?;
    Ok(Json(FindingPage {
        items: page.items.into_iter().map(FindingView::from).collect(),
        next_cursor: page.next.map(|n| n.to_string()),
        total: page.total,
    }))
}

/// A cursor of this area is the offset of the next page.
pub(super) fn offset(cursor: Option<&str>) -> Result<u64, Error> {
    match cursor {
        None | Some("") => Ok(0),
        Some(text) => text
            .parse()
            .map_err(|_| Error::field("cursor", "bad_cursor", "use the next_cursor of the page before, unchanged")),
    }
}

pub(super) fn limit(wanted: Option<u64>) -> u64 {
    wanted.unwrap_or(50).clamp(1, 200)
}

/// A finding to be made; the figures are asked again and frozen.
#[derive(Debug, Deserialize, ToSchema)]
struct FindingBody {
    /// `short_board`, `peak` or `figure`
    kind: String,
    metric: String,
    /// The name of the place when absent.
    title: Option<String>,
    pillar: Option<String>,
    line: Option<String>,
    touchpoint: Option<String>,
    /// A unit and everything below it
    unit: Option<String>,
    /// Exactly this unit
    unit_at: Option<String>,
    channel: Option<String>,
    journey: Option<String>,
    stage: Option<String>,
    /// A theme and everything below it
    theme: Option<String>,
    /// Exactly this main theme
    theme_at: Option<String>,
    /// `negative`, `neutral` or `positive`
    tone: Option<String>,
    /// Language tag
    language: Option<String>,
    segment: Option<String>,
    /// Attributes as `name:value`, joined by commas
    attribute: Option<String>,
    /// First day
    from: Option<String>,
    /// Last day
    to: Option<String>,
}

impl FindingBody {
    fn filter(&self) -> Result<VoiceFilter, Error> {
        let given = |code: &Option<String>| code.clone().filter(|c| !c.is_empty());
        let mut filter = VoiceFilter {
            unit: given(&self.unit),
            unit_at: given(&self.unit_at),
            theme_at: given(&self.theme_at),
            tone: given(&self.tone),
            attributes: attributes(self.attribute.as_deref())?,
            ..VoiceFilter::default()
        };
        if let Some(name) = self.pillar.as_deref().filter(|p| !p.is_empty()) {
            let pillar = Pillar::parse(name)
                .ok_or_else(|| Error::field("pillar", "unknown_pillar", "use brand, customer or employee"))?;
            filter.pillar = Some(pillar);
        }
        let coded = [
            ("line", &self.line),
            ("touchpoint", &self.touchpoint),
            ("channel", &self.channel),
            ("journey", &self.journey),
            ("stage", &self.stage),
            ("theme", &self.theme),
            ("language", &self.language),
            ("segment", &self.segment),
        ];
        for (name, code) in coded {
            if let Some(code) = code.as_ref().filter(|c| !c.is_empty()) {
                filter.codes.insert(name, vec![code.clone()]);
            }
        }
        Ok(filter)
    }
}

fn day(path: &str, text: Option<&str>) -> Result<Option<Day>, Error> {
    let read = |t: &str| Day::parse(t).ok_or_else(|| Error::field(path, "not_a_day", "write a day as YYYY-MM-DD"));
    text.map(read).transpose()
}

/// Make a finding from a figure or a short board.
#[utoipa::path(post, path = "/api/v1/findings", tag = "insight", request_body = FindingBody,
    responses((status = 201, body = FindingView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn make(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<FindingBody>,
) -> Result<(StatusCode, Json<FindingView>), Problem> {
    let ctx = caller.ctx(&app);
    let kind = FindingKind::parse(&body.kind)
        .ok_or_else(|| Error::field("kind", "unknown_kind", "use short_board, peak or figure"))?;
    let days = (day("from", body.from.as_deref())?, day("to", body.to.as_deref())?);
    let (from, to) = period(&ctx, days.0, days.1).await?;
    let filter = body.filter()?;
    let new = NewFinding { kind, metric: body.metric, title: body.title.unwrap_or_default(), from, to, filter };
    let made = finding::make(&ctx, &new).await?;
    Ok((StatusCode::CREATED, Json(FindingView::from(made))))
}

/// One finding.
#[utoipa::path(get, path = "/api/v1/findings/{id}", tag = "insight", params(("id" = String, Path,)),
    responses((status = 200, body = FindingView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn one(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
) -> Result<Json<FindingView>, Problem> {
    let found = finding::one(&caller.ctx(&app), &parse(&id)?).await?;
    Ok(Json(FindingView::from(found)))
}

fn parse(id: &str) -> Result<FindingId, Error> {
    FindingId::parse(id).map_err(|_| Error::NotFound("finding"))
}

/// A judgement.
#[derive(Debug, Deserialize, ToSchema)]
struct JudgementBody {
    /// `accepted` or `dismissed`
    phase: String,
    /// Why it is dismissed.
    reason: Option<String>,
}

/// Accept or dismiss a finding.
#[utoipa::path(post, path = "/api/v1/findings/{id}/judgements", tag = "insight", params(("id" = String, Path,)),
    request_body = JudgementBody,
    responses((status = 200, body = FindingView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn judge(
    caller: Caller,
    State(app): State<ServerState>,
    Path(id): Path<String>,
    Body(body): Body<JudgementBody>,
) -> Result<Json<FindingView>, Problem> {
    let judgement = match body.phase.as_str() {
        "accepted" => Judgement::Accept,
        "dismissed" => Judgement::Dismiss(body.reason.unwrap_or_default()),
        _ => return Err(Error::field("phase", "unknown_phase", "use accepted or dismissed").into()),
    };
    let judged = finding::judge(&caller.ctx(&app), &parse(&id)?, judgement).await?;
    Ok(Json(FindingView::from(judged)))
}

/// Which days to look at.
#[derive(Debug, Deserialize, ToSchema)]
struct DetectionBody {
    /// First day
    from: Option<String>,
    /// Last day
    to: Option<String>,
}

/// Look for short boards that stand out; returns the findings made now.
#[utoipa::path(post, path = "/api/v1/findings/detections", tag = "insight", request_body = DetectionBody,
    responses((status = 200, body = FindingPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn detect(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<DetectionBody>,
) -> Result<Json<FindingPage>, Problem> {
    let ctx = caller.ctx(&app);
    let days = (day("from", body.from.as_deref())?, day("to", body.to.as_deref())?);
    let (from, to) = period(&ctx, days.0, days.1).await?;
    let made = finding::detect(&ctx, from, to).await?;
    let total = made.len() as u64;
    Ok(Json(FindingPage { items: made.into_iter().map(FindingView::from).collect(), next_cursor: None, total }))
}
