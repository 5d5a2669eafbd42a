use series::METRIC_NAME;

use crate::{Limits, Reason};

const FIRST: u8 = 1;
const LATER: u8 = 2;
const COLON: u8 = 4;

/// Which bytes may stand in a name, and where.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => FIRST | LATER,
            b'0'..=b'9' => LATER,
            b':' => COLON,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn is_name(name: &str, also: u8) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().map_or(0, |b| CLASSES[usize::from(b)]);
    first & (FIRST | also) != 0
        && bytes.all(|b| CLASSES[usize::from(b)] & (FIRST | LATER | also) != 0)
}

/// Which names labels and metrics may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those of Prometheus' data model before version 3, as remote write 1.0 demands.
    Classic,
    /// Any text, as remote write 2.0 allows.
    Utf8,
}

/// Brings the labels from `start` on into order: sorted, unique, no empty value, a valid name.
pub(crate) fn labels<'b>(
    pairs: &mut Vec<(&'b str, &'b str)>,
    start: usize,
    limits: &Limits,
    allowed: Names,
) -> Result<(), Reason> {
    names(pairs, start, limits, allowed)?;
    let fresh = pairs.get(start..).unwrap_or_default();
    if fresh
        .iter()
        .any(|(_, value)| value.len() > limits.label_value_bytes)
    {
        return Err(Reason::LabelValueTooLong);
    }
    let name = metric_name(fresh).ok_or(Reason::NoMetricName)?;
    if allowed == Names::Classic && !is_metric_name(name) {
        return Err(Reason::InvalidMetricName);
    }
    Ok(())
}

pub(crate) fn is_label_name(name: &str) -> bool {
    is_name(name, 0)
}

pub(crate) fn is_metric_name(name: &str) -> bool {
    is_name(name, COLON)
}

fn names<'b>(
    pairs: &mut Vec<(&'b str, &'b str)>,
    start: usize,
    limits: &Limits,
    allowed: Names,
) -> Result<(), Reason> {
    let fresh = pairs.get_mut(start..).unwrap_or_default();
    if fresh.len() > limits.labels_per_series {
        return Err(Reason::TooManyLabels);
    }
    for (name, _) in fresh.iter() {
        if name.is_empty() {
            return Err(Reason::EmptyLabelName);
        }
        if name.len() > limits.label_name_bytes {
            return Err(Reason::LabelNameTooLong);
        }
        if allowed == Names::Classic && !is_label_name(name) {
            return Err(Reason::InvalidLabelName);
        }
    }
    if !fresh.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        fresh.sort_unstable();
        if fresh.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Reason::DuplicateLabelName);
        }
    }
    if fresh.iter().any(|(_, value)| value.is_empty()) {
        let mut kept = start;
        for at in start..pairs.len() {
            if !pairs[at].1.is_empty() {
                pairs[kept] = pairs[at];
                kept += 1;
            }
        }
        pairs.truncate(kept);
    }
    Ok(())
}

fn metric_name<'b>(sorted: &[(&'b str, &'b str)]) -> Option<&'b str> {
    // Only upper-case names sort before `__name__`, so it is the first one or close to it.
    sorted
        .iter()
        .find(|(name, _)| *name == METRIC_NAME)
        .map(|(_, value)| *value)
}

/// A series as a person reads it, cut to 200 characters.
pub(crate) fn readable(pairs: &[(&str, &str)]) -> String {
    let mut text = metric_name(pairs).unwrap_or_default().to_owned();
    text.push('{');
    for (at, (name, value)) in pairs.iter().filter(|p| p.0 != METRIC_NAME).enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        let short: String = value.chars().take(LONGEST_EXAMPLE).collect();
        text.push_str(&format!("{separator}{name}={short:?}"));
        if text.len() > LONGEST_EXAMPLE {
            break;
        }
    }
    text.push('}');
    match text.char_indices().nth(LONGEST_EXAMPLE) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

const LONGEST_EXAMPLE: usize = 200;
