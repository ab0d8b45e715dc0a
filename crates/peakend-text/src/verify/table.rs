//! Tables of texts: a header and fields between tabs, or lines.

use super::ReadTable;

/// The first table of these names that is there, with its name.
pub(super) fn need(names: &[&str], read: ReadTable<'_>) -> Result<(String, String), String> {
    let found = names.iter().find_map(|name| Some(((*name).to_owned(), read(name)?)));
    let (name, text) =
        found.ok_or_else(|| format!("table `{}` is missing beside expected.json", names.join("` or `")))?;
    Ok((name, text.trim_start_matches('\u{feff}').to_owned()))
}

/// The fields of two columns, row by row, from a table with a header.
pub(super) fn columns(
    names: &[&str],
    first: &[&str],
    second: &[&str],
    read: ReadTable<'_>,
) -> Result<Vec<(String, String)>, String> {
    let (name, text) = need(names, read)?;
    let separator = if name.ends_with(".csv") { ',' } else { '\t' };
    let mut lines = text.lines().filter(|l| !l.is_empty());
    let header: Vec<String> =
        fields(lines.next().unwrap_or_default(), separator).into_iter().map(|h| h.trim().to_lowercase()).collect();
    let place = |wanted: &[&str]| {
        wanted.iter().find_map(|w| header.iter().position(|h| h == w)).ok_or_else(|| {
            format!("table `{name}` has no column `{}`; it has {}", wanted.join("` or `"), header.join(", "))
        })
    };
    let (first, second) = (place(first)?, place(second)?);
    let field = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    Ok(lines
        .map(|line| {
            let row = fields(line, separator);
            (field(&row, first), field(&row, second))
        })
        .collect())
}

/// The fields of a line. Between tabs every quote is text; between commas a
/// field that begins with a quote and closes it before the separator is quoted.
fn fields(line: &str, separator: char) -> Vec<String> {
    if separator == '\t' {
        return line.split(separator).map(str::to_owned).collect();
    }
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        if let Some((field, after)) = quoted(rest, separator) {
            fields.push(field);
            match after {
                Some(after) => rest = after,
                None => return fields,
            }
        } else if let Some((field, after)) = rest.split_once(separator) {
            fields.push(field.to_owned());
            rest = after;
        } else {
            fields.push(rest.to_owned());
            return fields;
        }
    }
}

/// A quoted field at the beginning and what follows its separator, if any.
fn quoted(text: &str, separator: char) -> Option<(String, Option<&str>)> {
    let inner = text.strip_prefix('"')?;
    let mut field = String::new();
    let mut letters = inner.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        if c != '"' {
            field.push(c);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            field.push('"');
        } else {
            let after = inner.get(at + 1..)?;
            return match after.strip_prefix(separator) {
                Some(rest) => Some((field, Some(rest))),
                None if after.is_empty() => Some((field, None)),
                None => None,
            };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_marks_only_around_a_whole_field() {
        assert_eq!(fields("pos\t\"so good\"", '\t'), ["pos", "\"so good\""]);
        assert_eq!(fields("pos,\"so \"\"good\"\"\"", ','), ["pos", "so \"good\""]);
        assert_eq!(fields("pos,\"good\" they said", ','), ["pos", "\"good\" they said"]);
        assert_eq!(fields("a,\"b,c\",", ','), ["a", "b,c", ""]);
    }

    #[test]
    fn a_missing_column_is_named_with_what_there_is() {
        let read = |_: &str| Some("tag\ttext\nx\ty\n".to_owned());
        let fault = columns(&["data.tsv"], &["label"], &["text"], &read).unwrap_err();
        assert!(fault.contains("`label`") && fault.contains("tag, text"), "{fault}");
    }
}
