use regex::{Regex, RegexBuilder};

use super::texts::{html, joined, lower, strip_domain, strip_port, title, upper, url_query};
use super::value::Value;
use super::{MAX_TEXT_BYTES, humanize};
use crate::External;
use prometheus_notation::parse_duration_ms;

/// A function of a template: Go's own and those that Prometheus adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    And,
    Eq,
    ExternalUrl,
    Ge,
    Gt,
    Html,
    Humanize,
    Humanize1024,
    HumanizeDuration,
    HumanizePercentage,
    HumanizeTimestamp,
    Index,
    Le,
    Len,
    Lt,
    Match,
    Ne,
    Not,
    Or,
    ParseDuration,
    Print,
    Printf,
    Println,
    ReReplaceAll,
    SafeHtml,
    StripDomain,
    StripPort,
    Title,
    ToLower,
    ToUpper,
    UrlQuery,
}

/// Why a name is no function here.
pub enum Unusable {
    /// Prometheus knows it.
    Unsupported,
    /// Nobody does.
    Unknown,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 31] = {
    use Function as F;
    const ANY: usize = usize::MAX;
    [
        ("and", F::And, 1, ANY),
        ("eq", F::Eq, 2, ANY),
        ("externalURL", F::ExternalUrl, 0, 0),
        ("ge", F::Ge, 2, 2),
        ("gt", F::Gt, 2, 2),
        ("html", F::Html, 0, ANY),
        ("humanize", F::Humanize, 1, 1),
        ("humanize1024", F::Humanize1024, 1, 1),
        ("humanizeDuration", F::HumanizeDuration, 1, 1),
        ("humanizePercentage", F::HumanizePercentage, 1, 1),
        ("humanizeTimestamp", F::HumanizeTimestamp, 1, 1),
        ("index", F::Index, 1, 2),
        ("le", F::Le, 2, 2),
        ("len", F::Len, 1, 1),
        ("lt", F::Lt, 2, 2),
        ("match", F::Match, 2, 2),
        ("ne", F::Ne, 2, 2),
        ("not", F::Not, 1, 1),
        ("or", F::Or, 1, ANY),
        ("parseDuration", F::ParseDuration, 1, 1),
        ("print", F::Print, 0, ANY),
        ("printf", F::Printf, 1, ANY),
        ("println", F::Println, 0, ANY),
        ("reReplaceAll", F::ReReplaceAll, 3, 3),
        ("safeHtml", F::SafeHtml, 1, 1),
        ("stripDomain", F::StripDomain, 1, 1),
        ("stripPort", F::StripPort, 1, 1),
        ("title", F::Title, 1, 1),
        ("toLower", F::ToLower, 1, 1),
        ("toUpper", F::ToUpper, 1, 1),
        ("urlquery", F::UrlQuery, 0, ANY),
    ]
};

/// Functions of Prometheus that need more than one alert, or pages this product does not have.
const UNSUPPORTED: [&str; 14] = [
    "args",
    "call",
    "first",
    "graphLink",
    "js",
    "label",
    "nil",
    "pathPrefix",
    "query",
    "slice",
    "sortByLabel",
    "strvalue",
    "tableLink",
    "tmpl",
];

impl Function {
    pub fn named(name: &str) -> Result<Self, Unusable> {
        match FUNCTIONS.iter().find(|entry| entry.0 == name) {
            Some(entry) => Ok(entry.1),
            None if UNSUPPORTED.contains(&name) || name == "value" => Err(Unusable::Unsupported),
            None => Err(Unusable::Unknown),
        }
    }

    pub fn check_count(self, count: usize) -> Result<(), String> {
        let Some((name, _, least, most)) = FUNCTIONS.iter().find(|entry| entry.1 == self) else {
            return Ok(());
        };
        if (*least..=*most).contains(&count) {
            return Ok(());
        }
        let wanted = match (*least, *most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        Err(format!(
            "wrong number of arguments for {name}: {wanted} wanted, {count} given"
        ))
    }

    /// The function's value. `and` and `or` never come here: they leave arguments unread.
    pub fn apply(self, arguments: &[Value], external: &External) -> Result<Value, String> {
        if let [one] = arguments
            && let Some(value) = self.of_one(one)
        {
            return value;
        }
        match (self, arguments) {
            (Self::Eq, [first, rest @ ..]) => {
                for other in rest {
                    if compare(first, other)?.is_some_and(std::cmp::Ordering::is_eq) {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            (Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge, [a, b]) => {
                self.ordered(a, b).map(Value::Bool)
            }
            (Self::Index, [value]) => Ok(value.clone()),
            (Self::Index, [Value::Map(map), key]) => Ok(Value::Text(
                map.get(key.as_text()?).cloned().unwrap_or_default(),
            )),
            (Self::Index, [value, ..]) => Err(format!("can't index {}", value.type_name())),
            (Self::Match, [pattern, text]) => Ok(Value::Bool(
                regex(pattern.as_text()?)?.is_match(text.as_text()?),
            )),
            (Self::ReReplaceAll, [pattern, by, text]) => {
                replace(&regex(pattern.as_text()?)?, by, text)
            }
            (Self::Print, _) => Ok(Value::Text(joined(arguments))),
            (Self::Println, _) => {
                let texts: Vec<String> = arguments.iter().map(Value::to_text).collect();
                Ok(Value::Text(format!("{}\n", texts.join(" "))))
            }
            (Self::Html, _) => Ok(Value::Text(html(&joined(arguments)))),
            (Self::UrlQuery, _) => Ok(Value::Text(url_query(&joined(arguments)))),
            (Self::ExternalUrl, _) => Ok(Value::Text(external.url.clone())),
            _ => Err("wrong number of arguments".to_owned()),
        }
    }

    fn of_one(self, value: &Value) -> Option<Result<Value, String>> {
        let of_number = |f: fn(f64) -> String| value.to_number().map(|n| Value::Text(f(n)));
        let of_text = |f: fn(&str) -> String| value.as_text().map(|t| Value::Text(f(t)));
        Some(match self {
            Self::Humanize => of_number(humanize::humanize),
            Self::Humanize1024 => of_number(humanize::humanize_1024),
            Self::HumanizeDuration => of_number(humanize::humanize_duration),
            Self::HumanizePercentage => of_number(humanize::humanize_percentage),
            Self::HumanizeTimestamp => value
                .to_number()
                .and_then(humanize::humanize_timestamp)
                .map(Value::Text),
            Self::Title => of_text(title),
            Self::ToUpper => of_text(|text| text.chars().map(upper).collect()),
            Self::ToLower => of_text(|text| text.chars().map(lower).collect()),
            Self::SafeHtml => of_text(str::to_owned),
            Self::StripPort => of_text(strip_port),
            Self::StripDomain => of_text(strip_domain),
            Self::ParseDuration => value.as_text().and_then(seconds),
            Self::Not => Ok(Value::Bool(!value.is_true())),
            Self::Len => match value {
                Value::Text(text) => Ok(count(text.len())),
                Value::Map(map) => Ok(count(map.len())),
                _ => Err(format!("len of type {}", value.type_name())),
            },
            _ => return None,
        })
    }

    fn ordered(self, a: &Value, b: &Value) -> Result<bool, String> {
        if self != Self::Ne && matches!(a, Value::Bool(_)) {
            return Err("invalid type for comparison".to_owned());
        }
        let order = compare(a, b)?;
        let below = order.is_some_and(std::cmp::Ordering::is_lt);
        let equal = order.is_some_and(std::cmp::Ordering::is_eq);
        // As in Go, `gt` and `ge` are what `le` and `lt` are not: true of a NaN.
        Ok(match self {
            Self::Ne => !equal,
            Self::Lt => below,
            Self::Le => below || equal,
            Self::Gt => !(below || equal),
            _ => !below,
        })
    }
}

fn count(len: usize) -> Value {
    Value::Integer(i64::try_from(len).unwrap_or(i64::MAX))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "durations stay far below 2^53 ms"
)]
fn seconds(text: &str) -> Result<Value, String> {
    parse_duration_ms(text).map(|ms| Value::Number(ms as f64 / 1_000.0))
}

/// Go refuses to compare a `float64` with an `int` and puts an error in the text's place; here
/// `gt $value 5` compares the numbers.
fn compare(a: &Value, b: &Value) -> Result<Option<std::cmp::Ordering>, String> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
        (Value::Integer(a), Value::Integer(b)) => Ok(Some(a.cmp(b))),
        (Value::Number(_) | Value::Integer(_), Value::Number(_) | Value::Integer(_)) => {
            Ok(a.to_number()?.partial_cmp(&b.to_number()?))
        }
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

/// Compiles within bounds.
pub fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| format!("bad regular expression {pattern:?}: {error}"))
}

/// Go's `ReplaceAllString`, stopped before the text grows out of bounds.
pub fn replace(regex: &Regex, by: &Value, text: &Value) -> Result<Value, String> {
    let (by, text) = (by.as_text()?, text.as_text()?);
    let references = by.matches('$').count();
    let mut out = String::new();
    let mut copied = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_str(&text[copied..whole.start()]);
        copied = whole.end();
        let grown = out.len() + by.len() + references * whole.len();
        if grown > MAX_TEXT_BYTES {
            return Err("the replaced text is too long".to_owned());
        }
        captures.expand(by, &mut out);
    }
    out.push_str(&text[copied..]);
    Ok(Value::Text(out))
}
