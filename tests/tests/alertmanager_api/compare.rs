//! Are two answers the same, apart from names that each chose and from the moment?

use jiff::Timestamp;
use serde_json::Value;

use crate::requests::Answer;

/// So far apart may times be that both took from their clocks.
const MOMENT_MS: i64 = 3_000;
/// What is wrong with JSON, a time or an expression is told in other words behind these.
const OTHER_WORDS: [&str; 2] = ["failed, because ", "error parsing regexp: "];

/// Pairs of ids that stand for the same silence, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Comparison {
    ids: Vec<(String, String)>,
}

impl Comparison {
    /// A request as it goes to Alertmanager.
    pub fn theirs(&self, text: &str) -> String {
        self.filled(text, |(theirs, _)| theirs)
    }

    /// The same as it goes to us.
    pub fn ours(&self, text: &str) -> String {
        self.filled(text, |(_, ours)| ours)
    }

    fn filled(&self, text: &str, side: impl Fn(&(String, String)) -> &String) -> String {
        let ids = self.ids.iter().enumerate();
        ids.fold(text.to_owned(), |text, (at, pair)| {
            text.replace(&format!("{{{at}}}"), side(pair))
        })
    }

    /// What differs.
    pub fn difference(&mut self, theirs: &Answer, ours: &Answer) -> Result<(), String> {
        if theirs.status != ours.status {
            return Err("status".to_owned());
        }
        self.compare(&theirs.body, &ours.body, "body")
    }

    fn compare(&mut self, theirs: &Value, ours: &Value, at: &str) -> Result<(), String> {
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(ours)) => {
                let names = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                    map.keys().cloned().collect()
                };
                if names(theirs) != names(ours) {
                    return Err(format!("{at}: {:?}, not {:?}", names(ours), names(theirs)));
                }
                let mut pairs = theirs.iter().zip(ours.values());
                pairs.try_for_each(|((name, one), other)| {
                    self.compare(one, other, &format!("{at}.{name}"))
                })
            }
            (Value::Array(theirs), Value::Array(ours)) => {
                if theirs.len() != ours.len() {
                    return Err(format!("{at}: {} items, not {}", ours.len(), theirs.len()));
                }
                if at.ends_with(".silencedBy") {
                    return self.compare_names(theirs, ours, at);
                }
                let mut pairs = theirs.iter().zip(ours).enumerate();
                pairs.try_for_each(|(n, (one, other))| {
                    self.compare(one, other, &format!("{at}[{n}]"))
                })
            }
            (Value::String(theirs), Value::String(ours)) if self.are_same(theirs, ours) => Ok(()),
            (theirs, ours) if theirs == ours => Ok(()),
            (theirs, ours) => Err(format!("{at}: {ours}, not {theirs}")),
        }
    }

    /// Ids stand in their own order, which chance decides.
    fn compare_names(&self, theirs: &[Value], ours: &[Value], at: &str) -> Result<(), String> {
        let is_there = |theirs: &Value| {
            let pair = self.ids.iter().find(|(one, _)| theirs == one);
            pair.is_some_and(|(_, other)| ours.iter().any(|ours| ours == other))
        };
        let missing = theirs.iter().find(|one| !is_there(one));
        missing.map_or(Ok(()), |one| Err(format!("{at}: {one} is missing")))
    }

    fn are_same(&mut self, theirs: &str, ours: &str) -> bool {
        if let (Ok(one), Ok(other)) = (theirs.parse::<Timestamp>(), ours.parse::<Timestamp>()) {
            return (one.as_millisecond() - other.as_millisecond()).abs() <= MOMENT_MS;
        }
        if is_uuid(theirs) && is_uuid(ours) {
            let pair = (theirs.to_owned(), ours.to_owned());
            let known = self.ids.iter().find(|(a, b)| a == theirs || b == ours);
            return match known {
                Some(known) => *known == pair,
                None => {
                    self.ids.push(pair);
                    true
                }
            };
        }
        let until = |text: &str| {
            let ends = OTHER_WORDS
                .iter()
                .filter_map(|words| Some(text.find(words)? + words.len()));
            ends.min().map(|end| text[..end].to_owned())
        };
        theirs == ours || (until(theirs).is_some() && until(theirs) == until(ours))
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The names of all fields, at whichever depth.
pub fn fields(value: &Value) -> Vec<String> {
    let Some(fields) = value.as_object() else {
        return Vec::new();
    };
    let below = |(name, value): (&String, &Value)| {
        let deeper = self::fields(value);
        let mut all = vec![name.clone()];
        all.extend(deeper.into_iter().map(|one| format!("{name}.{one}")));
        all
    };
    fields.iter().flat_map(below).collect()
}
