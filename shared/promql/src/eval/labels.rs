//! Functions that change labels.

use regex::{Captures, Regex};
use series::{Labels, METRIC_NAME, MatchOp, Matcher};

use super::frame::{Frame, Tags};
use crate::EvalError;
use crate::node::{Kind, Node};

/// `label_replace` with the arguments behind the vector: destination, replacement, source, expression.
pub(crate) fn replace(
    mut frame: Frame,
    args: &[Node],
    regex: Option<&Regex>,
) -> Result<Frame, EvalError> {
    let [to, template, from, expression] = [0, 1, 2, 3].map(|at| text(args, at));
    let refuse = |what: &str, which: &str| {
        Err(EvalError::Parameter(format!(
            "invalid {what} in label_replace(): {which}"
        )))
    };
    let Some(regex) = regex else {
        return refuse("regular expression", expression);
    };
    if !is_label_name(to) {
        return refuse("destination label name", to);
    }
    for tags in &mut frame.tags {
        let value = tags.value(from);
        if let Some(captures) = regex.captures(value) {
            let replaced = expand(template, &captures);
            *tags = Tags::of(tags.to_labels().with(to, &replaced));
        }
    }
    frame.merged()
}

/// `label_join` with the arguments behind the vector: destination, separator, sources.
pub(crate) fn join(mut frame: Frame, args: &[Node]) -> Result<Frame, EvalError> {
    let (to, separator) = (text(args, 0), text(args, 1));
    let from: Vec<&str> = (2..args.len()).map(|at| text(args, at)).collect();
    let invalid = from.iter().find(|name| !is_label_name(name));
    if let Some(name) = invalid {
        let message = format!("invalid source label name in label_join(): {name}");
        return Err(EvalError::Parameter(message));
    }
    if !is_label_name(to) {
        let message = format!("invalid destination label name in label_join(): {to}");
        return Err(EvalError::Parameter(message));
    }
    for tags in &mut frame.tags {
        let values: Vec<&str> = from.iter().map(|name| tags.value(name)).collect();
        *tags = Tags::of(tags.to_labels().with(to, &values.join(separator)));
    }
    frame.merged()
}

fn text(args: &[Node], at: usize) -> &str {
    match args.get(at).map(|node| &node.kind) {
        Some(Kind::Text(text)) => text,
        _ => "",
    }
}

pub(crate) fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Replaces `$1`, `${1}`, `$name` and `${name}`, and `$$` by a dollar; a dollar before anything else
/// stays.
fn expand(template: &str, captures: &Captures<'_>) -> String {
    let mut expanded = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = reference(rest) else {
            expanded.push('$');
            continue;
        };
        let captured = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        expanded.push_str(captured.map_or("", |m| m.as_str()));
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// A name, perhaps in braces, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (in_braces, text) = match text.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let len = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, after) = text.split_at(len);
    if name.is_empty() {
        return None;
    }
    if in_braces {
        return after.strip_prefix('}').map(|after| (name, after));
    }
    Some((name, after))
}

/// Labels that matchers set to one value: the first `=` of a label counts, anything after it undoes it.
pub(crate) fn implied(matchers: &[Matcher]) -> Labels {
    let mut labels = Labels::default();
    let mut set: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|m| m.name != METRIC_NAME) {
        let sets = matcher.op == MatchOp::Equal && !set.contains(&matcher.name.as_str());
        labels = labels.with(&matcher.name, if sets { &matcher.value } else { "" });
        if sets {
            set.push(&matcher.name);
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_expand_as_in_go() {
        let regex = Regex::new("^(?:(?P<host>[a-z]+)-([0-9]+))$").unwrap();
        let captures = regex.captures("web-12").unwrap();
        let cases = [
            ("$2/$1", "12/web"),
            ("${host}x$hostx", "webx"),
            ("$$1 $ ${", "$1 $ ${"),
            ("$9", ""),
            ("${2}0", "120"),
        ];
        for (template, expected) in cases {
            assert_eq!(expand(template, &captures), expected, "{template}");
        }
    }
}
