//! Stage: the operating figures of every customer and month.

use std::collections::BTreeMap;

use peakend_app::value::outcome;
use peakend_domain::value::outcome::{Absent, Better, Nature, OutcomeKind, OutcomeUnit};
use peakend_domain::{Day, LocalText, Month, PersonId, day_of};
use peakend_query::OutcomeFact;
use peakend_sim::{Customer, History};
use peakend_store::act::case as stored;

use super::{Demo, Progress};

/// Money that comes in month by month; the standard kinds have only the stock of assets.
fn revenue() -> OutcomeKind {
    let name = [("en", "Net revenue"), ("zh-Hans", "净收入"), ("zh-Hant", "淨收入")];
    OutcomeKind {
        code: "revenue".to_owned(),
        name: LocalText(name.map(|(tag, text)| (tag.to_owned(), text.to_owned())).into()),
        unit: OutcomeUnit::Money,
        better: Better::Higher,
        nature: Nature::Flow,
        absent: Absent::Unknown,
    }
}

/// Customers per batch of figures.
const BATCH: usize = 10_000;

impl Demo {
    /// Assets, revenue, orders and churn by month, with what the loop did to them.
    pub(super) async fn load_figures(&self, progress: &Progress) -> anyhow::Result<()> {
        let customers: Vec<Customer> = peakend_sim::customers(&self.spec).collect();
        let bar = progress.stage("Loading operating figures", customers.len() as u64);
        let recovered = self.recovered().await?;
        outcome::add(&self.ctx(), revenue()).await?;
        for (n, chunk) in customers.chunks(BATCH).enumerate() {
            let persons = {
                let mut tx = self.app.store.begin().await?;
                self.persons_in(&mut tx, chunk).await?
            };
            let mut rows = Vec::new();
            for (c, person) in chunk.iter().zip(&persons) {
                self.figures_of(c, person, recovered.get(person.as_str()).copied(), &mut rows);
            }
            let batch = format!("demo-{}-{n}", self.spec.seed);
            self.app.warehouse.load_outcomes(self.org().as_str(), &batch, rows).await?;
            bar.inc(chunk.len() as u64);
        }
        bar.finish();
        Ok(())
    }

    fn figures_of(&self, c: &Customer, person: &PersonId, recovered_in: Option<Month>, rows: &mut Vec<OutcomeFact>) {
        let live = self.spec.live_month();
        let mut history = History { recovered_in, ..History::default() };
        let truth = self.spec.truth();
        for m in self.spec.first_month().0..self.spec.current_month().0 {
            let month = Month(m);
            for e in peakend_sim::experiences(&self.spec, &self.bank, c, month) {
                if e.touchpoint == truth.repaired_touchpoint && m >= live.0 - 6 && m < live.0 {
                    history.exposed = true;
                }
                if e.touchpoint == truth.churn_touchpoint && e.felt < 4.0 {
                    history.bad_moments.push(month);
                }
                history.scores.push((month, e.felt - 7.4));
            }
        }
        for (month, f) in peakend_sim::month_figures(&self.spec, c, &history) {
            let mut row = |kind: &str, value: i64| {
                rows.push(OutcomeFact { person: person.to_string(), kind: kind.to_owned(), month: month.0, value });
            };
            row("aum", f.assets);
            row("revenue", f.revenue);
            row("orders", f.orders);
            row("churn", i64::from(f.churned));
        }
    }

    /// Month in which each recovered person's last case was closed.
    async fn recovered(&self) -> anyhow::Result<BTreeMap<String, Month>> {
        let mut tx = self.app.store.read().await?;
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
        Ok(stored::recovered(&mut tx, self.org())
            .await?
            .into_iter()
            .map(|(person, at)| {
                let day: Day = day_of(at, &zone);
                (person, Month::of(day))
            })
            .rev()
            .collect())
    }
}
