//! Stage: surveys, the rule that asks after a redemption, the alert rules.

use peakend_app::act::{alert_rule, calendar};
use peakend_app::sense::event_rule::{self, RuleText};
use peakend_app::sense::survey::{self, DraftText};
use peakend_domain::Pillar;
use peakend_domain::act::alert_rule::AlertRuleDraft;
use peakend_domain::act::case::Priority;
use peakend_domain::sense::contact_rule::ContactRule;
use peakend_domain::sense::survey::template::TEMPLATES;

use super::{Demo, Progress};

impl Demo {
    pub(super) async fn publish(&self, progress: &Progress) -> anyhow::Result<()> {
        let bar = progress.stage("Publishing surveys and rules", TEMPLATES.len() as u64 + 2);
        let ctx = self.ctx();
        for (_, yaml) in TEMPLATES {
            let mut tx = self.app.store.begin().await?;
            let row = survey::create_in(&ctx, &mut tx, &DraftText::Yaml(yaml.to_owned())).await?;
            survey::publish_in(&ctx, &mut tx, row).await?;
            tx.commit().await?;
            bar.inc(1);
        }
        event_rule::create(
            &ctx,
            &RuleText {
                code: "after-redemption".to_owned(),
                name: "赎回基金后询问原因".to_owned(),
                survey: "fund-redemption".to_owned(),
                event_name: "fund_redeemed".to_owned(),
                condition: "event.amount >= 100".to_owned(),
                delay_seconds: 2,
                enabled: true,
                context: [
                    ("fund_name".to_owned(), "properties.fund_name".to_owned()),
                    ("touchpoint".to_owned(), "fund-redeem".to_owned()),
                    ("channel".to_owned(), "app".to_owned()),
                    // the customer's branch answers for what goes wrong in the app
                    ("unit".to_owned(), "properties.branch".to_owned()),
                ]
                .into(),
            },
        )
        .await?;
        event_rule::set_contact(&ctx, ContactRule { minimum_gap_days: 30 }).await?;
        bar.inc(1);
        let mut tx = self.app.store.begin().await?;
        let hours = calendar::standard_in(&mut tx, &*self.app.entropy, self.org(), self.app.now()).await?;
        tx.commit().await?;
        for (code, name, condition, priority, contact, resolve) in [
            (
                "detractor",
                "低分客户(试点触点)",
                "nps <= 3 && touchpoint in [\"fund-redeem\", \"fee-dispute\", \"hotline\", \"loan-approve\"]",
                Priority::High,
                4 * 60,
                3 * 8 * 60,
            ),
            (
                "private-banking",
                "私人银行客户低分",
                "nps <= 5 && segment == \"private\" && touchpoint in [\"fund-redeem\", \"fee-dispute\", \"hotline\", \"loan-approve\"]",
                Priority::Urgent,
                2 * 60,
                8 * 60,
            ),
        ] {
            let draft = AlertRuleDraft {
                code: code.to_owned(),
                name: name.to_owned(),
                pillar: Pillar::Customer,
                condition: condition.to_owned(),
                priority,
                contact_minutes: contact,
                resolve_minutes: resolve,
                calendar: hours.id.clone(),
                enabled: true,
            };
            alert_rule::put(&ctx, None, draft).await?;
        }
        bar.finish();
        Ok(())
    }
}
