//! Filters as reference cases write them: `all`, `dept == 'a' and not score >= 9`,
//! `tenure in ['x', 'y'] or (dept != "b")`.

use crate::table::Table;

/// A condition on the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// Every row.
    All,
    /// A column compared with a value.
    Compare {
        column: String,
        by: Comparison,
        value: String,
    },
    /// A column that has one of several values.
    OneOf {
        column: String,
        values: Vec<String>,
    },
    Not(Box<Self>),
    Both(Box<Self>, Box<Self>),
    Either(Box<Self>, Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Filter {
    /// Reads a filter; `None` when it is not written in this language.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens };
        let filter = reader.either()?;
        reader.tokens.is_empty().then_some(filter)
    }

    /// Whether a row fits; `None` when the table has no such column.
    pub(super) fn fits(&self, table: &Table, row: usize) -> Option<bool> {
        let field = |column: &str| table.maybe_column(&[column]).map(|c| table.text(row, c));
        Some(match self {
            Self::All => true,
            Self::Compare { column, by, value } => by.holds(field(column)?, value),
            Self::OneOf { column, values } => {
                let found = field(column)?;
                values.iter().any(|value| Comparison::Equal.holds(found, value))
            }
            Self::Not(inner) => !inner.fits(table, row)?,
            Self::Both(a, b) => a.fits(table, row)? & b.fits(table, row)?,
            Self::Either(a, b) => a.fits(table, row)? | b.fits(table, row)?,
        })
    }
}

impl Comparison {
    /// Numbers are compared as numbers, everything else as text.
    fn holds(self, found: &str, value: &str) -> bool {
        let order = match (found.parse::<f64>(), value.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => found.cmp(value),
        };
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 15] = ["==", "!=", ">=", "<=", "&&", "||", "<", ">", "=", "(", ")", "[", "]", ",", "!"];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let taken = if first == '\'' || first == '"' {
            let inner = &rest[1..];
            let end = inner.find(first)?;
            tokens.push(Token::Text(inner[..end].to_owned()));
            end + 2
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else if first == '&' || first == '|' {
            tokens.push(Token::Sign(if first == '&' { "&&" } else { "||" }));
            1
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "_.-+".contains(c))).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            end
        };
        rest = rest[taken..].trim_start();
    }
    Some(tokens)
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    /// Takes a sign or, in any case, a word when it comes next.
    fn take(&mut self, wanted: &str) -> bool {
        let here = match self.tokens.first() {
            Some(Token::Sign(sign)) => *sign == wanted,
            Some(Token::Word(word)) => word.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        if here {
            self.tokens = &self.tokens[1..];
        }
        here
    }

    fn either(&mut self) -> Option<Filter> {
        let mut filter = self.both()?;
        while self.take("or") || self.take("||") {
            filter = Filter::Either(Box::new(filter), Box::new(self.both()?));
        }
        Some(filter)
    }

    fn both(&mut self) -> Option<Filter> {
        let mut filter = self.one()?;
        while self.take("and") || self.take("&&") {
            filter = Filter::Both(Box::new(filter), Box::new(self.one()?));
        }
        Some(filter)
    }

    fn one(&mut self) -> Option<Filter> {
        if self.take("not") || self.take("!") {
            return Some(Filter::Not(Box::new(self.one()?)));
        }
        if self.take("(") {
            let inner = self.either()?;
            return self.take(")").then_some(inner);
        }
        if self.tokens.is_empty() || self.take("all") {
            return Some(Filter::All);
        }
        let column = self.value()?;
        if self.take("not") {
            return self.take("in").then(|| self.values(column))?.map(|f| Filter::Not(Box::new(f)));
        }
        if self.take("in") {
            return self.values(column);
        }
        let Some(Token::Sign(sign)) = self.next() else { return None };
        let by = match sign {
            "==" | "=" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::More,
            ">=" => Comparison::AtLeast,
            _ => return None,
        };
        Some(Filter::Compare { column, by, value: self.value()? })
    }

    fn values(&mut self, column: String) -> Option<Filter> {
        let close = if self.take("[") { "]" } else { self.take("(").then_some(")")? };
        let mut values = Vec::new();
        while !self.take(close) {
            values.push(self.value()?);
            self.take(",");
        }
        Some(Filter::OneOf { column, values })
    }

    fn value(&mut self) -> Option<String> {
        match self.next()? {
            Token::Word(text) | Token::Text(text) => Some(text),
            Token::Sign(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(filter: &str) -> Option<Vec<usize>> {
        let csv = "team,age,score\na,young,7\nb,old,10\nb,young,9\n";
        let table = Table::need("t.csv", &|_| Some(csv.to_owned())).unwrap();
        let filter = Filter::parse(filter)?;
        let fits: Option<Vec<bool>> = (0..table.len()).map(|row| filter.fits(&table, row)).collect();
        Some(fits?.iter().enumerate().filter(|(_, fits)| **fits).map(|(row, _)| row).collect())
    }

    #[test]
    fn filters_are_read_as_they_are_written() {
        assert_eq!(rows("all"), Some(vec![0, 1, 2]));
        assert_eq!(rows("team=='b' and age!='old'"), Some(vec![2]));
        assert_eq!(rows("score>=9"), Some(vec![1, 2]));
        assert_eq!(rows("not (team == \"b\") or age in ['old']"), Some(vec![0, 1]));
        assert_eq!(rows("team not in ('b', 'c') & score < 8"), Some(vec![0]));
    }

    #[test]
    fn an_unknown_column_or_a_broken_filter_is_no_filter() {
        assert_eq!(rows("shoe == '4'"), None);
        assert_eq!(rows("team == "), None);
        assert_eq!(rows("(team == 'b'"), None);
    }
}
