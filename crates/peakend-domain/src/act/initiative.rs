//! Initiative: a common problem's repair, with a target and a frozen baseline.
//!
//! The baseline is frozen once, before the work goes live, and never changes:
//! a "before" that can be chosen afterwards proves whatever one likes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Day, InitiativeId, OrgId, Pillar, TaskId, UserId};

/// The figure that shall move: a metric over a filter, and how far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Metric, such as `nps`.
    pub metric: String,
    /// Filters by their public names (`touchpoint`, `line`, `unit`, …).
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
    /// The value to reach.
    pub value: f64,
}

/// A figure as it was when it was frozen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenFigure {
    /// Answers counted.
    pub n: u64,
    /// The value; none when it was refused (too few answers).
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// The counts it was computed from.
    pub counts: serde_json::Value,
}

/// One month of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenMonth {
    /// First day counted.
    pub from: Day,
    /// The figure.
    pub figure: FrozenFigure,
}

/// The "before": frozen figures of a stated period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Metric.
    pub metric: String,
    /// Definition id by which it was computed.
    pub definition: String,
    /// Filters.
    pub filter: BTreeMap<String, String>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Over the whole period.
    pub overall: FrozenFigure,
    /// By month.
    pub months: Vec<FrozenMonth>,
    /// When it was frozen.
    pub frozen_at: Timestamp,
    /// By whom.
    pub frozen_by: String,
}

/// Where an initiative stands, with what that phase knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum InitiativeState {
    /// Being planned.
    Draft,
    /// The before is frozen.
    Baselined {
        /// The before.
        baseline: Baseline,
    },
    /// In effect for the persons it is meant for.
    Live {
        /// The before.
        baseline: Baseline,
        /// First day in effect.
        on: Day,
    },
    /// Done.
    Completed {
        /// The before.
        baseline: Baseline,
        /// First day in effect.
        on: Day,
        /// When it was declared done.
        at: Timestamp,
        /// What was learned.
        note: String,
    },
}

/// An initiative.
#[derive(Debug, Clone, PartialEq)]
pub struct Initiative {
    /// Tenant.
    pub org: OrgId,
    /// Its id.
    pub id: InitiativeId,
    /// Its number within the organisation, from 1.
    pub number: i64,
    /// Name.
    pub name: String,
    /// Pillar.
    pub pillar: Pillar,
    /// The finding it came from; empty when by hand.
    pub finding: String,
    /// Touchpoint it is about; empty for many.
    pub touchpoint_code: String,
    /// Business line it is about; empty for many.
    pub line_code: String,
    /// Who answers for it.
    pub owner: UserId,
    /// Departments that take part.
    pub departments: Vec<String>,
    /// The figure that shall move.
    pub target: Target,
    /// Where it stands.
    pub state: InitiativeState,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// Number of changes; a writer must name the one it saw.
    pub revision: i64,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What to do.
    pub title: String,
    /// Department.
    pub department: String,
    /// Who.
    pub owner: Option<UserId>,
    /// By when.
    pub due_on: Option<Day>,
    /// Done.
    pub done_at: Option<Timestamp>,
    /// Order within the initiative.
    pub position: i64,
}

/// Why a change is not legal now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InitiativeRefusal {
    /// A baseline is frozen once.
    #[error("the baseline is frozen: it never changes")]
    AlreadyBaselined,
    /// No baseline yet.
    #[error("there is no baseline: freeze it before going live")]
    NotBaselined,
    /// It is live.
    #[error("the initiative is live already")]
    AlreadyLive,
    /// It is not live.
    #[error("the initiative is not live")]
    NotLive,
    /// The before would overlap the after.
    #[error("the initiative would go live within its baseline: choose a later day")]
    LiveWithinBaseline,
    /// Nothing to compare with later.
    #[error("the baseline has no answers: choose a longer period or a wider filter")]
    EmptyBaseline,
    /// The period is not over.
    #[error("the baseline would reach into the future: it must end today or before")]
    BaselineInFuture,
}

impl InitiativeRefusal {
    /// Public code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyBaselined => "initiative_already_baselined",
            Self::NotBaselined => "initiative_not_baselined",
            Self::AlreadyLive => "initiative_already_live",
            Self::NotLive => "initiative_not_live",
            Self::LiveWithinBaseline => "initiative_live_within_baseline",
            Self::EmptyBaseline => "initiative_empty_baseline",
            Self::BaselineInFuture => "initiative_baseline_in_future",
        }
    }
}

impl Initiative {
    /// The phase's stored and public name.
    #[must_use]
    pub fn phase(&self) -> &'static str {
        match self.state {
            InitiativeState::Draft => "draft",
            InitiativeState::Baselined { .. } => "baselined",
            InitiativeState::Live { .. } => "live",
            InitiativeState::Completed { .. } => "completed",
        }
    }

    /// The frozen before, once there is one.
    #[must_use]
    pub fn baseline(&self) -> Option<&Baseline> {
        match &self.state {
            InitiativeState::Draft => None,
            InitiativeState::Baselined { baseline }
            | InitiativeState::Live { baseline, .. }
            | InitiativeState::Completed { baseline, .. } => Some(baseline),
        }
    }

    /// First day in effect, once it is.
    #[must_use]
    pub fn live_on(&self) -> Option<Day> {
        match &self.state {
            InitiativeState::Live { on, .. } | InitiativeState::Completed { on, .. } => Some(*on),
            _ => None,
        }
    }

    /// Freeze the before.
    pub fn freeze(mut self, baseline: Baseline, today: Day) -> Result<Self, InitiativeRefusal> {
        if self.state != InitiativeState::Draft {
            return Err(InitiativeRefusal::AlreadyBaselined);
        }
        if baseline.overall.n == 0 {
            return Err(InitiativeRefusal::EmptyBaseline);
        }
        if baseline.to > today {
            return Err(InitiativeRefusal::BaselineInFuture);
        }
        self.state = InitiativeState::Baselined { baseline };
        self.revision += 1;
        Ok(self)
    }

    /// Go live on a day.
    pub fn launch(mut self, on: Day) -> Result<Self, InitiativeRefusal> {
        match self.state {
            InitiativeState::Draft => Err(InitiativeRefusal::NotBaselined),
            InitiativeState::Baselined { baseline } if on <= baseline.to => Err(InitiativeRefusal::LiveWithinBaseline),
            InitiativeState::Baselined { baseline } => {
                self.state = InitiativeState::Live { baseline, on };
                self.revision += 1;
                Ok(self)
            }
            InitiativeState::Live { .. } | InitiativeState::Completed { .. } => Err(InitiativeRefusal::AlreadyLive),
        }
    }

    /// Declare it done.
    pub fn complete(mut self, note: String, at: Timestamp) -> Result<Self, InitiativeRefusal> {
        let InitiativeState::Live { baseline, on } = self.state else { return Err(InitiativeRefusal::NotLive) };
        self.state = InitiativeState::Completed { baseline, on, at, note };
        self.revision += 1;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initiative() -> Initiative {
        Initiative {
            org: OrgId::stored("org_a".to_owned()),
            id: InitiativeId::stored("ini_1".to_owned()),
            number: 1,
            name: "Redeem within a day".to_owned(),
            pillar: Pillar::Customer,
            finding: String::new(),
            touchpoint_code: "redeem".to_owned(),
            line_code: "funds".to_owned(),
            owner: UserId::stored("usr_1".to_owned()),
            departments: vec!["operations".to_owned()],
            target: Target { metric: "nps".to_owned(), filter: BTreeMap::new(), value: 20.0 },
            state: InitiativeState::Draft,
            created_at: Timestamp::UNIX_EPOCH,
            revision: 0,
        }
    }

    fn baseline(n: u64, to: i32) -> Baseline {
        let overall =
            FrozenFigure { n, value: Some(3.0), low: Some(1.0), high: Some(5.0), counts: serde_json::json!({}) };
        Baseline {
            metric: "nps".to_owned(),
            definition: "nps.1".to_owned(),
            filter: BTreeMap::new(),
            from: Day(0),
            to: Day(to),
            overall,
            months: Vec::new(),
            frozen_at: Timestamp::UNIX_EPOCH,
            frozen_by: "usr_1".to_owned(),
        }
    }

    #[test]
    fn an_initiative_is_baselined_then_live_then_completed() {
        let live = initiative().freeze(baseline(40, 90), Day(100)).and_then(|i| i.launch(Day(91))).unwrap();
        assert_eq!((live.phase(), live.live_on(), live.revision), ("live", Some(Day(91)), 2));
        let done = live.complete("it held".to_owned(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((done.phase(), done.live_on()), ("completed", Some(Day(91))));
        assert!(done.baseline().is_some());
        assert_eq!(done.complete(String::new(), Timestamp::UNIX_EPOCH), Err(InitiativeRefusal::NotLive));
    }

    #[test]
    fn a_baseline_is_frozen_once_and_before_going_live() {
        let frozen = initiative().freeze(baseline(40, 90), Day(100)).unwrap();
        assert_eq!(frozen.clone().freeze(baseline(50, 90), Day(100)), Err(InitiativeRefusal::AlreadyBaselined));
        assert_eq!(frozen.launch(Day(90)), Err(InitiativeRefusal::LiveWithinBaseline));
        assert_eq!(initiative().launch(Day(91)), Err(InitiativeRefusal::NotBaselined));
        assert_eq!(initiative().freeze(baseline(0, 90), Day(100)), Err(InitiativeRefusal::EmptyBaseline));
        assert_eq!(initiative().freeze(baseline(9, 101), Day(100)), Err(InitiativeRefusal::BaselineInFuture));
    }
}
