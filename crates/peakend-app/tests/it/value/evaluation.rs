//! Verdicts against a known truth.
use peakend_app::value::evaluation::{self, Request, Wanted};
use peakend_app::{Ctx, Error};
use peakend_domain::value::evaluation::{
    ClosedCases, Design, Evaluation, NotProven, SensitivityKind, Subject, Verdict,
};
use peakend_domain::{Actor, ActorKind, InitiativeId, Month, Pillar, Role, Scope, UnitScope};
use peakend_testkit::World;

use super::bank::{CONTROLS, LIVE, TREATED, deliver, hear, hear_before, launch, month, noise, person, resolve, usual};

async fn evaluate(world: &World, id: &InitiativeId, outcome: &str) -> Evaluation {
    let request = Request { subject: Subject::Initiative { id: id.clone() }, design: Design::of(outcome) };
    evaluation::evaluate(&world.ctx(), request).await.unwrap()
}

fn june(recovered_only: bool) -> ClosedCases {
    ClosedCases {
        pillar: Pillar::Customer,
        from: Month(month("2025-06")),
        to: Month(month("2025-06")),
        touchpoint: String::new(),
        recovered_only,
    }
}

#[tokio::test]
async fn a_planted_lift_lies_in_the_interval_and_is_a_gain() {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    let live = month(LIVE);
    deliver(&world, "aum", TREATED + CONTROLS, |i, m| usual(i, m) + if i < TREATED && m >= live { 300.0 } else { 0.0 })
        .await;
    let id = launch(&world, Pillar::Customer, "").await;
    let made = evaluate(&world, &id, "aum").await;
    let result = &made.result;
    assert_eq!(result.verdict, Verdict::Gain, "{result:?}");
    let effect = result.effect.as_ref().unwrap();
    assert!(effect.low < 300.0 && 300.0 < effect.high, "{effect:?}");
    assert!(effect.high - effect.low < 150.0, "the interval is of use: {effect:?}");
    assert!(result.treated.matched >= 100, "{:?}", result.treated);
    assert_eq!((result.months.before, result.months.after), (6, 6));
    // assets are a stock: the total is over persons, not over their months
    let total = result.total.unwrap();
    assert_eq!((total.persons, total.factor), (result.treated.matched, result.treated.matched));
    assert!((total.value as f64 - effect.value * total.factor as f64).abs() <= 0.5);
    assert!(result.trend.as_ref().unwrap().holds);
    assert_eq!(result.gaps.iter().map(|g| g.month).collect::<Vec<_>>(), (-6..6).collect::<Vec<_>>());
    assert!(result.balance.iter().all(|b| b.after.abs() < 0.25));
    let placebo = result.sensitivity.iter().find(|s| s.kind == SensitivityKind::Placebo).unwrap();
    assert!(placebo.low.unwrap() < 0.0 && placebo.high.unwrap() > 0.0, "{placebo:?}");
    let kept = evaluation::find(&world.ctx(), &made.id).await.unwrap().0;
    assert_eq!(kept, made);
}

#[tokio::test]
async fn an_initiative_without_effect_is_not_proven() {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    deliver(&world, "aum", TREATED + CONTROLS, usual).await;
    let id = launch(&world, Pillar::Customer, "").await;
    let result = evaluate(&world, &id, "aum").await.result;
    assert_eq!((result.verdict, result.why), (Verdict::NotProven, Some(NotProven::WithinChance)));
    let effect = result.effect.unwrap();
    assert!(effect.low < 0.0 && effect.high > 0.0, "{effect:?}");
}

#[tokio::test]
async fn arms_that_drifted_apart_before_prove_nothing() {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    let live = month(LIVE);
    // the treated begin to rise three months early, in a curve that matching on level and slope cannot remove
    deliver(&world, "aum", TREATED + CONTROLS, |i, m| {
        let early = [0.0, 0.0, 150.0, -150.0, 150.0, -150.0];
        let bump = usize::try_from(m - live + 6).ok().and_then(|k| early.get(k)).copied().unwrap_or(300.0);
        usual(i, m) + if i < TREATED { bump } else { 0.0 }
    })
    .await;
    let id = launch(&world, Pillar::Customer, "").await;
    let result = evaluate(&world, &id, "aum").await.result;
    assert_eq!(result.verdict, Verdict::NotProven);
    assert!(matches!(result.why, Some(NotProven::TrendsDiffer { p }) if p < 0.05), "{:?}", result.why);
    assert!(result.effect.is_some(), "the figure is shown beside the reason");
}

#[tokio::test]
async fn fewer_lost_customers_are_a_gain_though_the_figure_falls() {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    let live = month(LIVE);
    deliver(&world, "churn", TREATED + CONTROLS, |i, m| {
        let rate = if i < TREATED && m >= live { 0.05 } else { 0.30 };
        if f64::midpoint(noise(i, m), 1.0) < rate { 1.0 } else { 0.0 }
    })
    .await;
    let id = launch(&world, Pillar::Customer, "").await;
    let result = evaluate(&world, &id, "churn").await.result;
    assert_eq!(result.verdict, Verdict::Gain, "{:?}", result.why);
    assert!(result.effect.unwrap().value < 0.0);
    let total = result.total.unwrap();
    assert!(total.value > 0, "improvements are positive");
    assert_eq!(total.factor, result.means.unwrap().treated_after.n, "churn is a flow: months add up");
    let kinds: Vec<SensitivityKind> = result.sensitivity.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [SensitivityKind::Placebo]);
}

/// Low scorers of June whose outcome dips before the voice and comes back by
/// itself; the first ones get a case. `lift` is what the case adds.
async fn cases_of_june(world: &World, lift: f64) {
    let low = TREATED + 400;
    let said: Vec<(String, &str, u8, &str)> =
        (0..TREATED + CONTROLS).map(|i| (person(i), "redeem", if i < low { 2 } else { 9 }, "2025-06-10")).collect();
    hear(world, Pillar::Customer, &said).await;
    let voiced = month("2025-06");
    deliver(world, "aum", TREATED + CONTROLS, |i, m| {
        let dip = if i < low && (voiced - 3..=voiced).contains(&m) { -500.0 } else { 0.0 };
        usual(i, m) + dip + if i < TREATED && m > voiced { lift } else { 0.0 }
    })
    .await;
    for i in 0..TREATED {
        resolve(world, 1 + i as i64, &person(i), &format!("r.{}.{i}", person(i)), "2025-06-11").await;
    }
}

async fn evaluate_june(world: &World) -> Evaluation {
    let design = Design { months_before: 5, ..Design::of("aum") };
    let request = Request { subject: Subject::Cases(june(false)), design };
    evaluation::evaluate(&world.ctx(), request).await.unwrap()
}

#[tokio::test]
async fn low_scorers_who_rise_by_themselves_are_no_gain_of_their_cases() {
    let world = World::new().await;
    cases_of_june(&world, 0.0).await;
    let result = evaluate_june(&world).await.result;
    let means = result.means.unwrap();
    let naive = means.treated_after.mean - means.treated_before.mean;
    assert!(naive > 300.0, "before and after alone would claim {naive}");
    assert_eq!(
        (result.verdict, result.why),
        (Verdict::NotProven, Some(NotProven::WithinChance)),
        "{:?}",
        result.effect
    );
}

#[tokio::test]
async fn cases_that_help_are_a_gain_against_equally_low_scorers() {
    let world = World::new().await;
    cases_of_june(&world, 250.0).await;
    let made = evaluate_june(&world).await;
    let result = &made.result;
    assert_eq!(result.verdict, Verdict::Gain, "{:?}", result.why);
    let effect = result.effect.as_ref().unwrap();
    assert!(effect.low < 250.0 && 250.0 < effect.high, "{effect:?}");
    assert_eq!(result.controls.found, 400, "the happy have no stratum with a case");
    assert!(result.gaps.iter().all(|g| g.month != 0), "the month of voice and resolution belongs to neither side");
    assert_eq!(made.subject.key(), "customer/*/2025-06..2025-06/resolved");
}

#[tokio::test]
async fn what_gives_no_figure_is_kept_with_its_reason() {
    let world = World::new().await;
    hear_before(&world, Pillar::Customer).await;
    let id = launch(&world, Pillar::Customer, "").await;
    let reason = |e: Evaluation| match e.result.why {
        Some(NotProven::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(evaluate(&world, &id, "aum").await), "no_outcomes");
    deliver(&world, "aum", 30, usual).await;
    assert_eq!(reason(evaluate(&world, &id, "aum").await), "too_few_matched");
    let (kept, total) = evaluation::list(&world.ctx(), &Wanted::default(), 0, 10).await.unwrap();
    assert_eq!((kept.len(), total), (2, 2));
}

fn code(refused: Result<Evaluation, Error>) -> &'static str {
    match refused {
        Err(Error::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn employees_are_never_compared_person_by_person() {
    let world = World::new().await;
    hear_before(&world, Pillar::Employee).await;
    deliver(&world, "aum", TREATED + CONTROLS, usual).await;
    let id = launch(&world, Pillar::Employee, "").await;
    let initiative = Request { subject: Subject::Initiative { id }, design: Design::of("aum") };
    assert_eq!(code(evaluation::evaluate(&world.ctx(), initiative).await), "evaluation_employee_persons");
    let cases = ClosedCases { pillar: Pillar::Employee, ..june(false) };
    let cases = Request { subject: Subject::Cases(cases), design: Design::of("aum") };
    assert_eq!(code(evaluation::evaluate(&world.ctx(), cases).await), "evaluation_employee_persons");
}

#[tokio::test]
async fn only_who_may_improve_and_see_all_units_evaluates() {
    let world = World::new().await;
    let id = launch(&world, Pillar::Customer, "").await;
    let actor = |role, units| Actor {
        kind: ActorKind::User(world.owner.clone()),
        role,
        scope: Scope { org: world.org.clone(), units },
    };
    let request = || Request { subject: Subject::Initiative { id: id.clone() }, design: Design::of("aum") };
    let manager = actor(Role::UnitManager, UnitScope::All);
    let refused = evaluation::evaluate(&Ctx::new(&world.app, &manager), request()).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    let analyst = actor(Role::Analyst, UnitScope::Subtree("/root/east/".to_owned()));
    let refused = evaluation::evaluate(&Ctx::new(&world.app, &analyst), request()).await;
    assert_eq!(code(refused), "evaluation_whole_organisation");
}

#[tokio::test]
async fn an_initiative_of_this_month_is_too_early_to_judge() {
    let world = World::at("2025-07-20T01:00:00Z").await;
    let id = launch(&world, Pillar::Customer, "").await;
    let request = Request { subject: Subject::Initiative { id }, design: Design::of("aum") };
    assert_eq!(code(evaluation::evaluate(&world.ctx(), request).await), "evaluation_too_early");
}
