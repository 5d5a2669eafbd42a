use std::fmt::Write;

use crate::language::Language;
use crate::notice::{AlertStatus, Notice, NotifiedAlert};
use crate::words::{self, Words};

/// The most alerts that a message spells out.
const MAX_SHOWN_ALERTS: usize = 20;
/// Bytes of labels and annotations after which no further alert is spelt out.
const MAX_SHOWN_BYTES: usize = 64 * 1024;

/// How many alerts a message spells out; at least one.
pub(crate) fn shown_alerts(notice: &Notice<'_>) -> usize {
    let mut size_bytes = 0;
    let fitting = notice
        .alerts
        .iter()
        .take(MAX_SHOWN_ALERTS)
        .take_while(|notified| {
            let alert = &notified.alert;
            let labels: usize = alert
                .labels
                .iter()
                .map(|(name, value)| name.len() + value.len())
                .sum();
            let notes: usize = alert
                .annotations
                .iter()
                .map(|(name, text)| name.len() + text.len())
                .sum();
            size_bytes += labels + notes;
            size_bytes <= MAX_SHOWN_BYTES
        });
    fitting.count().max(1).min(notice.alerts.len())
}

/// Annotations that have their own place in a message.
const PLACED: [&str; 3] = ["description", "runbook_url", "summary"];

/// What is said of one alert, before it is set as text or HTML.
pub(crate) struct Paragraphs<'a> {
    pub headline: String,
    pub summary: Vec<&'a str>,
    pub facts: Vec<(&'static str, String)>,
    pub notes: Vec<(&'a str, &'a str)>,
    pub labels: Vec<(&'a str, &'a str)>,
}

impl<'a> Paragraphs<'a> {
    pub(crate) fn of(notified: &'a NotifiedAlert, language: Language) -> Self {
        let words = Words::of(language);
        let alert = &notified.alert;
        let annotation = |name: &str| alert.annotations.get(name).map(String::as_str);
        let place = Some(alert.labels.value("instance")).filter(|place| !place.is_empty());
        let mut facts = vec![(words.since, words.time(alert.starts_at))];
        if let Some(at) = notified.ended_at() {
            facts.push((words.ended, words.time(at)));
        }
        if notified.status == AlertStatus::Firing && !alert.value.is_empty() {
            facts.push((words.value, alert.value.clone()));
        }
        let severity = alert.labels.value("severity");
        if !severity.is_empty() {
            facts.push((words.severity, severity.to_owned()));
        }
        Self {
            headline: words::headline(language, notified.status, notified.name(), place),
            summary: ["summary", "description"]
                .into_iter()
                .filter_map(annotation)
                .collect(),
            facts,
            notes: alert
                .annotations
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .filter(|(name, text)| !PLACED.contains(name) || is_bad_runbook(name, text))
                .collect(),
            labels: alert.labels.iter().collect(),
        }
    }
}

fn is_bad_runbook(name: &str, text: &str) -> bool {
    name == "runbook_url" && !is_web_link(text)
}

/// Only such a text becomes a link; `javascript:` and the like stay text.
fn is_web_link(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !url.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

/// The whole message without markup.
pub(crate) fn text(notice: &Notice<'_>, language: Language) -> String {
    let words = Words::of(language);
    let mut out = String::new();
    let shown = shown_alerts(notice);
    for notified in notice.alerts.iter().take(shown) {
        alert_text(&mut out, &Paragraphs::of(notified, language), words);
    }
    let hidden = notice.alerts.len() - shown;
    if hidden > 0 {
        let _ = writeln!(out, "{}\n", words::and_more(language, hidden));
    }
    next_steps(&mut out, notice, words);
    let _ = writeln!(
        out,
        "{}: {}",
        words.reason_heading,
        words::reason(language, notice.reason)
    );
    let _ = writeln!(out, "{}: {}", words.number, notice.id);
    out
}

fn alert_text(out: &mut String, paragraphs: &Paragraphs<'_>, words: &Words) {
    let _ = writeln!(out, "{}\n", paragraphs.headline);
    for part in &paragraphs.summary {
        let _ = writeln!(out, "{part}\n");
    }
    for (name, fact) in &paragraphs.facts {
        let _ = writeln!(out, "{name}: {fact}");
    }
    for (heading, pairs) in [
        (words.notes_heading, &paragraphs.notes),
        (words.labels_heading, &paragraphs.labels),
    ] {
        if pairs.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{heading}");
        for (name, text) in pairs {
            let _ = writeln!(out, "  {name} = {text}");
        }
    }
    out.push('\n');
}

fn next_steps(out: &mut String, notice: &Notice<'_>, words: &Words) {
    if notice.status() == AlertStatus::Resolved {
        let _ = writeln!(out, "{}: {}\n", words.nothing_to_do, notice.link());
        return;
    }
    let _ = writeln!(out, "{}", words.next_heading);
    let _ = writeln!(out, "1. {}: {}", words.look, notice.link());
    match runbook(notice) {
        Some(url) => {
            let _ = writeln!(out, "2. {}: {url}", words.runbook);
        }
        None => {
            let _ = writeln!(out, "2. {}", words.no_runbook);
        }
    }
    let _ = writeln!(out, "{}\n", words.will_tell);
}

/// The first runbook that a firing alert names.
pub(crate) fn runbook<'a>(notice: &Notice<'a>) -> Option<&'a str> {
    notice
        .alerts
        .iter()
        .filter(|notified| notified.status == AlertStatus::Firing)
        .filter_map(|notified| notified.alert.annotations.get("runbook_url"))
        .map(String::as_str)
        .find(|url| is_web_link(url))
}
