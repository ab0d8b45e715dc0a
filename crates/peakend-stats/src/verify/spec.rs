//! Reading the specification of a case: names of columns and lists of names
//! behind a keyword, however they are written.

/// A specification; a structured one is read as its JSON text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec<'a>(pub(super) &'a str);

impl<'a> Spec<'a> {
    /// What follows each mention of a keyword that stands as a word of its own, in
    /// any case, less the marks between them.
    pub(super) fn mentions(self, key: &str) -> impl Iterator<Item = &'a str> {
        let (text, lower) = (self.0, self.0.to_ascii_lowercase());
        let key = key.to_ascii_lowercase();
        let mut from = 0;
        std::iter::from_fn(move || {
            while let Some(at) = lower.get(from..)?.find(&key).map(|at| from + at) {
                let (before, after) = (&text[..at], &text[at + key.len()..]);
                from = at + key.len().max(1);
                // the keyword must not be the end or the beginning of a longer word
                let inside = before.ends_with(is_name) && key.starts_with(is_name)
                    || key.ends_with(is_name) && after.starts_with(is_name);
                if !inside {
                    return Some(after.trim_start_matches([' ', ':', '=', '"', '\'']));
                }
            }
            None
        })
    }

    /// What follows the first mention of a keyword.
    pub(super) fn after(self, key: &str) -> Option<&'a str> {
        self.mentions(key).next()
    }

    /// The name behind a keyword.
    pub(super) fn name(self, key: &str) -> Option<&'a str> {
        let rest = self.after(key)?;
        let name = &rest[..rest.find(|c: char| !is_name(c)).unwrap_or(rest.len())];
        // a full stop after the name ends the sentence
        let name = name.trim_end_matches('.');
        (!name.is_empty()).then_some(name)
    }

    /// The names behind a keyword: `['a', 'b']` or `a, b, c.`
    pub(super) fn names(self, key: &str) -> Vec<&'a str> {
        let Some(rest) = self.after(key) else {
            return Vec::new();
        };
        if let Some(inner) = rest.strip_prefix('[') {
            return quoted(inner.split(']').next().unwrap_or_default());
        }
        let ends = [rest.find(". "), rest.find(';'), rest.find('\n')];
        let end = ends.into_iter().flatten().min().unwrap_or(rest.len());
        let parts = rest[..end].split(',').flat_map(|part| part.split(" and "));
        parts.map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty()).collect()
    }
}

/// What stands between quotation marks of either kind.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some(start) = rest.find(['\'', '"']) {
        let mark = &rest[start..=start];
        let Some(length) = rest[start + 1..].find(mark) else {
            break;
        };
        found.push(&rest[start + 1..start + 1 + length]);
        rest = &rest[start + length + 2..];
    }
    found
}

/// Letters, digits, and the marks that column names carry.
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_behind_their_keyword() {
        let spec = Spec("time=weeks, event=left (1=event). groups by plan. cox: covariates ['a', \"b c\"]; end");
        assert_eq!(spec.name("time="), Some("weeks"));
        assert_eq!(spec.name("event="), Some("left"));
        assert_eq!(spec.name("groups by"), Some("plan"));
        assert_eq!(spec.names("covariates"), vec!["a", "b c"]);
        assert_eq!(spec.name("offset"), None);
    }

    #[test]
    fn lists_without_brackets_end_with_the_sentence() {
        let spec = Spec("Outcome Fertility; drivers: A.b, C, D. rw: weights of drivers.");
        assert_eq!(spec.name("outcome"), Some("Fertility"));
        assert_eq!(spec.names("drivers"), vec!["A.b", "C", "D"]);
        assert_eq!(Spec(r#"{"drivers":["x","y"]}"#).names("drivers"), vec!["x", "y"]);
    }
}
