//! Acting on voices: which ones open a case, how it is worked, and what the re-ask says.
mod case;
mod initiative;
mod reask_mail;

use peakend_app::Ctx;
use peakend_app::act::alert::{AlertRules, decide_in};
use peakend_app::act::{alert_rule, calendar};
use peakend_app::sense::place::Places;
use peakend_app::sense::touchpoint::{self, TouchpointDraft};
use peakend_app::sense::unit::{self, NewUnit};
use peakend_domain::act::alert_rule::AlertRuleDraft;
use peakend_domain::act::case::Priority;
use peakend_domain::sense::unit::UnitKind;
use peakend_domain::sense::voice::{Voice, VoiceKind};
use peakend_domain::{Actor, ActorKind, CaseId, LocalText, Pillar, Role, Scope, UnitScope, UserId, day_of};
use peakend_store::sense::voice;
use peakend_testkit::World;

/// A bank with two branches; branch b1 has an owner for the touchpoint `redeem`.
pub(super) struct Bank {
    pub(super) world: World,
    pub(super) agent: UserId,
    seq: std::cell::Cell<i64>,
}

impl Bank {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let ctx = world.ctx();
        for (code, kind, parent) in [
            ("hq", UnitKind::HeadOffice, None),
            ("b1", UnitKind::Branch, Some("hq")),
            ("b2", UnitKind::Branch, Some("hq")),
        ] {
            let new = NewUnit {
                code: code.to_owned(),
                name: LocalText::one(code),
                kind,
                parent: parent.map(str::to_owned),
                since: None,
                owner: None,
            };
            unit::create(&ctx, new).await.unwrap();
        }
        let draft = TouchpointDraft {
            name: LocalText::one("Redemption"),
            journey: None,
            stage: None,
            line: None,
            position: None,
        };
        let redeem = touchpoint::create(&ctx, "redeem", Pillar::Customer, draft).await.unwrap();
        let agent = world.user(Role::Agent, None).await;
        touchpoint::assign(&ctx, &redeem.id, Some("b1"), Some(&agent)).await.unwrap();
        Self { world, agent, seq: std::cell::Cell::new(0) }
    }

    pub(super) fn ctx(&self) -> Ctx<'_> {
        self.world.ctx()
    }

    /// A rule on customers: contact within 4 business hours, resolve within 8.
    pub(super) async fn rule(&self, code: &str, condition: &str, priority: Priority) {
        let ctx = self.ctx();
        let standard = calendar::list(&ctx).await.unwrap().remove(0);
        let draft = AlertRuleDraft {
            code: code.to_owned(),
            name: code.to_owned(),
            pillar: Pillar::Customer,
            condition: condition.to_owned(),
            priority,
            contact_minutes: 240,
            resolve_minutes: 480,
            calendar: standard.id,
            enabled: true,
        };
        alert_rule::put(&ctx, None, draft).await.unwrap();
    }

    /// A voice of today about redeeming in a branch.
    pub(super) fn voice(&self, person: &str, unit: &str, nps: u8) -> Voice {
        self.seq.set(self.seq.get() + 1);
        let now = self.world.app.now();
        Voice {
            org: self.world.org.clone(),
            id: format!("r.{}", self.seq.get()),
            seq: self.seq.get(),
            kind: VoiceKind::Response,
            pillar: Pillar::Customer,
            survey_code: "relation".to_owned(),
            survey_version: Some(1),
            person: person.to_owned(),
            unit_code: unit.to_owned(),
            unit_path: format!("/hq/{unit}/"),
            line_code: String::new(),
            journey_code: String::new(),
            stage_code: String::new(),
            touchpoint_code: "redeem".to_owned(),
            channel_code: "app".to_owned(),
            segment: String::new(),
            theme: String::new(),
            language: "zh-Hans".to_owned(),
            at: now,
            day: day_of(now, &jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()),
            nps: Some(nps),
            csat: None,
            ces: None,
            sentiment: None,
            answers: serde_json::json!({}),
            text: "赎回等了一周".to_owned(),
            author: String::new(),
            url: String::new(),
            reading: peakend_domain::sense::reading::Reading::default(),
            attributes: std::collections::BTreeMap::new(),
            quiet: false,
        }
    }

    /// Hear a voice and decide on it, as the pump does.
    pub(super) async fn hear(&self, heard: &Voice) -> Vec<CaseId> {
        let app = &self.world.app;
        let mut tx = app.store.begin().await.unwrap();
        let rules = AlertRules::load(&mut tx, &self.world.org).await.unwrap();
        let places = Places::load(&mut tx, &self.world.org).await.unwrap();
        voice::insert(&mut tx, heard).await.unwrap();
        let opened = decide_in(&mut tx, &*app.entropy, &rules, &places, heard, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        opened
    }

    /// A member of staff with a role, seeing a unit and below.
    pub(super) fn actor(&self, user: &UserId, role: Role, path: Option<&str>) -> Actor {
        let units = path.map_or(UnitScope::All, |p| UnitScope::Subtree(p.to_owned()));
        let scope = Scope { org: self.world.org.clone(), units };
        Actor { kind: ActorKind::User(user.clone()), role, scope }
    }
}
