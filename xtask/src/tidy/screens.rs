//! The floors of the screens: what may import what below `ui/`, and who may fetch.

use super::tree::{Text, Tree};
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 2] = [
    Rule {
        name: "screen-floors",
        why: "a page that imports another page's folder cannot be moved or loaded alone, and a component that knows \
              a page is no component",
        mend: "move what both need to ui/src/kit (no domain word) or ui/src/domain (no markup)",
        check: imports,
    },
    Rule {
        name: "screen-fetch",
        why: "one client sends the token, reads problems and knows the types of the OpenAPI document",
        mend: "call a function of ui/src/api",
        check: fetches,
    },
];

/// Folder, and the folders whose files it must not import. A page's own area is judged apart.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("ui/src/kit/", &["ui/src/routes/", "ui/src/frame/"]),
    ("ui/src/domain/", &["ui/src/routes/", "ui/src/frame/", "ui/src/kit/", "ui/src/api/"]),
    ("ui/src/api/", &["ui/src/routes/", "ui/src/frame/", "ui/src/kit/"]),
    ("ui/runtime/", &["ui/src/routes/", "ui/src/frame/", "ui/src/kit/", "ui/src/api/"]),
];
const ROUTES: &str = "ui/src/routes/";

fn sources(tree: &Tree) -> impl Iterator<Item = &Text> {
    let is_source = |t: &&Text| {
        let kind = t.path.ends_with(".ts") || t.path.ends_with(".js") || t.path.ends_with(".svelte");
        kind && (t.path.starts_with("ui/src/") || t.path.starts_with("ui/runtime/")) && !t.path.contains(".test.")
    };
    tree.texts.iter().filter(is_source)
}

fn imports(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for text in sources(tree) {
        for (line, row) in text.lines() {
            let Some(target) = imported(row) else { continue };
            let whole = resolve(&text.path, target);
            let table = FORBIDDEN.iter().find(|(folder, _)| text.path.starts_with(folder));
            let crosses = table.is_some_and(|(_, closed)| closed.iter().any(|folder| whole.starts_with(folder)));
            if crosses || is_other_area(&text.path, &whole) {
                spots.push(Spot::new(&text.path, line, format!("imports {target}")));
            }
        }
    }
    spots
}

/// The quoted path of an import or an export from elsewhere, when it is relative.
fn imported(row: &str) -> Option<&str> {
    let after =
        row.split_once(" from ").map(|(_, after)| after).or_else(|| row.split_once("import(").map(|(_, a)| a))?;
    let quote = after.trim_start().chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let path = after.trim_start()[1..].split(quote).next()?;
    path.starts_with('.').then_some(path)
}

fn is_other_area(from: &str, to: &str) -> bool {
    let area = |path: &str| path.strip_prefix(ROUTES).and_then(|p| p.split_once('/')).map(|(area, _)| area.to_owned());
    matches!((area(from), area(to)), (Some(ours), Some(theirs)) if ours != theirs)
}

/// `ui/src/routes/act/A.svelte` and `../../kit/B.svelte` make `ui/src/kit/B.svelte`.
fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn fetches(tree: &Tree) -> Vec<Spot> {
    let strangers = sources(tree).filter(|t| t.path.starts_with("ui/src/") && !t.path.starts_with("ui/src/api/"));
    let mut spots = Vec::new();
    for text in strangers {
        for (line, row) in text.lines().filter(|(_, row)| !row.trim_start().starts_with("//")) {
            let calls = |name: &str| {
                row.match_indices(name)
                    .any(|(at, _)| !row[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$')))
            };
            if calls("fetch(") || calls("new XMLHttpRequest") || calls("new EventSource") {
                spots.push(Spot::new(&text.path, line, "fetches by itself"));
            }
        }
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn check(rule: usize, path: &str, text: &str) -> usize {
        (RULES[rule].check)(&sample(&[(path, text)])).len()
    }

    #[test]
    fn page_that_imports_another_area_is_found() {
        assert_eq!(check(0, "ui/src/routes/act/A.svelte", "import B from '../value/B.svelte';"), 1);
        assert_eq!(check(0, "ui/src/routes/act/A.svelte", "const b = import('../value/B.svelte');"), 1);
        assert_eq!(check(0, "ui/src/routes/act/cases/A.svelte", "import B from '../B.svelte';"), 0);
        assert_eq!(check(0, "ui/src/routes/act/A.svelte", "import B from '../../kit/B.svelte';"), 0);
    }

    #[test]
    fn component_that_knows_a_page_is_found() {
        assert_eq!(check(0, "ui/src/kit/A.svelte", "import { x } from \"../routes/act/x.ts\";"), 1);
        assert_eq!(check(0, "ui/runtime/a.ts", "import { x } from '../src/kit/x.ts';"), 1);
        assert_eq!(check(0, "ui/runtime/a.ts", "import { x } from '../src/domain/x.ts';"), 0);
    }

    #[test]
    fn page_that_fetches_is_found() {
        assert_eq!(check(1, "ui/src/routes/act/A.svelte", "const r = await fetch('/api/v1/cases');"), 1);
        assert_eq!(check(1, "ui/src/routes/act/A.svelte", "prefetch(x); api.fetch(y);"), 0);
        assert_eq!(check(1, "ui/src/api/client.ts", "await fetch(address)"), 0);
    }
}
