//! The bank's structure: units, lines, channels, journeys, touchpoints.

use peakend_domain::Pillar;
use serde::Deserialize;

/// A name in the three languages: en, zh-Hans, zh-Hant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Name {
    /// English
    pub en: String,
    /// Simplified Chinese
    pub hans: String,
    /// Traditional Chinese
    pub hant: String,
}

/// A unit of the tree; parents come before children.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Code
    pub code: String,
    /// Name
    pub name: Name,
    /// `organisation`, `region` or `branch`
    pub kind: &'static str,
    /// Code of the parent; `None` for the root
    pub parent: Option<String>,
}

/// A business line.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    /// Code
    pub code: String,
    /// Name
    pub name: Name,
}

/// A channel.
#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    /// Code
    pub code: String,
    /// Name
    pub name: Name,
    /// `own`, `public` or `staff`
    pub kind: String,
}

/// A journey with its stages in order.
#[derive(Debug, Clone, Deserialize)]
pub struct Journey {
    /// Code
    pub code: String,
    /// Name
    pub name: Name,
    /// Pillar
    pub pillar: Pillar,
    /// Line, when it belongs to one
    pub line: Option<String>,
    /// Stages: code and name
    pub stages: Vec<Line>,
}

/// A touchpoint and how it is experienced.
#[derive(Debug, Clone, Deserialize)]
pub struct Touchpoint {
    /// Code
    pub code: String,
    /// Name
    pub name: Name,
    /// Pillar
    pub pillar: Pillar,
    /// Journey
    pub journey: String,
    /// Stage
    pub stage: String,
    /// Line
    pub line: Option<String>,
    /// Channel it is mostly met on
    pub channel: String,
    /// Metric asked there: `nps`, `csat` or `ces`
    pub metric: String,
    /// Mean experience against the bank's mean, in NPS points of the 0..10 scale
    pub effect: f64,
    /// Share of the voices of its pillar
    pub weight: f64,
    /// Topic of its texts
    pub topic: String,
}

/// The whole structure.
#[derive(Debug, Clone, Deserialize)]
pub struct Bank {
    /// Lines
    pub lines: Vec<Line>,
    /// Channels
    pub channels: Vec<Channel>,
    /// Journeys
    pub journeys: Vec<Journey>,
    /// Touchpoints
    pub touchpoints: Vec<Touchpoint>,
    regions: Vec<Line>,
    /// City names that branches are numbered in
    cities: Vec<Name>,
}

impl Bank {
    /// The demo bank's structure.
    ///
    /// # Errors
    /// When the data file of this crate is malformed, which its test excludes.
    pub fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../data/bank.json"))
    }

    /// The unit tree with so many branches, spread over the regions.
    #[must_use]
    pub fn units(&self, branches: usize) -> Vec<Unit> {
        let root =
            Name { en: "Harbour Bank".to_owned(), hans: "海港银行".to_owned(), hant: "海港銀行".to_owned() };
        let mut units = vec![Unit { code: "bank".to_owned(), name: root, kind: "organisation", parent: None }];
        for r in &self.regions {
            units.push(Unit {
                code: r.code.clone(),
                name: r.name.clone(),
                kind: "region",
                parent: Some("bank".to_owned()),
            });
        }
        for b in 0..branches {
            let (Some(region), Some(city)) =
                (self.regions.get(b % self.regions.len().max(1)), self.cities.get(b % self.cities.len().max(1)))
            else {
                continue;
            };
            let n = b / self.cities.len().max(1) + 1;
            units.push(Unit {
                code: branch_code(b),
                name: Name {
                    en: format!("{} branch {n}", city.en),
                    hans: format!("{}第{n}支行", city.hans),
                    hant: format!("{}第{n}分行", city.hant),
                },
                kind: "branch",
                parent: Some(region.code.clone()),
            });
        }
        units
    }

    /// Touchpoints of a pillar.
    #[must_use]
    pub fn of(&self, pillar: Pillar) -> Vec<&Touchpoint> {
        self.touchpoints.iter().filter(|t| t.pillar == pillar).collect()
    }
}

/// Code of the branch with that number.
pub(crate) fn branch_code(branch: usize) -> String {
    format!("b{:03}", branch + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_touchpoint_names_a_journey_stage_line_and_channel_that_exist() {
        let bank = Bank::load().unwrap();
        for t in &bank.touchpoints {
            let journey = bank.journeys.iter().find(|j| j.code == t.journey).unwrap();
            assert!(journey.stages.iter().any(|s| s.code == t.stage), "{}", t.code);
            assert!(bank.channels.iter().any(|c| c.code == t.channel), "{}", t.code);
            assert!(t.line.as_ref().is_none_or(|l| bank.lines.iter().any(|x| x.code == *l)), "{}", t.code);
        }
        for code in [crate::spec::REPAIRED, crate::spec::PLACEBO, crate::spec::CHURN] {
            assert!(bank.touchpoints.iter().any(|t| t.code == code), "{code}");
        }
    }

    #[test]
    fn units_come_parents_first_with_the_wanted_branches() {
        let units = Bank::load().unwrap().units(60);
        assert_eq!(units.iter().filter(|u| u.kind == "branch").count(), 60);
        for (i, u) in units.iter().enumerate() {
            assert!(u.parent.as_ref().is_none_or(|p| units[..i].iter().any(|x| x.code == *p)));
        }
    }
}
