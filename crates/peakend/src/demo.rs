//! The demo bank: made by the generator, run through the real loop.
//!
//! Every stage calls the use cases that staff and systems call; only the clock
//! is staged, so that 24 months pass in minutes. What the loop then claims is
//! compared with what was planted, in [`proof`].
mod asking;
mod behaviour;
mod cases;
mod figures;
mod history;
mod improve;
mod progress;
mod proof;
mod structure;

use std::sync::Arc;

use jiff::Timestamp;
use peakend_app::App;
use peakend_domain::{Actor, ActorKind, Day, OrgId, Role, Scope, UserId};
use peakend_sim::{Bank, Spec};

pub(crate) use progress::Progress;
pub(crate) use proof::Proof;
pub(crate) use structure::OWNER;

use crate::wiring::StagedClock;

/// A demo bank in the making.
#[derive(Debug)]
pub(crate) struct Demo {
    app: Arc<App>,
    clock: Arc<StagedClock>,
    spec: Spec,
    bank: Bank,
    actor: Actor,
    /// One owner of cases per branch, in order.
    managers: Vec<UserId>,
}

impl Demo {
    /// Make the bank and run the loop over its history; afterwards the clock is real.
    pub(crate) async fn run(
        app: Arc<App>,
        clock: Arc<StagedClock>,
        customers: usize,
        today: Day,
        progress: &Progress,
    ) -> anyhow::Result<Proof> {
        let spec = Spec::demo(customers, today);
        clock.stage(start(&spec));
        let bank = Bank::load()?;
        let (org, owner) = structure::set_up(&app).await?;
        let actor = Actor { kind: ActorKind::User(owner), role: Role::Owner, scope: Scope::all(org) };
        let mut demo = Self { app, clock, spec, bank, actor, managers: Vec::new() };
        demo.build_structure(progress).await?;
        demo.publish(progress).await?;
        demo.bring_people(progress).await?;
        demo.live_through(progress).await?;
        demo.use_the_app(progress).await?;
        demo.load_figures(progress).await?;
        demo.improve(progress).await?;
        demo.clock.release();
        demo.app.seal().await?;
        demo.prove(progress).await
    }

    fn ctx(&self) -> peakend_app::Ctx<'_> {
        peakend_app::Ctx::new(&self.app, &self.actor)
    }

    fn org(&self) -> &OrgId {
        &self.actor.scope.org
    }
}

/// The instant before anything happens: the first day of history, 08:00 in Shanghai.
fn start(spec: &Spec) -> Timestamp {
    morning(spec.first_month().first())
}

/// 08:00 of a day in Shanghai.
pub(crate) fn morning(day: Day) -> Timestamp {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    day.date().at(8, 0, 0, 0).to_zoned(zone).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp())
}
