//! Units: the organisation's tree, effective-dated. Moving a unit on a day
//! keeps its old path before that day; everything below moves along.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Day, FieldFault, LocalText, UnitId, UserId};

/// What kind of place a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// The whole organisation.
    HeadOffice,
    /// A group of branches.
    Region,
    /// A branch.
    Branch,
    /// A department.
    Department,
    /// A team.
    Team,
}

impl UnitKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::HeadOffice, Self::Region, Self::Branch, Self::Department, Self::Team];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HeadOffice => "head_office",
            Self::Region => "region",
            Self::Branch => "branch",
            Self::Department => "department",
            Self::Team => "team",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// A unit, without its place in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Id.
    pub id: UnitId,
    /// Code, unique in the organisation and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Kind.
    pub kind: UnitKind,
    /// Who answers for the unit.
    pub owner: Option<UserId>,
}

/// Where a unit stood in the tree from a day (inclusive) until a day (exclusive).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Parent's code; none for a root.
    pub parent: Option<String>,
    /// Path of codes, such as `/root/east/b12/`.
    pub path: String,
    /// First day.
    pub from: Day,
    /// First day no more; open when none.
    pub to: Option<Day>,
}

impl Placement {
    /// Whether the placement holds on the day.
    #[must_use]
    pub fn covers(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// The first day of a unit that "has always been there" (0001-01-01).
pub const ALWAYS: Day = Day(-719_162);

/// Deepest tree.
const DEPTH: usize = 24;

/// Who stands below whom since when. Paths follow from it.
#[derive(Debug, Clone, Default)]
pub struct UnitTree {
    parents: BTreeMap<String, BTreeMap<Day, Option<String>>>,
}

/// Placements by unit code.
pub type Placements = BTreeMap<String, Vec<Placement>>;

impl UnitTree {
    /// The tree that made these placements.
    #[must_use]
    pub fn of<'a>(placements: impl IntoIterator<Item = (&'a str, &'a [Placement])>) -> Self {
        let mut tree = Self::default();
        for (code, segments) in placements {
            let since = tree.parents.entry(code.to_owned()).or_default();
            let mut last: Option<&Option<String>> = None;
            for s in segments {
                if last != Some(&s.parent) {
                    since.insert(s.from, s.parent.clone());
                }
                last = Some(&s.parent);
            }
        }
        tree
    }

    /// Add a unit below a parent (none: a root) since a day, by default since
    /// its parent. Returns its placements.
    pub fn add(&mut self, code: &str, parent: Option<&str>, since: Option<Day>) -> Result<Placements, FieldFault> {
        if self.parents.contains_key(code) {
            return Err(FieldFault::new("code", "code_taken", format!("a unit with code `{code}` exists already"))
                .arg("value", code));
        }
        let from = match parent {
            None => since.unwrap_or(ALWAYS),
            Some(parent) => {
                let born = self.born("parent", parent)?;
                let from = since.unwrap_or(born);
                if from < born {
                    return Err(too_early("since", parent, born));
                }
                from
            }
        };
        self.parents.insert(code.to_owned(), BTreeMap::from([(from, parent.map(str::to_owned))]));
        match self.placements(code) {
            Ok(placements) => Ok(BTreeMap::from([(code.to_owned(), placements)])),
            Err(fault) => {
                self.parents.remove(code);
                Err(fault)
            }
        }
    }

    /// Move a unit below another parent (none: make it a root) from a day on.
    /// Returns the placements of the unit and of everything that moves along.
    pub fn relocate(&mut self, code: &str, parent: Option<&str>, on: Day) -> Result<Placements, FieldFault> {
        let born = self.born("code", code)?;
        if on < born {
            return Err(too_early("on", code, born));
        }
        if let Some(parent) = parent {
            let parent_born = self.born("parent", parent)?;
            if on < parent_born {
                return Err(too_early("on", parent, parent_born));
            }
            if self.ever_below(parent, code, on)? {
                return Err(FieldFault::new(
                    "parent",
                    "cycle",
                    format!("`{parent}` is or will be below `{code}`: choose a parent outside of it"),
                )
                .arg("value", parent));
            }
        }
        let affected = self.below(code, on)?;
        let Some(since) = self.parents.get_mut(code) else { return Err(unknown("code", code)) };
        if let Some((later, _)) = since.range((std::ops::Bound::Excluded(on), std::ops::Bound::Unbounded)).next() {
            return Err(FieldFault::new(
                "on",
                "later_move_exists",
                format!("`{code}` already moves on {later}: choose that day or a later one"),
            )
            .arg("day", later.to_string()));
        }
        let before = since.clone();
        since.insert(on, parent.map(str::to_owned));
        let moved: Result<Placements, FieldFault> =
            affected.into_iter().map(|c| self.placements(&c).map(|p| (c, p))).collect();
        if moved.is_err() {
            self.parents.insert(code.to_owned(), before);
        }
        moved
    }

    /// A unit's placements over all time, oldest first.
    pub fn placements(&self, code: &str) -> Result<Vec<Placement>, FieldFault> {
        self.segments(code, ALWAYS, None, 0)
    }

    fn segments(&self, code: &str, from: Day, to: Option<Day>, depth: usize) -> Result<Vec<Placement>, FieldFault> {
        if depth > DEPTH {
            return Err(FieldFault::new("parent", "too_deep", format!("the tree may be {DEPTH} units deep")));
        }
        let since = self.parents.get(code).ok_or_else(|| unknown("parent", code))?;
        let mut all = Vec::new();
        let mut next = since.keys().skip(1).copied().map(Some).chain([None]);
        for (start, parent) in since {
            let end = next.next().flatten();
            let (start, end) = ((*start).max(from), earlier(end, to));
            if end.is_some_and(|end| end <= start) {
                continue;
            }
            match parent {
                None => all.push(Placement { parent: None, path: format!("/{code}/"), from: start, to: end }),
                Some(parent) => {
                    for above in self.segments(parent, start, end, depth + 1)? {
                        let path = format!("{}{code}/", above.path);
                        all.push(Placement { parent: Some(parent.clone()), path, from: above.from, to: above.to });
                    }
                }
            }
        }
        Ok(all)
    }

    /// First day of a unit.
    fn born(&self, field: &str, code: &str) -> Result<Day, FieldFault> {
        let since = self.parents.get(code).ok_or_else(|| unknown(field, code))?;
        since.keys().next().copied().ok_or_else(|| unknown(field, code))
    }

    /// Whether `code` is `above` or stands below it on or after a day.
    fn ever_below(&self, code: &str, above: &str, on: Day) -> Result<bool, FieldFault> {
        let part = format!("/{above}/");
        Ok(self.segments(code, on, None, 0)?.iter().any(|p| p.path.contains(&part)))
    }

    /// The unit and everything that stands below it on or after a day.
    fn below(&self, code: &str, on: Day) -> Result<Vec<String>, FieldFault> {
        let mut all = Vec::new();
        for candidate in self.parents.keys() {
            if self.ever_below(candidate, code, on)? {
                all.push(candidate.clone());
            }
        }
        Ok(all)
    }
}

fn earlier(a: Option<Day>, b: Option<Day>) -> Option<Day> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

fn unknown(field: &str, code: &str) -> FieldFault {
    FieldFault::new(field, "unknown_unit", format!("there is no unit with code `{code}`")).arg("value", code)
}

fn too_early(field: &str, code: &str, born: Day) -> FieldFault {
    FieldFault::new(field, "too_early", format!("`{code}` is there from {born} only: choose that day or a later one"))
        .arg("day", born.to_string())
}

#[cfg(test)]
mod tests;
