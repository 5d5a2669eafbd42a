//! The functions that converted templates call.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use form_urlencoded::byte_serialize;
use jiff::Timestamp;
use minijinja::value::{Rest, Serde, Value};
use minijinja::{Environment, Error, ErrorKind};
use prometheus_notation::go_regex::{Refused, from_go};
use regex::Regex;

use crate::render::MAX_TEXT_BYTES;
use crate::title::title_case;
use crate::{go_time, html};

type Pairs = BTreeMap<String, String>;

/// So many different regular expressions may one rendering use.
const MAX_EXPRESSIONS: usize = 100;

/// Gives the environment all functions.
pub(crate) fn add_functions(env: &mut Environment<'_>) {
    add_lookups(env);
    add_texts(env);
    add_expressions(env);
    env.add_function("time_text", |at: &str| Ok(go_time::text(time(at)?)));
    env.add_function("time_utc", |at: String| at);
    env.add_function("time_unix", |at: &str| Ok(time(at)?.as_second()));
    env.add_function("time_format", |at: &str, layout: &str| {
        bounded(go_time::format(layout, time(at)?))
    });
    env.add_function("date", |layout: &str, at: &str| {
        bounded(go_time::format(layout, time(at)?))
    });
    env.add_function("html_text", |text: Value| {
        bounded(html::text(&text.to_string()))
    });
    env.add_function("html_address", |text: Value| {
        bounded(html::address(&text.to_string()))
    });
    env.add_function("html_path", |text: Value| {
        bounded(html::path(&text.to_string()))
    });
    env.add_function("html_query", |text: Value| {
        bounded(html::query(&text.to_string()))
    });
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn bounded(text: String) -> Result<String, Error> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(failed(format!(
            "a text is longer than {MAX_TEXT_BYTES} bytes"
        )));
    }
    Ok(text)
}

fn time(at: &str) -> Result<Timestamp, Error> {
    at.parse().map_err(|_| failed("this is no time"))
}

fn add_lookups(env: &mut Environment<'_>) {
    env.add_function("key", |whole: Value, name: &str| {
        let found = whole.get_attr(name)?;
        Ok::<_, Error>(if found.is_undefined() {
            Value::from("")
        } else {
            found
        })
    });
    env.add_function("item", |whole: Vec<Value>, at: i64| {
        let found = usize::try_from(at).ok().and_then(|at| whole.get(at));
        found
            .cloned()
            .ok_or_else(|| failed(format!("there is no element {at}")))
    });
    env.add_function("count", |whole: Value| whole.len());
    env.add_function("firing", |alerts: Vec<Value>| of_status(alerts, "firing"));
    env.add_function("resolved", |alerts: Vec<Value>| {
        of_status(alerts, "resolved")
    });
    env.add_function("sorted_pairs", |Serde(pairs): Serde<Pairs>| {
        let pair = |(name, value)| Value::from_pairs([("Name", name), ("Value", value)]);
        sorted(&pairs).map(pair).collect::<Vec<Value>>()
    });
    env.add_function("names", |Serde(pairs): Serde<Pairs>| {
        sorted(&pairs)
            .map(|(name, _)| name.to_owned())
            .collect::<Vec<_>>()
    });
    env.add_function("values", |Serde(pairs): Serde<Pairs>| {
        sorted(&pairs)
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<_>>()
    });
    env.add_function("sorted_names", |pairs: Vec<Value>| each(&pairs, "Name"));
    env.add_function("sorted_values", |pairs: Vec<Value>| each(&pairs, "Value"));
    env.add_function(
        "without",
        |Serde(mut pairs): Serde<Pairs>, names: Vec<String>| {
            pairs.retain(|name, _| !names.contains(name));
            Value::from(pairs)
        },
    );
}

fn of_status(mut alerts: Vec<Value>, status: &str) -> Vec<Value> {
    alerts.retain(|alert| {
        let has = alert.get_attr("Status");
        has.is_ok_and(|has| has.as_str() == Some(status))
    });
    alerts
}

/// `alertname` first, then by name.
fn sorted(pairs: &Pairs) -> impl Iterator<Item = (&str, &str)> {
    const FIRST: &str = "alertname";
    let first = pairs.get_key_value(FIRST).into_iter();
    let others = pairs.iter().filter(|(name, _)| *name != FIRST);
    first
        .chain(others)
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

fn each(pairs: &[Value], name: &str) -> Result<Vec<Value>, Error> {
    pairs.iter().map(|pair| pair.get_attr(name)).collect()
}

fn add_texts(env: &mut Environment<'_>) {
    env.add_function("to_upper", |text: &str| {
        text.chars().map(upper).collect::<String>()
    });
    env.add_function("to_lower", |text: &str| {
        text.chars().map(lower).collect::<String>()
    });
    env.add_function("title_case", title_case);
    env.add_function("trim_space", |text: &str| text.trim().to_owned());
    env.add_function("byte_len", |text: &str| text.len());
    env.add_function("list_texts", |texts: Rest<String>| texts.0);
    env.add_function("join_texts", |between: &str, texts: Vec<String>| {
        bounded(texts.join(between))
    });
    env.add_function("concat", |parts: Rest<Value>| bounded(joined(&parts)));
    env.add_function("escape_html", |parts: Rest<Value>| {
        bounded(html::plain(&joined(&parts)))
    });
    env.add_function("escape_query", |parts: Rest<Value>| {
        bounded(
            byte_serialize(joined(&parts).as_bytes())
                .collect::<String>()
                .replace('*', "%2A")
                .replace("%7E", "~"),
        )
    });
    env.add_function(
        "padded",
        |value: Value, width: usize, is_left: bool, is_zeroed: bool| {
            padded(&value.to_string(), width, is_left, is_zeroed)
        },
    );
    env.add_function("pairs_text", |Serde(pairs): Serde<Pairs>| {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        bounded(format!("map[{}]", pairs.join(" ")))
    });
    env.add_function("texts_text", |texts: Vec<String>| {
        bounded(format!("[{}]", texts.join(" ")))
    });
    env.add_function("pair_text", |pair: Value| pair_text(&pair));
    env.add_function("sorted_text", |pairs: Vec<Value>| {
        let pairs: Result<Vec<String>, Error> = pairs.iter().map(pair_text).collect();
        bounded(format!("[{}]", pairs?.join(" ")))
    });
}

fn joined(parts: &[Value]) -> String {
    let mut out = String::new();
    for part in parts {
        out.push_str(&part.to_string());
        if out.len() > MAX_TEXT_BYTES {
            break;
        }
    }
    out
}

fn pair_text(pair: &Value) -> Result<String, Error> {
    bounded(format!(
        "{{{} {}}}",
        pair.get_attr("Name")?,
        pair.get_attr("Value")?
    ))
}

/// A letter's capital, as Go knows it: one character for one.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn padded(text: &str, width: usize, is_left: bool, is_zeroed: bool) -> String {
    let missing = width.saturating_sub(text.chars().count());
    match (is_left, is_zeroed) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (_, false) => format!("{}{text}", " ".repeat(missing)),
        (_, true) => {
            let (sign, digits) = text
                .strip_prefix('-')
                .map_or(("", text), |digits| ("-", digits));
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
    }
}

fn add_expressions(env: &mut Environment<'_>) {
    let known = std::sync::Arc::new(Expressions::default());
    let expressions = std::sync::Arc::clone(&known);
    env.add_function("matches", move |pattern: &str, text: &str| {
        Ok::<_, Error>(known.of(pattern)?.is_match(text))
    });
    env.add_function("replace_all", move |pattern: &str, by: &str, text: &str| {
        let expression = expressions.of(pattern)?;
        let grows = text.len().saturating_add(1).saturating_mul(by.len().max(1));
        if grows > MAX_TEXT_BYTES * 64 {
            return Err(failed("a replacement would be too long"));
        }
        bounded(expression.replace_all(text, by).into_owned())
    });
}

/// Regular expressions that were used, so that a loop compiles them once.
#[derive(Default)]
struct Expressions(Mutex<HashMap<String, Regex>>);

impl Expressions {
    fn of(&self, go: &str) -> Result<Regex, Error> {
        let mut known = self
            .0
            .lock()
            .map_err(|_| failed("an expression failed before"))?;
        if let Some(known) = known.get(go) {
            return Ok(known.clone());
        }
        if known.len() >= MAX_EXPRESSIONS {
            return Err(failed(format!(
                "more than {MAX_EXPRESSIONS} different regular expressions"
            )));
        }
        let rewritten = from_go(go)
            .map_err(|(Refused::Invalid(why) | Refused::Unsupported(why))| failed(why))?;
        let expression = Regex::new(&rewritten).map_err(|why| failed(why.to_string()))?;
        known.insert(go.to_owned(), expression.clone());
        Ok(expression)
    }
}
