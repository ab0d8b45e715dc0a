//! Licences, bans and sources of every dependency, offline: `deny.toml` against `cargo metadata`
//! and against the lock file of the screens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run;

/// Licences that the screens' build tools carry but no shipped byte does.
const TOOL_LICENCES: [&str; 5] = ["BlueOak-1.0.0", "Python-2.0", "CC-BY-4.0", "MPL-2.0", "Artistic-2.0"];

/// What was looked at and refused.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Packages looked at.
    pub(crate) packages: usize,
    /// Packages refused.
    pub(crate) refused: usize,
    /// A line per refusal, and one on duplicate versions.
    pub(crate) lines: Vec<String>,
}

/// The part of `deny.toml` that we read.
#[derive(Debug, Default)]
struct Policy {
    allow: BTreeSet<String>,
    exceptions: BTreeMap<String, BTreeSet<String>>,
    banned: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Policy {
    fn parse(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().context("parse deny.toml")?;
        let list = |value: Option<&toml::Value>| -> BTreeSet<String> {
            let items = value.and_then(toml::Value::as_array).into_iter().flatten();
            items.filter_map(|v| v.as_str().or_else(|| v.get("name")?.as_str())).map(str::to_owned).collect()
        };
        let at = |section: &str, key: &str| table.get(section).and_then(|s| s.get(key));
        let exceptions = at("licenses", "exceptions").and_then(toml::Value::as_array).into_iter().flatten();
        Ok(Self {
            allow: list(at("licenses", "allow")),
            exceptions: exceptions
                .filter_map(|e| Some((e.get("crate")?.as_str()?.to_owned(), list(e.get("allow")))))
                .collect(),
            banned: list(at("bans", "deny")),
            registries: list(at("sources", "allow-registry")),
        })
    }

    /// Why a package is refused, if it is.
    fn refusal(&self, package: &Package) -> Option<String> {
        let Package { name, licence, source } = package;
        if self.banned.contains(name) {
            return Some("banned in deny.toml".to_owned());
        }
        if let Some(source) = source {
            let place = source.split_once('+').map_or(source.as_str(), |(_, place)| place);
            if !self.registries.contains(place) {
                return Some(format!("comes from {place}"));
            }
        }
        let Some(licence) = licence else { return Some("says no licence".to_owned()) };
        let allowed = |id: &str| self.allow.contains(id) || self.exceptions.get(name).is_some_and(|e| e.contains(id));
        (!satisfied(licence, &allowed)).then(|| format!("licence {licence} is not in deny.toml"))
    }
}

#[derive(Debug)]
struct Package {
    name: String,
    licence: Option<String>,
    source: Option<String>,
}

/// Checks the workspace at `root`.
pub(crate) fn check(root: &Path) -> Result<Report> {
    let policy = Policy::parse(&std::fs::read_to_string(root.join("deny.toml")).context("read deny.toml")?)?;
    let metadata = run::captured(run::cargo(root).args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("parse cargo metadata")?;
    let mut report = Report::default();
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in resolved(&metadata) {
        report.packages += 1;
        *versions.entry(package.name.clone()).or_default() += 1;
        if let Some(why) = policy.refusal(&package) {
            report.refused += 1;
            report.lines.push(format!("{}: {why}", package.name));
        }
    }
    let double: Vec<&str> = versions.iter().filter(|(_, n)| **n > 1).map(|(name, _)| name.as_str()).collect();
    if !double.is_empty() {
        report.lines.push(format!("in more than one version (no fault): {}", double.join(", ")));
    }
    if let Ok(lock) = std::fs::read_to_string(root.join("ui/package-lock.json")) {
        check_screens(&serde_json::from_str(&lock).context("parse ui/package-lock.json")?, &policy, &mut report);
    }
    Ok(report)
}

/// Packages that this workspace's build can reach; optional ones that nobody asks for are not among them.
fn resolved(metadata: &Value) -> Vec<Package> {
    let nodes = metadata.pointer("/resolve/nodes").and_then(Value::as_array).into_iter().flatten();
    let ids: BTreeSet<&str> = nodes.filter_map(|n| n.get("id")?.as_str()).collect();
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let text = |p: &Value, key: &str| p.get(key).and_then(Value::as_str).map(str::to_owned);
    packages
        .filter(|p| p.get("id").and_then(Value::as_str).is_some_and(|id| ids.contains(id)))
        .map(|p| Package {
            name: text(p, "name").unwrap_or_default(),
            licence: text(p, "license"),
            source: text(p, "source"),
        })
        .collect()
}

fn check_screens(lock: &Value, policy: &Policy, report: &mut Report) {
    let packages = lock.get("packages").and_then(Value::as_object).into_iter().flatten();
    for (path, package) in packages.filter(|(path, _)| !path.is_empty()) {
        report.packages += 1;
        let is_tool = package.get("dev").and_then(Value::as_bool) == Some(true);
        let allowed = |id: &str| policy.allow.contains(id) || (is_tool && TOOL_LICENCES.contains(&id));
        let licence = package.get("license").and_then(Value::as_str);
        if !licence.is_some_and(|l| satisfied(l, &allowed)) {
            report.refused += 1;
            report.lines.push(format!("ui {path}: licence {} is not in deny.toml", licence.unwrap_or("none")));
        }
    }
}

/// Whether an SPDX expression can be met with allowed licences alone. `A/B` is the old spelling of OR.
/// An expression that does not parse is met by nothing.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&tokens, &mut at, allowed) == Some(true) && at == tokens.len()
}

fn any_of(tokens: &[&str], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = all_of(tokens, at, allowed)?;
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(tokens, at, allowed)?;
    }
    Some(met)
}

fn all_of(tokens: &[&str], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = one(tokens, at, allowed)?;
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(tokens, at, allowed)?;
    }
    Some(met)
}

fn one(tokens: &[&str], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let first = *tokens.get(*at)?;
    *at += 1;
    if first == "(" {
        let met = any_of(tokens, at, allowed)?;
        let closed = tokens.get(*at) == Some(&")");
        *at += 1;
        return closed.then_some(met);
    }
    if let (Some(&"WITH"), Some(exception)) = (tokens.get(*at), tokens.get(*at + 1)) {
        *at += 2;
        return Some(allowed(&format!("{first} WITH {exception}")));
    }
    Some(allowed(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "[licenses]\nallow = ['MIT', 'Unicode-3.0', 'Apache-2.0 WITH LLVM-exception']\n\
        exceptions = [{ crate = 'odd', allow = ['MPL-2.0'] }]\n[bans]\ndeny = [{ name = 'openssl' }]\n\
        [sources]\nallow-registry = ['https://github.com/rust-lang/crates.io-index']";
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn refusal(name: &str, licence: Option<&str>, source: Option<&str>) -> Option<String> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let package = Package { name: name.to_owned(), licence: owned(licence), source: owned(source) };
        Policy::parse(POLICY).unwrap().refusal(&package)
    }

    #[test]
    fn licence_expressions_are_read_as_written() {
        let allowed = |id: &str| ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].contains(&id);
        for met in [
            "MIT",
            "GPL-3.0 OR MIT",
            "GPL-3.0/MIT",
            "(GPL-3.0 OR MIT) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(satisfied(met, &allowed), "{met}");
        }
        for unmet in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR X) AND (GPL-3.0)", "MIT OR", "(MIT", "MIT X", ""] {
            assert!(!satisfied(unmet, &allowed), "{unmet}");
        }
    }

    #[test]
    fn licence_ban_and_source_are_each_refused_with_the_reason() {
        assert_eq!(refusal("a", Some("MIT"), Some(REGISTRY)), None);
        assert_eq!(refusal("odd", Some("MPL-2.0"), None), None);
        assert_eq!(refusal("a", Some("MPL-2.0"), None).unwrap(), "licence MPL-2.0 is not in deny.toml");
        assert_eq!(refusal("a", None, None).unwrap(), "says no licence");
        assert_eq!(refusal("openssl", Some("MIT"), None).unwrap(), "banned in deny.toml");
        assert_eq!(
            refusal("a", Some("MIT"), Some("git+https://example.org/a")).unwrap(),
            "comes from https://example.org/a"
        );
    }

    #[test]
    fn shipped_script_needs_a_shipped_licence_and_a_tool_may_have_its_own() {
        let lock = serde_json::json!({"packages": {
            "": {}, "node_modules/a": {"license": "MPL-2.0"}, "node_modules/b": {"license": "MPL-2.0", "dev": true},
        }});
        let mut report = Report::default();
        check_screens(&lock, &Policy::parse(POLICY).unwrap(), &mut report);
        assert_eq!((report.packages, report.refused), (2, 1));
    }
}
