//! A Rust file taken apart just far enough for house rules: code without comments
//! and literals, the literals, and which lines are tests.

/// One Rust file.
#[derive(Debug)]
pub(super) struct Source {
    /// Path relative to the root.
    pub(super) path: String,
    /// The file as written.
    pub(super) text: String,
    /// The code, line by line, with comments and the inside of literals blanked.
    pub(super) code: Vec<String>,
    /// The comments, line by line, with everything else blanked.
    pub(super) comments: Vec<String>,
    /// String literals with the line they start on.
    pub(super) strings: Vec<(usize, String)>,
    /// Per line: whether it belongs to a test.
    pub(super) is_test: Vec<bool>,
}

impl Source {
    /// Takes `text` apart.
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let Masked { code, comments, strings } = mask(text);
        let split = |masked: String| -> Vec<String> { masked.lines().map(str::to_owned).collect() };
        let is_test = test_lines(path, &code);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: split(code),
            comments: split(comments),
            strings,
            is_test,
        }
    }

    /// The package folder: `peakend-domain` for `crates/peakend-domain/src/…`.
    pub(super) fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(first) => first,
            None => "",
        }
    }

    /// Lines that are not part of a test.
    pub(super) fn untested_lines(&self) -> usize {
        self.is_test.iter().filter(|t| !**t).count()
    }

    /// Words of the code (identifiers and keywords) with their line from 1 and the text after them.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.code.iter().enumerate().flat_map(|(index, line)| {
            words(line).into_iter().map(move |(start, end)| (index + 1, &line[start..end], &line[end..]))
        })
    }
}

/// Byte ranges of the words in a line.
fn words(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (c.is_alphanumeric() || c == '_', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Splits an identifier into lower-case words: `CaseState` and `case_state` are both case, state.
pub(super) fn split_identifier(identifier: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut fresh = true;
    for c in identifier.chars() {
        if c == '_' {
            fresh = true;
            continue;
        }
        if fresh || c.is_uppercase() {
            parts.push(String::new());
        }
        fresh = false;
        if let Some(last) = parts.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    parts
}

struct Masked {
    code: String,
    comments: String,
    strings: Vec<(usize, String)>,
}

/// Where the reader stands in the text.
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text { hashes: Option<usize>, start: usize, held: String },
}

/// Blanks comments and literals; keeps every line where it was.
fn mask(text: &str) -> Masked {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Masked { code: String::new(), comments: String::new(), strings: Vec::new() };
    let (mut state, mut at, mut line) = (State::Code, 0, 1);
    while at < chars.len() {
        let step = match &mut state {
            State::Code => in_code(&chars, at, line, &mut state, &mut out),
            State::LineComment => {
                if chars[at] == '\n' {
                    state = State::Code;
                    out.code.push('\n');
                    out.comments.push('\n');
                } else {
                    out.code.push(' ');
                    out.comments.push(chars[at]);
                }
                1
            }
            State::BlockComment { depth } => {
                let step = match (chars[at], chars.get(at + 1)) {
                    ('/', Some('*')) => {
                        *depth += 1;
                        2
                    }
                    ('*', Some('/')) => {
                        *depth -= 1;
                        2
                    }
                    _ => 1,
                };
                let done = *depth == 0;
                for c in &chars[at..at + step] {
                    out.code.push(if *c == '\n' { '\n' } else { ' ' });
                    out.comments.push(*c);
                }
                if done {
                    state = State::Code;
                }
                step
            }
            State::Text { hashes, start, held } => {
                let (step, ends) = in_text(&chars, at, *hashes);
                for c in &chars[at..at + step] {
                    blank(&mut out, *c);
                }
                if ends {
                    out.strings.push((*start, std::mem::take(held)));
                    state = State::Code;
                } else {
                    held.extend(&chars[at..at + step]);
                }
                step
            }
        };
        line += chars[at..at + step].iter().filter(|c| **c == '\n').count();
        at += step;
    }
    out
}

fn blank(out: &mut Masked, c: char) {
    let kept = if c == '\n' { '\n' } else { ' ' };
    out.code.push(kept);
    out.comments.push(kept);
}

/// One step inside a string literal: characters taken, and whether it ended.
fn in_text(chars: &[char], at: usize, hashes: Option<usize>) -> (usize, bool) {
    match (chars[at], hashes) {
        ('\\', None) if at + 1 < chars.len() => (2, false),
        ('"', None) => (1, true),
        ('"', Some(n)) if chars[at + 1..].iter().take(n).filter(|c| **c == '#').count() == n => (1 + n, true),
        _ => (1, false),
    }
}

/// One step in code: enters comments and literals, copies the rest.
fn in_code(chars: &[char], at: usize, line: usize, state: &mut State, out: &mut Masked) -> usize {
    let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
    let in_word = before.is_alphanumeric() || before == '_';
    match (chars[at], chars.get(at + 1)) {
        ('/', Some('/')) => *state = State::LineComment,
        ('/', Some('*')) => {
            *state = State::BlockComment { depth: 0 };
            return 0;
        }
        ('"', _) => {
            *state = State::Text { hashes: None, start: line, held: String::new() };
            blank(out, ' ');
            return 1;
        }
        ('r', Some('"' | '#')) if !in_word || before == 'b' || before == 'c' => {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            if chars.get(at + 1 + hashes) == Some(&'"') {
                *state = State::Text { hashes: Some(hashes), start: line, held: String::new() };
                (0..hashes + 2).for_each(|_| blank(out, ' '));
                return hashes + 2;
            }
        }
        ('\'', Some('\\')) => {
            // an escaped character: 'x' ends at the next quote after the escape
            let end = (at + 3..chars.len()).find(|i| chars[*i] == '\'').unwrap_or(chars.len() - 1);
            (at..=end).for_each(|_| blank(out, ' '));
            return end + 1 - at;
        }
        ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => {
            (0..3).for_each(|_| blank(out, ' '));
            return 3;
        }
        _ => {}
    }
    if matches!(state, State::LineComment) {
        return 0;
    }
    out.code.push(chars[at]);
    out.comments.push(if chars[at] == '\n' { '\n' } else { ' ' });
    1
}

/// Marks the lines of test code: whole test files, and `#[cfg(test)]` items elsewhere.
fn test_lines(path: &str, code: &str) -> Vec<bool> {
    let lines: Vec<&str> = code.lines().collect();
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_test_folder = path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples"));
    let whole = in_test_folder || name == "tests.rs" || name.ends_with("_tests.rs");
    let mut marks = vec![whole; lines.len()];
    let mut index = 0;
    while index < lines.len() {
        if lines[index].trim_start().starts_with("#[cfg(test)]") {
            let end = item_end(&lines, index);
            marks[index..=end].fill(true);
            index = end;
        }
        index += 1;
    }
    marks
}

/// Last line of the item whose attribute stands on `start`: its closing brace or semicolon.
fn item_end(lines: &[&str], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, line) in lines.iter().enumerate().skip(start) {
        let line = if index == start { line.trim_start().trim_start_matches("#[cfg(test)]") } else { line };
        if depth == 0 && line.trim_start().starts_with("#[") {
            continue;
        }
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return index;
                    }
                }
                ';' if depth == 0 => return index,
                _ => {}
            }
        }
    }
    lines.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = Source::parse(
            "crates/a/src/b.rs",
            "//! doc sqlx\nlet a = \"SELECT // 1\"; /* x /* y */ sqlx */ let c = '\"';\nlet d = r#\"he \"said\" so\"#; fn f<'a>(x: &'a str) {}\n",
        );
        assert_eq!(source.code.len(), 3);
        assert!(!source.code.join("").contains("sqlx"));
        assert!(source.code[1].contains("let c ="));
        assert!(source.code[2].contains("fn f<'a>(x: &'a str)"));
        assert_eq!(source.strings, [(2, "SELECT // 1".to_owned()), (3, "he \"said\" so".to_owned())]);
        assert!(source.comments[0].contains("doc sqlx"));
    }

    #[test]
    fn escaped_quote_does_not_end_a_literal() {
        let source = Source::parse("a.rs", "let a = \"x\\\"y\"; let b = '\\''; let z = 1;");
        assert_eq!(source.strings, [(1, "x\\\"y".to_owned())]);
        assert!(source.code[0].contains("let z = 1;"));
    }

    #[test]
    fn test_items_are_marked_to_their_closing_brace() {
        let text = "fn a() {}\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n  fn b() { }\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}\n";
        let source = Source::parse("crates/a/src/b.rs", text);
        assert_eq!(source.is_test, [false, true, true, true, true, true, false, true, true, false]);
        assert_eq!(source.untested_lines(), 3);
    }

    #[test]
    fn identifiers_split_into_words() {
        assert_eq!(split_identifier("CaseState"), ["case", "state"]);
        assert_eq!(split_identifier("open_case2"), ["open", "case2"]);
    }
}
