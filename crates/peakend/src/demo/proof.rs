//! What the loop claims, beside what was planted.

use peakend_app::admin::api_key;
use peakend_app::value::{evaluation, ledger};
use peakend_domain::Role;
use peakend_domain::value::evaluation::{Evaluation, Verdict};
use peakend_query::{Counting, DayRange, Filter, Question};
use serde::Serialize;

use super::improve::{PLACEBO, REAL};
use super::{Demo, Progress, morning};

/// The proofs in figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Proof {
    /// Voices counted by the warehouse.
    pub(crate) voices: u64,
    /// Of these by pillar.
    pub(crate) voices_by_pillar: Vec<(String, u64)>,
    /// Findings made.
    pub(crate) findings: i64,
    /// Cases opened, closed, closed in time, recovered.
    pub(crate) cases: Cases,
    /// Initiatives begun.
    pub(crate) initiatives: i64,
    /// Evaluations with what was planted.
    pub(crate) evaluations: Vec<Evaluated>,
    /// Public write key of the demo bank's page; it may send events and read nothing.
    #[serde(skip)]
    pub(crate) public_key: String,
    /// Money in the ledger that is proven.
    pub(crate) ledger: Vec<Money>,
}

/// Cases of the whole history.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cases {
    opened: i64,
    closed: i64,
    closed_in_time: i64,
    in_time_share: Option<f64>,
    recovered: i64,
}

/// One evaluation against the truth.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Evaluated {
    title: String,
    role: &'static str,
    verdict: &'static str,
    /// Per person and month in minor units.
    effect: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    /// Persons compared on the treated side.
    persons: u64,
    /// What was planted, per person and month.
    planted: f64,
    /// Whether the interval holds the planted value.
    holds_truth: bool,
    /// Whether the interval excludes zero.
    excludes_zero: bool,
}

/// A sum in the ledger.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Money {
    title: String,
    amount_minor: Option<i64>,
    low_minor: Option<i64>,
    high_minor: Option<i64>,
    currency: String,
    verdict: &'static str,
}

impl Demo {
    pub(super) async fn prove(&self, progress: &Progress) -> anyhow::Result<Proof> {
        let bar = progress.stage("Counting the proofs", 1);
        let period = DayRange { from: self.spec.first_month().first().0, to: self.spec.today.0 };
        let table = self
            .app
            .warehouse
            .answer(&Question {
                org: self.org().to_string(),
                period,
                filter: Filter::All,
                by: vec![peakend_query::Dimension::Pillar],
                grain: None,
                persons: false,
                counting: Counting::Everything,
            })
            .await?;
        let by_pillar: Vec<(String, u64)> =
            table.rows.iter().map(|r| (r.keys.first().cloned().unwrap_or_default(), r.cell.voices)).collect();
        let mut tx = self.app.store.read().await?;
        let (from, to) = (morning(self.spec.first_month().first()), jiff::Timestamp::now());
        let counts = peakend_store::insight::home::counts(&mut tx, &self.actor.scope, "", from, to).await?;
        drop(tx);
        let wanted = evaluation::wanted("", "", "", "")?;
        let (evaluations, _) = evaluation::list(&self.ctx(), &wanted, 0, 20).await?;
        let (entries, _) = ledger::list(&self.ctx(), None).await?;
        bar.finish();
        let (_, key) = api_key::create(&self.ctx(), "demo bank page", Role::Ingest, None).await?;
        Ok(Proof {
            public_key: key.reveal().to_owned(),
            voices: by_pillar.iter().map(|(_, n)| n).sum(),
            voices_by_pillar: by_pillar,
            findings: counts.findings,
            cases: Cases {
                opened: counts.cases,
                closed: counts.cases_closed,
                closed_in_time: counts.cases_in_time,
                in_time_share: share(counts.cases_in_time, counts.cases_closed),
                recovered: counts.recovered,
            },
            initiatives: counts.initiatives,
            evaluations: evaluations.iter().map(|e| self.judged(e)).collect(),
            ledger: entries
                .into_iter()
                .map(|e| Money {
                    title: if e.title.is_empty() { "closed cases".to_owned() } else { e.title },
                    amount_minor: e.amount.as_ref().map(|a| a.minor),
                    low_minor: e.amount.as_ref().map(|a| a.low),
                    high_minor: e.amount.as_ref().map(|a| a.high),
                    currency: e.currency,
                    verdict: e.verdict.name(),
                })
                .collect(),
        })
    }

    fn judged(&self, e: &Evaluation) -> Evaluated {
        #[expect(clippy::cast_precision_loss, reason = "planted amounts are small")]
        let (role, planted) = match e.title.as_str() {
            t if t.contains(REAL) => ("initiative", self.spec.planted.initiative_revenue as f64),
            t if t.contains(PLACEBO) => ("placebo", 0.0),
            _ => ("recovered cases", self.spec.planted.recovery_revenue as f64),
        };
        let effect = e.result.effect.as_ref();
        let holds = effect.is_some_and(|x| x.low <= planted && planted <= x.high);
        let excludes = effect.is_some_and(|x| x.low > 0.0 || x.high < 0.0);
        Evaluated {
            title: if e.title.is_empty() { role.to_owned() } else { e.title.clone() },
            role,
            verdict: e.result.verdict.name(),
            effect: effect.map(|x| x.value),
            low: effect.map(|x| x.low),
            high: effect.map(|x| x.high),
            persons: e.result.treated.matched,
            planted,
            holds_truth: holds,
            excludes_zero: excludes,
        }
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of cases are small")]
    let share = part as f64 / whole as f64;
    (whole > 0).then_some(share)
}

impl Proof {
    /// The proofs as lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let pillars: Vec<String> = self.voices_by_pillar.iter().map(|(p, n)| format!("{p} {n}")).collect();
        let c = &self.cases;
        let in_time = c.in_time_share.map_or_else(|| "-".to_owned(), |s| format!("{:.1} %", 100.0 * s));
        let mut lines = vec![
            format!("voices heard      {}  ({})", self.voices, pillars.join(", ")),
            format!("findings          {}", self.findings),
            format!(
                "cases             {} opened, {} closed, {in_time} in time, {} recovered",
                c.opened, c.closed, c.recovered
            ),
            format!("initiatives       {}", self.initiatives),
        ];
        for e in &self.evaluations {
            let figures = match (e.effect, e.low, e.high) {
                (Some(v), Some(l), Some(h)) => {
                    format!("¥{:.2} per customer and month, 95 % {:.2} to {:.2}", v / 100.0, l / 100.0, h / 100.0)
                }
                _ => "refused".to_owned(),
            };
            let truth = if e.holds_truth { "inside" } else { "OUTSIDE" };
            lines.push(format!(
                "{:<17} {}: {figures}; planted ¥{:.2} is {truth} ({} persons)",
                e.role,
                e.verdict,
                e.planted / 100.0,
                e.persons
            ));
        }
        for m in self.ledger.iter().filter(|m| m.verdict != Verdict::NotProven.name()) {
            if let (Some(a), Some(l), Some(h)) = (m.amount_minor, m.low_minor, m.high_minor) {
                lines.push(format!(
                    "money             {} {} ({} to {}) {}",
                    m.currency,
                    a / 100,
                    l / 100,
                    h / 100,
                    m.title
                ));
            }
        }
        lines
    }

    /// What must hold for the demo to be honest.
    pub(crate) fn is_honest(&self) -> bool {
        self.evaluations.iter().all(|e| match e.role {
            "initiative" => e.holds_truth,
            "placebo" => !e.excludes_zero,
            _ => true,
        })
    }
}
