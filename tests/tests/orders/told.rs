use std::collections::BTreeMap;

use serde_json::Value;

type Key = (String, u64, u64);

/// The messages by source, sequence and part. The same key must always carry the same transitions.
pub fn once(sent: &[Value]) -> Result<BTreeMap<Key, Value>, String> {
    let mut told: BTreeMap<Key, Value> = BTreeMap::new();
    for message in sent {
        let key = (
            message["source"].as_str().unwrap().to_owned(),
            message["sequence"].as_u64().unwrap(),
            message["part"].as_u64().unwrap(),
        );
        if let Some(before) = told.insert(key.clone(), message.clone())
            && before != *message
        {
            return Err(format!("{key:?} said {before} and {message}"));
        }
    }
    Ok(told)
}

/// Each alert of a source fires, ends, fires, ends.
pub fn alternating(told: &BTreeMap<Key, Value>) -> Result<(), String> {
    let mut last: BTreeMap<(String, String), String> = BTreeMap::new();
    for ((source, sequence, _), message) in told {
        for transition in message["transitions"].as_array().unwrap() {
            let alert = (source.clone(), transition["alert"]["labels"].to_string());
            let change = transition["change"].as_str().unwrap();
            let before = last.insert(alert.clone(), change.to_owned());
            let expected = match before.as_deref() {
                Some("fired") => "resolved",
                _ => "fired",
            };
            if change != expected {
                return Err(format!("{alert:?} {change} in {sequence} after {before:?}"));
            }
        }
    }
    Ok(())
}
