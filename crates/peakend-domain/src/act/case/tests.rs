//! The state machine of a case: no illegal path, and replaying the history gives the state.
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_603_600 + seconds).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::stored(format!("usr_{name}"))
}

fn sla() -> Sla {
    Sla { contact_due_at: at(3600), resolve_due_at: at(7200) }
}

fn case(person: &str) -> Case {
    let opening = CaseOpening {
        org: OrgId::stored("org_a".to_owned()),
        id: CaseId::stored("cas_a".to_owned()),
        number: 1,
        pillar: Pillar::Customer,
        person: person.to_owned(),
        voice: "r.1".to_owned(),
        rule: "alr_1".to_owned(),
        touchpoint_code: "redeem".to_owned(),
        line_code: "funds".to_owned(),
        unit_code: "b1".to_owned(),
        unit_path: "/root/b1/".to_owned(),
        priority: Priority::High,
        score: Some(2),
        title: "it took a week".to_owned(),
        calendar: CalendarId::stored("cal_1".to_owned()),
        at: at(0),
    };
    Case::open(opening, Some(user("owner")), sla())
}

fn contact(outcome: ContactOutcome) -> Contact {
    Contact { channel: "phone".to_owned(), outcome, note: String::new() }
}

fn resolution() -> Resolution {
    Resolution { root_cause: RootCause::Process, note: "two forms".to_owned() }
}

fn reask() -> Reask {
    let (send_at, expires_at) = (at(300_000), at(3_000_000));
    Reask { survey: "reask".to_owned(), link: "/s/x".to_owned(), send_at, expires_at, answered_by: None }
}

#[test]
fn a_case_is_taken_contacted_closed_and_recovered() {
    let closed = case("per_1")
        .take(user("a"), at(10))
        .and_then(|c| c.contact(contact(ContactOutcome::NoAnswer), at(20)))
        .and_then(|c| c.contact(contact(ContactOutcome::Reached), at(30)))
        .and_then(|c| c.offer(Offer { kind: "fee_refund".to_owned(), amount: None, note: String::new() }, at(40)))
        .and_then(|c| c.resolve(resolution(), Some(reask()), at(50)))
        .unwrap();
    assert_eq!((closed.first_contact_at, closed.closed_at()), (Some(at(30)), Some(at(50))));
    assert_eq!((closed.recovery, closed.revision), (Recovery::Waiting, 5));
    let settled = closed.settle(Recovery::Recovered, "r.2".to_owned(), at(60)).unwrap();
    assert_eq!(settled.recovery, Recovery::Recovered);
    assert_eq!(settled.settle(Recovery::NotRecovered, "r.3".to_owned(), at(61)), Err(CaseRefusal::AlreadySettled));
}

#[test]
fn nobody_closes_a_known_persons_case_without_trying_to_reach_them() {
    let taken = case("per_1").take(user("a"), at(10)).unwrap();
    assert_eq!(taken.clone().resolve(resolution(), None, at(20)), Err(CaseRefusal::NoContactTried));
    let tried = taken.contact(contact(ContactOutcome::WrongAddress), at(15)).unwrap();
    assert!(tried.resolve(resolution(), None, at(20)).is_ok());
    let nameless = case("").take(user("a"), at(10)).unwrap();
    assert!(nameless.resolve(resolution(), None, at(20)).is_ok());
}

#[test]
fn handing_over_an_untouched_case_puts_it_back_into_the_queue_of_its_new_owner() {
    let handed = case("per_1").take(user("a"), at(1)).and_then(|c| c.assign(user("b"), at(2))).unwrap();
    assert_eq!((handed.owner.clone(), handed.state.phase()), (Some(user("b")), Phase::Open));
    let reached = handed
        .take(user("b"), at(3))
        .and_then(|c| c.contact(contact(ContactOutcome::Reached), at(4)))
        .and_then(|c| c.assign(user("c"), at(5)))
        .unwrap();
    assert_eq!((reached.owner.clone(), reached.state.phase()), (Some(user("c")), Phase::Contacted));
}

#[test]
fn a_second_voice_joins_for_seven_days_while_the_case_is_open() {
    let open = case("per_1");
    assert!(open.takes_in(at(7 * 86_400 - 1)));
    assert!(!open.takes_in(at(7 * 86_400)));
    assert!(!open.takes_in(at(-1)));
    let closed = case("").take(user("a"), at(1)).and_then(|c| c.resolve(resolution(), None, at(2))).unwrap();
    assert!(!closed.takes_in(at(3)));
}

#[test]
fn a_deed_before_the_opening_is_refused() {
    assert_eq!(case("per_1").take(user("a"), at(-1)), Err(CaseRefusal::BeforeOpening));
}

fn any_user() -> impl Strategy<Value = UserId> {
    proptest::sample::select(vec![user("a"), user("b")])
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        any_user().prop_map(|by| Deed::Taken { by }),
        any_user().prop_map(|to| Deed::Assigned { to }),
        proptest::sample::select(ContactOutcome::ALL.to_vec()).prop_map(|o| Deed::Contacted(contact(o))),
        Just(Deed::Noted { text: "x".to_owned() }),
        Just(Deed::Offered(Offer { kind: "apology".to_owned(), amount: None, note: String::new() })),
        any::<bool>().prop_map(|ask| Deed::Resolved { resolution: resolution(), reask: ask.then(reask) }),
        proptest::sample::select(Recovery::ALL.to_vec())
            .prop_map(|recovery| Deed::Settled { recovery, voice: "r.9".to_owned() }),
        Just(Deed::Reopened { reason: "called again".to_owned(), sla: sla() }),
        Just(Deed::VoiceJoined { voice: "r.2".to_owned(), rule: "alr_1".to_owned() }),
    ]
}

/// The permitted arrows between phases, written down a second time and by hand.
const ARROWS: [(Phase, Phase); 15] = [
    (Phase::Open, Phase::Open),
    (Phase::Open, Phase::Taken),
    (Phase::Taken, Phase::Taken),
    (Phase::Taken, Phase::Open),
    (Phase::Taken, Phase::Contacted),
    (Phase::Taken, Phase::Resolved),
    (Phase::Contacted, Phase::Contacted),
    (Phase::Contacted, Phase::Recovering),
    (Phase::Contacted, Phase::Resolved),
    (Phase::Recovering, Phase::Recovering),
    (Phase::Recovering, Phase::Resolved),
    (Phase::Resolved, Phase::Resolved),
    (Phase::Resolved, Phase::Reopened),
    (Phase::Reopened, Phase::Reopened),
    (Phase::Reopened, Phase::Taken),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_path_is_illegal_and_replaying_the_history_gives_the_state(
        person in proptest::sample::select(vec!["", "per_1"]),
        deeds in proptest::collection::vec(any_deed(), 0..40),
    ) {
        let mut now = case(person);
        let mut history = Vec::new();
        for (i, deed) in deeds.into_iter().enumerate() {
            let instant = at(i64::try_from(i).unwrap());
            let before = now.clone();
            if let Ok(next) = now.clone().apply(&deed, instant) {
                let arrow = (before.state.phase(), next.state.phase());
                prop_assert!(ARROWS.contains(&arrow), "{:?} by {:?}", arrow, deed);
                prop_assert_eq!(next.revision, before.revision + 1);
                prop_assert!(before.first_contact_at.is_none() || next.first_contact_at == before.first_contact_at);
                let working = matches!(next.state.phase(), Phase::Taken | Phase::Contacted | Phase::Recovering);
                prop_assert!(!working || next.owner.is_some());
                prop_assert_eq!(next.closed_at().is_some(), next.root_cause().is_some());
                history.push((instant, serde_json::to_string(&deed).unwrap()));
                now = next;
            }
        }
        let mut replayed = case(person);
        for (instant, body) in history {
            let deed: Deed = serde_json::from_str(&body).unwrap();
            replayed = replayed.apply(&deed, instant).unwrap();
        }
        prop_assert_eq!(replayed, now);
    }
}
