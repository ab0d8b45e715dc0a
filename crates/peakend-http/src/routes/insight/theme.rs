//! Themes: the organisation's scheme, and rules tried before they count.

mod suggestion;

use axum::Json;
use axum::extract::State;
use peakend_app::insight::theme::{
    Rule, TextTrial, Theme, ThemeName, ThemeTrial, Themes, TrialAsked, TrialVoice, read, save, try_out,
};
use peakend_domain::sense::reading::Reading;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::voice_list::tone;
use crate::Problem;
use crate::caller::Caller;
use crate::query::Body;
use crate::routes::sense::reading::{ReadingView, reading_view};
use crate::server::ServerState;

pub(crate) fn router() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(show_themes, save_themes))
        .routes(routes!(try_themes))
        .merge(suggestion::router())
}

/// A name in the three languages.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct ThemeNameBody {
    en: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
    #[serde(rename = "zh-Hant")]
    zh_hant: String,
}

/// When a text has a theme.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum ThemeRuleBody {
    /// One of the words occurs; `refund*` takes words that begin so.
    Keywords { words: Vec<String> },
    /// A regular expression without look-around and back-references.
    Regex { pattern: String },
    /// Words with `and`, `or`, `not`, `near/5` and parentheses.
    Expression { text: String },
}

/// A theme.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct ThemeBody {
    /// Stable code: small letters, digits, - and _
    code: String,
    /// Code of the theme above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    name: ThemeNameBody,
    /// Any of them gives a text this theme; without rules it only groups others.
    #[serde(default)]
    rules: Vec<ThemeRuleBody>,
}

impl From<ThemeBody> for Theme {
    fn from(t: ThemeBody) -> Self {
        let rules = t.rules.into_iter().map(|rule| match rule {
            ThemeRuleBody::Keywords { words } => Rule::Keywords { words },
            ThemeRuleBody::Regex { pattern } => Rule::Regex { pattern },
            ThemeRuleBody::Expression { text } => Rule::Expression { text },
        });
        let name = ThemeName { en: t.name.en, zh_hans: t.name.zh_hans, zh_hant: t.name.zh_hant };
        Self { code: t.code, parent: t.parent.filter(|p| !p.is_empty()), name, rules: rules.collect() }
    }
}

impl From<Theme> for ThemeBody {
    fn from(t: Theme) -> Self {
        let rules = t.rules.into_iter().map(|rule| match rule {
            Rule::Keywords { words } => ThemeRuleBody::Keywords { words },
            Rule::Regex { pattern } => ThemeRuleBody::Regex { pattern },
            Rule::Expression { text } => ThemeRuleBody::Expression { text },
        });
        let name = ThemeNameBody { en: t.name.en, zh_hans: t.name.zh_hans, zh_hant: t.name.zh_hant };
        Self { code: t.code, parent: t.parent, name, rules: rules.collect() }
    }
}

/// The scheme of themes in use.
#[derive(Debug, Serialize, ToSchema)]
struct ThemesView {
    /// Raised by every change; 1 is the scheme that ships.
    version: u32,
    /// Absent for the scheme that ships.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_by: Option<String>,
    /// In the order in which they are shown; ties are decided by it.
    items: Vec<ThemeBody>,
}

fn view(themes: Themes) -> ThemesView {
    let (saved_at, saved_by) = themes.saved.map(|(at, by)| (at.to_string(), by)).unzip();
    let items = themes.scheme.themes.into_iter().map(ThemeBody::from).collect();
    ThemesView { version: themes.scheme.version, saved_at, saved_by, items }
}

/// Themes to be saved.
#[derive(Debug, Deserialize, ToSchema)]
struct ThemesBody {
    /// Version they were made from; 409 when it is not the one in use any more.
    version: u32,
    items: Vec<ThemeBody>,
}

/// The themes in use, with their names and rules.
#[utoipa::path(get, path = "/api/v1/themes", tag = "insight",
    responses((status = 200, body = ThemesView), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn show_themes(caller: Caller, State(app): State<ServerState>) -> Result<Json<ThemesView>, Problem> {
    Ok(Json(view(read(&caller.ctx(&app)).await?)))
}

/// Save other themes as the next version. Voices that come in from now on are read with it.
#[utoipa::path(put, path = "/api/v1/themes", tag = "insight", request_body = ThemesBody,
    responses((status = 200, body = ThemesView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn save_themes(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<ThemesBody>,
) -> Result<Json<ThemesView>, Problem> {
    let themes = body.items.into_iter().map(Theme::from).collect();
    Ok(Json(view(save(&caller.ctx(&app), body.version, themes).await?)))
}

/// What is to be tried.
#[derive(Debug, Deserialize, ToSchema)]
struct ThemeTrialBody {
    /// The themes as they would be saved.
    items: Vec<ThemeBody>,
    /// Code of the theme that is looked at.
    theme: Option<String>,
    /// A text to read.
    text: Option<String>,
    /// How many of the newest voices to try, at most 2000; 500 when absent.
    voices: Option<usize>,
}

/// What a text says under the rules tried.
#[derive(Debug, Serialize, ToSchema)]
struct TextTrialView {
    /// Empty when it cannot be told.
    language: String,
    /// Main theme; empty without one.
    theme: String,
    /// `negative`, `neutral` or `positive`; absent when undetermined.
    #[serde(skip_serializing_if = "Option::is_none")]
    tone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<ReadingView>,
}

/// What one rule finds.
#[derive(Debug, Serialize, ToSchema)]
struct RuleTrialView {
    /// Voices in which it holds.
    matched: u64,
    /// Voices in which it alone holds.
    alone: u64,
}

/// A voice in which the theme is found, or was the main theme.
#[derive(Debug, Serialize, ToSchema)]
struct TrialVoiceView {
    id: String,
    text: String,
    language: String,
    /// Main theme in figures today.
    before: String,
    /// Main theme under the rules tried.
    after: String,
    /// Where the theme is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<ReadingView>,
}

/// What the rules find in a text and in the newest voices.
#[derive(Debug, Serialize, ToSchema)]
struct ThemeTrialView {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextTrialView>,
    /// Voices tried; texts of employees are not among them.
    n: u64,
    /// Voices in which the theme is found.
    matched: u64,
    /// By rule of the theme, in order.
    rules: Vec<RuleTrialView>,
    /// Voices whose main theme it is in figures today.
    before: u64,
    /// Voices whose main theme it would be.
    after: u64,
    /// Voices whose main theme would be another one, whichever.
    moved: u64,
    /// Some of the voices, those that would move first.
    voices: Vec<TrialVoiceView>,
}

fn text_view(trial: TextTrial) -> TextTrialView {
    TextTrialView {
        language: trial.language.to_owned(),
        theme: trial.reading.themes.first().map(|m| m.theme.clone()).unwrap_or_default(),
        tone: trial.sentiment.map(|s| tone(s).to_owned()),
        reading: reading_view(&trial.text, &trial.reading),
    }
}

fn voice_view(found: TrialVoice) -> TrialVoiceView {
    let reading = Reading { scheme: 1, themes: found.mention.into_iter().collect(), ..Reading::default() };
    TrialVoiceView {
        reading: reading_view(&found.voice.text, &reading),
        id: found.voice.id,
        text: found.voice.text,
        language: found.voice.language,
        before: found.voice.theme,
        after: found.now,
    }
}

fn trial_view(trial: ThemeTrial) -> ThemeTrialView {
    let rules = trial.rules.iter().map(|r| RuleTrialView { matched: r.matched, alone: r.alone });
    ThemeTrialView {
        text: trial.text.map(text_view),
        n: trial.n,
        matched: trial.matched,
        rules: rules.collect(),
        before: trial.before,
        after: trial.after,
        moved: trial.moved,
        voices: trial.rows.into_iter().map(voice_view).collect(),
    }
}

/// Try themes that are not saved: on a text, and on the newest voices.
#[utoipa::path(post, path = "/api/v1/themes/try", tag = "insight", request_body = ThemeTrialBody,
    responses((status = 200, body = ThemeTrialView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn try_themes(
    caller: Caller,
    State(app): State<ServerState>,
    Body(body): Body<ThemeTrialBody>,
) -> Result<Json<ThemeTrialView>, Problem> {
    let asked = TrialAsked {
        themes: body.items.into_iter().map(Theme::from).collect(),
        theme: body.theme.unwrap_or_default(),
        text: body.text.unwrap_or_default(),
        voices: body.voices.unwrap_or(500),
    };
    Ok(Json(trial_view(try_out(&caller.ctx(&app), &asked).await?)))
}
