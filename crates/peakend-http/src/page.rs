//! The respondent's page: rendered whole by the server, answerable without JavaScript.
//!
//! One HTML document with its styles and script inside, so that one request
//! shows the first question. The script (`ui/runtime/survey.ts`, built into
//! `ui/dist/runtime/`) turns the form into one question at a time; without it
//! the form stands as it is.
mod words;

use std::sync::OnceLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use peakend_domain::sense::question::{Question, QuestionKind};
use peakend_domain::sense::survey::{Survey, fill};
use peakend_domain::{FieldFault, Lang};
use serde_json::{Map, Value, json};

pub(crate) use words::{own_name, words};

use crate::embed;

const STYLE: &str = include_str!("../../../ui/runtime/survey.css");

fn environment() -> &'static Environment<'static> {
    static TEMPLATES: OnceLock<Environment<'static>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut all = Environment::new();
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            all.set_syntax(syntax);
        }
        for (name, text) in
            [("survey.html", include_str!("page/survey.html")), ("message.html", include_str!("page/message.html"))]
        {
            if let Err(e) = all.add_template(name, text) {
                tracing::error!(reason = %e, "a page template does not read");
            }
        }
        all
    })
}

fn render(template: &str, context: minijinja::Value) -> String {
    environment().get_template(template).and_then(|t| t.render(context)).unwrap_or_else(|e| {
        tracing::error!(reason = %e, "a page could not be rendered");
        String::new()
    })
}

/// What the page shows.
#[derive(Debug)]
pub(crate) struct SurveyPage<'a> {
    /// The survey.
    pub(crate) survey: &'a Survey,
    /// What link or event brought.
    pub(crate) context: &'a Value,
    /// Language of the page.
    pub(crate) lang: Lang,
    /// Where the form posts to; none in a preview.
    pub(crate) action: Option<&'a str>,
    /// Id that the response will have.
    pub(crate) response_id: &'a str,
    /// Answers given so far.
    pub(crate) answers: &'a Map<String, Value>,
    /// What is wrong with them.
    pub(crate) faults: &'a [FieldFault],
    /// Whether the page stands within another page.
    pub(crate) embedded: bool,
}

impl SurveyPage<'_> {
    /// The HTML document.
    pub(crate) fn html(&self) -> String {
        let words = words(self.lang);
        let questions: Vec<Value> = self.survey.questions.iter().map(|q| self.question(q)).collect();
        let languages: Vec<Value> =
            self.survey.languages.iter().map(|l| json!({"tag": l.tag(), "name": own_name(*l)})).collect();
        // what the script needs; `<` is escaped so that no text can end the element
        let shown: Vec<Value> = self
            .survey
            .questions
            .iter()
            .map(|q| json!({"id": q.id, "type": q.kind.name(), "required": q.required, "show": q.show_if.as_ref().map(|s| &s.tree)}))
            .collect();
        let data = json!({
            "id": self.response_id, "action": self.action, "questions": shown, "context": self.context,
            "words": {"next": words.next, "back": words.back, "send": words.send, "required": words.required,
                "progress": words.progress, "sending": words.sending, "kept": words.kept, "failed": words.failed,
                "wrong": words.wrong, "left": words.characters_left},
            "thanks": [self.thanks(), words.thanks_more],
        });
        let context = context! {
            lang => self.lang.tag(),
            title => self.text(self.survey.title.get(self.lang)),
            intro => self.text(self.survey.intro.get(self.lang)),
            words => minijinja::Value::from(Serde(words)),
            languages => minijinja::Value::from(Serde(&languages)),
            questions => minijinja::Value::from(Serde(&questions)),
            action => self.action,
            response_id => self.response_id,
            faulty => !self.faults.is_empty(),
            embedded => self.embedded,
            style => STYLE,
            script => embed::text("runtime/survey.js").unwrap_or_default(),
            data => data.to_string().replace('<', "\\u003c"),
        };
        render("survey.html", context)
    }

    /// The words after the last answer.
    pub(crate) fn thanks(&self) -> String {
        let own = self.text(self.survey.thanks.get(self.lang));
        if own.is_empty() { words(self.lang).thanks.to_owned() } else { own }
    }

    fn text(&self, text: &str) -> String {
        fill(text, self.context)
    }

    fn question(&self, q: &Question) -> Value {
        let words = words(self.lang);
        let answer = self.answers.get(&q.id);
        let chosen = |value: &Value| match answer {
            Some(Value::Array(all)) => all.contains(value),
            Some(one) => one == value,
            None => false,
        };
        let own = |ends: &peakend_domain::sense::question::Ends, low: &str, high: &str| {
            let text =
                |given: &str, otherwise: &str| if given.is_empty() { otherwise.to_owned() } else { self.text(given) };
            json!([text(ends.low.get(self.lang), low), text(ends.high.get(self.lang), high)])
        };
        let ends = match &q.kind {
            QuestionKind::Nps(e) => own(e, words.nps_low, words.nps_high),
            QuestionKind::Csat(e) => own(e, words.csat_low, words.csat_high),
            QuestionKind::Ces(e) => own(e, words.ces_low, words.ces_high),
            _ => Value::Null,
        };
        let points: Vec<Value> = q
            .kind
            .scale()
            .map(|(low, high)| (low..=high).map(|n| json!({"value": n, "chosen": chosen(&json!(n))})).collect())
            .unwrap_or_default();
        let options: Vec<Value> = q
            .kind
            .options()
            .iter()
            .map(|o| json!({"id": o.id, "label": self.text(o.label.get(self.lang)), "chosen": chosen(&json!(o.id))}))
            .collect();
        let at = format!("answers.{}", q.id);
        let fault = self.faults.iter().find(|f| f.path == at || f.path.starts_with(&format!("{at}[")));
        let max_length = if let QuestionKind::Text { max_length } = &q.kind { Some(*max_length) } else { None };
        json!({
            "id": q.id, "type": q.kind.name(), "title": self.text(q.title.get(self.lang)),
            "hint": self.text(q.hint.get(self.lang)), "required": q.required,
            // a question that may be hidden cannot be required by the browser, which knows no conditions
            "browser_required": q.required && q.show_if.is_none(),
            "conditional": q.show_if.is_some(),
            "ends": ends, "points": points, "options": options, "max_length": max_length,
            "text": answer.and_then(Value::as_str).unwrap_or_default(),
            "fault": fault.map(|f| if f.code == "required" { words.required } else { words.wrong }),
        })
    }
}

/// A page that only says something.
pub(crate) fn message(lang: Lang, title: &str, more: &str, done: bool) -> String {
    render("message.html", context! { lang => lang.tag(), title, more, done, style => STYLE })
}

/// An HTML answer that no cache keeps.
pub(crate) fn answer(status: StatusCode, html: String) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // styles and script stand in the page; nothing is fetched from anywhere else
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'",
        ),
    );
    response
}

/// The language of a page: asked for in the address, else the browser's first that we speak.
pub(crate) fn wished(asked: Option<&str>, headers: &axum::http::HeaderMap) -> Option<Lang> {
    asked.and_then(Lang::parse).or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        accepted.split(',').find_map(|part| Lang::parse(part.split(';').next().unwrap_or_default().trim()))
    })
}
