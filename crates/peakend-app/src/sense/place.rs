//! Places of an organisation in one snapshot: what is where, and who owns it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use peakend_domain::sense::channel::Channel;
use peakend_domain::sense::journey::Journey;
use peakend_domain::sense::line::Line;
use peakend_domain::sense::place::Place;
use peakend_domain::sense::touchpoint::{Touchpoint, TouchpointOwner};
use peakend_domain::sense::unit::{Placement, Placements, Unit, UnitTree};
use peakend_domain::{Day, OrgId, UnitId, UserId};
use peakend_store::Tx;
use peakend_store::admin::org;
use peakend_store::sense::{channel, journey, line, touchpoint, unit};

use crate::Error;

/// The organisation's time zone: days and months are counted in it.
pub(crate) async fn zone(tx: &mut Tx, org_id: &OrgId) -> Result<TimeZone, Error> {
    let org = org::find(tx, org_id).await?.ok_or(Error::NotFound("organisation"))?;
    TimeZone::get(&org.time_zone).map_err(|e| Error::Fault(format!("could not read the time zone: {e}")))
}

/// Units with their placements, lines, channels, journeys, touchpoints and
/// owners. Read it once per batch; it does not change underneath.
#[derive(Debug, Clone, Default)]
pub struct Places {
    units: BTreeMap<String, Unit>,
    placements: Placements,
    lines: Vec<Line>,
    channels: Vec<Channel>,
    journeys: Vec<Journey>,
    touchpoints: BTreeMap<String, Touchpoint>,
    owners: Vec<TouchpointOwner>,
    owner_of: BTreeMap<(String, String), UserId>,
}

impl Places {
    /// Read all places of an organisation.
    pub async fn load(tx: &mut Tx, org: &OrgId) -> Result<Self, Error> {
        let owners = touchpoint::owners(tx, org).await?;
        let key = |o: &TouchpointOwner| (o.touchpoint.clone(), o.unit.clone().unwrap_or_default());
        Ok(Self {
            units: unit::all(tx, org).await?.into_iter().map(|u| (u.code.clone(), u)).collect(),
            placements: unit::placements(tx, org).await?,
            lines: line::all(tx, org).await?,
            channels: channel::all(tx, org).await?,
            journeys: journey::all(tx, org).await?,
            touchpoints: touchpoint::all(tx, org).await?.into_iter().map(|t| (t.code.clone(), t)).collect(),
            owner_of: owners.iter().map(|o| (key(o), o.user.clone())).collect(),
            owners,
        })
    }

    /// A unit by code.
    #[must_use]
    pub fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.get(code)
    }

    /// A unit by id.
    #[must_use]
    pub fn unit_by_id(&self, id: &str) -> Option<&Unit> {
        self.units.values().find(|u| u.id.as_str() == id)
    }

    /// All units by code.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// Ids by code.
    #[must_use]
    pub fn unit_ids(&self) -> BTreeMap<String, UnitId> {
        self.units.values().map(|u| (u.code.clone(), u.id.clone())).collect()
    }

    /// A unit's placements, oldest first.
    #[must_use]
    pub fn placements(&self, code: &str) -> &[Placement] {
        self.placements.get(code).map_or(&[], Vec::as_slice)
    }

    /// The tree behind the placements.
    #[must_use]
    pub fn tree(&self) -> UnitTree {
        UnitTree::of(self.placements.iter().map(|(code, p)| (code.as_str(), p.as_slice())))
    }

    /// A unit's path on a day; none when the unit is unknown or was not there yet.
    #[must_use]
    pub fn unit_path(&self, code: &str, day: Day) -> Option<&str> {
        self.placements(code).iter().find(|p| p.covers(day)).map(|p| p.path.as_str())
    }

    /// Codes of the units that ever stood at or below a path, such as `/root/east/`.
    #[must_use]
    pub fn units_under(&self, path: &str) -> Vec<String> {
        let under = |segments: &Vec<Placement>| segments.iter().any(|p| p.path.starts_with(path));
        self.placements.iter().filter(|(_, s)| under(s)).map(|(code, _)| code.clone()).collect()
    }

    /// Lines in their order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// A line by code.
    #[must_use]
    pub fn line(&self, code: &str) -> Option<&Line> {
        self.lines.iter().find(|l| l.code == code)
    }

    /// Channels in their order.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// A channel by code.
    #[must_use]
    pub fn channel(&self, code: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.code == code)
    }

    /// Journeys in their order.
    #[must_use]
    pub fn journeys(&self) -> &[Journey] {
        &self.journeys
    }

    /// A journey by code.
    #[must_use]
    pub fn journey(&self, code: &str) -> Option<&Journey> {
        self.journeys.iter().find(|j| j.code == code)
    }

    /// A touchpoint by code.
    #[must_use]
    pub fn touchpoint(&self, code: &str) -> Option<&Touchpoint> {
        self.touchpoints.get(code)
    }

    /// All touchpoints in their order.
    #[must_use]
    pub fn touchpoints(&self) -> Vec<&Touchpoint> {
        let mut all: Vec<&Touchpoint> = self.touchpoints.values().collect();
        all.sort_by(|a, b| (a.position, &a.code).cmp(&(b.position, &b.code)));
        all
    }

    /// Every assignment of an owner.
    #[must_use]
    pub fn owners(&self) -> &[TouchpointOwner] {
        &self.owners
    }

    /// Who answers for a touchpoint in a unit on a day: the touchpoint's owner
    /// in the unit or the nearest unit above; else its owner everywhere; else
    /// the owner of the unit or the nearest unit above that has one; and when no
    /// unit is known, the owner of the unit at the top.
    #[must_use]
    pub fn owner(&self, touchpoint: &str, unit: &str, day: Day) -> Option<UserId> {
        let path = self.unit_path(unit, day).unwrap_or_default();
        let upwards = || path.rsplit('/').filter(|code| !code.is_empty());
        let of = |unit: &str| self.owner_of.get(&(touchpoint.to_owned(), unit.to_owned()));
        upwards()
            .find_map(of)
            .or_else(|| of(""))
            .or_else(|| upwards().find_map(|code| self.units.get(code)?.owner.as_ref()))
            .or_else(|| self.tops(day).filter(|_| path.is_empty()).find_map(|unit| unit.owner.as_ref()))
            .cloned()
    }

    /// Units that stand below no other on a day.
    fn tops(&self, day: Day) -> impl Iterator<Item = &Unit> {
        let top = move |path: &str| path.split('/').filter(|code| !code.is_empty()).count() == 1;
        self.units.values().filter(move |u| self.unit_path(&u.code, day).is_some_and(top))
    }

    /// Fill in what a place implies: the unit's path on the day; journey,
    /// stage and line of the touchpoint where they are not given.
    #[must_use]
    pub fn locate(&self, mut place: Place, day: Day) -> Place {
        if let Some(t) = self.touchpoint(&place.touchpoint) {
            fill(&mut place.journey, t.journey.as_ref());
            if t.journey.as_ref() == Some(&place.journey) {
                fill(&mut place.stage, t.stage.as_ref());
            }
            fill(&mut place.line, t.line.as_ref());
        }
        if let Some(line) = self.journey(&place.journey).and_then(|j| j.line.as_ref()) {
            fill(&mut place.line, Some(line));
        }
        place.unit_path = self.unit_path(&place.unit, day).unwrap_or_default().to_owned();
        place
    }
}

fn fill(slot: &mut String, value: Option<&String>) {
    if let (true, Some(value)) = (slot.is_empty(), value) {
        slot.clone_from(value);
    }
}
