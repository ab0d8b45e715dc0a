//! Names that stay in one room: the engine, SQL and the outbound connection, in source text.

use super::rust::Source;
use super::tree::Tree;
use super::{Rule, Spot};

pub(super) const RULES: [Rule; 4] = [
    Rule {
        name: "engine-names",
        why: "only peakend-warehouse and peakend-cluster know the engine, so that an edit elsewhere never compiles it \
              again and the engine can be exchanged",
        mend: "ask through peakend-query, or move the code into peakend-warehouse",
        check: engine_names,
    },
    Rule {
        name: "sql-text",
        why: "only peakend-store knows SQL: there each statement is proven on both databases and scoped to the \
              organisation",
        mend: "add a function to the aggregate's module in peakend-store and call it",
        check: sql_text,
    },
    Rule {
        name: "outbound",
        why: "one outbound client that checks the address it connects to; a second path is how requests to inside \
              addresses get through",
        mend: "send through peakend-channel",
        check: outbound,
    },
    Rule {
        name: "unfinished",
        why: "a stub behind a green test is a lie that somebody will build on",
        mend: "write it, or refuse with an error that says what is not supported, or open an issue and delete the note",
        check: unfinished,
    },
];

/// First words of a statement with the word that must follow, where one must.
const STATEMENTS: [(&str, &str); 13] = [
    ("SELECT", ""),
    ("INSERT", "INTO"),
    ("INSERT", "OR"),
    ("UPDATE", ""),
    ("DELETE", "FROM"),
    ("WITH", ""),
    ("CREATE", "TABLE"),
    ("CREATE", "INDEX"),
    ("CREATE", "UNIQUE"),
    ("ALTER", "TABLE"),
    ("DROP", "TABLE"),
    ("PRAGMA", ""),
    ("VACUUM", ""),
];

fn engine_names(tree: &Tree) -> Vec<Spot> {
    let is_engine = |word: &str| {
        ["datafusion", "arrow", "parquet", "ballista"]
            .iter()
            .any(|name| word == *name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')))
    };
    named(tree, &["peakend-warehouse", "peakend-cluster"], is_engine, "names the engine")
}

fn sql_text(tree: &Tree) -> Vec<Spot> {
    let mut spots =
        named(tree, &["peakend-store"], |word| matches!(word, "sqlx" | "rusqlite"), "names the SQL library");
    for source in tree.product().filter(|s| s.package() != "peakend-store") {
        for (line, literal) in &source.strings {
            if is_statement(literal) {
                let start: String = literal.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
                spots.push(Spot::new(&source.path, *line, format!("SQL text outside peakend-store: \"{start} …\"")));
            }
        }
    }
    spots
}

/// Whether a literal reads as an SQL statement: its first words in capitals, more behind them.
fn is_statement(literal: &str) -> bool {
    let mut words = literal.split(|c: char| c.is_whitespace() || c == '\\').filter(|w| !w.is_empty());
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return false };
    STATEMENTS.iter().any(|(start, follows)| first == *start && (follows.is_empty() || second == *follows))
}

fn outbound(tree: &Tree) -> Vec<Spot> {
    let is_client = |word: &str| matches!(word, "reqwest" | "lettre" | "ureq" | "hyper_util" | "isahc" | "curl");
    let mut spots = named(tree, &["peakend-channel"], is_client, "names an outbound client");
    for source in tree.product().filter(|s| s.package() != "peakend-channel" && s.package() != "peakend-testkit") {
        for (line, word, after) in source.words() {
            let connects = word == "TcpStream" && after.trim_start().starts_with("::connect");
            if connects && !source.is_test[line - 1] {
                spots.push(Spot::new(&source.path, line, "opens a connection"));
            }
        }
    }
    spots
}

fn unfinished(tree: &Tree) -> Vec<Spot> {
    let mut spots = Vec::new();
    for source in &tree.rust {
        for (line, word, after) in source.words() {
            if matches!(word, "todo" | "unimplemented") && after.starts_with('!') {
                spots.push(Spot::new(&source.path, line, format!("{word}!()")));
            }
        }
        for (index, comment) in source.comments.iter().enumerate() {
            let note = ["TODO", "FIXME", "XXX"].into_iter().find(|note| has_word(comment, note));
            if let Some(note) = note.filter(|_| source.package() != "xtask") {
                spots.push(Spot::new(&source.path, index + 1, format!("a {note} note")));
            }
        }
    }
    spots
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|w| w == word)
}

/// Words of product code that only `owner` may use.
fn named(tree: &Tree, owners: &[&str], is_name: impl Fn(&str) -> bool, what: &str) -> Vec<Spot> {
    let strangers = tree.product().filter(|s| !owners.contains(&s.package()));
    strangers
        .flat_map(|source: &Source| {
            let paths = source.words().filter(|(line, word, after)| {
                // a test may serve HTTP
                let serves = *word == "hyper_util" && source.is_test[line - 1];
                is_name(word)
                    && !serves
                    && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
            });
            paths.map(|(line, word, _)| Spot::new(&source.path, line, format!("`{word}` {what}"))).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn check(rule: usize, path: &str, text: &str) -> usize {
        (RULES[rule].check)(&sample(&[(path, text)])).len()
    }

    #[test]
    fn engine_outside_its_room_is_found() {
        assert_eq!(check(0, "crates/peakend-app/src/a.rs", "use datafusion::prelude::X;"), 1);
        assert_eq!(check(0, "crates/peakend-testkit/src/a.rs", "let a = arrow_array::Int64Array::new();"), 1);
        assert_eq!(check(0, "crates/peakend-warehouse/src/a.rs", "use datafusion::prelude::X;"), 0);
        assert_eq!(check(0, "crates/peakend-app/src/a.rs", "// datafusion::x is elsewhere\nlet arrow = 1;"), 0);
    }

    #[test]
    fn sql_outside_its_room_is_found() {
        assert_eq!(check(1, "crates/peakend-app/src/a.rs", "let q = \"SELECT id FROM cases\";"), 1);
        assert_eq!(check(1, "crates/peakend-testkit/src/a.rs", "let q = \"\n  INSERT INTO cases VALUES (1)\";"), 1);
        assert_eq!(check(1, "crates/peakend/src/a.rs", "use sqlx::Row;"), 1);
        assert_eq!(check(1, "crates/peakend-store/src/a.rs", "let q = \"SELECT 1 \"; use sqlx::Row;"), 0);
        assert_eq!(check(1, "crates/peakend-app/src/a.rs", "let text = \"Select a unit\"; let m = \"DELETE\";"), 0);
    }

    #[test]
    fn second_outbound_path_is_found() {
        assert_eq!(check(2, "crates/peakend-app/src/a.rs", "let c = reqwest::Client::new();"), 1);
        assert_eq!(check(2, "crates/peakend-http/src/a.rs", "let s = TcpStream::connect(addr);"), 1);
        assert_eq!(check(2, "crates/peakend-http/tests/it/a.rs", "let s = TcpStream::connect(addr);"), 0);
        assert_eq!(check(2, "crates/peakend-channel/src/a.rs", "use lettre::Message;"), 0);
    }

    #[test]
    fn stub_and_note_are_found() {
        assert_eq!(check(3, "crates/peakend-app/src/a.rs", "fn a() { todo!() }\n// TODO later\n"), 2);
        assert_eq!(check(3, "crates/peakend-app/src/a.rs", "let todo = 1; // the task list, \"todo\""), 0);
    }
}
