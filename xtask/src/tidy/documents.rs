//! The documents at the root: there, short enough to be read, equal in both languages.

use super::tree::{Text, Tree};
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 3] = [
    Rule {
        name: "documents",
        why: "a newcomer reads these first; what is missing there is asked of somebody later",
        mend: "write the file; keep ARCHITECTURE.md a map and move detail into module docs",
        check: present,
    },
    Rule {
        name: "readme-equal",
        why: "a command that only one language's reader gets is a command that the other cannot type",
        mend: "bring the headings and the code blocks of README.md and README.zh-CN.md in step",
        check: readme_equal,
    },
    Rule {
        name: "links",
        why: "a dead link in a document is a promise that nobody keeps",
        mend: "correct the path, or write the file",
        check: dead_links,
    },
];

const REQUIRED: [&str; 9] = [
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "GLOSSARY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "clippy.toml",
    "deny.toml",
    ".ci/run",
];
/// Lines of ARCHITECTURE.md.
const ARCHITECTURE_LINES: usize = 250;

fn present(tree: &Tree) -> Vec<Spot> {
    let missing = REQUIRED.iter().filter(|path| tree.text(path).is_none());
    let mut spots: Vec<Spot> = missing.map(|path| Spot::new(*path, 0, "no such file")).collect();
    if let Some(lines) = tree.text("ARCHITECTURE.md").map(|t| t.lines().count()).filter(|n| *n > ARCHITECTURE_LINES) {
        let what = format!("{lines} lines, {ARCHITECTURE_LINES} at most");
        spots.push(Spot::new("ARCHITECTURE.md", ARCHITECTURE_LINES + 1, what));
    }
    spots
}

fn readme_equal(tree: &Tree) -> Vec<Spot> {
    let (Some(english), Some(chinese)) = (tree.text("README.md"), tree.text("README.zh-CN.md")) else {
        return Vec::new();
    };
    let mut spots = Vec::new();
    let (ours, theirs) = (headings(english), headings(chinese));
    if ours != theirs {
        let what = format!("heading levels {theirs:?}, README.md has {ours:?}");
        spots.push(Spot::new(&chinese.path, 0, what));
    }
    let (ours, theirs) = (code_blocks(english), code_blocks(chinese));
    if ours.len() != theirs.len() {
        spots.push(Spot::new(&chinese.path, 0, format!("{} code blocks, README.md has {}", theirs.len(), ours.len())));
    }
    for ((_, ours), (line, theirs)) in ours.iter().zip(&theirs) {
        if ours != theirs {
            spots.push(Spot::new(&chinese.path, *line, "this code block differs from README.md"));
        }
    }
    spots
}

/// Levels of the headings, in order.
fn headings(text: &Text) -> Vec<usize> {
    let mut in_code = false;
    let mut levels = Vec::new();
    for (_, line) in text.lines() {
        in_code ^= line.starts_with("```");
        if !in_code && line.starts_with('#') {
            levels.push(line.chars().take_while(|c| *c == '#').count());
        }
    }
    levels
}

/// Code blocks with their first line; `# comments` may be translated and do not count.
fn code_blocks(text: &Text) -> Vec<(usize, Vec<&str>)> {
    let mut blocks: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            if in_code {
                blocks.push((number, Vec::new()));
            }
        } else if in_code && !line.trim_start().starts_with('#') {
            let command = line.split("  # ").next().unwrap_or(line).trim_end();
            if let Some((_, lines)) = blocks.last_mut() {
                lines.push(command);
            }
        }
    }
    blocks
}

fn dead_links(tree: &Tree) -> Vec<Spot> {
    let is_document = |t: &&Text| t.path.ends_with(".md") && (!t.path.contains('/') || t.path.starts_with("docs/"));
    let mut spots = Vec::new();
    for text in tree.texts.iter().filter(is_document) {
        let folder = text.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, row) in text.lines() {
            for target in row.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let path = target.split('#').next().unwrap_or_default();
                // pictures are no text files, and other sites are not ours to check
                if path.is_empty() || path.contains("://") || is_picture(path) {
                    continue;
                }
                let whole = resolve(folder, path);
                let prefix = format!("{whole}/");
                if !tree.texts.iter().any(|t| t.path == whole || t.path.starts_with(&prefix)) && whole != "LICENSE" {
                    spots.push(Spot::new(&text.path, line, format!("links to {path}, which is not there")));
                }
            }
        }
    }
    spots
}

fn is_picture(path: &str) -> bool {
    [".png", ".svg", ".jpg", ".webp"].iter().any(|ending| path.ends_with(ending))
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn missing_and_overlong_documents_are_found() {
        let long = "line\n".repeat(251);
        let spots = present(&sample(&[("ARCHITECTURE.md", &long)]));
        assert_eq!(spots.len(), REQUIRED.len());
        assert_eq!(spots.last().unwrap().what, "251 lines, 250 at most");
    }

    #[test]
    fn readme_that_lacks_a_command_or_a_heading_is_found() {
        let english = "# A\n```\n# start\ncargo xtask demo\n```\n## B\n";
        let check =
            |chinese: &str| readme_equal(&sample(&[("README.md", english), ("README.zh-CN.md", chinese)])).len();
        assert_eq!(check("# 甲\n```\n# 启动\ncargo xtask demo\n```\n## 乙\n"), 0);
        assert_eq!(check("# 甲\n```\ncargo xtask other\n```\n## 乙\n"), 1);
        assert_eq!(check("# 甲\n"), 2);
    }

    #[test]
    fn dead_link_is_found() {
        let text = "[a](docs/adr/) [b](docs/gone.md) [c](https://example.org) [d](#here) [e](../README.md)";
        let tree = sample(&[("README.md", "[x](docs/adr/1.md)"), ("docs/adr/1.md", "x"), ("docs/b.md", text)]);
        let found: Vec<String> = dead_links(&tree).into_iter().map(|s| s.what).collect();
        assert_eq!(found, ["links to docs/adr/, which is not there", "links to docs/gone.md, which is not there"]);
    }
}
