//! No path of one particular machine in any file.

use super::tree::Tree;
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 1] = [Rule {
    name: "machine-paths",
    why: "a path of one machine is wrong on every other, and tells strangers about that one",
    mend: "write it relative to the workspace, or use a temporary directory",
    check: machine_paths,
}];

/// Starts of paths below which people keep their files. Written in halves so that this file passes.
const STARTS: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/."),
    concat!("/Us", "ers/"),
    concat!("/t", "mp/"),
    concat!("/m", "nt/"),
    concat!("C:", "\\Users\\"),
];

fn machine_paths(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for text in &tree.texts {
        for (line, row) in text.lines() {
            for start in STARTS {
                let begins = |at: usize| {
                    let before = row[..at].chars().next_back().unwrap_or(' ');
                    // behind a word it is a part of a route, not the start of a path
                    !(before.is_alphanumeric() || matches!(before, '/' | '}' | '.' | '~' | '-' | '_' | ')' | '*'))
                };
                if row.match_indices(start).any(|(at, _)| begins(at)) {
                    spots.push(Spot::new(&text.path, line, format!("a path below {start}")));
                }
            }
        }
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn machine_path_is_found_and_a_route_is_not() {
        let bad = format!("let a = \"{}me/x\";\nlet b = \"/api{0}me/x\";", "/ho");
        let spots = machine_paths(&sample(&[("crates/a/src/b.rs", &bad), ("docs/x.md", "see ./target/debug")]));
        assert_eq!(spots.len(), 1);
        assert_eq!((spots[0].file.as_str(), spots[0].line), ("crates/a/src/b.rs", 1));
    }
}
