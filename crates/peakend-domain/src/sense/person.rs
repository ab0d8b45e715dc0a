//! Persons: one identity graph whose aliases are merged, never copied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FieldFault, PersonId};

/// What a person is to us, from stranger to staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// Somebody who met us in public.
    Audience,
    /// Somebody who showed interest.
    Lead,
    /// Somebody who uses us.
    Customer,
    /// Somebody who works for us.
    Employee,
}

impl PersonKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Audience, Self::Lead, Self::Customer, Self::Employee];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::Lead => "lead",
            Self::Customer => "customer",
            Self::Employee => "employee",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// Kinds of names under which a person is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasKind {
    /// Id in the organisation's application.
    UserId,
    /// Customer number.
    CustomerId,
    /// Staff number.
    EmployeeId,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Id of a browser or device before sign-in.
    AnonymousId,
}

impl AliasKind {
    /// All kinds, the strongest first.
    pub const ALL: [Self; 6] =
        [Self::UserId, Self::CustomerId, Self::EmployeeId, Self::Email, Self::Phone, Self::AnonymousId];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::CustomerId => "customer_id",
            Self::EmployeeId => "employee_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::AnonymousId => "anonymous_id",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// A person has at most one alias of a strong kind; two values are two
    /// persons. Addresses, numbers and devices may be shared by a family.
    #[must_use]
    pub fn is_strong(self) -> bool {
        matches!(self, Self::UserId | Self::CustomerId | Self::EmployeeId)
    }
}

/// One name of a person, in its canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alias {
    /// Kind.
    pub kind: AliasKind,
    /// Canonical value.
    pub value: String,
}

/// Longest alias, in characters.
pub const ALIAS_LIMIT: usize = 256;

impl Alias {
    /// Read an alias: trimmed; e-mail in lower case; telephone as digits with
    /// an optional leading `+`.
    pub fn parse(kind: AliasKind, text: &str) -> Result<Self, FieldFault> {
        let text = text.trim();
        let value = match kind {
            AliasKind::Email => text.to_lowercase(),
            AliasKind::Phone => text
                .chars()
                .enumerate()
                .filter(|(i, c)| c.is_ascii_digit() || (*i == 0 && *c == '+'))
                .map(|(_, c)| c)
                .collect(),
            _ => text.to_owned(),
        };
        let wrong = |code: &str, message: String| Err(FieldFault::new(kind.name(), code, message).arg("value", text));
        if value.is_empty() {
            return wrong("empty", format!("{} is empty: leave it out or give a value", kind.name()));
        }
        if value.chars().count() > ALIAS_LIMIT || value.contains(char::is_control) {
            return wrong("bad_alias", format!("{} must be at most {ALIAS_LIMIT} printable characters", kind.name()));
        }
        if kind == AliasKind::Email && !looks_like_email(&value) {
            return wrong("bad_email", format!("`{value}` is not an e-mail address"));
        }
        Ok(Self { kind, value })
    }
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Kind.
    pub kind: PersonKind,
    /// Home unit; empty when not known.
    pub unit: String,
    /// Main business line; empty when not known.
    pub line: String,
    /// Segment; empty when not known.
    pub segment: String,
    /// Language tag; empty when not known.
    pub language: String,
    /// Name; empty when not known.
    pub name: String,
    /// Everything else that is known.
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// When first heard of.
    pub created_at: jiff::Timestamp,
    /// When last changed.
    pub updated_at: jiff::Timestamp,
}

impl Person {
    /// A person of whom nothing is known yet but aliases: staff by number, else customer.
    #[must_use]
    pub fn fresh(id: PersonId, aliases: &[Alias], now: jiff::Timestamp) -> Self {
        let has = |kind| aliases.iter().any(|a| a.kind == kind);
        let kind = if has(AliasKind::EmployeeId) {
            PersonKind::Employee
        } else if aliases.iter().all(|a| a.kind == AliasKind::AnonymousId) {
            PersonKind::Audience
        } else {
            PersonKind::Customer
        };
        Self {
            id,
            kind,
            unit: String::new(),
            line: String::new(),
            segment: String::new(),
            language: String::new(),
            name: String::new(),
            attributes: BTreeMap::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Learn traits: known names fill their column, the rest are attributes;
    /// `null` forgets one. Returns whether anything changed.
    pub fn learn(&mut self, traits: &BTreeMap<String, serde_json::Value>, now: jiff::Timestamp) -> bool {
        let before = self.clone();
        for (name, value) in traits {
            let text = value.as_str().map_or_else(String::new, |t| t.trim().to_owned());
            match name.as_str() {
                "kind" => self.kind = PersonKind::parse(&text).unwrap_or(self.kind),
                "unit" => self.unit = text,
                "line" => self.line = text,
                "segment" => self.segment = text,
                "language" => self.language = text,
                "name" => self.name = text,
                _ if value.is_null() => drop(self.attributes.remove(name)),
                _ => drop(self.attributes.insert(name.clone(), value.clone())),
            }
        }
        if *self == before {
            return false;
        }
        self.updated_at = now;
        true
    }

    /// Take over what a merged person knew and this one does not.
    pub fn absorb(&mut self, other: Self, now: jiff::Timestamp) {
        for (mine, theirs) in [
            (&mut self.unit, other.unit),
            (&mut self.line, other.line),
            (&mut self.segment, other.segment),
            (&mut self.language, other.language),
            (&mut self.name, other.name),
        ] {
            if mine.is_empty() {
                *mine = theirs;
            }
        }
        if self.kind == PersonKind::Audience || (self.kind == PersonKind::Lead && other.kind != PersonKind::Audience) {
            self.kind = other.kind;
        }
        for (name, value) in other.attributes {
            self.attributes.entry(name).or_insert(value);
        }
        self.updated_at = now;
    }
}

/// Body of an identify entry in the intake log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentifyBody {
    /// Id in the organisation's application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Id of the browser or device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    /// Traits; those named like an alias kind (`email`, `customer_id`, …) are aliases too.
    #[serde(default)]
    pub traits: BTreeMap<String, serde_json::Value>,
    /// When it was said.
    pub at: jiff::Timestamp,
}

impl IdentifyBody {
    /// The aliases it names; malformed ones are left out, as the sender is past hearing of them.
    #[must_use]
    pub fn aliases(&self) -> Vec<Alias> {
        let direct = [(AliasKind::UserId, self.user_id.clone()), (AliasKind::AnonymousId, self.anonymous_id.clone())];
        let traits = AliasKind::ALL.into_iter().map(|kind| {
            let text = self.traits.get(kind.name()).and_then(|v| match v {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            (kind, text)
        });
        let mut all: Vec<Alias> =
            direct.into_iter().chain(traits).filter_map(|(kind, text)| Alias::parse(kind, &text?).ok()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The traits that are no aliases.
    #[must_use]
    pub fn attributes(&self) -> BTreeMap<String, serde_json::Value> {
        self.traits.iter().filter(|(n, _)| AliasKind::parse(n).is_none()).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// A candidate in a resolution: a person who already has one of the aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub id: PersonId,
    /// All names of that person.
    pub aliases: Vec<Alias>,
}

/// What a resolution comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Who it is; none when a new person must be made.
    pub keep: Option<PersonId>,
    /// Younger persons to merge into `keep`.
    pub merge: Vec<PersonId>,
    /// Aliases to add; those that stay with somebody else are not among them.
    pub add: Vec<Alias>,
}

/// Decide who is meant by some aliases. Candidates who contradict each other in
/// a strong alias are different persons: the strongest alias decides, a shared
/// address or device stays with whom it was. Of the others, the oldest stays
/// (ids are ordered by time).
#[must_use]
pub fn resolve(aliases: &[Alias], candidates: &[Candidate]) -> Resolution {
    let mut wanted = aliases.to_vec();
    wanted.sort();
    wanted.dedup();
    let holder = |alias: &Alias| candidates.iter().find(|c| c.aliases.contains(alias));
    let mut names = wanted.clone();
    let mut same: Vec<&PersonId> = Vec::new();
    for candidate in wanted.iter().filter_map(holder) {
        if same.contains(&&candidate.id) || contradict(&names, &candidate.aliases) {
            continue;
        }
        same.push(&candidate.id);
        names.extend(candidate.aliases.iter().cloned());
    }
    same.sort();
    let add = wanted.into_iter().filter(|a| holder(a).is_none()).collect();
    let keep = same.first().map(|id| (*id).clone());
    Resolution { keep, merge: same.into_iter().skip(1).cloned().collect(), add }
}

fn contradict(a: &[Alias], b: &[Alias]) -> bool {
    a.iter().any(|x| x.kind.is_strong() && b.iter().any(|y| y.kind == x.kind && y.value != x.value))
}

#[cfg(test)]
mod tests;
