//! Stage: branch managers work the cases that the rules opened.

use jiff::{SignedDuration, Timestamp};
use peakend_app::act::{case, recovery};
use peakend_domain::act::case::{Case, Contact, ContactOutcome, Deed, Offer, Resolution, RootCause};
use peakend_domain::{Actor, ActorKind, Money, Role, Scope};
use peakend_store::act::case as stored;

use super::Demo;

/// Days until the re-ask is answered, when it is.
const ANSWERED_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Cases per transaction.
const BATCH: usize = 250;

impl Demo {
    /// Work the cases opened in a month as the generator decided; what lies
    /// beyond today is left undone, which is the inbox the visitor finds.
    pub(super) async fn work_cases(&self, from: Timestamp, to: Timestamp, today: Timestamp) -> anyhow::Result<()> {
        let opened = {
            let mut tx = self.app.store.read().await?;
            stored::opened_between(&mut tx, self.org(), "open", from, to).await?
        };
        let mut answers = Vec::new();
        for batch in opened.chunks(BATCH) {
            let mut tx = self.app.store.begin().await?;
            for case in batch {
                answers.extend(self.work_in(&mut tx, case.clone(), today).await?);
            }
            tx.commit().await?;
        }
        self.answer_reasks(answers).await
    }

    async fn work_in(
        &self,
        tx: &mut peakend_store::Tx,
        case: Case,
        today: Timestamp,
    ) -> anyhow::Result<Option<(String, String, u8, Timestamp)>> {
        let Some(owner) = case.owner.clone() else { return Ok(None) };
        let experience = case.opening.voice.strip_prefix("r.").unwrap_or(&case.opening.voice).to_owned();
        let plan = peakend_sim::recovery(&self.spec, &experience);
        let contact_at = in_hours(case.opening.at + SignedDuration::from_mins(plan.contact_after_minutes));
        let close_at = in_hours(contact_at + SignedDuration::from_mins(plan.close_after_minutes));
        let actor = Actor {
            kind: ActorKind::User(owner.clone()),
            role: Role::UnitManager,
            scope: Scope::all(self.org().clone()),
        };
        let entropy = &*self.app.entropy;
        if contact_at >= today {
            return Ok(None);
        }
        let case = case::apply_in(tx, &actor, entropy, case, &Deed::Taken { by: owner }, contact_at).await?;
        let spoken = Deed::Contacted(Contact {
            channel: "phone".to_owned(),
            outcome: ContactOutcome::Reached,
            note: "已致电客户，说明原因并致歉。".to_owned(),
        });
        let case = case::apply_in(tx, &actor, entropy, case, &spoken, contact_at).await?;
        if close_at >= today {
            return Ok(None);
        }
        let case = match offer(&case.opening.touchpoint_code) {
            Some(offer) => case::apply_in(tx, &actor, entropy, case, &Deed::Offered(offer), close_at).await?,
            None => case,
        };
        let reask = recovery::plan_in(tx, &self.app, &case, close_at).await?;
        let resolution = Resolution { root_cause: cause(&case.opening.touchpoint_code), note: String::new() };
        let case = case::apply_in(tx, &actor, entropy, case, &Deed::Resolved { resolution, reask }, close_at).await?;
        let at = close_at + ANSWERED_AFTER;
        let (id, person) = (case.opening.id.to_string(), case.opening.person);
        Ok(plan.answer.filter(|_| at < today && !person.is_empty()).map(|score| (id, person, score, at)))
    }
}

/// The same instant in working hours: nobody calls at night.
fn in_hours(at: Timestamp) -> Timestamp {
    let local = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    match minute {
        m if m < 9 * 60 => at + SignedDuration::from_mins(9 * 60 + 20 - m),
        m if m >= 17 * 60 + 30 => at + SignedDuration::from_mins(24 * 60 + 9 * 60 + 20 - m),
        _ => at,
    }
}

fn offer(touchpoint: &str) -> Option<Offer> {
    (touchpoint == "fee-dispute").then(|| Offer {
        kind: "fee_refund".to_owned(),
        amount: Some(Money { minor: 5_000, currency: "CNY".to_owned() }),
        note: "退还争议费用".to_owned(),
    })
}

fn cause(touchpoint: &str) -> RootCause {
    match touchpoint {
        "fee-dispute" => RootCause::Price,
        "hotline" => RootCause::Waiting,
        _ => RootCause::Process,
    }
}
