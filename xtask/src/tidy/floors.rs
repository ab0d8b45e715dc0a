//! Who may import whom: the floor table, read against every Cargo.toml.

use std::collections::BTreeMap;

use super::tree::{Text, Tree};
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 3] = [
    Rule {
        name: "floors",
        why: "an edge that the table lacks ties two floors together: a change below then rebuilds and breaks what \
              should not know of it",
        mend: "move the code to the floor that may know both, or hand the value down as a parameter; a new edge in \
               xtask/src/tidy/floors.rs needs an ADR",
        check: edges,
    },
    Rule {
        name: "fenced-crates",
        why: "one heavy or dangerous library, one room: the engine, SQL, the outbound client, HTTP",
        mend: "call the crate that owns the library instead (warehouse: engine, store: SQL, channel: outbound, http: axum)",
        check: fenced,
    },
    Rule {
        name: "shared-versions",
        why: "two versions or feature sets of one library build it twice",
        mend: "put the version into [workspace.dependencies] and write `name.workspace = true`",
        check: unshared,
    },
];

/// Crate, what it may import, what its tests may import besides.
const FLOORS: [(&str, &[&str], &[&str]); 14] = [
    ("peakend-domain", &[], &[]),
    ("peakend-query", &[], &[]),
    ("peakend-stats", &[], &[]),
    ("peakend-text", &[], &[]),
    ("peakend-store", &["peakend-domain"], &[]),
    ("peakend-channel", &["peakend-domain"], &[]),
    ("peakend-warehouse", &["peakend-query"], &[]),
    ("peakend-sim", &["peakend-domain"], &["peakend-stats"]),
    (
        "peakend-app",
        &["peakend-domain", "peakend-query", "peakend-stats", "peakend-text", "peakend-store", "peakend-channel"],
        &["peakend-testkit"],
    ),
    // the tests of the routes look at what a request left in the store
    ("peakend-http", &["peakend-domain", "peakend-query", "peakend-app"], &["peakend-testkit", "peakend-store"]),
    ("peakend", &["*"], &["peakend-testkit"]),
    // the same application over a warehouse of several machines
    ("peakend-cluster", &["peakend", "peakend-query", "peakend-warehouse"], &[]),
    (
        "peakend-testkit",
        &[
            "peakend-domain",
            "peakend-query",
            "peakend-stats",
            "peakend-text",
            "peakend-store",
            "peakend-channel",
            "peakend-sim",
            "peakend-app",
            "peakend-http",
        ],
        &[],
    ),
    ("xtask", &[], &[]),
];

/// Library (name or prefix with `*`), the crates that may depend on it.
const FENCES: [(&str, &[&str]); 20] = [
    ("datafusion*", &["peakend-warehouse", "peakend-cluster"]),
    ("arrow*", &["peakend-warehouse"]),
    ("parquet*", &["peakend-warehouse"]),
    ("ballista*", &["peakend-cluster"]),
    ("object_store", &["peakend-warehouse", "peakend-cluster"]),
    ("sqlx*", &["peakend-store"]),
    ("rusqlite", &[]),
    ("tokio-postgres", &[]),
    ("sea-query*", &["peakend-store"]),
    ("reqwest*", &["peakend-channel"]),
    ("hyper*", &["peakend-channel"]),
    ("ureq", &["peakend-channel"]),
    ("lettre", &["peakend-channel"]),
    ("axum*", &["peakend-http", "peakend-testkit", "peakend"]),
    ("tower-http", &["peakend-http"]),
    ("utoipa*", &["peakend-http"]),
    ("minijinja", &["peakend-http", "peakend-channel"]),
    ("rand", &["peakend-sim", "peakend-testkit", "peakend", "peakend-cluster"]),
    ("clap", &["peakend", "peakend-cluster"]),
    ("indicatif", &["peakend"]),
];

/// A dependency line of a manifest.
struct Edge {
    crate_name: String,
    dependency: String,
    dev: bool,
    shared: bool,
    line: usize,
}

fn edges(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (manifest, edge) in all_edges(tree) {
        let Edge { crate_name, dependency, dev, line, .. } = &edge;
        if !dependency.starts_with("peakend") {
            continue;
        }
        let Some((_, normal, tests)) = FLOORS.iter().find(|(name, ..)| name == crate_name) else {
            spots.push(Spot::new(&manifest, *line, format!("{crate_name} has no row in the floor table")));
            continue;
        };
        let listed = |table: &[&str]| table.iter().any(|t| *t == "*" || t == dependency);
        // "all" for the binary still does not mean the test kit
        let in_normal = listed(normal) && (*dev || dependency != "peakend-testkit");
        if !(in_normal || *dev && listed(tests)) {
            let kind = if *dev { "tests of " } else { "" };
            spots.push(Spot::new(&manifest, *line, format!("{kind}{crate_name} may not import {dependency}")));
        }
    }
    spots
}

fn fenced(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (manifest, edge) in all_edges(tree) {
        let fence = FENCES.iter().find(|(library, _)| match library.strip_suffix('*') {
            Some(prefix) => edge.dependency.starts_with(prefix),
            None => edge.dependency == *library,
        });
        let Some((library, rooms)) = fence else { continue };
        // a test may speak HTTP in process to the router it drives or serve it, and draw from a seed
        let is_for_tests = edge.dev && matches!(*library, "axum*" | "hyper*" | "rand");
        if !rooms.contains(&edge.crate_name.as_str()) && !is_for_tests {
            let owners = if rooms.is_empty() { "nobody".to_owned() } else { rooms.join(", ") };
            let what = format!("{} depends on {}, which belongs to {owners}", edge.crate_name, edge.dependency);
            spots.push(Spot::new(manifest, edge.line, what));
        }
    }
    spots
}

fn unshared(tree: &Tree) -> Vec<Spot> {
    let strangers = all_edges(tree).into_iter().filter(|(_, edge)| !edge.shared);
    strangers
        .map(|(manifest, edge)| {
            Spot::new(manifest, edge.line, format!("{} does not come from the workspace", edge.dependency))
        })
        .collect()
}

fn all_edges(tree: &Tree) -> Vec<(String, Edge)> {
    // fuzz targets are a workspace of their own: the fuzzer's library is in nobody's build
    let counts = |path: &str| path != "Cargo.toml" && !path.ends_with("/fuzz/Cargo.toml");
    let manifests = tree.texts.iter().filter(|t| t.name() == "Cargo.toml" && counts(&t.path));
    manifests.flat_map(|t| manifest_edges(t).into_iter().map(|edge| (t.path.clone(), edge))).collect()
}

fn manifest_edges(manifest: &Text) -> Vec<Edge> {
    let Ok(table) = manifest.text.parse::<toml::Table>() else { return Vec::new() };
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str).unwrap_or_default();
    let mut edges = Vec::new();
    for (dependency, (dev, shared)) in dependency_names(&table) {
        let line = manifest.lines().find(|(_, l)| {
            let key = l.trim_start().trim_start_matches('"');
            key.strip_prefix(dependency.as_str())
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']) && !rest.starts_with(".1"))
        });
        let line = line.map_or(0, |(number, _)| number);
        edges.push(Edge { crate_name: name.to_owned(), dependency, dev, shared, line });
    }
    edges
}

/// Every dependency below `table`, target tables included: name → (only for tests, from the workspace).
fn dependency_names(table: &toml::Table) -> BTreeMap<String, (bool, bool)> {
    let mut found = BTreeMap::new();
    let tables = std::iter::once(table)
        .chain(
            table
                .get("target")
                .and_then(toml::Value::as_table)
                .into_iter()
                .flat_map(|targets| targets.values().filter_map(toml::Value::as_table)),
        )
        .collect::<Vec<_>>();
    for table in tables {
        for (section, dev) in [("dev-dependencies", true), ("dependencies", false), ("build-dependencies", false)] {
            let Some(entries) = table.get(section).and_then(toml::Value::as_table) else { continue };
            for (name, value) in entries {
                let shared = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                // a normal dependency is the stricter reading when both are there
                found.insert(package.to_owned(), (dev, shared));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}\n")
    }

    fn check(rule: usize, name: &str, rest: &str) -> Vec<String> {
        let path = format!("crates/{name}/Cargo.toml");
        let tree = sample(&[(path.as_str(), manifest(name, rest).as_str())]);
        (RULES[rule].check)(&tree).into_iter().map(|s| format!("{}: {}", s.line, s.what)).collect()
    }

    #[test]
    fn allowed_edges_pass() {
        assert!(check(0, "peakend-store", "[dependencies]\npeakend-domain.workspace = true").is_empty());
        assert!(check(0, "peakend-app", "[dev-dependencies]\npeakend-testkit.workspace = true").is_empty());
        assert!(check(0, "peakend", "[dependencies]\npeakend-warehouse.workspace = true").is_empty());
    }

    #[test]
    fn edge_that_the_table_lacks_is_found_with_its_line() {
        let found = check(0, "peakend-http", "[dependencies]\npeakend-store.workspace = true");
        assert_eq!(found, ["4: peakend-http may not import peakend-store"]);
    }

    #[test]
    fn test_kit_is_never_a_normal_dependency() {
        assert_eq!(check(0, "peakend", "[dependencies]\npeakend-testkit.workspace = true").len(), 1);
        assert_eq!(check(0, "peakend-testkit", "[dependencies]\npeakend-warehouse.workspace = true").len(), 1);
    }

    #[test]
    fn target_tables_and_renames_are_no_way_round() {
        let target = "[target.'cfg(unix)'.dependencies]\npeakend-store.workspace = true";
        assert_eq!(check(0, "peakend-http", target).len(), 1);
        let renamed = "[dependencies]\nshop = { workspace = true, package = \"peakend-store\" }";
        assert_eq!(check(0, "peakend-http", renamed).len(), 1);
    }

    #[test]
    fn library_outside_its_room_is_found() {
        assert_eq!(check(1, "peakend-app", "[dependencies]\nsqlx.workspace = true").len(), 1);
        assert_eq!(check(1, "peakend-testkit", "[dependencies]\ndatafusion.workspace = true").len(), 1);
        assert_eq!(check(1, "peakend", "[dependencies]\nreqwest.workspace = true").len(), 1);
        assert!(check(1, "peakend-store", "[dependencies]\nsqlx.workspace = true").is_empty());
    }

    #[test]
    fn own_version_of_a_library_is_found() {
        assert_eq!(check(2, "peakend-app", "[dependencies]\nserde = \"1\"").len(), 1);
        assert!(check(2, "peakend-app", "[dependencies]\nserde.workspace = true").is_empty());
    }
}
