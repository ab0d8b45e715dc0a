//! Employees: quarterly pulse answers, and the engagement behind them.

use jiff::Timestamp;
use peakend_domain::{Month, Pillar};

use crate::bank::{Bank, branch_code};
use crate::experience::{instant, score};
use crate::text::{Language, write};
use crate::{Random, Spec};

/// One answer to the quarterly pulse; it carries nobody's name.
#[derive(Debug, Clone)]
pub struct EmployeeAnswer {
    /// Stable id
    pub id: String,
    /// Branch code
    pub unit: String,
    /// Touchpoint of working life the answer is about
    pub touchpoint: String,
    /// Would recommend us as an employer, 0..=10
    pub score: u8,
    /// What was written; may be empty
    pub text: String,
    /// When
    pub at: Timestamp,
    /// Language
    pub language: Language,
}

/// Engagement of a branch in a month, standard normal over branches, moving slowly.
#[must_use]
pub(crate) fn engagement(spec: &Spec, branch: usize, month: Month) -> f64 {
    let fixed = Random::new(spec.seed, "engagement", branch as u64).normal();
    let quarter = u64::from(month.0.div_euclid(3).unsigned_abs());
    let moving = Random::new(spec.seed, "engagement-q", (branch as u64) << 20 | quarter).normal();
    0.85 * fixed + 0.53 * moving
}

/// Answers of a quarter's pulse, asked in the first month of each quarter.
#[must_use]
pub fn employee_answers(spec: &Spec, bank: &Bank, month: Month) -> Vec<EmployeeAnswer> {
    if month.0.rem_euclid(3) != 0 {
        return Vec::new();
    }
    let touchpoints = bank.of(Pillar::Employee);
    let weights: Vec<f64> = touchpoints.iter().map(|t| t.weight).collect();
    let mut answers = Vec::new();
    for e in 0..spec.employees {
        let mut random =
            Random::new(spec.seed, "employee", (e as u64) << 16 | u64::from(month.0.unsigned_abs() & 0xffff));
        let branch = e % spec.branches.max(1);
        if !random.chance(0.71) {
            continue;
        }
        let Some(t) = touchpoints.get(random.weighted(&weights)) else { continue };
        let felt = 7.2 + t.effect + 0.9 * engagement(spec, branch, month) + 1.5 * random.normal();
        let language = if branch % 6 == 5 { Language::ZhHant } else { Language::ZhHans };
        let text = if random.chance(0.3) { write(&mut random, &t.topic, felt, language) } else { String::new() };
        answers.push(EmployeeAnswer {
            // numbered by an own draw, so that the id says nothing about who
            id: format!("E{month}-{:06x}{:06x}", random.below(1 << 24), random.below(1 << 24)),
            unit: branch_code(branch),
            touchpoint: t.code.clone(),
            score: score("nps", felt),
            text,
            at: instant(month, &mut random),
            language,
        });
    }
    answers
}
