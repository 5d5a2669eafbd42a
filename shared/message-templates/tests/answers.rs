//! What Alertmanager made of these templates, and what we refuse. `record.py` recorded the answers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod given;

use message_templates::{RenderError, Texts, check};
use notification_content::Language;
use serde_json::Value;

const ANSWERS: &str = include_str!("answers.json");
const REFUSED: &str = include_str!("refused.txt");

fn rendered(answer: &Value, language: Language) -> Result<String, RenderError> {
    let given = given::read(answer["data"].as_str().unwrap());
    let texts = Texts::new(&given.notice(), language)?;
    let template = answer["template"].as_str().unwrap();
    if answer["kind"] == "html" {
        texts.html(template)
    } else {
        texts.text(template)
    }
}

#[test]
fn every_text_is_the_one_that_alertmanager_writes() {
    let answers: Vec<Value> = serde_json::from_str(ANSWERS).unwrap();
    let mut differences = Vec::new();
    for answer in &answers {
        let said = answer["said"]
            .as_str()
            .expect("Alertmanager takes each of them");
        let ours = rendered(answer, Language::English);
        if ours.as_deref() != Ok(said) {
            differences.push(format!(
                "{}\n  theirs: {said:?}\n  ours:   {ours:?}",
                answer["template"]
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(
        answers.len() >= 120,
        "two notifications each: {}",
        answers.len()
    );
}

#[test]
fn what_is_not_simple_is_refused_with_its_line_and_its_name() {
    for case in REFUSED.lines() {
        let mut parts = case.splitn(3, '\t');
        let (line, construct) = (parts.next().unwrap(), parts.next().unwrap());
        let template = parts.next().unwrap().replace('⏎', "\n");
        let problem = check(&template, false).expect_err(&template);
        let found = (problem.line.to_string(), problem.construct.as_str());
        assert_eq!(found, (line.to_owned(), construct), "{template}: {problem}");
    }
}

#[test]
fn in_html_a_value_stands_only_where_it_can_be_escaped() {
    for refused in [
        "<script>{{ .Status }}</script>",
        "<style>{{ .Status }}</style>",
        "<p style=\"{{ .Status }}\">",
        "<p onclick=\"{{ .Status }}\">",
        "<p class={{ .Status }}>",
        "<p {{ .Status }}=\"x\">",
        "<!-- {{ .Status }} -->",
        "{{ if .Status }}<p title=\"{{ else }}<p>{{ end }}",
        "{{ range .Alerts }}<p title=\"{{ end }}",
    ] {
        check(refused, true).expect_err(refused);
    }
}

#[test]
fn default_texts_are_there_in_japanese() {
    let given = given::read("three.json");
    let texts = Texts::new(&given.notice(), Language::Japanese).unwrap();
    let subject = texts.text("{{ template \"slack.default.title\" . }}");
    assert_eq!(subject.unwrap(), "[発生:2] HighLoad (node critical)");
    let list = texts.text("{{ template \"pagerduty.default.instances\" .Alerts.Resolved }}");
    let wanted = "ラベル:\n - alertname = HighLoad\n - instance = 日本-3\n - job = node\n - severity = critical\n\
                  注釈:\n - runbook = http://x\n - summary = it's <b>hot</b>\n発生元: http://prometheus/g\n";
    assert_eq!(list.unwrap(), wanted);
    let ended = given::read("ended.json");
    let texts = Texts::new(&ended.notice(), Language::Japanese).unwrap();
    let subject = texts.text("{{ template \"__subject\" . }}").unwrap();
    assert_eq!(subject, "[復旧] Disk a ");
}

#[test]
fn a_text_that_would_take_too_much_fails_and_says_so() {
    let given = given::read("three.json");
    let texts = Texts::new(&given.notice(), Language::English).unwrap();
    let mut doubling = "{{ $a0 := \"0123456789\" }}".to_owned();
    for at in 0..40 {
        doubling.push_str(&format!("{{{{ $a{} := print $a{at} $a{at} }}}}", at + 1));
    }
    let nested = format!(
        "{}x{}",
        "{{ range $.Alerts }}".repeat(16),
        "{{ end }}".repeat(16)
    );
    let long = "{{ range .Alerts }}{{ printf \"%1000s\" \"x\" }}{{ end }}".repeat(200);
    let replaced = format!(
        "{{{{ reReplaceAll \"\" \"{}\" \"{}\" }}}}",
        "y".repeat(5000),
        "x".repeat(5000)
    );
    for (template, says) in [
        (doubling, "a text is longer than 262144 bytes"),
        (nested, "engine ran out of fuel"),
        (long, "the text is longer than 262144 bytes"),
        (replaced, "a replacement would be too long"),
        (
            "{{ index .GroupLabels.Names 3 }}".to_owned(),
            "there is no element 3",
        ),
        (
            "{{ match .CommonAnnotations.bad \"x\" }}{{ match (printf \"(%s\" .Status) \"x\" }}"
                .to_owned(),
            "invalid regex",
        ),
    ] {
        let failed = texts.text(&template).expect_err(says).to_string();
        assert!(failed.contains(says), "{failed}");
    }
    let deep = "{{ if .Status }}".repeat(30) + &"{{ end }}".repeat(30);
    check(&deep, false).expect_err("too deep");
    check(&"x".repeat(70_000), false).expect_err("too long");
}
