//! Stage: the organisation, its tree, journeys, touchpoints and staff.

use peakend_app::App;
use peakend_app::admin::setup::{self, Setup};
use peakend_app::sense::{channel, journey, line, touchpoint, unit};
use peakend_domain::sense::channel::ChannelKind;
use peakend_domain::sense::unit::{ALWAYS, UnitKind};
use peakend_domain::{ActorKind, LocalText, OrgId, Role, UserId};
use peakend_sim::Name;
use peakend_store::admin::user::{self, User};

use super::{Demo, Progress};

/// E-mail of the demo bank's owner.
pub(crate) const OWNER: &str = "owner@harbour.example";

/// Create the organisation and its owner; the owner signs in by link.
pub(super) async fn set_up(app: &App) -> anyhow::Result<(OrgId, UserId)> {
    Ok(setup::run(
        app,
        &Setup {
            organisation: "Harbour Bank 海港银行".to_owned(),
            name: "Olivia Ouyang".to_owned(),
            email: OWNER.to_owned(),
            password: None,
            locale: "zh-Hans".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            currency: "CNY".to_owned(),
        },
    )
    .await?)
}

pub(super) fn text(name: &Name) -> LocalText {
    LocalText(
        [("en", &name.en), ("zh-Hans", &name.hans), ("zh-Hant", &name.hant)]
            .into_iter()
            .map(|(lang, text)| (lang.to_owned(), text.clone()))
            .collect(),
    )
}

impl Demo {
    pub(super) async fn build_structure(&mut self, progress: &Progress) -> anyhow::Result<()> {
        let units = self.bank.units(self.spec.branches);
        let steps = units.len() + self.bank.lines.len() + self.bank.channels.len() + self.bank.touchpoints.len();
        let bar = progress.stage("Building the bank", steps as u64);
        let ctx = self.ctx();
        let mut managers = Vec::new();
        let mut tx = self.app.store.begin().await?;
        for u in &units {
            let (kind, manager) = match u.kind {
                "branch" => (UnitKind::Branch, true),
                "region" => (UnitKind::Region, false),
                _ => (UnitKind::HeadOffice, false),
            };
            let owner = match (&self.actor.kind, kind) {
                _ if manager => Some(self.manager(&mut tx, &u.code, &u.name).await?),
                // what no branch can be found for is the owner's
                (ActorKind::User(id), UnitKind::HeadOffice) => Some(id.clone()),
                _ => None,
            };
            let new = unit::NewUnit {
                code: u.code.clone(),
                name: text(&u.name),
                kind,
                parent: u.parent.clone(),
                since: Some(ALWAYS),
                owner: owner.clone(),
            };
            let placed = unit::create_in(&ctx, &mut tx, new).await?;
            if let (true, Some(id)) = (manager, owner) {
                let mut manager = user::find(&mut tx, self.org(), &id).await?.ok_or_else(|| anyhow::anyhow!("gone"))?;
                manager.unit_id = Some(placed.unit.id.to_string());
                user::save(&mut tx, &manager).await?;
                managers.push(id);
            }
            bar.inc(1);
        }
        for l in &self.bank.lines {
            line::create_in(&ctx, &mut tx, &l.code, text(&l.name)).await?;
            bar.inc(1);
        }
        for c in &self.bank.channels {
            let kind = match (c.kind.as_str(), c.code.as_str()) {
                ("public", _) => ChannelKind::Platform,
                (_, "branch") => ChannelKind::Branch,
                (_, "phone") => ChannelKind::Phone,
                (_, "wecom") => ChannelKind::Message,
                (_, "app") => ChannelKind::App,
                _ => ChannelKind::Web,
            };
            channel::create_in(&ctx, &mut tx, &c.code, text(&c.name), kind).await?;
            bar.inc(1);
        }
        for j in &self.bank.journeys {
            let draft = journey::JourneyDraft {
                name: text(&j.name),
                line: j.line.clone(),
                position: None,
                stages: j.stages.iter().map(|s| (s.code.clone(), text(&s.name))).collect(),
            };
            journey::create_in(&ctx, &mut tx, &j.code, j.pillar, draft).await?;
        }
        for t in &self.bank.touchpoints {
            let draft = touchpoint::TouchpointDraft {
                name: text(&t.name),
                journey: Some(t.journey.clone()),
                stage: Some(t.stage.clone()),
                line: t.line.clone(),
                position: None,
            };
            touchpoint::create_in(&ctx, &mut tx, &t.code, t.pillar, draft).await?;
            bar.inc(1);
        }
        tx.commit().await?;
        self.managers = managers;
        bar.finish();
        Ok(())
    }

    /// A branch manager who owns the branch's cases.
    async fn manager(&self, tx: &mut peakend_store::Tx, code: &str, name: &Name) -> anyhow::Result<UserId> {
        let now = self.app.now();
        let id = UserId::new(now, &*self.app.entropy);
        user::insert(
            tx,
            &User {
                org: self.org().clone(),
                id: id.clone(),
                email: format!("{code}@harbour.example"),
                name: format!("{}行长", name.hans),
                password_hash: None,
                role: Role::UnitManager,
                unit_id: None,
                locale: "zh-Hans".to_owned(),
                created_at: now,
                disabled_at: None,
            },
        )
        .await?;
        Ok(id)
    }
}
