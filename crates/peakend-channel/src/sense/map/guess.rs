//! A first map for a file whose columns have telling names.

use std::fmt::Write as _;

use peakend_domain::sense::attribute::is_name;
use peakend_domain::sense::import::ImportKind;

/// Names under which fields are often found, in English and Chinese.
const NAMES: [(&str, &[&str]); 22] = [
    ("at", &["at", "date", "time", "timestamp", "created_at", "submitted_at", "日期", "时间", "時間", "提交时间"]),
    ("month", &["month", "月份", "月"]),
    ("text", &["text", "review", "comment", "content", "评价", "评论", "內容", "内容", "評論"]),
    ("author", &["author", "作者", "昵称"]),
    ("url", &["url", "link", "链接", "連結"]),
    ("rating", &["rating", "stars", "score", "评分", "評分", "星级"]),
    ("nps", &["nps"]),
    ("csat", &["csat"]),
    ("ces", &["ces"]),
    ("language", &["language", "lang", "语言"]),
    ("touchpoint", &["touchpoint", "触点", "觸點"]),
    ("unit", &["unit", "branch", "机构", "网点", "機構"]),
    ("line", &["line", "业务线"]),
    ("name", &["event", "event_name", "事件"]),
    ("user_id", &["user_id", "userid", "用户编号"]),
    ("customer_id", &["customer_id", "customerid", "customer", "客户号", "客户编号", "客戶編號"]),
    ("employee_id", &["employee_id", "工号", "員工編號"]),
    ("email", &["email", "e-mail", "邮箱", "郵箱"]),
    ("phone", &["phone", "mobile", "手机", "手機", "电话"]),
    ("anonymous_id", &["anonymous_id", "device_id"]),
    ("id", &["id", "编号", "編號", "response_id", "review_id"]),
    ("segment", &["segment", "客群"]),
];

/// How columns of attributes begin.
const ATTRIBUTE: &str = "attr.";

/// A map with what the column names tell; the rest is left to the reader as
/// comments. It may still lack required keys.
#[must_use]
pub fn guess(kind: ImportKind, columns: &[String]) -> String {
    let mut used: Vec<&str> = Vec::new();
    let mut find = |field: &str| {
        let names = NAMES.iter().find(|(f, _)| *f == field).map_or(&[][..], |(_, names)| names);
        let found = columns.iter().find(|c| names.contains(&c.to_lowercase().as_str()))?;
        used.push(found);
        Some(found.clone())
    };
    let mut text = format!("kind: {}\n", kind.name());
    let fields: &[&str] = match kind {
        ImportKind::Responses => &["at", "language"],
        ImportKind::Signals => {
            &["at", "text", "author", "url", "rating", "nps", "csat", "ces", "language", "touchpoint", "unit", "line"]
        }
        ImportKind::People => &[],
        ImportKind::Events => &["at", "name"],
        ImportKind::Outcomes => &["month"],
    };
    for field in fields {
        if let Some(column) = find(field) {
            line(&mut text, field, &column);
        }
    }
    let kinds: &[&str] = match kind {
        ImportKind::Events => &["user_id", "anonymous_id"],
        _ => &["user_id", "customer_id", "employee_id", "email", "phone", "anonymous_id"],
    };
    let mut person: Vec<(&str, String)> = kinds.iter().filter_map(|k| Some((*k, find(k)?))).collect();
    if let Some(column) = find("id") {
        match kind {
            ImportKind::Responses | ImportKind::Signals => line(&mut text, "id", &column),
            ImportKind::Events if person.is_empty() => person.push(("user_id", column)),
            _ if person.is_empty() => person.push(("customer_id", column)),
            _ => {}
        }
    }
    if !person.is_empty() {
        text.push_str("person:\n");
        person.iter().for_each(|(name, column)| line(&mut text, &format!("  {name}"), column));
    }
    let context: Vec<(&str, String)> = match kind {
        ImportKind::Responses => {
            ["unit", "touchpoint", "line", "segment"].into_iter().filter_map(|k| Some((k, find(k)?))).collect()
        }
        _ => Vec::new(),
    };
    if !context.is_empty() {
        text.push_str("context:\n");
        context.iter().for_each(|(name, column)| line(&mut text, &format!("  {name}"), column));
    }
    let is_attribute = |column: &&String| column.strip_prefix(ATTRIBUTE).is_some_and(is_name);
    let attributes: Vec<&String> = match kind {
        ImportKind::Responses | ImportKind::Signals => columns.iter().filter(is_attribute).collect(),
        _ => Vec::new(),
    };
    if !attributes.is_empty() {
        text.push_str("attributes:\n");
        for column in &attributes {
            line(&mut text, &format!("  {}", column.trim_start_matches(ATTRIBUTE)), column);
        }
        used.extend(attributes.iter().map(|column| column.as_str()));
    }
    let constants: &[(&str, &str)] = match kind {
        ImportKind::Responses => &[("survey", "my-survey")],
        ImportKind::Signals => &[("channel", "my-channel"), ("pillar", "customer")],
        ImportKind::Events if !text.contains("\nname:") => &[("name", "My Event")],
        _ => &[],
    };
    for (key, value) in constants {
        // writing to a String cannot fail
        let _done = writeln!(text, "{key}: {{value: {value}}}");
    }
    rest(&mut text, kind, columns.iter().filter(|c| !used.contains(&c.as_str())));
    text
}

/// The columns that are left become answers, properties, traits or outcomes.
fn rest<'a>(text: &mut String, kind: ImportKind, columns: impl Iterator<Item = &'a String>) {
    let group = match kind {
        ImportKind::Responses => "answers",
        ImportKind::Events => "properties",
        ImportKind::People => "traits",
        ImportKind::Outcomes => "outcomes",
        ImportKind::Signals => return,
    };
    let mut begun = false;
    for column in columns {
        if !begun {
            let _done = writeln!(text, "{group}:");
            begun = true;
        }
        line(text, &format!("  {}", quoted(column)), column);
    }
}

fn line(text: &mut String, key: &str, column: &str) {
    let _done = writeln!(text, "{key}: {}", quoted(column));
}

/// A YAML scalar that is a text whatever it looks like.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_alphabetic()) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&name.to_lowercase().as_str());
    if plain && !word { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}
