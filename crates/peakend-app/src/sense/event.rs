//! Events in the Segment HTTP format: track, identify and what else clients send.

use peakend_domain::sense::event::EventBody;
use peakend_domain::sense::person::IdentifyBody;
use peakend_domain::sense::response::check_id;
use peakend_domain::{FieldFault, Permission, canonical_json_without};
use peakend_store::sense::intake::{IntakeEntry, IntakeKind, LoggedEntry};
use serde_json::{Map, Value};

use super::response::{Taken, entry, send_many};
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
    let mut results = take(ctx, [(kind, sent)].into_iter()).await?;
    results.pop().unwrap_or_else(|| Err(Error::Fault("a message got no result".to_owned())))
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
    take(ctx, all.iter().map(|one| (kind(one), one))).await
}

fn kind(message: &Value) -> &str {
    message.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// What is sound among the messages goes to the log in one piece.
async fn take(
    ctx: &Ctx<'_>,
    messages: impl Iterator<Item = (&'_ str, &'_ Value)>,
) -> Result<Vec<Result<Message, Error>>, Error> {
    let (mut kept, mut ignored) = (Vec::new(), Vec::new());
    for (index, (kind, sent)) in messages.enumerate() {
        match sound(ctx, kind, sent).transpose() {
            Some(entry) => kept.push(entry),
            None => ignored.push(index),
        }
    }
    let taken = send_many(ctx.app, kept).await?;
    let mut results: Vec<_> = taken.into_iter().map(|result| result.map(Message::Taken)).collect();
    for index in ignored {
        // in rising order, so that each lands where it came
        results.insert(index, Ok(Message::Ignored));
    }
    Ok(results)
}

/// The entry a message makes; none when there is nothing to keep.
fn sound(ctx: &Ctx<'_>, kind: &str, sent: &Value) -> Result<Option<IntakeEntry>, Error> {
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
    let said = canonical_json_without(message, &["sentAt", "writeKey", "_metadata"]);
    let said = sha256_hex(said.as_bytes());
    match kind {
        "track" | "page" | "screen" => {
            let body = event(kind, message)?;
            let faults = body.check();
            if !faults.is_empty() {
                return Err(Error::Invalid(faults));
            }
            entry(ctx.app, ctx.org(), IntakeKind::Event, id, &body, said).map(Some)
        }
        "identify" | "alias" => {
            let body = identify(kind, message, ctx.now())?;
            entry(ctx.app, ctx.org(), IntakeKind::Identify, id, &body, said).map(Some)
        }
        "group" => Ok(None),
        _ => {
            let known = "track, identify, alias, page, screen or group";
            Err(Error::field("type", "unknown_type", format!("`{kind}` is no type of message: use {known}")))
        }
    }
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
