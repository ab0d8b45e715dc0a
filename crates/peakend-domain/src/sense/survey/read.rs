//! From a tree to a survey, collecting every fault on the way.

use std::collections::BTreeMap;

use super::tree::{Kind, Node};
use super::{MAX_OPTIONS, MAX_QUESTIONS, MAX_TEXT, Survey, placeholders};
use crate::sense::expression;
use crate::sense::question::{Choice, Ends, Question, QuestionKind, ShowIf, TEXT_LIMIT};
use crate::{FieldFault, Lang, LocalText, Pillar};

/// Longest id or code.
const MAX_ID: usize = 64;

#[derive(Default)]
struct Reader {
    languages: Vec<Lang>,
    faults: Vec<FieldFault>,
}

/// The fields of a map, of which only known ones may be there.
struct Fields<'a> {
    path: String,
    line: usize,
    map: &'a [(String, Node)],
}

impl Fields<'_> {
    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.map.iter().find(|(k, _)| k == name).map(|(_, v)| v).filter(|v| !v.is_null())
    }
}

/// Read a survey.
pub(super) fn survey(root: &Node) -> Result<Survey, Vec<FieldFault>> {
    let mut r = Reader::default();
    const KNOWN: [&str; 9] =
        ["code", "pillar", "languages", "title", "touchpoint", "channel", "intro", "thanks", "questions"];
    let Some(f) = r.fields("", root, &KNOWN) else { return Err(r.faults) };
    let code = r.id(&f, "code", true);
    let pillar = r.required_word(&f, "pillar").and_then(|(text, line)| {
        let found = Pillar::parse(&text);
        if found.is_none() {
            r.fault("pillar", line, "unknown_pillar", format!("`{text}` is no pillar: brand, customer or employee"));
        }
        found
    });
    r.languages = r.read_languages(&f);
    let title = r.text(&f, "title", true);
    let touchpoint = r.id(&f, "touchpoint", false);
    let channel = r.id(&f, "channel", false);
    let intro = r.text(&f, "intro", false);
    let thanks = r.text(&f, "thanks", false);
    let questions = r.questions(&f);
    match pillar {
        Some(pillar) if r.faults.is_empty() => {
            Ok(Survey { code, pillar, title, languages: r.languages, touchpoint, channel, intro, thanks, questions })
        }
        _ => Err(r.faults),
    }
}

impl Reader {
    fn fault(&mut self, path: &str, line: usize, code: &str, message: impl Into<String>) {
        let mut fault = FieldFault::new(path, code, message);
        if line > 0 {
            fault = fault.arg("line", line.to_string());
        }
        self.faults.push(fault);
    }

    fn fields<'a>(&mut self, path: &str, node: &'a Node, known: &[&str]) -> Option<Fields<'a>> {
        let Kind::Map(map) = &node.kind else {
            let place = if path.is_empty() { "document" } else { path };
            self.fault(place, node.line, "not_a_map", "expected fields, such as `title: …`");
            return None;
        };
        let fields = Fields { path: path.to_owned(), line: node.line, map };
        for (key, value) in map.iter().filter(|(k, _)| !known.contains(&k.as_str())) {
            let shown: String = key.chars().take(60).collect();
            let message = format!("unknown field `{shown}`: known here are {}", known.join(", "));
            self.fault(&fields.at(&shown), value.line, "unknown_field", message);
        }
        Some(fields)
    }

    fn word(&mut self, path: &str, node: &Node) -> Option<String> {
        let Kind::Scalar { text, .. } = &node.kind else {
            self.fault(path, node.line, "not_a_text", "expected a text, found a list or fields");
            return None;
        };
        if text.chars().count() > MAX_TEXT {
            self.fault(path, node.line, "too_long", format!("longer than {MAX_TEXT} characters"));
            return None;
        }
        Some(text.clone())
    }

    fn missing(&mut self, f: &Fields<'_>, name: &str) {
        self.fault(&f.at(name), f.line, "required", format!("`{name}` is missing"));
    }

    fn required_word(&mut self, f: &Fields<'_>, name: &str) -> Option<(String, usize)> {
        match f.get(name) {
            Some(node) => self.word(&f.at(name), node).map(|text| (text, node.line)),
            None => {
                self.missing(f, name);
                None
            }
        }
    }

    /// A code or id. Codes of places may hold dots and capitals, as the organisation chose them.
    fn id(&mut self, f: &Fields<'_>, name: &str, required: bool) -> String {
        if !required && f.get(name).is_none() {
            return String::new();
        }
        let Some((text, line)) = self.required_word(f, name) else { return String::new() };
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.chars().count() > MAX_ID || !text.chars().all(fits) {
            let message = format!("`{text}` is no code: 1 to {MAX_ID} letters, digits, - _ .");
            self.fault(&f.at(name), line, "bad_code", message);
        }
        text
    }

    fn read_languages(&mut self, f: &Fields<'_>) -> Vec<Lang> {
        let Some(node) = f.get("languages") else {
            self.missing(f, "languages");
            return Vec::new();
        };
        let Kind::List(all) = &node.kind else {
            self.fault("languages", node.line, "not_a_list", "expected a list, such as [en, zh-Hans]");
            return Vec::new();
        };
        let mut languages = Vec::new();
        for (i, one) in all.iter().enumerate() {
            let path = format!("languages[{i}]");
            let Some(text) = self.word(&path, one) else { continue };
            match Lang::ALL.into_iter().find(|l| l.tag() == text) {
                Some(lang) if languages.contains(&lang) => {
                    self.fault(&path, one.line, "duplicate", format!("`{text}` stands twice"));
                }
                Some(lang) => languages.push(lang),
                None => {
                    self.fault(&path, one.line, "unknown_language", format!("`{text}` is not en, zh-Hans or zh-Hant"));
                }
            }
        }
        if all.is_empty() {
            self.fault("languages", node.line, "required", "name at least one language");
        }
        languages
    }

    /// A text per language, or one text for all of them.
    fn text(&mut self, f: &Fields<'_>, name: &str, required: bool) -> LocalText {
        let path = f.at(name);
        let Some(node) = f.get(name) else {
            if required {
                self.missing(f, name);
            }
            return LocalText::default();
        };
        let mut texts = BTreeMap::new();
        if let Kind::Map(map) = &node.kind {
            for (tag, value) in map.iter().filter(|(_, v)| !v.is_null()) {
                let place = format!("{path}.{tag}");
                if !self.languages.iter().any(|l| l.tag() == tag) {
                    let message = format!("`{tag}` is not among the survey's languages");
                    self.fault(&place, value.line, "unknown_language", message);
                } else if let Some(text) = self.word(&place, value) {
                    self.check_placeholders(&place, value.line, &text);
                    texts.insert(tag.clone(), text);
                }
            }
        } else if let Some(text) = self.word(&path, node) {
            self.check_placeholders(&path, node.line, &text);
            texts = self.languages.iter().map(|l| (l.tag().to_owned(), text.clone())).collect();
        }
        let filled = texts.values().any(|t| !t.trim().is_empty());
        if !filled && !required {
            return LocalText::default();
        }
        for lang in self.languages.clone() {
            if texts.get(lang.tag()).is_none_or(|t| t.trim().is_empty()) {
                let message = format!("the {} text is missing", lang.tag());
                self.fault(&format!("{path}.{}", lang.tag()), node.line, "missing_translation", message);
            }
        }
        LocalText(texts)
    }

    fn check_placeholders(&mut self, path: &str, line: usize, text: &str) {
        if let Err(fault) = placeholders(path, text) {
            self.fault(path, line, "bad_placeholder", fault.message);
        }
    }

    fn questions(&mut self, f: &Fields<'_>) -> Vec<Question> {
        let Some(node) = f.get("questions") else {
            self.missing(f, "questions");
            return Vec::new();
        };
        let Kind::List(all) = &node.kind else {
            self.fault("questions", node.line, "not_a_list", "expected a list of questions, each begun by `- id: …`");
            return Vec::new();
        };
        if all.is_empty() || all.len() > MAX_QUESTIONS {
            let message = format!("{} questions: expected 1 to {MAX_QUESTIONS}", all.len());
            self.fault("questions", node.line, "question_count", message);
        }
        let mut questions: Vec<Question> = Vec::new();
        for (i, one) in all.iter().take(MAX_QUESTIONS).enumerate() {
            let path = format!("questions[{i}]");
            if let Some(question) = self.question(&path, one, &questions) {
                if questions.iter().any(|q| q.id == question.id) {
                    let message = format!("a question `{}` stands before: ids are unique", question.id);
                    self.fault(&format!("{path}.id"), one.line, "duplicate", message);
                }
                questions.push(question);
            }
        }
        questions
    }

    fn question(&mut self, path: &str, node: &Node, earlier: &[Question]) -> Option<Question> {
        const COMMON: [&str; 6] = ["id", "type", "title", "hint", "required", "show_if"];
        let Kind::Map(map) = &node.kind else {
            self.fault(path, node.line, "not_a_map", "expected the fields of a question, such as `id: …`");
            return None;
        };
        let kind = map.iter().find(|(k, _)| k == "type").and_then(|(_, v)| match &v.kind {
            Kind::Scalar { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let own: &[&str] = match kind {
            Some("nps" | "csat" | "ces") => &["low", "high"],
            Some("single") => &["options"],
            Some("multiple") => &["options", "min", "max"],
            Some("text") => &["max_length"],
            // with an unknown type nothing can be said about its own fields
            _ => &["low", "high", "options", "min", "max", "max_length"],
        };
        let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
        let f = self.fields(path, node, &known)?;
        let id = self.question_id(&f);
        let kind = self.kind(&f);
        let title = self.text(&f, "title", true);
        let hint = self.text(&f, "hint", false);
        let required = self.flag(&f, "required");
        let show_if = self.show_if(&f, earlier);
        Some(Question { id, kind: kind?, title, hint, required, show_if })
    }

    fn question_id(&mut self, f: &Fields<'_>) -> String {
        let Some((text, line)) = self.required_word(f, "id") else { return String::new() };
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        if !begins || text.len() > MAX_ID || !text.chars().all(fits) {
            let message = format!("`{text}` is no question id: a-z first, then a-z, 0-9 and _");
            self.fault(&f.at("id"), line, "bad_id", message);
        }
        text
    }

    fn kind(&mut self, f: &Fields<'_>) -> Option<QuestionKind> {
        let (name, line) = self.required_word(f, "type")?;
        Some(match name.as_str() {
            "nps" => QuestionKind::Nps(self.ends(f)),
            "csat" => QuestionKind::Csat(self.ends(f)),
            "ces" => QuestionKind::Ces(self.ends(f)),
            "single" => QuestionKind::Single(self.options(f)),
            "multiple" => {
                let options = self.options(f);
                let min = self.count(f, "min", 1, options.len());
                let max = self.count(f, "max", options.len(), options.len());
                if min > max {
                    self.fault(&f.at("min"), f.line, "out_of_range", format!("min {min} is more than max {max}"));
                }
                QuestionKind::Multiple { options, min, max }
            }
            "text" => QuestionKind::Text { max_length: self.count(f, "max_length", TEXT_LIMIT, TEXT_LIMIT) },
            _ => {
                let message = format!("`{name}` is no question type: nps, csat, ces, single, multiple or text");
                self.fault(&f.at("type"), line, "unknown_type", message);
                return None;
            }
        })
    }

    fn ends(&mut self, f: &Fields<'_>) -> Ends {
        Ends { low: self.text(f, "low", false), high: self.text(f, "high", false) }
    }

    fn count(&mut self, f: &Fields<'_>, name: &str, otherwise: usize, most: usize) -> usize {
        let Some(node) = f.get(name) else { return otherwise };
        let Some(text) = self.word(&f.at(name), node) else { return otherwise };
        match text.parse::<usize>() {
            Ok(n) if (1..=most.max(1)).contains(&n) => n,
            _ => {
                self.fault(&f.at(name), node.line, "out_of_range", format!("`{text}` is not from 1 to {most}"));
                otherwise
            }
        }
    }

    fn flag(&mut self, f: &Fields<'_>, name: &str) -> bool {
        let Some(node) = f.get(name) else { return false };
        match &node.kind {
            Kind::Scalar { text, .. } if text == "true" => true,
            Kind::Scalar { text, .. } if text == "false" => false,
            _ => {
                self.fault(&f.at(name), node.line, "not_a_flag", "expected true or false");
                false
            }
        }
    }

    fn options(&mut self, f: &Fields<'_>) -> Vec<Choice> {
        let path = f.at("options");
        let Some(node) = f.get("options") else {
            self.missing(f, "options");
            return Vec::new();
        };
        let Kind::List(all) = &node.kind else {
            self.fault(&path, node.line, "not_a_list", "expected a list of choices, each with id and label");
            return Vec::new();
        };
        if all.len() < 2 || all.len() > MAX_OPTIONS {
            self.fault(&path, node.line, "choice_count", format!("{} choices: expected 2 to {MAX_OPTIONS}", all.len()));
        }
        let mut options: Vec<Choice> = Vec::new();
        for (i, one) in all.iter().take(MAX_OPTIONS).enumerate() {
            let place = format!("{path}[{i}]");
            let Some(fields) = self.fields(&place, one, &["id", "label"]) else { continue };
            let choice = Choice { id: self.id(&fields, "id", true), label: self.text(&fields, "label", true) };
            if options.iter().any(|o| o.id == choice.id) {
                self.fault(&format!("{place}.id"), one.line, "duplicate", format!("`{}` stands before", choice.id));
            }
            options.push(choice);
        }
        options
    }

    fn show_if(&mut self, f: &Fields<'_>, earlier: &[Question]) -> Option<ShowIf> {
        let node = f.get("show_if")?;
        let path = f.at("show_if");
        let source = self.word(&path, node)?;
        if source.trim().is_empty() {
            return None;
        }
        let tree = match expression::parse(&source) {
            Ok(tree) => tree,
            Err(e) => {
                self.fault(&path, node.line, "bad_expression", e.to_string());
                return None;
            }
        };
        for read in tree.paths() {
            let names: Vec<&str> = read.iter().map(String::as_str).collect();
            match names.as_slice() {
                ["answers", id, ..] if earlier.iter().any(|q| q.id == *id) => {}
                ["answers", id, ..] => {
                    let message = format!("`{id}` is no question before this one");
                    self.fault(&path, node.line, "unknown_question", message);
                }
                ["event" | "context", _, ..] => {}
                _ => {
                    let message =
                        format!("`{}` is not known here: use answers.…, event.… or context.…", names.join("."));
                    self.fault(&path, node.line, "unknown_fact", message);
                }
            }
        }
        Some(ShowIf { source, tree })
    }
}
