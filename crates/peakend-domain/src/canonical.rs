//! One text per JSON value, so that equal bodies have equal hashes.

use serde_json::Value;

/// The value with sorted keys and without white space, whatever order its sender chose.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(map.get(key).unwrap_or(&Value::Null), out);
            }
            out.push('}');
        }
        Value::Array(all) => {
            out.push('[');
            for (i, one) in all.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(one, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let a: Value = serde_json::from_str(r#"{"b":[1,{"y":"ü\n","x":null}],"a":1.5}"#).unwrap();
        let b: Value = serde_json::from_str(r#"{ "a":1.5, "b":[1,{"x":null,"y":"ü\n"}] }"#).unwrap();
        assert_eq!(canonical_json(&a), canonical_json(&b));
        assert_eq!(canonical_json(&a), r#"{"a":1.5,"b":[1,{"x":null,"y":"ü\n"}]}"#);
    }
}
