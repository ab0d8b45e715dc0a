//! Masking: what identifies somebody leaves the words of a response or signal
//! before they are stored, in the intake log as everywhere after it.
//!
//! Masked are words that a person wrote: the text of a signal and the text
//! answers of a response. What an application states in fields of its own stays:
//! who the person is, the context, the public author, the address of a review.
//! The hash by which a repeated id is recognised is that of what was sent.

use std::borrow::Cow;

use peakend_domain::sense::signal::SignalBody;
use peakend_domain::sense::survey::Survey;
use peakend_text::redact;
use serde_json::{Map, Value};

/// Mask the words of a signal; whether there was anything to mask.
pub(super) fn signal(body: &mut SignalBody) -> bool {
    words(&mut body.text)
}

/// Mask the text answers to a survey; whether there was anything to mask.
pub(super) fn answers(survey: &Survey, answers: &mut Map<String, Value>) -> bool {
    let mut any = false;
    for question in survey.questions.iter().filter(|q| q.kind.name() == "text") {
        if let Some(Value::String(text)) = answers.get_mut(&question.id) {
            any |= words(text);
        }
    }
    any
}

fn words(text: &mut String) -> bool {
    let masked = match redact(text) {
        Cow::Owned(masked) if masked != *text => masked,
        _ => return false,
    };
    *text = masked;
    true
}
