//! What rows are checked against: places, surveys, outcome kinds, the time zone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use peakend_domain::OrgId;
use peakend_domain::sense::survey::Survey;
use peakend_domain::value::outcome::OutcomeKind;
use peakend_store::Tx;
use peakend_store::admin::org;
use peakend_store::sense::survey;
use peakend_store::value::outcome;

use crate::Error;
use crate::sense::place::Places;

/// A survey's published versions.
#[derive(Debug)]
pub(super) struct Published {
    /// The version that is asked now.
    pub(super) current: i64,
    /// By number.
    pub(super) versions: BTreeMap<i64, Survey>,
}

/// What rows are checked against.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) org: OrgId,
    pub(super) zone: TimeZone,
    pub(super) now: Timestamp,
    pub(super) places: Places,
    pub(super) surveys: BTreeMap<String, Published>,
    pub(super) outcome_kinds: Vec<OutcomeKind>,
}

impl Setting {
    pub(super) async fn load(tx: &mut Tx, org: &OrgId, now: Timestamp) -> Result<Self, Error> {
        let zone = org::find(tx, org).await?.and_then(|o| TimeZone::get(&o.time_zone).ok()).unwrap_or(TimeZone::UTC);
        let mut surveys = BTreeMap::new();
        for row in survey::all(tx, org).await? {
            let Some(current) = row.published_version else { continue };
            let mut versions = BTreeMap::new();
            for v in survey::versions(tx, org, &row.id).await? {
                let document: serde_json::Value = serde_json::from_str(&v.document)
                    .map_err(|e| Error::Fault(format!("read version {} of survey {}: {e}", v.version, row.code)))?;
                if let Ok(survey) = Survey::from_json(&document) {
                    versions.insert(v.version, survey);
                }
            }
            surveys.insert(row.code, Published { current, versions });
        }
        Ok(Self {
            org: org.clone(),
            zone,
            now,
            places: Places::load(tx, org).await?,
            surveys,
            outcome_kinds: outcome::all(tx, org).await?,
        })
    }
}
