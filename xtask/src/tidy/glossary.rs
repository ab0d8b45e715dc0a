//! Domain words: GLOSSARY.md is the list, declared names and translations are held against it.

use super::rust::split_identifier;
use super::shapes::declared;
use super::tree::Tree;
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 3] = [
    Rule {
        name: "glossary-words",
        why: "two words for one thing become two things; a reader searches for one of them",
        mend: "use the term of GLOSSARY.md; if the word means something else here, name that instead",
        check: forbidden_words,
    },
    Rule {
        name: "glossary-table",
        why: "the table is read by this check and by translators: a gap in it is a gap in both",
        mend: "fill the five columns of the row, once per term",
        check: table_faults,
    },
    Rule {
        name: "glossary-complete",
        why: "a noun with a file of its own is a domain word, and a domain word has one English and one Chinese name",
        mend: "add a row for the noun to GLOSSARY.md",
        check: missing_nouns,
    },
];

const FILE: &str = "GLOSSARY.md";
/// The four steps of the loop: the folders of every floor.
pub(super) const STEPS: [&str; 4] = ["sense", "insight", "act", "value"];

/// A row of the table.
#[derive(Debug)]
struct Entry<'a> {
    line: usize,
    term: &'a str,
    cells: Vec<&'a str>,
    not: Vec<&'a str>,
}

/// Rows of every table whose first column is headed `term`.
fn entries(tree: &Tree) -> Vec<Entry<'_>> {
    let Some(glossary) = tree.text(FILE) else { return Vec::new() };
    let mut entries = Vec::new();
    let mut in_table = false;
    for (line, row) in glossary.lines() {
        let Some(row) = row.trim().strip_prefix('|') else {
            in_table = false;
            continue;
        };
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        if cells.first() == Some(&"term") {
            in_table = true;
        } else if in_table && !cells.iter().all(|c| c.chars().all(|c| matches!(c, '-' | ':'))) {
            let not = cells.get(4).map_or("", |c| *c).split(',').map(|w| w.trim().trim_matches('`'));
            let not = not.filter(|w| !w.is_empty() && *w != "–").collect();
            entries.push(Entry { line, term: cells.first().copied().unwrap_or_default(), cells, not });
        }
    }
    entries
}

fn forbidden_words(tree: &Tree) -> Vec<Spot> {
    let entries = entries(tree);
    let mut spots = Vec::new();
    let (english, chinese): (Vec<_>, Vec<_>) = entries
        .iter()
        .flat_map(|entry| entry.not.iter().map(move |word| (*word, entry.term)))
        .partition(|(word, _)| word.is_ascii());
    for source in tree.product() {
        // names of tests are sentences, and a sentence may use any word
        for (line, _, name) in declared(source).filter(|(line, ..)| !source.is_test[line - 1]) {
            let parts = split_identifier(name);
            for (word, term) in &english {
                if has_run(&parts, &split_words(word)) {
                    spots.push(Spot::new(
                        &source.path,
                        line,
                        format!("`{name}` says {word}; the glossary says {term}"),
                    ));
                }
            }
        }
    }
    for text in tree.texts.iter().filter(|t| t.path.starts_with("ui/src/i18n/zh")) {
        for (line, row) in text.lines() {
            for (word, term) in chinese.iter().filter(|(word, _)| row.contains(word)) {
                spots.push(Spot::new(
                    &text.path,
                    line,
                    format!("says {word}; the glossary has another word for {term}"),
                ));
            }
        }
    }
    spots
}

/// `Work Order` and `WorkOrder` are both work, order.
fn split_words(word: &str) -> Vec<String> {
    word.split_whitespace().flat_map(split_identifier).collect()
}

/// Whether `run` stands in `parts`, one word after the other; a plural counts as the word.
fn has_run(parts: &[String], run: &[String]) -> bool {
    let same = |part: &String, word: &String| part == word || part.strip_suffix('s') == Some(word.as_str());
    !run.is_empty() && parts.windows(run.len()).any(|window| window.iter().zip(run).all(|(p, w)| same(p, w)))
}

fn table_faults(tree: &Tree) -> Vec<Spot> {
    if tree.text(FILE).is_none() {
        return vec![Spot::new(FILE, 0, "no glossary")];
    }
    let entries = entries(tree);
    let mut spots = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if entry.cells.len() != 5 || entry.cells.iter().any(|c| c.is_empty()) {
            spots.push(Spot::new(
                FILE,
                entry.line,
                format!("the row of {} has an empty or missing column", entry.term),
            ));
        }
        if entries[..index].iter().any(|earlier| earlier.term.eq_ignore_ascii_case(entry.term)) {
            spots.push(Spot::new(FILE, entry.line, format!("{} stands twice", entry.term)));
        }
        let both = entry.not.iter().find(|word| entries.iter().any(|e| split_words(e.term) == split_words(word)));
        if let Some(word) = both {
            spots.push(Spot::new(FILE, entry.line, format!("{word} is a term and forbidden for {}", entry.term)));
        }
    }
    spots
}

fn missing_nouns(tree: &Tree) -> Vec<Spot> {
    let terms: Vec<String> = entries(tree).iter().map(|e| split_words(e.term).concat()).collect();
    let mut spots = Vec::new();
    for source in &tree.rust {
        let Some(rest) = source.path.strip_prefix("crates/peakend-domain/src/") else { continue };
        let Some((step, file)) = rest.split_once('/') else { continue };
        let Some(noun) = file.strip_suffix(".rs").filter(|n| STEPS.contains(&step) && !n.contains('/')) else {
            continue;
        };
        let is_term = terms.contains(&noun.replace('_', ""));
        if !is_term && !matches!(noun, "mod" | "tests") && !noun.ends_with("_tests") {
            spots.push(Spot::new(&source.path, 0, format!("{noun} has no row in {FILE}")));
        }
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    const TABLE: &str = "| term | 简 | 繁 | meaning | not |\n|---|---|---|---|---|\n\
        | Case | 工单 | 工單 | one person's problem | `Ticket`, `Work Order`, 门票 |\n\
        | Sla | 时限 | 時限 | its clock | – |\n";

    fn check(rule: usize, files: &[(&str, &str)]) -> Vec<String> {
        (RULES[rule].check)(&sample(files)).into_iter().map(|s| s.what).collect()
    }

    #[test]
    fn word_in_another_sense_is_found_in_types_functions_and_modules() {
        let code = "struct TicketState;\nfn open_tickets() {}\nmod work_order {}\nlet ticket = 1; struct Ticketing;";
        let found = check(0, &[(FILE, TABLE), ("crates/peakend-domain/src/a.rs", code)]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "`TicketState` says Ticket; the glossary says Case");
    }

    #[test]
    fn chinese_word_that_the_glossary_refuses_is_found_in_translations() {
        assert_eq!(check(0, &[(FILE, TABLE), ("ui/src/i18n/zh-Hans.json", "{\"a\": \"门票\"}")]).len(), 1);
        assert!(check(0, &[(FILE, TABLE), ("ui/src/i18n/zh-Hans.json", "{\"a\": \"工单\"}")]).is_empty());
    }

    #[test]
    fn gap_double_and_contradiction_in_the_table_are_found() {
        assert!(check(1, &[(FILE, TABLE)]).is_empty());
        let gap = format!("{TABLE}| Alert | 预警 | | x | – |\n");
        let double = format!("{TABLE}| case | 工单 | 工單 | x | – |\n");
        let both = format!("{TABLE}| Alert | 预警 | 預警 | x | `Sla` |\n");
        for table in [gap, double, both] {
            assert_eq!(check(1, &[(FILE, table.as_str())]).len(), 1, "{table}");
        }
        assert_eq!(check(1, &[]), ["no glossary"]);
    }

    #[test]
    fn noun_without_a_row_is_found() {
        let file = |noun: &'static str| (noun, "//! x");
        assert!(check(2, &[(FILE, TABLE), file("crates/peakend-domain/src/act/case.rs")]).is_empty());
        assert_eq!(check(2, &[(FILE, TABLE), file("crates/peakend-domain/src/act/alert.rs")]).len(), 1);
    }
}
