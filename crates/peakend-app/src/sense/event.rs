//! Events in the Segment HTTP format: track, identify and what else clients send.

use peakend_domain::sense::event::EventBody;
use peakend_domain::sense::person::IdentifyBody;
use peakend_domain::sense::response::check_id;
use peakend_domain::{FieldFault, Permission};
use peakend_store::sense::intake::{IntakeKind, LoggedEntry};
use serde_json::{Map, Value};

use super::response::{Taken, hash, send};
use crate::{Ctx, Error, sha256_hex};

/// Most messages of one batch.
pub const MOST: usize = 1000;

/// What became of one message.
#[derive(Debug)]
pub enum Message {
    /// Taken in.
    Taken(Taken),
    /// Understood, and nothing to keep (`group`).
    Ignored,
}

/// Take one message in. `kind` is its `type`: `track`, `identify`, `alias`,
/// `page`, `screen` or `group`. The `messageId` is its id for ever.
pub async fn submit(ctx: &Ctx<'_>, kind: &str, sent: &Value) -> Result<Message, Error> {
    ctx.require(Permission::Ingest)?;
    let Some(message) = sent.as_object() else {
        return Err(Error::field("body", "not_an_object", "expected a JSON object"));
    };
    let id = match text(message, "messageId") {
        Some(id) => id,
        None => {
            let random = sha256_hex(&ctx.app.entropy.bytes());
            format!("msg-{}", random.get(..32).unwrap_or_default())
        }
    };
    check_id("messageId", &id).map_err(|f| Error::Invalid(vec![f]))?;
    // the same message arrives with another sentAt when it is sent again
    let mut said = message.clone();
    for name in ["sentAt", "writeKey", "_metadata"] {
        said.shift_remove(name);
    }
    let said = hash(&Value::Object(said));
    match kind {
        "track" | "page" | "screen" => {
            let body = event(kind, message)?;
            let faults = body.check();
            if !faults.is_empty() {
                return Err(Error::Invalid(faults));
            }
            Ok(Message::Taken(send(ctx.app, ctx.org(), IntakeKind::Event, id, &body, said).await?))
        }
        "identify" | "alias" => {
            let body = identify(kind, message, ctx.now())?;
            Ok(Message::Taken(send(ctx.app, ctx.org(), IntakeKind::Identify, id, &body, said).await?))
        }
        "group" => Ok(Message::Ignored),
        _ => {
            let known = "track, identify, alias, page, screen or group";
            Err(Error::field("type", "unknown_type", format!("`{kind}` is no type of message: use {known}")))
        }
    }
}

/// Take a batch in; each message has its own result, in order.
pub async fn submit_batch(ctx: &Ctx<'_>, sent: &Value) -> Result<Vec<Result<Message, Error>>, Error> {
    ctx.require(Permission::Ingest)?;
    let Some(all) = sent.get("batch").and_then(Value::as_array) else {
        return Err(Error::field("batch", "required", "expected {\"batch\": [ … ]}"));
    };
    if all.len() > MOST {
        return Err(Error::field("batch", "too_many", format!("{} messages, at most {MOST} at once", all.len())));
    }
    let kind = |one: &Value| one.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(futures::future::join_all(all.iter().map(|one| async move { submit(ctx, &kind(one), one).await })).await)
}

fn event(kind: &str, message: &Map<String, Value>) -> Result<EventBody, Error> {
    let name = match kind {
        "track" => text(message, "event")
            .ok_or_else(|| Error::field("event", "required", "a track message names its `event`"))?,
        "page" => "Page Viewed".to_owned(),
        _ => "Screen Viewed".to_owned(),
    };
    let mut properties = match message.get("properties") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map.clone(),
        Some(_) => return Err(Error::field("properties", "not_an_object", "expected a JSON object")),
    };
    if let (true, Some(page)) = (kind != "track", text(message, "name")) {
        properties.entry("name").or_insert(Value::from(page));
    }
    Ok(EventBody {
        name,
        user_id: text(message, "userId"),
        anonymous_id: text(message, "anonymousId"),
        properties,
        at: instant(message)?,
        quiet: false,
    })
}

fn identify(kind: &str, message: &Map<String, Value>, now: jiff::Timestamp) -> Result<IdentifyBody, Error> {
    let user_id = text(message, "userId");
    let other = if kind == "alias" { "previousId" } else { "anonymousId" };
    let anonymous_id = text(message, other);
    if user_id.is_none() && anonymous_id.is_none() {
        return Err(Error::field("userId", "required", format!("give userId or {other}")));
    }
    let traits = match message.get("traits") {
        Some(Value::Object(map)) => map.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        None | Some(Value::Null) => std::collections::BTreeMap::new(),
        Some(_) => return Err(Error::field("traits", "not_an_object", "expected a JSON object")),
    };
    Ok(IdentifyBody { user_id, anonymous_id, traits, at: instant(message)?.unwrap_or(now) })
}

fn text(message: &Map<String, Value>, name: &str) -> Option<String> {
    match message.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn instant(message: &Map<String, Value>) -> Result<Option<jiff::Timestamp>, Error> {
    let Some(given) = text(message, "timestamp").or_else(|| text(message, "originalTimestamp")) else {
        return Ok(None);
    };
    given.parse().map(Some).map_err(|_| {
        let message = format!("`{given}` is no RFC 3339 instant, such as 2026-11-22T08:00:00Z");
        Error::Invalid(vec![FieldFault::new("timestamp", "bad_instant", message)])
    })
}

/// Read a logged event; none (with a line in the log) when it does not read.
pub(super) fn read(entry: &LoggedEntry) -> Option<EventBody> {
    serde_json::from_str(&entry.entry.body)
        .inspect_err(|e| tracing::error!(seq = entry.seq, reason = %e, "an event in the log does not read"))
        .ok()
}
