//! Events: what a person did, as an application reported it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::person::{Alias, AliasKind};
use crate::FieldFault;

/// Longest name, in characters.
pub const NAME_LIMIT: usize = 128;
/// Largest properties, in bytes of JSON.
pub const PROPERTIES_LIMIT: usize = 32 * 1024;

/// Body of an event in the intake log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBody {
    /// What was done, such as `Fund Redeemed`.
    pub name: String,
    /// Id in the organisation's application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Id of the browser or device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    /// What belongs to it.
    #[serde(default)]
    pub properties: Map<String, Value>,
    /// When it was done; when it was received unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// Import of history: stored, but asks nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

impl EventBody {
    /// All faults.
    #[must_use]
    pub fn check(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LIMIT || name.contains(char::is_control) {
            let message = format!("an event's name has 1 to {NAME_LIMIT} printable characters");
            faults.push(FieldFault::new("event", "bad_name", message));
        }
        if Value::Object(self.properties.clone()).to_string().len() > PROPERTIES_LIMIT {
            let message = format!("the properties are larger than {PROPERTIES_LIMIT} bytes");
            faults.push(FieldFault::new("properties", "too_large", message));
        }
        for (path, kind, value) in
            [("userId", AliasKind::UserId, &self.user_id), ("anonymousId", AliasKind::AnonymousId, &self.anonymous_id)]
        {
            if let Some(Err(mut fault)) = value.as_ref().map(|v| Alias::parse(kind, v)) {
                path.clone_into(&mut fault.path);
                faults.push(fault);
            }
        }
        if self.user_id.is_none() && self.anonymous_id.is_none() {
            faults.push(FieldFault::new("userId", "required", "give userId or anonymousId: an event is somebody's"));
        }
        faults
    }

    /// The aliases it names.
    #[must_use]
    pub fn aliases(&self) -> Vec<Alias> {
        [(AliasKind::UserId, &self.user_id), (AliasKind::AnonymousId, &self.anonymous_id)]
            .into_iter()
            .filter_map(|(kind, value)| Alias::parse(kind, value.as_ref()?).ok())
            .collect()
    }
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The client's id.
    pub id: String,
    /// Position in the intake log.
    pub seq: i64,
    /// Person id.
    pub person: String,
    /// What was done.
    pub name: String,
    /// When.
    pub at: jiff::Timestamp,
    /// What belongs to it.
    pub properties: Value,
}
