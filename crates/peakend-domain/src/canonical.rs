//! JSON values from texts, and one text per value, so that equal bodies have equal hashes.

use serde_json::{Map, Value};

/// A JSON text as a value; the last of equal keys counts.
pub fn read_json(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text)
}

/// The value with sorted keys and without white space, whatever order its sender chose.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut text = Vec::with_capacity(512);
    write(value, &mut text);
    utf8(text)
}

/// [`canonical_json`] of an object as if some of its own keys were not there.
#[must_use]
pub fn canonical_json_without(map: &Map<String, Value>, keys: &[&str]) -> String {
    let mut text = Vec::with_capacity(512);
    write_map(map, keys, &mut text);
    utf8(text)
}

fn utf8(text: Vec<u8>) -> String {
    // JSON of Rust strings is nothing else
    String::from_utf8(text).unwrap_or_default()
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => write_map(map, &[], out),
        Value::Array(all) => {
            out.push(b'[');
            for (i, one) in all.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(one, out);
            }
            out.push(b']');
        }
        other => write_json(other, out),
    }
}

fn write_map(map: &Map<String, Value>, without: &[&str], out: &mut Vec<u8>) {
    let mut pairs: Vec<(&String, &Value)> = map.iter().filter(|(key, _)| !without.contains(&key.as_str())).collect();
    pairs.sort_unstable_by_key(|(key, _)| *key);
    out.push(b'{');
    for (i, (key, value)) in pairs.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_json(key, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

fn write_json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // writing a scalar into memory cannot fail
    let _written = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_left_out_are_as_if_they_had_not_been_sent() {
        let sent = serde_json::json!({ "event": "Redeemed", "sentAt": "now", "properties": { "sentAt": 1 } });
        let map = sent.as_object().unwrap();
        assert_eq!(canonical_json_without(map, &["sentAt"]), r#"{"event":"Redeemed","properties":{"sentAt":1}}"#);
        assert_eq!(canonical_json_without(map, &[]), canonical_json(&sent));
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let a: Value = serde_json::from_str(r#"{"b":[1,{"y":"ü\n","x":null}],"a":1.5}"#).unwrap();
        let b: Value = serde_json::from_str(r#"{ "a":1.5, "b":[1,{"x":null,"y":"ü\n"}] }"#).unwrap();
        assert_eq!(canonical_json(&a), canonical_json(&b));
        assert_eq!(canonical_json(&a), r#"{"a":1.5,"b":[1,{"x":null,"y":"ü\n"}]}"#);
    }
}
