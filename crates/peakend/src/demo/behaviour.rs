//! Stage: what some customers did in the bank's app, with a better second version of a process.

use jiff::ToSpan as _;
use peakend_app::sense::person::resolve_many_in;
use peakend_app::sha256_hex;
use peakend_domain::Day;
use peakend_domain::sense::event::EventBody;
use peakend_domain::sense::person::{Alias, AliasKind};
use peakend_sim::Customer;
use peakend_store::sense::intake::IntakeKind;
use serde_json::json;

use super::history::Incoming;
use super::{Demo, Progress, morning};

/// Customers with events: enough for intervals of a few per cent.
const MOST: usize = 3_000;
/// Days of history.
const DAYS: i32 = 84;
/// In 256ths, who confirms their risk profile after viewing a fund: versions 1 and 2.
const CONFIRM: [u8; 2] = [115, 166];
/// In 256ths, who then places the order, in both versions.
const ORDER: u8 = 128;

impl Demo {
    /// Twelve weeks of sign-ins and fund orders, asking nobody anything.
    pub(super) async fn use_the_app(&self, progress: &Progress) -> anyhow::Result<()> {
        let customers: Vec<Customer> = peakend_sim::customers(&self.spec).take(MOST).collect();
        let bar = progress.stage("Using the app", customers.len() as u64);
        let names = |c: &Customer| -> anyhow::Result<Vec<Alias>> {
            let alias = |kind, value: &str| Alias::parse(kind, value).map_err(|f| anyhow::anyhow!("{f:?}"));
            Ok(vec![alias(AliasKind::CustomerId, &c.number())?, alias(AliasKind::UserId, &user(c))?])
        };
        let aliases = customers.iter().map(names).collect::<anyhow::Result<Vec<_>>>()?;
        let mut tx = self.app.store.begin().await?;
        resolve_many_in(&mut tx, self.org(), &aliases, self.app.now(), &*self.app.entropy).await?;
        tx.commit().await?;
        let mut incoming = Vec::new();
        for c in &customers {
            self.of_customer(c, &mut incoming)?;
        }
        incoming.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
        self.take_in(incoming).await?;
        bar.inc(customers.len() as u64);
        bar.finish();
        Ok(())
    }

    fn of_customer(&self, c: &Customer, incoming: &mut Vec<Incoming>) -> anyhow::Result<()> {
        // one byte of chance for each question, the same in every run
        let drawn = sha256_hex(format!("app {}", c.number()).as_bytes());
        let chance =
            |at: usize| drawn.get(2 * at..2 * at + 2).and_then(|b| u8::from_str_radix(b, 16).ok()).unwrap_or(0);
        let first = self.spec.today.0 - DAYS;
        let mut add = |name: &str, day: i32, minutes: i64, properties: serde_json::Value| -> anyhow::Result<()> {
            let at = morning(Day(day)) + minutes.minutes();
            let body = EventBody {
                name: name.to_owned(),
                user_id: Some(user(c)),
                anonymous_id: None,
                properties: properties.as_object().cloned().unwrap_or_default(),
                at: Some(at),
                quiet: true,
            };
            let id = format!("demo-{}-{day}-{minutes}", c.number());
            incoming.push(Incoming { at, kind: IntakeKind::Event, id, body: serde_json::to_string(&body)? });
            Ok(())
        };
        // joins in one of six weeks, then comes back ever more seldom
        let joined = first + i32::from(chance(0) % 42);
        for week in 0..12_u8 {
            let day = joined + i32::from(week) * 7;
            if day < self.spec.today.0 && (week == 0 || chance(2 + usize::from(week)) < 150 - week * 8) {
                add("Signed In", day, i64::from(chance(1)), json!({}))?;
            }
        }
        if chance(16) < 128 {
            let day = first + i32::from(chance(17) % 80);
            let version = usize::from(day >= first + DAYS / 2);
            let properties = json!({ "version": (version + 1).to_string() });
            let start = 240 + i64::from(chance(18) % 100);
            add("Fund Viewed", day, start, properties.clone())?;
            if chance(19) < CONFIRM[version] {
                let confirmed = start + 2 + i64::from(chance(20) % 30);
                add("Risk Confirmed", day, confirmed, properties.clone())?;
                if chance(21) < ORDER {
                    add("Order Placed", day, confirmed + 1 + i64::from(chance(22) % 60), properties)?;
                }
            }
        }
        Ok(())
    }
}

/// The name under which the app knows a customer.
fn user(c: &Customer) -> String {
    format!("app-{}", c.number())
}
