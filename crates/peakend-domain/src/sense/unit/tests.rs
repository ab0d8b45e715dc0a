//! What the unit tree promises.
use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn bank() -> UnitTree {
    let mut tree = UnitTree::default();
    tree.add("hq", None, None).unwrap();
    tree.add("east", Some("hq"), None).unwrap();
    tree.add("west", Some("hq"), None).unwrap();
    tree.add("b12", Some("east"), None).unwrap();
    tree.add("desk", Some("b12"), Some(day("2025-01-01"))).unwrap();
    tree
}

fn paths(tree: &UnitTree, code: &str) -> Vec<String> {
    let show = |p: Placement| format!("{} {} {}", p.from, p.to.map_or("-".to_owned(), |d| d.to_string()), p.path);
    tree.placements(code).unwrap().into_iter().map(show).collect()
}

#[test]
fn a_move_keeps_the_old_path_before_it_and_takes_children_along() {
    let mut tree = bank();
    let moved = tree.relocate("b12", Some("west"), day("2026-03-01")).unwrap();
    assert_eq!(moved.keys().collect::<Vec<_>>(), ["b12", "desk"]);
    assert_eq!(paths(&tree, "b12"), ["0001-01-01 2026-03-01 /hq/east/b12/", "2026-03-01 - /hq/west/b12/"]);
    assert_eq!(paths(&tree, "desk"), ["2025-01-01 2026-03-01 /hq/east/b12/desk/", "2026-03-01 - /hq/west/b12/desk/"]);
}

#[test]
fn a_tree_read_back_from_its_placements_is_the_same_tree() {
    let mut tree = bank();
    tree.relocate("b12", Some("west"), day("2026-03-01")).unwrap();
    let stored: Vec<(String, Vec<Placement>)> =
        tree.parents.keys().map(|c| (c.clone(), tree.placements(c).unwrap())).collect();
    let again = UnitTree::of(stored.iter().map(|(c, p)| (c.as_str(), p.as_slice())));
    assert_eq!(again.parents, tree.parents);
}

#[test]
fn nobody_becomes_a_parent_of_himself_now_or_later() {
    let mut tree = bank();
    for parent in ["east", "b12", "desk"] {
        let fault = tree.relocate("east", Some(parent), day("2026-01-01")).unwrap_err();
        assert_eq!((fault.path.as_str(), fault.code.as_str()), ("parent", "cycle"), "{parent}");
    }
    tree.relocate("west", Some("b12"), day("2027-01-01")).unwrap();
    let fault = tree.relocate("b12", Some("west"), day("2026-01-01")).unwrap_err();
    assert_eq!(fault.code, "cycle");
    assert_eq!(paths(&tree, "b12"), ["0001-01-01 - /hq/east/b12/"]);
}

#[test]
fn dates_are_ordered() {
    let mut tree = bank();
    tree.relocate("b12", Some("west"), day("2026-03-01")).unwrap();
    let code = |r: Result<Placements, FieldFault>| r.unwrap_err().code;
    assert_eq!(code(tree.relocate("b12", Some("hq"), day("2026-02-01"))), "later_move_exists");
    assert_eq!(code(tree.relocate("desk", Some("hq"), day("2024-12-31"))), "too_early");
    assert_eq!(code(tree.relocate("b12", Some("desk2"), day("2026-04-01"))), "unknown_unit");
    assert_eq!(code(tree.add("x", Some("desk"), Some(day("2024-01-01")))), "too_early");
    assert_eq!(code(tree.add("b12", None, None)), "code_taken");
    // the same day again corrects the move
    tree.relocate("b12", Some("hq"), day("2026-03-01")).unwrap();
    assert_eq!(paths(&tree, "b12").last().unwrap(), "2026-03-01 - /hq/b12/");
}
