//! Reading expressions: text in, tree or a fault with its column out.

use serde_json::{Number, Value};

use super::Expr;
use crate::FieldFault;

/// Longest text read.
pub const MAX_BYTES: usize = 4096;
/// Deepest nesting read.
pub const MAX_DEPTH: usize = 32;
/// Most nodes of a tree.
pub const MAX_NODES: usize = 512;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct ExprFault {
    /// Where, in characters from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl ExprFault {
    /// As a fault of the field that holds the expression.
    #[must_use]
    pub fn at(&self, path: &str) -> FieldFault {
        FieldFault::new(path, "bad_expression", self.to_string())
            .arg("column", self.column.to_string())
            .arg("reason", self.message.as_str())
    }
}

/// Parse an expression. The empty text is refused; use [`Expr::always`] for "no condition".
pub fn parse(text: &str) -> Result<Expr, ExprFault> {
    if text.len() > MAX_BYTES {
        let message = format!("the expression has {} bytes, at most {MAX_BYTES} are read: shorten it", text.len());
        return Err(ExprFault { column: 1, message });
    }
    let tokens = lex(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, nodes: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => Ok(expr),
        other => Err(parser.fault(format!("{} does not belong here: join conditions with && or ||", other.name()))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Number),
    Text(String),
    Name(String),
    Sign(&'static str),
    End,
}

impl Token {
    fn name(&self) -> String {
        match self {
            Self::Number(n) => format!("the number {n}"),
            Self::Text(_) => "a text".to_owned(),
            Self::Name(name) => format!("`{name}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The ASCII form of a full-width or typographic sign.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{3001}' => ',',
        '\u{3010}' => '[',
        '\u{3011}' => ']',
        _ => c,
    }
}

const SIGNS: [&str; 16] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", ".", "-"];

fn lex(text: &str) -> Result<Vec<(usize, Token)>, ExprFault> {
    let raw: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&here) = raw.get(at) {
        let c = narrow(here);
        let column = at + 1;
        if c.is_whitespace() {
            at += 1;
        } else if c == '"' || c == '\'' {
            let (content, next) = lex_text(&raw, at)?;
            tokens.push((column, Token::Text(content)));
            at = next;
        } else if c.is_ascii_digit() {
            let (number, next) = lex_number(&raw, at)?;
            tokens.push((column, Token::Number(number)));
            at = next;
        } else if is_name_start(c) {
            let name: String = raw
                .iter()
                .skip(at)
                .map(|c| narrow(*c))
                .take_while(|c| is_name_start(*c) || c.is_ascii_digit())
                .collect();
            at += name.chars().count();
            tokens.push((column, Token::Name(name)));
        } else {
            let ahead: String = raw.iter().skip(at).take(2).map(|c| narrow(*c)).collect();
            let Some(sign) = SIGNS.into_iter().find(|s| ahead.starts_with(s)) else {
                let message = match c {
                    '=' => "`=` compares nothing: write ==".to_owned(),
                    '&' => "write && for and".to_owned(),
                    '|' => "write || for or".to_owned(),
                    _ => format!("`{c}` is no part of the language"),
                };
                return Err(ExprFault { column, message });
            };
            tokens.push((column, Token::Sign(sign)));
            at += sign.len();
        }
    }
    tokens.push((raw.len() + 1, Token::End));
    Ok(tokens)
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn lex_text(raw: &[char], start: usize) -> Result<(String, usize), ExprFault> {
    let open = raw.get(start).copied().unwrap_or('"');
    // an ASCII quote is closed by itself alone, so that Chinese quotes may stand inside
    let closes = |c: char| if open.is_ascii() { c == open } else { narrow(c) == narrow(open) };
    let mut content = String::new();
    let mut at = start + 1;
    while let Some(&c) = raw.get(at) {
        if c == '\\' {
            content.push(match raw.get(at + 1) {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(&quoted @ ('\\' | '\'' | '"')) => quoted,
                _ => {
                    let message = r#"after \ comes one of \ ' " n t"#.to_owned();
                    return Err(ExprFault { column: at + 1, message });
                }
            });
            at += 2;
        } else if closes(c) {
            return Ok((content, at + 1));
        } else {
            content.push(c);
            at += 1;
        }
    }
    Err(ExprFault { column: start + 1, message: "this text is not closed: add its quotation mark".to_owned() })
}

fn lex_number(raw: &[char], start: usize) -> Result<(Number, usize), ExprFault> {
    let digit = |i: usize| raw.get(i).is_some_and(|c| narrow(*c).is_ascii_digit());
    let mut end = start;
    while digit(end) {
        end += 1;
    }
    let fraction = raw.get(end).is_some_and(|c| narrow(*c) == '.') && digit(end + 1);
    if fraction {
        end += 1;
        while digit(end) {
            end += 1;
        }
    }
    let text: String = raw.iter().take(end).skip(start).map(|c| narrow(*c)).collect();
    let fault = || ExprFault { column: start + 1, message: format!("the number {text} is too large") };
    let number = match text.parse::<i64>() {
        Ok(whole) if !fraction => Number::from(whole),
        _ => text.parse::<f64>().ok().and_then(Number::from_f64).ok_or_else(fault)?,
    };
    Ok((number, end))
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    nodes: usize,
}

impl Parser {
    fn peek(&self) -> Token {
        self.tokens.get(self.at).map_or(Token::End, |(_, t)| t.clone())
    }

    fn fault(&self, message: String) -> ExprFault {
        let column = self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(c, _)| *c);
        ExprFault { column, message }
    }

    fn take_sign(&mut self, wanted: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some((_, Token::Sign(s))) if *s == wanted);
        self.at += usize::from(here);
        here
    }

    fn expect_sign(&mut self, wanted: &str, after: &str) -> Result<(), ExprFault> {
        if self.take_sign(wanted) {
            return Ok(());
        }
        Err(self.fault(format!("expected `{wanted}` {after}, found {}", self.peek().name())))
    }

    fn node(&mut self, expr: Expr) -> Result<Expr, ExprFault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.fault(format!("the expression has more than {MAX_NODES} parts: split it")));
        }
        Ok(expr)
    }

    /// Run one level deeper, or say that it is too deep.
    fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, ExprFault>) -> Result<T, ExprFault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(format!("nested deeper than {MAX_DEPTH} levels: simplify it")));
        }
        let result = run(self);
        self.depth -= 1;
        result
    }

    fn or(&mut self) -> Result<Expr, ExprFault> {
        self.chain("||", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Result<Expr, ExprFault> {
        self.chain("&&", Self::comparison, Expr::And)
    }

    fn chain(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Result<Expr, ExprFault>,
        make: fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, ExprFault> {
        let first = part(self)?;
        let mut all = vec![first];
        while self.take_sign(sign) {
            all.push(part(self)?);
        }
        match all.pop() {
            Some(only) if all.is_empty() => Ok(only),
            Some(last) => {
                all.push(last);
                self.node(make(all))
            }
            None => Err(self.fault("expected a condition".to_owned())),
        }
    }

    fn comparison(&mut self) -> Result<Expr, ExprFault> {
        let left = self.unary()?;
        let make: fn(Box<Expr>, Box<Expr>) -> Expr = match self.peek() {
            Token::Sign("==") => Expr::Eq,
            Token::Sign("!=") => Expr::Ne,
            Token::Sign("<=") => Expr::Le,
            Token::Sign(">=") => Expr::Ge,
            Token::Sign("<") => Expr::Lt,
            Token::Sign(">") => Expr::Gt,
            Token::Name(name) if name == "in" => Expr::In,
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.unary()?;
        if matches!(self.peek(), Token::Sign("==" | "!=" | "<" | "<=" | ">" | ">=")) {
            return Err(self.fault("comparisons do not chain: write a < b && b < c".to_owned()));
        }
        self.node(make(Box::new(left), Box::new(right)))
    }

    fn unary(&mut self) -> Result<Expr, ExprFault> {
        if self.take_sign("!") {
            let inner = self.deeper(Self::unary)?;
            return self.node(Expr::Not(Box::new(inner)));
        }
        if self.take_sign("-") {
            let Token::Number(number) = self.peek() else {
                return Err(self.fault("after - comes a number: there is no arithmetic".to_owned()));
            };
            self.at += 1;
            let negative = match number.as_i64() {
                Some(whole) => Number::from(-whole),
                None => number.as_f64().and_then(|n| Number::from_f64(-n)).unwrap_or(number),
            };
            return self.node(Expr::Lit(Value::Number(negative)));
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expr, ExprFault> {
        let mut expr = self.primary()?;
        loop {
            if self.take_sign(".") {
                let Token::Name(name) = self.peek() else {
                    return Err(self.fault(format!("expected a name after `.`, found {}", self.peek().name())));
                };
                self.at += 1;
                expr = if self.take_sign("(") { self.method(expr, &name)? } else { self.step(expr, name)? };
            } else if matches!(expr, Expr::Path(_)) && self.take_sign("[") {
                let Token::Text(name) = self.peek() else {
                    return Err(self.fault("expected a text within [ ]: lists are not indexed".to_owned()));
                };
                self.at += 1;
                self.expect_sign("]", "after the name")?;
                expr = self.step(expr, name)?;
            } else {
                return Ok(expr);
            }
        }
    }

    fn step(&mut self, expr: Expr, name: String) -> Result<Expr, ExprFault> {
        let Expr::Path(mut path) = expr else {
            return Err(self.fault(format!("`.{name}` can follow only a fact, such as answers.{name}")));
        };
        path.push(name);
        if path.len() > MAX_DEPTH {
            return Err(self.fault(format!("a path has at most {MAX_DEPTH} names")));
        }
        self.node(Expr::Path(path))
    }

    fn method(&mut self, receiver: Expr, name: &str) -> Result<Expr, ExprFault> {
        let make: fn(Box<Expr>, Box<Expr>) -> Expr = match name {
            "lowerAscii" => {
                self.expect_sign(")", "after lowerAscii(")?;
                return self.node(Expr::LowerAscii(Box::new(receiver)));
            }
            "contains" => Expr::Contains,
            "startsWith" => Expr::StartsWith,
            _ => {
                self.at -= 2;
                return Err(self.fault(format!("there is no `.{name}()`: use contains, startsWith or lowerAscii")));
            }
        };
        let argument = self.deeper(Self::or)?;
        self.expect_sign(")", "after the argument")?;
        self.node(make(Box::new(receiver), Box::new(argument)))
    }

    fn primary(&mut self) -> Result<Expr, ExprFault> {
        let token = self.peek();
        self.at += 1;
        match token {
            Token::Number(n) => self.node(Expr::Lit(Value::Number(n))),
            Token::Text(t) => self.node(Expr::Lit(Value::String(t))),
            Token::Sign("(") => {
                let inner = self.deeper(Self::or)?;
                self.expect_sign(")", "to close the bracket")?;
                Ok(inner)
            }
            Token::Sign("[") => self.list(),
            Token::Name(name) => match name.as_str() {
                "true" => self.node(Expr::Lit(Value::Bool(true))),
                "false" => self.node(Expr::Lit(Value::Bool(false))),
                "null" => self.node(Expr::Lit(Value::Null)),
                "has" | "size" if self.take_sign("(") => self.function(&name),
                "in" => {
                    self.at -= 1;
                    Err(self.fault("`in` needs a value before it".to_owned()))
                }
                _ if matches!(self.peek(), Token::Sign("(")) => {
                    self.at -= 1;
                    Err(self.fault(format!("there is no `{name}()`: use has or size")))
                }
                _ => self.node(Expr::Path(vec![name])),
            },
            other => {
                self.at -= 1;
                Err(self.fault(format!("expected a value, found {}", other.name())))
            }
        }
    }

    fn list(&mut self) -> Result<Expr, ExprFault> {
        let mut all = Vec::new();
        if !self.take_sign("]") {
            loop {
                all.push(self.deeper(Self::or)?);
                if self.take_sign("]") {
                    break;
                }
                self.expect_sign(",", "between the items")?;
            }
        }
        self.node(Expr::List(all))
    }

    fn function(&mut self, name: &str) -> Result<Expr, ExprFault> {
        let argument = self.deeper(Self::or)?;
        self.expect_sign(")", "after the argument")?;
        match (name, argument) {
            ("has", Expr::Path(path)) => self.node(Expr::Has(path)),
            ("has", _) => Err(self.fault("has() takes a fact, such as has(answers.q1)".to_owned())),
            (_, argument) => self.node(Expr::Size(Box::new(argument))),
        }
    }
}
