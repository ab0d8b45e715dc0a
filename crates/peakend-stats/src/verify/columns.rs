//! Which columns of a table a specification names: names may hold spaces, marks
//! and letters of any script, so the header of the table decides where one ends.

use super::case::CaseError;
use super::spec::Spec;
use crate::table::Table;

/// Marks between a keyword and the name it stands for.
const BEFORE_NAME: [char; 8] = [' ', ':', '=', '"', '\'', '`', '[', '('];

impl<'a> Spec<'a> {
    /// The first column named behind one of the keywords; a name in the case of
    /// the header goes before one in another case, and every mention of a
    /// keyword is tried.
    pub(super) fn column(self, keys: &[&str], table: &Table) -> Option<usize> {
        let found = |exact| keys.iter().find_map(|key| self.mentions(key).find_map(|rest| leading(rest, table, exact)));
        found(true).or_else(|| found(false)).map(|(column, _)| column)
    }

    /// The column named behind a keyword, else the first of the usual names.
    pub(super) fn role(self, keys: &[&str], usual: &[&str], table: &Table) -> Result<usize, CaseError> {
        let named = self.column(keys, table).or_else(|| table.maybe_column(usual));
        // the error says what was looked for
        let wanted =
            || -> Vec<&str> { keys.iter().filter_map(|key| self.name(key)).chain(usual.iter().copied()).collect() };
        named.map_or_else(|| Ok(table.column(&wanted())?), Ok)
    }

    /// The columns listed behind the first keyword that lists any:
    /// `['a', 'b c']` or `a, b c and d.`
    pub(super) fn columns(self, keys: &[&str], table: &Table) -> Vec<usize> {
        let lists = keys.iter().flat_map(|key| self.mentions(key)).map(|rest| listed(rest, table));
        lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
    }

    /// The column whose name ends where a text ends.
    pub(super) fn ending(text: &str, table: &Table) -> Option<usize> {
        let text = text.trim_end();
        let ends = |name: &str| {
            text.strip_suffix(name).is_some_and(|rest| !(name.starts_with(is_inner) && rest.ends_with(is_inner)))
        };
        longest(table, &ends)
    }

    /// The code behind a column that stands for a word, from `treat (1=treated)`.
    pub(super) fn code_of(self, column: &str) -> Option<&'a str> {
        let inside = self.mentions(column).filter_map(|rest| rest.strip_prefix('(')?.split(')').next());
        inside.filter_map(|codes| codes.split_once('=')).map(|(code, _)| code.trim_matches([' ', '\'', '"'])).next()
    }

    /// What a row says by a column of two codes: the code that the specification
    /// names as yes, else 1 or true.
    pub(super) fn flag(self, table: &Table, row: usize, column: usize) -> Result<bool, CaseError> {
        let text = table.text(row, column);
        match self.code_of(&table.header()[column]) {
            Some(code) if !text.is_empty() => Ok(same_code(code, text)),
            _ => Ok(table.flag(row, column)?),
        }
    }
}

/// The column a text begins with, and what follows it.
pub(super) fn leading<'t>(text: &'t str, table: &Table, exact: bool) -> Option<(usize, &'t str)> {
    let text = text.trim_start_matches(BEFORE_NAME);
    let begins = |name: &str| {
        let Some(start) = text.get(..name.len()) else { return false };
        let same = if exact { start == name } else { start.eq_ignore_ascii_case(name) };
        same && !(name.ends_with(is_inner) && continues(&text[name.len()..]))
    };
    let column = longest(table, &begins)?;
    Some((column, &text[table.header()[column].len()..]))
}

fn longest(table: &Table, fits: &dyn Fn(&str) -> bool) -> Option<usize> {
    let names =
        table.header().iter().map(String::as_str).enumerate().filter(|(_, name)| !name.is_empty() && fits(name));
    // the first of equals
    names.rev().max_by_key(|(_, name)| name.len()).map(|(column, _)| column)
}

/// Whether a name goes on: by a letter, or by a mark with a letter behind it.
fn continues(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some('.' | '-') => chars.next().is_some_and(is_inner),
        Some(c) => is_inner(c),
        None => false,
    }
}

fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Columns up to the end of the list or of the sentence; words that are no
/// column are passed over.
fn listed(text: &str, table: &Table) -> Vec<usize> {
    let mut rest = text.trim_start_matches([' ', ':', '=']);
    let bracketed = rest.starts_with(['[', '(']);
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '"', '\'', '`', '[', '(']);
        rest = rest.strip_prefix("and ").unwrap_or(rest);
        if let Some((column, after)) = leading(rest, table, true).or_else(|| leading(rest, table, false)) {
            if !found.contains(&column) {
                found.push(column);
            }
            rest = after.trim_start_matches(['"', '\'', '`', ' ']);
        } else {
            let end = rest.find([',', ';', ']', '\n']).unwrap_or(rest.len());
            // a list in brackets may hold full stops
            let end = if bracketed { end } else { end.min(rest.find(". ").unwrap_or(end)) };
            rest = &rest[end..];
        }
        let goes_on = rest.starts_with(',') || rest.starts_with("and ");
        if !goes_on {
            return found;
        }
    }
}

/// Equal as text, or as numbers (1 and 1.0).
pub(super) fn same_code(a: &str, b: &str) -> bool {
    a == b || a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &str) -> Table {
        Table::of("t.csv", &format!("{header}\n")).unwrap()
    }

    #[test]
    fn the_header_decides_where_a_name_ends() {
        let table = table("net score,net,客户号,Sales (EUR),q-7,x.1,T,t");
        let spec =
            Spec("Outcome Sales (EUR); drivers: net score, x.1 and q-7. time=t, unit 客户号（每人一行）, then T.");
        assert_eq!(spec.column(&["outcome"], &table), Some(3));
        assert_eq!(spec.columns(&["drivers"], &table), [0, 5, 4]);
        assert_eq!(spec.column(&["time="], &table), Some(7));
        assert_eq!(spec.column(&["unit"], &table), Some(2));
        assert_eq!(spec.column(&["then"], &table), Some(6));
        assert_eq!(spec.column(&["period"], &table), None);
    }

    #[test]
    fn lists_pass_over_words_that_are_no_column_and_end_with_the_sentence() {
        let table = table("a,b c,d");
        assert_eq!(Spec("covariates ['a', 'zzz', \"b c\"]; d").columns(&["covariates"], &table), [0, 1]);
        assert_eq!(Spec("drivers: a, intercept, b c. d, a").columns(&["drivers"], &table), [0, 1]);
        assert_eq!(Spec("{\"drivers\":[\"d\",\"a\"],\"y\":\"b c\"}").columns(&["drivers"], &table), [2, 0]);
        assert_eq!(Spec("the drivers are below; drivers: d").columns(&["drivers"], &table), [2]);
    }

    #[test]
    fn names_before_a_sign_and_codes_behind_a_name_are_read() {
        let table = table("late wave,wave,arm");
        assert_eq!(Spec::ending("two periods: late wave ", &table), Some(0));
        assert_eq!(Spec::ending("a microwave", &table), None);
        let spec = Spec("y=x, group arm ('Mail A'=treated), event=died (2=event).");
        assert_eq!(spec.code_of("arm"), Some("Mail A"));
        assert_eq!(spec.code_of("died"), Some("2"));
        assert_eq!(spec.code_of("y"), None);
    }
}
