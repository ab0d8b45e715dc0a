//! Attacks on the gate, and the reference case.
use std::collections::BTreeMap;

use super::*;

fn shown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Shown)
}

fn cell(key: &str, rank: u8, members: impl IntoIterator<Item = u32>) -> Candidate {
    Candidate { key: key.to_owned(), rank, members: members.into_iter().collect(), earlier: None }
}

#[test]
fn a_hidden_small_team_hides_its_only_sibling() {
    let mut audit = Audit::new(5, 12);
    let outcomes = release(&mut audit, &[cell("unit", 0, 0..12), cell("a", 2, 0..9), cell("b", 2, 9..12)]);
    assert!(shown(&outcomes[0]));
    assert_eq!(outcomes[1], Outcome::Withheld(Withheld::Derivable));
    assert_eq!(outcomes[2], Outcome::Withheld(Withheld::BelowMinimum));
}

#[test]
fn a_view_that_differs_by_one_person_is_refused_whoever_asked_before() {
    let mut audit = Audit::new(5, 40);
    audit.recall(&(0..30).collect::<Vec<_>>());
    let without_one: Vec<u32> = (1..30).collect();
    assert_eq!(audit.admit(&without_one), Err(Withheld::Derivable));
    let with_one: Vec<u32> = (0..31).collect();
    assert_eq!(audit.admit(&with_one), Err(Withheld::Derivable));
    let with_six: Vec<u32> = (0..36).collect();
    assert_eq!(audit.admit(&with_six), Ok(()));
}

#[test]
fn four_people_split_over_three_views_are_still_one_group() {
    // A + B + C - (A without x) - (B without y) - … sums over x, y, z, v
    let mut audit = Audit::new(5, 60);
    audit.recall(&(0..60).collect::<Vec<_>>());
    for from in [0, 15, 30] {
        audit.recall(&(from + 1..from + 15).collect::<Vec<_>>());
    }
    // the rest of the company but four: 1 + 1 + 1 + 1 people would be left over
    let rest: Vec<u32> = (46..60).collect();
    assert_eq!(audit.admit(&rest), Err(Withheld::Derivable));
    assert_eq!(audit.admit(&(50..60).collect::<Vec<_>>()), Ok(()));
}

#[test]
fn too_few_newcomers_leave_the_figure_as_it_was_released() {
    let mut audit = Audit::new(5, 20);
    let earlier: Vec<u32> = (0..10).collect();
    audit.recall(&earlier);
    let mut now = cell("east", 1, 0..11);
    now.earlier = Some(earlier.clone());
    assert_eq!(release(&mut audit, &[now.clone()]), [Outcome::AsReleased(earlier)]);
    now.members = (0..15).collect();
    assert_eq!(release(&mut audit, &[now]), [Outcome::Shown]);
}

#[test]
fn texts_may_not_be_singled_out_by_intersection_either() {
    let mut texts = TextAudit::new(10, 60);
    assert_eq!(texts.admit(&(0..9).collect::<Vec<_>>()), Err(Withheld::BelowMinimum));
    assert_eq!(texts.admit(&(0..30).collect::<Vec<_>>()), Ok(()));
    // 5 of the texts shown before, 15 new ones
    assert_eq!(texts.admit(&(25..45).collect::<Vec<_>>()), Err(Withheld::Derivable));
    assert_eq!(texts.admit(&(0..31).collect::<Vec<_>>()), Err(Withheld::Derivable));
    assert_eq!(texts.admit(&(10..30).collect::<Vec<_>>()), Ok(()));
    assert_eq!(texts.admit(&(0..30).collect::<Vec<_>>()), Ok(()));
}

#[test]
fn a_unanimous_team_is_shown_as_a_range() {
    assert_eq!(unanimity_band(&[0, 0, 6], -100.0, 100.0).map(|b| b.1), Some(100.0));
    assert!(unanimity_band(&[0, 0, 6], -100.0, 100.0).unwrap().0 < 40.0);
    assert_eq!(unanimity_band(&[1, 0, 6], -100.0, 100.0), None);
    assert_eq!(unanimity_band(&[0, 0, 0], -100.0, 100.0), None);
}

/// A company of `people` with five attributes, drawn by a small generator.
fn company(people: usize, seed: u64) -> Vec<[u8; 5]> {
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from((state >> 33) % below).unwrap()
    };
    (0..people).map(|_| [draw(6), draw(3), draw(4), draw(5), draw(3)]).collect()
}

/// Every group that filters on up to three attributes can make.
fn views(people: &[[u8; 5]]) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<Vec<(usize, u8)>, Vec<u32>> = BTreeMap::new();
    for (i, person) in people.iter().enumerate() {
        for mask in 0u32..32 {
            if mask.count_ones() > 3 {
                continue;
            }
            let filter = (0..5).filter(|a| mask & (1 << a) != 0).map(|a| (a, person[a])).collect();
            groups.entry(filter).or_default().push(u32::try_from(i).unwrap());
        }
    }
    groups.into_values().collect()
}

/// The attacker: rational elimination is replaced by a prime field of its own,
/// independent of the gate's; returns how many people's scores come out exactly.
fn exactly_recovered(people: usize, answered: &[Vec<u32>]) -> usize {
    const Q: i64 = 1_000_003;
    let invert = |a: i64| {
        let (mut r, mut b, mut e) = (1, a.rem_euclid(Q), Q - 2);
        while e > 0 {
            if e & 1 == 1 {
                r = r * b % Q;
            }
            b = b * b % Q;
            e >>= 1;
        }
        r
    };
    let mut rows: Vec<(usize, Vec<i64>)> = Vec::new();
    for set in answered {
        let mut row = vec![0i64; people];
        for &m in set {
            row[m as usize] = 1;
        }
        for (pivot, known) in &rows {
            let c = row[*pivot];
            if c != 0 {
                row.iter_mut().zip(known).for_each(|(a, b)| *a = (*a - c * b).rem_euclid(Q));
            }
        }
        let Some(pivot) = row.iter().position(|v| *v != 0) else { continue };
        let scale = invert(row[pivot]);
        row.iter_mut().for_each(|a| *a = *a * scale % Q);
        for (_, known) in &mut rows {
            let c = known[pivot];
            if c != 0 {
                known.iter_mut().zip(&row).for_each(|(a, b)| *a = (*a - c * b).rem_euclid(Q));
            }
        }
        rows.push((pivot, row));
    }
    rows.iter().filter(|(_, row)| row.iter().filter(|v| **v != 0).count() == 1).count()
}

#[test]
fn an_attacker_with_all_filters_recovers_nobody() {
    let people = company(200, 7);
    let open: Vec<Vec<u32>> = views(&people).into_iter().filter(|v| v.len() >= 5).collect();
    let without_gate = exactly_recovered(people.len(), &open);
    assert!(without_gate > 100, "the attack itself must work: {without_gate}");
    let mut audit = Audit::new(5, people.len());
    let answered: Vec<Vec<u32>> = open.iter().filter(|v| audit.admit(v).is_ok()).cloned().collect();
    assert_eq!(exactly_recovered(people.len(), &answered), 0);
    // a gate that refuses everything would be no use
    assert!(answered.len() * 2 > open.len(), "{} of {} answered", answered.len(), open.len());
    let mut sizes: Vec<usize> = answered.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert!(sizes[0] >= 5);
}

type Reference = (Vec<[String; 3]>, BTreeMap<String, serde_json::Value>, Vec<(String, String)>);

fn reference() -> Option<Reference> {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/ex-anonymity");
    let Ok(data) = std::fs::read_to_string(dir.join("data.csv")) else {
        println!("SKIPPED: the reference case ex-anonymity is absent");
        return None;
    };
    let split = |l: &str| l.split(',').map(|c| c.trim().trim_matches('"').to_owned()).collect::<Vec<_>>();
    let people = data.lines().skip(1).map(split).map(|c| [c[0].clone(), c[1].clone(), c[2].clone()]).collect();
    let expected = std::fs::read_to_string(dir.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let checks = expected["checks"].as_array().unwrap();
    let checks = checks.iter().map(|c| (c["id"].as_str().unwrap().to_owned(), c["value"].clone())).collect();
    let queries = std::fs::read_to_string(dir.join("queries.csv")).unwrap();
    let queries = queries.lines().skip(1).filter_map(|l| l.split_once(','));
    Some((people, checks, queries.map(|(a, b)| (a.to_owned(), b.trim().trim_matches('"').to_owned())).collect()))
}

#[test]
fn the_reference_table_hides_no_more_than_its_complements() {
    let Some((people, checks, _)) = reference() else { return };
    let n = u32::try_from(people.len()).unwrap();
    let mut cells: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for (i, [dept, tenure, _]) in people.iter().enumerate() {
        for key in [(dept.clone(), tenure.clone()), (dept.clone(), String::new()), (String::new(), tenure.clone())] {
            cells.entry(key).or_default().push(u32::try_from(i).unwrap());
        }
    }
    let mut candidates = vec![cell("all", 0, 0..n)];
    for ((dept, tenure), members) in &cells {
        let rank = if dept.is_empty() || tenure.is_empty() { 1 } else { 2 };
        candidates.push(cell(&format!("{dept}|{tenure}"), rank, members.iter().copied()));
    }
    let mut audit = Audit::new(5, people.len());
    let outcomes = release(&mut audit, &candidates);
    let hidden = |why: Withheld| {
        candidates.iter().zip(&outcomes).filter(move |(_, o)| **o == Outcome::Withheld(why)).map(|(c, _)| c.key.clone())
    };
    let primary: Vec<String> = hidden(Withheld::BelowMinimum).collect();
    assert_eq!(serde_json::json!(primary), checks["primary"]);
    let complementary = hidden(Withheld::Derivable).count() as u64;
    assert!(complementary >= checks["complementary.min"].as_u64().unwrap());
    assert!(complementary <= checks["complementary.max"].as_u64().unwrap(), "{complementary} cells");
    assert!(outcomes.iter().zip(&candidates).all(|(o, c)| c.rank == 2 || shown(o)));
    for (hidden_n, (low, high)) in feasible(&candidates, &outcomes) {
        assert!(low < high, "a hidden cell of {hidden_n} is exactly {low}");
        assert!(high >= 5, "a hidden cell of {hidden_n} is known to be below 5");
    }
}

/// What the margins and the shown cells leave possible for each primary cell:
/// every table of counts is tried.
fn feasible(candidates: &[Candidate], outcomes: &[Outcome]) -> Vec<(usize, (usize, usize))> {
    let inner: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].rank == 2).collect();
    let hidden: Vec<usize> = inner.iter().copied().filter(|i| !shown(&outcomes[*i])).collect();
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for &i in &hidden {
        let (row, column) = candidates[i].key.split_once('|').unwrap();
        *left.entry(format!("{row}|")).or_default() += candidates[i].members.len();
        *left.entry(format!("|{column}")).or_default() += candidates[i].members.len();
    }
    let mut ranges = vec![(usize::MAX, 0); hidden.len()];
    let mut values = vec![0; hidden.len()];
    let keys: Vec<(String, String)> = hidden
        .iter()
        .map(|&i| candidates[i].key.split_once('|').map(|(r, c)| (format!("{r}|"), format!("|{c}"))).unwrap())
        .collect();
    fill(&keys, &mut left, &mut values, 0, &mut ranges);
    let primary = |i: &usize| candidates[*i].members.len() < 5;
    hidden.iter().zip(ranges).filter(|(i, _)| primary(i)).map(|(i, r)| (candidates[*i].members.len(), r)).collect()
}

fn fill(
    keys: &[(String, String)],
    left: &mut BTreeMap<String, usize>,
    values: &mut Vec<usize>,
    at: usize,
    ranges: &mut [(usize, usize)],
) {
    if at == keys.len() {
        if left.values().all(|n| *n == 0) {
            for (range, &v) in ranges.iter_mut().zip(values.iter()) {
                *range = (range.0.min(v), range.1.max(v));
            }
        }
        return;
    }
    let (row, column) = &keys[at];
    for v in 0..=left[row].min(left[column]) {
        *left.get_mut(row).unwrap() -= v;
        *left.get_mut(column).unwrap() -= v;
        values[at] = v;
        fill(keys, left, values, at + 1, ranges);
        *left.get_mut(row).unwrap() += v;
        *left.get_mut(column).unwrap() += v;
    }
}

#[test]
fn the_reference_queries_are_refused_where_they_must() {
    let Some((people, checks, queries)) = reference() else { return };
    let mut audit = Audit::new(5, people.len());
    for (id, filter) in queries {
        let fits = |p: &[String; 3]| {
            filter.split(" and ").filter(|c| *c != "all").all(|condition| {
                let word = condition.trim_matches('\'').replace('\'', "");
                match (word.split_once("!="), word.split_once("=="), word.split_once(">=")) {
                    (Some((name, value)), _, _) => p[usize::from(name != "dept")] != value,
                    (_, Some((name, value)), _) => p[usize::from(name != "dept")] == value,
                    (_, _, Some((_, value))) => p[2].parse::<i64>().unwrap() >= value.parse().unwrap(),
                    _ => unreachable!("unknown condition {word}"),
                }
            })
        };
        let members: Vec<u32> = (0u32..).zip(&people).filter(|(_, p)| fits(p)).map(|(i, _)| i).collect();
        let refused = audit.admit(&members).is_err();
        assert_eq!(serde_json::json!(refused), checks[&format!("{id}.refuse")], "{id}: {filter}, n {}", members.len());
    }
}
