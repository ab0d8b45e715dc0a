//! Stages: two initiatives start in the month of go-live; at the end they and
//! the closed cases are evaluated, and what is proven is booked.

use peakend_app::act::initiative::{self, InitiativeDraft, Seen, TaskDraft};
use peakend_app::insight::finding;
use peakend_app::value::{evaluation, ledger};
use peakend_domain::act::initiative::Target;
use peakend_domain::value::evaluation::{ClosedCases, Design, Evaluation, Subject};
use peakend_domain::{Day, Month, Pillar};

use super::{Demo, Progress};

/// Name of the real initiative.
pub(super) const REAL: &str = "基金赎回 T+1 到账与进度可见";
/// Name of the placebo initiative.
pub(super) const PLACEBO: &str = "信用卡账单改版";

impl Demo {
    /// The findings of the half year before, and the two initiatives they lead to.
    pub(super) async fn start_initiatives(&self) -> anyhow::Result<()> {
        let live_on = self.spec.live_month().first();
        let from = Month(self.spec.live_month().0 - 6).first();
        let ctx = self.ctx();
        let found = finding::detect(&ctx, from, Day(live_on.0 - 1)).await?;
        let truth = self.spec.truth();
        for (name, touchpoint, line, departments) in [
            (REAL, truth.repaired_touchpoint, "wealth", ["财富管理部", "科技部", "运营部"]),
            (PLACEBO, truth.placebo_touchpoint, "cards", ["信用卡中心", "科技部", "市场部"]),
        ] {
            let evidence = found.iter().find(|f| f.touchpoint_code == touchpoint).map(|f| f.id.to_string());
            let planned = initiative::create(
                &ctx,
                InitiativeDraft {
                    name: name.to_owned(),
                    pillar: Pillar::Customer,
                    finding: evidence.unwrap_or_default(),
                    touchpoint: touchpoint.to_owned(),
                    line: line.to_owned(),
                    owner: None,
                    departments: departments.map(str::to_owned).to_vec(),
                    target: Target {
                        metric: "nps".to_owned(),
                        filter: [("touchpoint".to_owned(), touchpoint.to_owned())].into(),
                        value: 30.0,
                    },
                },
            )
            .await?;
            for (title, department) in [
                ("梳理流程断点", departments[0]),
                ("上线新流程", departments[1]),
                ("培训一线并通知客户", departments[2]),
            ] {
                let task = TaskDraft {
                    title: title.to_owned(),
                    department: department.to_owned(),
                    owner: None,
                    due_on: Some(live_on),
                };
                let task = initiative::add_task(&ctx, &planned.id, task).await?;
                initiative::mark_task(&ctx, &planned.id, &task.id, true).await?;
            }
            let seen = Seen { id: planned.id.clone(), revision: None };
            initiative::freeze(&ctx, &seen, from, Day(live_on.0 - 1)).await?;
            initiative::launch(&ctx, &seen, live_on).await?;
        }
        Ok(())
    }

    /// Evaluate, and book what came out.
    pub(super) async fn improve(&self, progress: &Progress) -> anyhow::Result<()> {
        let bar = progress.stage("Proving what it was worth", 5);
        let today = self.spec.today;
        finding::detect(&self.ctx(), Day(today.0 - 90), Day(today.0 - 1)).await?;
        bar.inc(1);
        let (initiatives, _) = initiative::list(&self.ctx(), "", None, 10).await?;
        let mut subjects: Vec<Subject> =
            initiatives.into_iter().map(|i| Subject::Initiative { id: i.initiative.id }).collect();
        subjects.push(Subject::Cases(ClosedCases {
            pillar: Pillar::Customer,
            from: Month(self.spec.first_month().0 + 4),
            to: Month(self.spec.current_month().0 - 5),
            touchpoint: String::new(),
            recovered_only: true,
        }));
        for subject in subjects {
            let evaluated = self.evaluate(subject).await?;
            let request = ledger::Request { evaluation: evaluated.id, cost_minor: 0, note: String::new() };
            // a refused evaluation cannot be booked, and that is its answer
            match ledger::book(&self.ctx(), request).await {
                Ok(_) | Err(peakend_app::Error::Refused { .. }) => {}
                Err(e) => return Err(e.into()),
            }
            bar.inc(1);
        }
        bar.finish();
        Ok(())
    }

    async fn evaluate(&self, subject: Subject) -> anyhow::Result<Evaluation> {
        let mut design = Design::of("revenue");
        if matches!(subject, Subject::Initiative { .. }) {
            design.months_before = 6;
            design.months_after = self.spec.planted.live_months;
        } else {
            design.months_before = 3;
            design.months_after = 4;
        }
        Ok(evaluation::evaluate(&self.ctx(), evaluation::Request { subject, design }).await?)
    }
}
