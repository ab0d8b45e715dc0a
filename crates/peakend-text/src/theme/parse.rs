//! Reads expressions; what is wrong is said with its place.

use std::str::FromStr;

use super::expression::{Expression, ExpressionError, ExpressionFault, NEAR, Term, is_delimiter};

/// Characters an expression may have.
pub const LONGEST: usize = 4_000;
/// Levels of parentheses and `not`.
pub const DEEPEST: usize = 32;
/// Words apart that `near/` may say.
const FARTHEST: u8 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(u8),
    Word(Term),
}

impl FromStr for Expression {
    type Err = ExpressionFault;

    fn from_str(text: &str) -> Result<Self, ExpressionFault> {
        let letters: Vec<char> = text.chars().collect();
        let fault = |at, fault| ExpressionFault { at, fault };
        if letters.len() > LONGEST {
            return Err(fault(LONGEST, ExpressionError::TooLong));
        }
        let mut parser = Parser { tokens: tokens(&letters)?, at: 0, end: letters.len(), depth: 0 };
        let expression = parser.any()?;
        match parser.tokens.get(parser.at) {
            Some((at, Token::Close | Token::Near(_))) => Err(fault(*at, ExpressionError::WordExpected)),
            Some((at, _)) => Err(fault(*at, ExpressionError::OperatorExpected)),
            None if !expression.requires_a_word() => Err(fault(0, ExpressionError::NothingRequired)),
            None => Ok(expression),
        }
    }
}

/// Tokens with the character where each begins.
fn tokens(letters: &[char]) -> Result<Vec<(usize, Token)>, ExpressionFault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let start = at;
        let token = match c {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' | '（' => {
                at += 1;
                Token::Open
            }
            ')' | '）' => {
                at += 1;
                Token::Close
            }
            '"' | '“' | '「' => {
                let (text, end) = quoted(letters, at)?;
                at = end;
                Token::Word(Term { text, open: false })
            }
            // a closing quote or a star without its word
            c if is_delimiter(c) => return Err(ExpressionFault { at, fault: ExpressionError::WordExpected }),
            _ => {
                let length = letters.iter().skip(at).take_while(|c| !is_delimiter(**c)).count();
                let word: String = letters.iter().skip(at).take(length).collect();
                at += length;
                named(word).ok_or(ExpressionFault { at: start, fault: ExpressionError::Distance })?
            }
        };
        let token = match token {
            Token::Word(term) if letters.get(at) == Some(&'*') => {
                at += 1;
                Token::Word(Term { open: true, ..term })
            }
            other => other,
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

/// The text of a quote and where it ends; a backslash keeps the next character.
fn quoted(letters: &[char], start: usize) -> Result<(String, usize), ExpressionFault> {
    let close = match letters.get(start) {
        Some('“') => '”',
        Some('「') => '」',
        _ => '"',
    };
    let mut text = String::new();
    let mut at = start + 1;
    while let Some(&c) = letters.get(at) {
        if c == close {
            if text.trim().is_empty() {
                return Err(ExpressionFault { at: start, fault: ExpressionError::WordExpected });
            }
            return Ok((text, at + 1));
        }
        let kept = if c == '\\' { letters.get(at + 1).copied() } else { None };
        at += if kept.is_some() { 2 } else { 1 };
        text.push(kept.unwrap_or(c));
    }
    Err(ExpressionFault { at: start, fault: ExpressionError::UnclosedQuote })
}

/// An operator or a word; none where `near/` has no good number.
fn named(word: String) -> Option<Token> {
    let lower = word.to_lowercase();
    Some(match lower.as_str() {
        "and" | "且" | "并且" | "並且" => Token::And,
        "or" | "或" | "或者" => Token::Or,
        "not" | "非" => Token::Not,
        "near" => Token::Near(NEAR),
        _ => match lower.strip_prefix("near/") {
            Some(number) => {
                let within = number.parse().ok()?;
                return (1..=FARTHEST).contains(&within).then_some(Token::Near(within));
            }
            None => Token::Word(Term { text: word, open: false }),
        },
    })
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// Characters of the expression.
    end: usize,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expression, ExpressionFault> {
        let mut parts = vec![self.all()?];
        while self.took(&Token::Or) {
            parts.push(self.all()?);
        }
        Ok(Expression::any(parts))
    }

    fn all(&mut self) -> Result<Expression, ExpressionFault> {
        let mut parts = vec![self.one()?];
        while self.took(&Token::And) {
            parts.push(self.one()?);
        }
        Ok(Expression::all(parts))
    }

    fn one(&mut self) -> Result<Expression, ExpressionFault> {
        if !self.took(&Token::Not) {
            return self.near();
        }
        self.deeper()?;
        let part = self.one()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(part)))
    }

    fn near(&mut self) -> Result<Expression, ExpressionFault> {
        let start = self.place();
        let left = self.atom()?;
        let Some((_, Token::Near(within))) = self.tokens.get(self.at) else { return Ok(left) };
        let within = *within;
        self.at += 1;
        let middle = self.place();
        let right = self.atom()?;
        let words = |part, at| words(part).ok_or(ExpressionFault { at, fault: ExpressionError::NearTakesWords });
        let near = Expression::Near(words(left, start)?, words(right, middle)?, within);
        match self.tokens.get(self.at) {
            Some((at, Token::Near(_))) => Err(ExpressionFault { at: *at, fault: ExpressionError::NearTakesWords }),
            _ => Ok(near),
        }
    }

    fn atom(&mut self) -> Result<Expression, ExpressionFault> {
        let place = self.place();
        match self.tokens.get(self.at).map(|(_, token)| token.clone()) {
            Some(Token::Word(term)) => {
                self.at += 1;
                Ok(Expression::Word(term))
            }
            Some(Token::Open) => {
                self.at += 1;
                self.deeper()?;
                let inside = self.any()?;
                self.depth -= 1;
                if self.took(&Token::Close) {
                    return Ok(inside);
                }
                let fault = match self.tokens.get(self.at) {
                    Some((at, Token::Word(_) | Token::Open | Token::Not)) => (*at, ExpressionError::OperatorExpected),
                    Some((at, _)) => (*at, ExpressionError::WordExpected),
                    None => (place, ExpressionError::UnclosedParenthesis),
                };
                Err(ExpressionFault { at: fault.0, fault: fault.1 })
            }
            _ => Err(ExpressionFault { at: place, fault: ExpressionError::WordExpected }),
        }
    }

    fn took(&mut self, token: &Token) -> bool {
        let here = self.tokens.get(self.at).is_some_and(|(_, t)| t == token);
        self.at += usize::from(here);
        here
    }

    /// Character of the next token, or the end.
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn deeper(&mut self) -> Result<(), ExpressionFault> {
        self.depth += 1;
        let fault = ExpressionFault { at: self.place(), fault: ExpressionError::TooDeep };
        if self.depth > DEEPEST { Err(fault) } else { Ok(()) }
    }
}

/// The words of a word or of alternatives of words.
fn words(part: Expression) -> Option<Vec<Term>> {
    match part {
        Expression::Word(term) => Some(vec![term]),
        Expression::Any(parts) => {
            parts.into_iter().map(|p| if let Expression::Word(term) = p { Some(term) } else { None }).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Expression {
        text.parse().unwrap()
    }

    #[test]
    fn operators_bind_as_they_are_read() {
        for (text, printed) in [
            ("a or b and not c", "a or b and not c"),
            ("(a or b) and c", "(a or b) and c"),
            ("a AND (b And c)", "a and b and c"),
            ("手续费 near (高 或 贵)", "手续费 near/5 (高 or 贵)"),
            ("not (a or b) 且 refund*", "not (a or b) and refund*"),
            ("“two words” or \"say \\\"hi\\\"\"", "\"two words\" or \"say \\\"hi\\\"\""),
            ("（排隊 or 等位）and \"or\"", "(排隊 or 等位) and \"or\""),
        ] {
            assert_eq!(read(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn faults_name_their_place() {
        use ExpressionError::*;
        for (text, at, fault) in [
            ("", 0, WordExpected),
            ("a and", 5, WordExpected),
            ("fee charge", 4, OperatorExpected),
            ("a or (b and c", 5, UnclosedParenthesis),
            ("a)", 1, WordExpected),
            ("排队 and \"很久", 7, UnclosedQuote),
            ("a near/0 b", 2, Distance),
            ("(a and b) near c", 0, NearTakesWords),
            ("a near b near c", 9, NearTakesWords),
            ("not a", 0, NothingRequired),
            ("a or not b", 0, NothingRequired),
            ("\"\" or a", 0, WordExpected),
            ("(a b)", 3, OperatorExpected),
        ] {
            assert_eq!(text.parse::<Expression>(), Err(ExpressionFault { at, fault }), "{text}");
        }
        assert_eq!("(".repeat(40).parse::<Expression>().unwrap_err().fault, TooDeep);
        assert_eq!("a ".repeat(4_000).parse::<Expression>().unwrap_err().fault, TooLong);
    }

    fn term() -> impl Strategy<Value = Term> {
        ("[a-z手续费 \"*()\\\\]{1,6}", any::<bool>())
            .prop_filter("a term says something", |(text, _)| !text.trim().is_empty())
            .prop_map(|(text, open)| Term { text, open })
    }

    fn expression() -> impl Strategy<Value = Expression> {
        let terms = || proptest::collection::vec(term(), 1..3);
        let leaf = prop_oneof![
            term().prop_map(Expression::Word),
            (terms(), terms(), 1u8..=50).prop_map(|(l, r, n)| Expression::Near(l, r, n)),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::any),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::all),
                inner.prop_map(|e| Expression::Not(Box::new(e))),
            ]
        })
        .prop_filter("rules require a word", Expression::requires_a_word)
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(expression in expression()) {
            let printed = expression.to_string();
            prop_assert_eq!(printed.parse::<Expression>(), Ok(expression), "{}", printed);
        }

        #[test]
        fn any_text_is_read_or_refused_within_its_length(text in "([a-c手]| |and|or|not|near/?[0-9]?|[()\"*\\\\“”「」（）])*") {
            match text.parse::<Expression>() {
                Ok(read) => prop_assert_eq!(read.to_string().parse::<Expression>(), Ok(read)),
                Err(fault) => prop_assert!(fault.at <= text.chars().count()),
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _read = text.parse::<Expression>();
        }
    }
}
