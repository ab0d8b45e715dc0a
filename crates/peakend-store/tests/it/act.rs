//! What the store promises about cases, jobs, calendars and initiatives.
use std::collections::BTreeMap;

use peakend_domain::act::alert::Alert;
use peakend_domain::act::alert_rule::AlertRuleDraft;
use peakend_domain::act::calendar::china;
use peakend_domain::act::case::{Case, CaseOpening, Contact, ContactOutcome, Deed, Priority, Resolution, RootCause};
use peakend_domain::act::initiative::{Baseline, FrozenFigure, Initiative, InitiativeState, Target, Task};
use peakend_domain::act::job::{JobRequest, JobState};
use peakend_domain::act::sla::Sla;
use peakend_domain::{
    AlertId, AlertRuleId, CalendarId, CaseEntryId, CaseId, Day, InitiativeId, JobId, OrgId, Pillar, Scope, TaskId,
    UnitScope, UserId,
};
use peakend_store::act::calendar::StoredCalendar;
use peakend_store::act::case::{CaseEntry, CaseFilter, CaseOrder, CaseSight, CaseView};
use peakend_store::act::{alert, alert_rule, calendar, case, initiative, job};

use crate::{at, on_both};

fn org() -> OrgId {
    OrgId::stored("org_a".to_owned())
}

fn user(name: &str) -> UserId {
    UserId::stored(format!("usr_{name}"))
}

fn scope(path: &str) -> Scope {
    Scope { org: org(), units: UnitScope::Subtree(path.to_owned()) }
}

pub(crate) fn new_case(number: i64, path: &str, owner: Option<UserId>) -> Case {
    let unit = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let opening = CaseOpening {
        org: org(),
        id: CaseId::stored(format!("cas_{number:04}")),
        number,
        pillar: Pillar::Customer,
        person: format!("per_{number}"),
        voice: format!("r.{number}"),
        rule: "alr_1".to_owned(),
        touchpoint_code: "redeem".to_owned(),
        line_code: "funds".to_owned(),
        unit_code: unit,
        unit_path: path.to_owned(),
        priority: Priority::High,
        score: Some(3),
        title: "赎回慢".to_owned(),
        calendar: CalendarId::stored("cal_1".to_owned()),
        at: at(number),
    };
    let sla = Sla { contact_due_at: at(number + 3600), resolve_due_at: at(number + 7200) };
    Case::open(opening, owner, sla)
}

pub(crate) fn closed(case: Case) -> Case {
    let contact = Contact { channel: "phone".to_owned(), outcome: ContactOutcome::Reached, note: String::new() };
    let resolution = Resolution { root_cause: RootCause::Process, note: "two forms".to_owned() };
    let from = case.opening.at;
    let later = |s: i64| from + jiff::SignedDuration::from_secs(s);
    case.take(user("ann"), later(1))
        .and_then(|c| c.contact(contact, later(2)))
        .and_then(|c| c.resolve(resolution, None, later(3)))
        .unwrap()
}

#[tokio::test]
async fn a_case_reads_back_and_a_stale_writer_changes_nothing() {
    on_both("case_round", |store| async move {
        let opened = new_case(1, "/hq/east/b1/", Some(user("bob")));
        let mut tx = store.begin().await.unwrap();
        case::insert(&mut tx, &opened).await.unwrap();
        let all = Scope::all(org());
        let sight = CaseSight { scope: &all, own: None };
        assert_eq!(case::find(&mut tx, sight, &opened.opening.id).await.unwrap(), Some(opened.clone()));
        let done = closed(opened.clone());
        assert!(case::save(&mut tx, &done, opened.revision).await.unwrap());
        assert!(!case::save(&mut tx, &opened, opened.revision).await.unwrap());
        assert_eq!(case::find(&mut tx, sight, &opened.opening.id).await.unwrap(), Some(done));
        assert_eq!(case::next_number(&mut tx, &org()).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let stranger = Scope::all(OrgId::stored("org_b".to_owned()));
        let mut tx = store.read().await.unwrap();
        let sight = CaseSight { scope: &stranger, own: Some(&user("bob")) };
        assert_eq!(case::find(&mut tx, sight, &opened.opening.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_reader_sees_the_subtree_and_their_own_cases_only() {
    on_both("case_scope", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let paths = ["/hq/east/b1/", "/hq/east/b2/", "/hq/west/b3/", "/hq/east/b10/"];
        for (i, path) in paths.iter().enumerate() {
            let owner = (i == 2).then(|| user("ann"));
            case::insert(&mut tx, &new_case(i64::try_from(i).unwrap() + 1, path, owner)).await.unwrap();
        }
        let east = scope("/hq/east/");
        let b1 = scope("/hq/east/b1/");
        let ann = user("ann");
        let seen = async |tx: &mut peakend_store::Tx, sight: CaseSight<'_>, view| {
            let filter = CaseFilter::default();
            let page = case::page(tx, sight, (view, view.usual_order()), &filter, at(0), None, 50).await.unwrap();
            assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
            page.items.iter().map(|g| g.case.opening.number).collect::<Vec<_>>()
        };
        assert_eq!(seen(&mut tx, CaseSight { scope: &east, own: None }, CaseView::Team).await, [1, 2, 4]);
        assert_eq!(seen(&mut tx, CaseSight { scope: &b1, own: None }, CaseView::Team).await, [1]);
        assert_eq!(seen(&mut tx, CaseSight { scope: &b1, own: Some(&ann) }, CaseView::Team).await, [1, 3]);
        assert_eq!(seen(&mut tx, CaseSight { scope: &b1, own: Some(&ann) }, CaseView::Mine).await, [3]);
        let west = CaseId::stored("cas_0003".to_owned());
        assert!(case::find(&mut tx, CaseSight { scope: &b1, own: None }, &west).await.unwrap().is_none());
        let (sight, any) = (CaseSight { scope: &east, own: None }, CaseFilter::default());
        let counts = case::counts(&mut tx, sight, &any, at(3602)).await.unwrap();
        assert_eq!((counts.all, counts.team, counts.overdue, counts.closed, counts.mine), (3, 3, 1, 0, 0));
        let in_b1 = CaseFilter { unit: "b1".to_owned(), ..CaseFilter::default() };
        let all = Scope::all(org());
        let sight = CaseSight { scope: &all, own: None };
        let page = case::page(&mut tx, sight, (CaseView::All, CaseOrder::Newest), &in_b1, at(0), None, 50);
        assert_eq!(page.await.unwrap().total, 1);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    on_both("case_pages", |store| async move {
        let mut tx = store.begin().await.unwrap();
        for number in 1..=23 {
            let case = new_case(number, "/hq/b1/", None);
            case::insert(&mut tx, &if number % 2 == 0 { closed(case) } else { case }).await.unwrap();
        }
        let all = Scope::all(org());
        let sight = CaseSight { scope: &all, own: None };
        let orders = [CaseOrder::Due, CaseOrder::Newest, CaseOrder::Score];
        let tabs = [(CaseView::All, 23), (CaseView::Team, 12), (CaseView::Closed, 11)];
        for ((view, wanted), order) in tabs.into_iter().flat_map(|tab| orders.map(|order| (tab, order))) {
            let (mut numbers, mut cursor) = (Vec::new(), None);
            loop {
                let filter = CaseFilter { priority: Some(Priority::High), from: Some(at(0)), ..CaseFilter::default() };
                let page = case::page(&mut tx, sight, (view, order), &filter, at(0), cursor.as_ref(), 5).await.unwrap();
                assert_eq!(page.total, wanted);
                numbers.extend(page.items.iter().map(|g| g.case.opening.number));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let mut distinct = numbers.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(i64::try_from(distinct.len()).unwrap(), wanted);
            assert_eq!(numbers.len(), distinct.len());
        }
    })
    .await;
}

#[tokio::test]
async fn work_is_listed_by_what_is_due_next_or_by_age_or_by_the_worst_score() {
    on_both("case_order", |store| async move {
        let mut tx = store.begin().await.unwrap();
        // opened one after the other: NPS 3 of 10, CSAT 1 of 5, no score
        for number in 1..=3 {
            let mut case = new_case(number, "/hq/b1/", None);
            case.opening.score = [Some(3), Some(1), None][usize::try_from(number - 1).unwrap()];
            case::insert(&mut tx, &case).await.unwrap();
            let mut said = crate::value::a_voice(&format!("r.{number}"), number, 3, "", "/hq/b1/");
            (said.nps, said.csat) =
                [(Some(3), None), (None, Some(1)), (None, None)][usize::try_from(number - 1).unwrap()];
            peakend_store::sense::voice::insert(&mut tx, &said).await.unwrap();
        }
        // the first one is contacted: what is due next is its resolution, an hour later
        let first = new_case(1, "/hq/b1/", None);
        let contact = Contact { channel: "phone".to_owned(), outcome: ContactOutcome::Reached, note: String::new() };
        let contacted = first.clone().take(user("ann"), at(2)).and_then(|c| c.contact(contact, at(3))).unwrap();
        assert!(case::save(&mut tx, &contacted, first.revision).await.unwrap());
        case::insert(&mut tx, &closed(new_case(4, "/hq/b1/", None))).await.unwrap();
        let all = Scope::all(org());
        let sight = CaseSight { scope: &all, own: None };
        let mut seen = Vec::new();
        for order in ["due", "newest", "score"] {
            let order = (CaseView::All, CaseOrder::parse(order).unwrap());
            let page = case::page(&mut tx, sight, order, &CaseFilter::default(), at(0), None, 50).await.unwrap();
            seen.push(page.items.iter().map(|g| g.case.opening.number).collect::<Vec<_>>());
        }
        assert_eq!(seen, [[2, 3, 1, 4], [4, 3, 2, 1], [2, 1, 3, 4]]);
    })
    .await;
}

#[tokio::test]
async fn the_stored_history_replays_to_the_stored_state() {
    on_both("case_replay", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let opened = new_case(1, "/hq/b1/", None);
        case::insert(&mut tx, &opened).await.unwrap();
        let deeds = [
            Deed::Taken { by: user("ann") },
            Deed::Noted { text: "angry, rightly".to_owned() },
            Deed::Contacted(Contact {
                channel: "phone".to_owned(),
                outcome: ContactOutcome::Reached,
                note: String::new(),
            }),
            Deed::Resolved {
                resolution: Resolution { root_cause: RootCause::Waiting, note: String::new() },
                reask: None,
            },
        ];
        let mut now = opened.clone();
        for deed in deeds {
            // all at the same instant: the order is the revision's, not the clock's
            let seen = now.revision;
            now = now.apply(&deed, at(50)).unwrap();
            assert!(case::save(&mut tx, &now, seen).await.unwrap());
            let entry = CaseEntry {
                id: CaseEntryId::stored(format!("cae_{}", 9 - now.revision)),
                revision: now.revision,
                kind: deed.kind().to_owned(),
                body: serde_json::to_value(&deed).unwrap(),
                author: "usr_ann".to_owned(),
                at: at(50),
            };
            case::add_entry(&mut tx, &org(), &opened.opening.id, &entry).await.unwrap();
        }
        let history = case::entries(&mut tx, &org(), &opened.opening.id).await.unwrap();
        let replayed = history.iter().fold(opened.clone(), |case, entry| {
            case.apply(&serde_json::from_value(entry.body.clone()).unwrap(), entry.at).unwrap()
        });
        let all = Scope::all(org());
        let sight = CaseSight { scope: &all, own: None };
        assert_eq!(case::find(&mut tx, sight, &opened.opening.id).await.unwrap(), Some(replayed));
        assert!(case::open_of(&mut tx, &org(), "per_1", "redeem").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_voice_meets_a_rule_once() {
    on_both("alert_once", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let alert = |id: &str| Alert {
            id: AlertId::stored(id.to_owned()),
            rule: AlertRuleId::stored("alr_1".to_owned()),
            voice: "r.1".to_owned(),
            case: CaseId::stored("cas_1".to_owned()),
            at: at(0),
        };
        assert!(alert::insert(&mut tx, &org(), &alert("alt_1")).await.unwrap());
        assert!(!alert::insert(&mut tx, &org(), &alert("alt_2")).await.unwrap());
        assert!(alert::exists(&mut tx, &org(), "alr_1", "r.1").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn calendars_and_rules_are_kept_under_their_own_code() {
    on_both("rules", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let stored = |id: &str, code: &str| StoredCalendar {
            id: CalendarId::stored(id.to_owned()),
            code: code.to_owned(),
            name: "工作日历".to_owned(),
            document: china(),
        };
        assert!(calendar::put(&mut tx, &org(), &stored("cal_1", "standard")).await.unwrap());
        assert!(!calendar::put(&mut tx, &org(), &stored("cal_2", "standard")).await.unwrap());
        assert!(calendar::put(&mut tx, &org(), &stored("cal_1", "china")).await.unwrap());
        assert_eq!(calendar::list(&mut tx, &org()).await.unwrap(), [stored("cal_1", "china")]);
        let found = calendar::find(&mut tx, &org(), &CalendarId::stored("cal_1".to_owned())).await.unwrap().unwrap();
        assert!(found.calendar().is_ok());
        let draft = |priority| AlertRuleDraft {
            code: format!("{priority:?}").to_lowercase(),
            name: "x".to_owned(),
            pillar: Pillar::Customer,
            condition: "nps <= 6".to_owned(),
            priority,
            contact_minutes: 60,
            resolve_minutes: 480,
            calendar: CalendarId::stored("cal_1".to_owned()),
            enabled: true,
        };
        for priority in [Priority::Normal, Priority::Urgent, Priority::High] {
            let id = AlertRuleId::stored(format!("alr_{priority:?}"));
            assert!(alert_rule::put(&mut tx, &draft(priority).into_rule(org(), id, at(0))).await.unwrap());
        }
        let rules = alert_rule::list(&mut tx, &org()).await.unwrap();
        assert_eq!(rules.iter().map(|r| r.priority).collect::<Vec<_>>(), Priority::ALL);
        let id = AlertRuleId::stored("alr_x".to_owned());
        assert!(!alert_rule::put(&mut tx, &draft(Priority::High).into_rule(org(), id, at(0))).await.unwrap());
        assert!(alert_rule::case_counts(&mut tx, &org()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_job_is_leased_retried_buried_and_replayed() {
    on_both("jobs", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let request = |key: &str, run_at| JobRequest {
            kind: "reask".to_owned(),
            payload: serde_json::json!({"case": key}),
            run_at,
            unique_key: key.to_owned(),
        };
        let id = |text: &str| JobId::stored(text.to_owned());
        assert!(job::enqueue(&mut tx, &org(), &id("job_1"), &request("cas_1", at(10)), at(0)).await.unwrap());
        assert!(!job::enqueue(&mut tx, &org(), &id("job_2"), &request("cas_1", at(10)), at(0)).await.unwrap());
        assert!(job::claim(&mut tx, at(9), 10).await.unwrap().is_empty());
        let first = job::claim(&mut tx, at(10), 10).await.unwrap().remove(0);
        assert_eq!((first.attempts, first.state), (1, JobState::Running));
        assert!(job::claim(&mut tx, at(11), 10).await.unwrap().is_empty(), "the lease holds");
        let second = job::claim(&mut tx, at(10 + 121), 10).await.unwrap().remove(0);
        assert!(!job::finish(&mut tx, &first, at(132)).await.unwrap(), "the lease has passed on");
        let mut now = at(132);
        let mut running = second;
        let mut state = job::fail(&mut tx, &running, "mail server away", now).await.unwrap();
        while state == JobState::Waiting {
            now += jiff::SignedDuration::from_hours(25);
            running = job::claim(&mut tx, now, 10).await.unwrap().remove(0);
            state = job::fail(&mut tx, &running, "mail server away", now).await.unwrap();
        }
        let (dead, total, _) = job::page(&mut tx, &org(), Some(JobState::Dead), "", 10).await.unwrap();
        assert_eq!(job::counts(&mut tx, &org()).await.unwrap(), BTreeMap::from([("dead".to_owned(), 1)]));
        assert_eq!((dead.len(), total, dead[0].last_error.as_str(), dead[0].attempts), (1, 1, "mail server away", 7));
        assert!(job::replay(&mut tx, &org(), &id("job_1"), now).await.unwrap());
        assert!(!job::replay(&mut tx, &org(), &id("job_1"), now).await.unwrap());
        let again = job::claim(&mut tx, now, 10).await.unwrap().remove(0);
        assert!(job::finish(&mut tx, &again, now).await.unwrap());
        assert_eq!(job::find(&mut tx, &org(), &id("job_1")).await.unwrap().unwrap().state, JobState::Done);
    })
    .await;
}

fn new_initiative() -> Initiative {
    Initiative {
        org: org(),
        id: InitiativeId::stored("ini_1".to_owned()),
        number: 1,
        name: "当天到账".to_owned(),
        pillar: Pillar::Customer,
        finding: String::new(),
        touchpoint_code: "redeem".to_owned(),
        line_code: "funds".to_owned(),
        owner: user("ann"),
        departments: vec!["运营".to_owned()],
        target: Target { metric: "nps".to_owned(), filter: BTreeMap::new(), value: 20.5 },
        state: InitiativeState::Draft,
        created_at: at(0),
        revision: 0,
    }
}

fn baseline(n: u64) -> Baseline {
    let overall =
        FrozenFigure { n, value: Some(3.25), low: Some(1.0), high: Some(5.0), counts: serde_json::json!({"n": n}) };
    Baseline {
        metric: "nps".to_owned(),
        definition: "nps.1".to_owned(),
        filter: BTreeMap::new(),
        from: Day(20_000),
        to: Day(20_090),
        overall,
        months: Vec::new(),
        frozen_at: at(5),
        frozen_by: "usr_ann".to_owned(),
    }
}

#[tokio::test]
async fn a_stored_baseline_is_never_written_again() {
    on_both("initiative", |store| async move {
        let mut tx = store.begin().await.unwrap();
        let draft = new_initiative();
        initiative::insert(&mut tx, &draft).await.unwrap();
        let frozen = draft.clone().freeze(baseline(40), Day(20_100)).unwrap();
        assert!(initiative::save(&mut tx, &frozen, 0).await.unwrap());
        assert!(!initiative::save(&mut tx, &draft, 0).await.unwrap(), "a stale writer changes nothing");
        let live = frozen.launch(Day(20_101)).unwrap();
        assert!(initiative::save(&mut tx, &live, 1).await.unwrap());
        assert_eq!(initiative::find(&mut tx, &org(), &live.id).await.unwrap(), Some(live.clone()));
        let task = Task {
            id: TaskId::stored("tsk_1".to_owned()),
            title: "one form".to_owned(),
            department: "运营".to_owned(),
            owner: None,
            due_on: Some(Day(20_120)),
            done_at: None,
            position: 1,
        };
        initiative::put_task(&mut tx, &org(), &live.id, &task).await.unwrap();
        let done = Task { done_at: Some(at(9)), ..task };
        initiative::put_task(&mut tx, &org(), &live.id, &done).await.unwrap();
        assert_eq!(initiative::tasks(&mut tx, &org(), &live.id).await.unwrap(), [done]);
        assert_eq!(initiative::next_number(&mut tx, &org()).await.unwrap(), 2);
        let (page, total) = initiative::page(&mut tx, &org(), "live", None, 10).await.unwrap();
        assert_eq!((page.len(), total), (1, 1));
        let (page, total) = initiative::page(&mut tx, &org(), "draft", Some(5), 10).await.unwrap();
        assert_eq!((page.len(), total), (0, 0));
    })
    .await;
}
