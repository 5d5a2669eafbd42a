use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Actor, AuditEvent};

/// What stands for the hash before the first entry.
pub const GENESIS_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of a trail.
///
/// `hash` is SHA-256, in hexadecimal, of `previous_hash` (its 64 digits) followed by `record`.
/// `record` is JSON with sorted keys and without spaces: `action, actor, after, at, before, number,
/// subject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counts from 1 without gaps.
    pub number: u64,
    /// The exact text that was hashed.
    pub record: String,
    /// The hash of the entry before.
    pub previous_hash: String,
    /// The hash of this entry.
    pub hash: String,
}

/// What is wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// An entry's text is not the one that was hashed, or its number is not the one it was written with.
    #[error("entry {0} was altered")]
    Altered(u64),
    /// An entry does not follow the one before it.
    #[error("something is missing or was inserted before entry {0}")]
    Gap(u64),
}

impl AuditEntry {
    pub(crate) fn after(
        last_number: u64,
        last_hash: &str,
        by: &Actor,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Self {
        let number = last_number + 1;
        let record = json!({
            "number": number, "at": now, "actor": by, "action": event.action,
            "subject": event.subject, "before": event.before, "after": event.after,
        })
        .to_string();
        let hash = hash(last_hash, &record);
        Self {
            number,
            record,
            previous_hash: last_hash.to_owned(),
            hash,
        }
    }

    /// The record's content.
    #[must_use]
    pub fn content(&self) -> Value {
        serde_json::from_str(&self.record).unwrap_or(Value::Null)
    }
}

fn hash(previous_hash: &str, record: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous_hash.as_bytes());
    hasher.update(record.as_bytes());
    hex::encode(hasher.finalize())
}

/// Checks a run of entries in rising order; `previous_hash` is that of the entry before the run, or
/// [`GENESIS_HASH`]. What was cut off the end can't be seen here, but by the number of entries.
pub fn verify_chain(previous_hash: &str, entries: &[AuditEntry]) -> Result<(), BrokenChain> {
    let mut expected_hash = previous_hash;
    let mut last_number = None;
    for entry in entries {
        let genuine = hash(&entry.previous_hash, &entry.record) == entry.hash
            && entry.content()["number"] == entry.number;
        if !genuine {
            return Err(BrokenChain::Altered(entry.number));
        }
        let follows = last_number.is_none_or(|last: u64| last + 1 == entry.number);
        if entry.previous_hash != expected_hash || !follows {
            return Err(BrokenChain::Gap(entry.number));
        }
        expected_hash = &entry.hash;
        last_number = Some(entry.number);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use access::{Holder, HolderKind, Role};
    use ids::{TenantId, TokenId};

    use super::*;

    fn trail(length: usize) -> Vec<AuditEntry> {
        let actor = Actor {
            tenant: TenantId::new("demo").unwrap(),
            token: TokenId::new("abcdefgh").unwrap(),
            role: Role::Admin,
            holder: Holder::new("愛子", HolderKind::Person).unwrap(),
        };
        let mut entries: Vec<AuditEntry> = Vec::new();
        for number in 0..length {
            let event = AuditEvent {
                action: "settings.put",
                subject: "settings/settings".to_owned(),
                before: Some(json!({"b": number, "a": 1})),
                after: None,
            };
            let (last, hash) = entries
                .last()
                .map_or((0, GENESIS_HASH.to_owned()), |e| (e.number, e.hash.clone()));
            entries.push(AuditEntry::after(
                last,
                &hash,
                &actor,
                &event,
                Timestamp::UNIX_EPOCH,
            ));
        }
        entries
    }

    /// As Python computes it:
    /// `sha256(("0"*64 + json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)).encode())`.
    #[test]
    fn anybody_can_recompute_an_entry() {
        let first = &trail(1)[0];
        let record = "{\"action\":\"settings.put\",\"actor\":{\"holder\":{\"kind\":\"person\",\"name\":\"愛子\"},\
                      \"role\":\"admin\",\"tenant\":\"demo\",\"token\":\"abcdefgh\"},\"after\":null,\
                      \"at\":\"1970-01-01T00:00:00Z\",\"before\":{\"a\":1,\"b\":0},\"number\":1,\
                      \"subject\":\"settings/settings\"}";
        assert_eq!(
            first.record, record,
            "keys must be sorted, whatever features serde_json has"
        );
        assert_eq!(first.hash, PYTHON_HASH);
    }
    const PYTHON_HASH: &str = "b71b4922a4cb902fbee38007760cba22d83fc7244f3ed32223e9bee41eece84c";

    #[test]
    fn an_untouched_trail_is_whole() {
        let entries = trail(5);
        assert_eq!(verify_chain(GENESIS_HASH, &entries), Ok(()));
        assert_eq!(verify_chain(&entries[1].hash, &entries[2..]), Ok(()));
        assert_eq!(verify_chain(GENESIS_HASH, &[]), Ok(()));
    }

    #[test]
    fn every_kind_of_tampering_shows() {
        use BrokenChain::{Altered, Gap};
        type Tamper = fn(&mut Vec<AuditEntry>);
        let cases: [(&str, Tamper, BrokenChain); 8] = [
            (
                "altered text",
                |t| t[2].record = t[2].record.replace("admin", "viewer"),
                Altered(3),
            ),
            ("altered number", |t| t[2].number = 9, Altered(9)),
            ("removed", |t| drop(t.remove(2)), Gap(4)),
            ("removed first", |t| drop(t.remove(0)), Gap(2)),
            ("swapped", |t| t.swap(1, 2), Gap(3)),
            ("repeated", |t| t.insert(2, t[1].clone()), Gap(2)),
            (
                "rehashed after altering",
                |t| {
                    t[2].record = t[2].record.replace("admin", "viewer");
                    t[2].hash = hash(&t[2].previous_hash, &t[2].record);
                },
                Gap(4),
            ),
            (
                "spliced from another trail",
                |t| {
                    t[0] = {
                        let mut other = trail(2).remove(1);
                        other.number = 1;
                        other
                    }
                },
                Altered(1),
            ),
        ];
        for (name, tamper, expected) in cases {
            let mut entries = trail(5);
            tamper(&mut entries);
            assert_eq!(
                verify_chain(GENESIS_HASH, &entries),
                Err(expected),
                "{name}"
            );
        }
    }
}
