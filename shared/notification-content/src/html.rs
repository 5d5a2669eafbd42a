use std::fmt::{self, Write};

use crate::language::Language;
use crate::notice::{AlertStatus, Notice};
use crate::text::{Paragraphs, runbook, shown_alerts};
use crate::words::{self, Words};

/// A text in which no markup can hide.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_str("<br>")?,
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

const BODY: &str = "font-family:sans-serif;font-size:15px;line-height:1.5;color:#1b1f24";
const TABLE: &str = "border-collapse:collapse;font-size:14px";
const CELL: &str = "padding:2px 12px 2px 0;vertical-align:top";

/// The whole message with markup.
pub(crate) fn html(notice: &Notice<'_>, language: Language) -> String {
    let words = Words::of(language);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"></head>\n<body style=\"{BODY}\">\n",
        words.html_lang
    );
    let shown = shown_alerts(notice);
    for notified in notice.alerts.iter().take(shown) {
        let colour = match notified.status {
            AlertStatus::Firing => "#b3261e",
            AlertStatus::Resolved => "#1a7f37",
        };
        alert_html(&mut out, &Paragraphs::of(notified, language), words, colour);
    }
    let hidden = notice.alerts.len() - shown;
    if hidden > 0 {
        let _ = writeln!(
            out,
            "<p>{}</p>",
            Escaped(&words::and_more(language, hidden))
        );
    }
    next_steps(&mut out, notice, words);
    let _ = writeln!(
        out,
        "<p style=\"font-size:13px;color:#57606a\">{}: {}<br>{}: {}</p>\n</body></html>",
        words.reason_heading,
        words::reason(language, notice.reason),
        words.number,
        Escaped(notice.id)
    );
    out
}

fn alert_html(out: &mut String, paragraphs: &Paragraphs<'_>, words: &Words, colour: &str) {
    let _ = writeln!(
        out,
        "<h2 style=\"font-size:18px;color:{colour}\">{}</h2>",
        Escaped(&paragraphs.headline)
    );
    for part in &paragraphs.summary {
        let _ = writeln!(out, "<p>{}</p>", Escaped(part));
    }
    let facts = paragraphs
        .facts
        .iter()
        .map(|(name, fact)| (*name, fact.as_str()));
    table(out, None, facts);
    for (heading, pairs) in [
        (words.notes_heading, &paragraphs.notes),
        (words.labels_heading, &paragraphs.labels),
    ] {
        if !pairs.is_empty() {
            table(out, Some(heading), pairs.iter().copied());
        }
    }
}

fn table<'a>(
    out: &mut String,
    heading: Option<&str>,
    rows: impl Iterator<Item = (&'a str, &'a str)>,
) {
    if let Some(heading) = heading {
        let _ = writeln!(out, "<h3 style=\"font-size:15px\">{heading}</h3>");
    }
    let _ = writeln!(out, "<table style=\"{TABLE}\">");
    for (name, text) in rows {
        let _ = writeln!(
            out,
            "<tr><td style=\"{CELL}\">{}</td><td style=\"{CELL}\">{}</td></tr>",
            Escaped(name),
            Escaped(text)
        );
    }
    out.push_str("</table>\n");
}

fn next_steps(out: &mut String, notice: &Notice<'_>, words: &Words) {
    let link = |url: &str| format!("<a href=\"{0}\">{0}</a>", Escaped(url));
    let page = link(&notice.link());
    if notice.status() == AlertStatus::Resolved {
        let _ = writeln!(out, "<p>{}: {page}</p>", words.nothing_to_do);
        return;
    }
    let second = match runbook(notice) {
        Some(url) => format!("{}: {}", words.runbook, link(url)),
        None => words.no_runbook.to_owned(),
    };
    let _ = writeln!(
        out,
        "<h3 style=\"font-size:15px\">{}</h3>\n<ol><li>{}: {page}</li><li>{second}</li></ol>\n<p>{}</p>",
        words.next_heading, words.look, words.will_tell
    );
}
