//! What receivers read, compared with what Alertmanager sends and with texts that people agreed on.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use alert_routing::Alert;
use notification_content::{
    AlertStatus, Language, MAX_SNS_BYTES, MAX_SNS_SUBJECT_CHARS, MAX_WEBHOOK_BYTES, Notice,
    NotifiedAlert, NotifyReason, OMITTED_ANNOTATION, mail, sns, webhook_body,
};
use proptest::prelude::*;
use serde_json::Value;
use series::Labels;

fn alert(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Alert {
    Alert {
        labels: Labels::new(labels.iter().copied()).unwrap(),
        annotations: annotations
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
        value: "9.5".to_owned(),
        starts_at: "2026-11-20T10:05:21.25Z".parse().unwrap(),
        ends_at: "2026-11-20T10:07:24.5Z".parse().unwrap(),
        ends_by_timeout: false,
        updated_at: "2026-11-20T10:05:21.25Z".parse().unwrap(),
        generator_url: String::new(),
    }
}

fn disk(status: AlertStatus) -> NotifiedAlert {
    let labels = [
        ("alertname", "FilesystemFull"),
        ("instance", "web-1"),
        ("severity", "critical"),
    ];
    let annotations = [
        ("summary", "Disk <90%> full on \"web-1\""),
        ("description", "line one\nline two"),
    ];
    NotifiedAlert::bounded(status, alert(&labels, &annotations))
}

fn notice<'a>(alerts: &'a [NotifiedAlert], group_labels: &'a Labels) -> Notice<'a> {
    let firing = alerts
        .iter()
        .any(|alert| alert.status == AlertStatus::Firing);
    Notice {
        id: "0001763633121-5f0c",
        receiver: "hook",
        reason: if firing {
            NotifyReason::FirstNotification
        } else {
            NotifyReason::AllResolved
        },
        group_labels,
        alerts,
        group_key: "{}:{alertname=\"FilesystemFull\"}",
        public_url: "http://alertmanager.example",
    }
}

fn payload(notice: &Notice<'_>) -> Value {
    serde_json::from_slice(&webhook_body(notice, 0).unwrap()).unwrap()
}

#[test]
fn the_webhook_equals_alertmanagers_field_by_field() {
    let recorded: Value =
        serde_json::from_str(include_str!("data/alertmanager-0.25-webhook.json")).unwrap();
    for (name, status) in [
        ("firing", AlertStatus::Firing),
        ("resolved", AlertStatus::Resolved),
    ] {
        let group_labels = Labels::new([("alertname", "FilesystemFull")]).unwrap();
        let mut theirs = recorded[name].clone();
        // Theirs is a link to the expression of the Prometheus that sent the alert.
        theirs["alerts"][0]["generatorURL"] = "http://alertmanager.example/".into();
        assert_eq!(
            payload(&notice(&[disk(status)], &group_labels)),
            theirs,
            "{name}"
        );
    }
}

#[test]
fn only_what_all_alerts_share_is_common() {
    let shared = |instance: &str, note: &str| {
        let labels = [("alertname", "A"), ("instance", instance), ("job", "node")];
        NotifiedAlert::bounded(
            AlertStatus::Firing,
            alert(&labels, &[("same", "x"), ("note", note)]),
        )
    };
    let group_labels = Labels::new([("alertname", "A")]).unwrap();
    let body = payload(&notice(
        &[shared("a", "1"), shared("b", "2")],
        &group_labels,
    ));
    assert_eq!(
        body["commonLabels"],
        serde_json::json!({"alertname": "A", "job": "node"})
    );
    assert_eq!(body["commonAnnotations"], serde_json::json!({"same": "x"}));
    assert_eq!(body["alerts"].as_array().unwrap().len(), 2);
}

#[test]
fn what_does_not_fit_the_webhook_is_counted() {
    let long = "x".repeat(5000);
    let annotations: Vec<(String, String)> = (0..40)
        .map(|n| (format!("note_{n:02}"), long.clone()))
        .collect();
    let borrowed: Vec<(&str, &str)> = annotations
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    let big = NotifiedAlert::bounded(AlertStatus::Firing, alert(&[("alertname", "A")], &borrowed));
    assert_eq!(big.alert.annotations[OMITTED_ANNOTATION], "25");
    assert!(big.alert.annotations["note_00"].ends_with("… (+904)"));
    let alerts = vec![big; 17];
    let group_labels = Labels::default();
    let body = webhook_body(&notice(&alerts, &group_labels), 0).unwrap();
    let parsed: Value = serde_json::from_slice(&body).unwrap();
    let sent = parsed["alerts"].as_array().unwrap().len();
    assert!(body.len() <= MAX_WEBHOOK_BYTES, "{}", body.len());
    assert!((1..17).contains(&sent));
    assert_eq!(parsed["truncatedAlerts"], 17 - sent);
    let text = mail(&notice(&alerts, &group_labels), Language::English).text;
    assert!(
        text.contains("And 16 more, not shown here."),
        "{}",
        &text[text.len() - 600..]
    );
    assert!(
        sns(&notice(&alerts, &group_labels), Language::English)
            .text
            .len()
            <= MAX_SNS_BYTES
    );
}

/// Compares with a file that people read and agreed on; what differs is left beside the build.
fn differs(name: &str, actual: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name);
    if std::fs::read_to_string(&path).is_ok_and(|expected| expected == actual) {
        return None;
    }
    let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&seen, actual).unwrap();
    Some(format!(
        "{} is not what was made: {}",
        path.display(),
        seen.display()
    ))
}

fn written(notice: &Notice<'_>, language: Language) -> (String, String) {
    let mail = mail(notice, language);
    (
        format!("Subject: {}\n\n{}", mail.subject, mail.text),
        mail.html,
    )
}

#[test]
fn mails_read_as_agreed_in_both_languages() {
    let mut differences = Vec::new();
    let labels = [
        ("alertname", "HighLoad"),
        ("instance", "web-1"),
        ("severity", "warning"),
        ("team", "基盤"),
    ];
    let annotations = [
        ("summary", "Load is 9.5 on web-1"),
        (
            "description",
            "More than 8 for five minutes.\nSee <dashboards> & logs.",
        ),
        ("runbook_url", "https://wiki.example/runbooks/load?a=1&b=2"),
        ("owner", "ops \"night\" team"),
    ];
    for (status, name) in [
        (AlertStatus::Firing, "firing"),
        (AlertStatus::Resolved, "resolved"),
    ] {
        let alerts = [NotifiedAlert::bounded(status, alert(&labels, &annotations))];
        let group_labels = alerts[0].alert.labels.clone();
        let notice = notice(&alerts, &group_labels);
        for (language, code) in [(Language::English, "en"), (Language::Japanese, "ja")] {
            let (text, html) = written(&notice, language);
            differences.extend(differs(&format!("{name}.{code}.txt"), &text));
            differences.extend(differs(&format!("{name}.{code}.html"), &html));
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn a_runbook_that_is_no_web_address_is_no_link() {
    let annotations = [("runbook_url", "javascript:alert(1)")];
    let alerts = [NotifiedAlert::bounded(
        AlertStatus::Firing,
        alert(&[("alertname", "A")], &annotations),
    )];
    let group_labels = Labels::default();
    let mail = mail(&notice(&alerts, &group_labels), Language::English);
    assert!(!mail.html.contains("href=\"javascript:"), "{}", mail.html);
    assert!(mail.text.contains("runbook_url = javascript:alert(1)"));
}

#[test]
fn a_topics_subject_is_one_line_of_ascii() {
    let labels = [
        ("alertname", "ディスク\r\nBcc: x@example.com"),
        ("instance", "web-1"),
    ];
    let alerts = [NotifiedAlert::bounded(
        AlertStatus::Firing,
        alert(&labels, &[]),
    )];
    let group_labels = Labels::default();
    let subject = sns(&notice(&alerts, &group_labels), Language::Japanese).subject;
    assert_eq!(subject, "[FIRING] ???? Bcc: x@example.com web-1");
}

/// The tags of a document, without what is between them.
fn tags(html: &str) -> BTreeSet<&str> {
    html.split('<')
        .skip(1)
        .map(|part| part.split(['>', ' ']).next().unwrap_or_default())
        .collect()
}

proptest! {
    #[test]
    fn no_label_adds_a_header_or_markup(
        name in ".{0,40}", instance in "[\\PC\\r\\n\\t\u{0}<>&\"']{0,60}", note in "(?s).{0,200}", firing in any::<bool>(),
    ) {
        let status = if firing { AlertStatus::Firing } else { AlertStatus::Resolved };
        let labels = [("alertname", name.as_str()), ("instance", instance.as_str())];
        let annotations = [("summary", note.as_str()), ("other", note.as_str()), ("runbook_url", note.as_str())];
        let alerts = [NotifiedAlert::bounded(status, alert(&labels, &annotations))];
        let plain = [NotifiedAlert::bounded(status, alert(
            &[("alertname", "a"), ("instance", "b")],
            &[("summary", "c"), ("other", "d"), ("runbook_url", "https://e/")],
        ))];
        let group_labels = Labels::default();
        for language in [Language::English, Language::Japanese] {
            let ours = mail(&notice(&alerts, &group_labels), language);
            prop_assert!(!ours.subject.contains(|c: char| c.is_control()));
            prop_assert!(ours.subject.chars().count() <= 200);
            let known: BTreeSet<_> = tags(&mail(&notice(&plain, &group_labels), language).html)
                .into_iter().map(str::to_owned).collect();
            for tag in tags(&ours.html) {
                prop_assert!(known.contains(tag) || tag == "br", "{tag}");
            }
        }
        let topic = sns(&notice(&alerts, &group_labels), Language::English);
        prop_assert!(topic.subject.chars().all(|c| c.is_ascii() && !c.is_control()));
        prop_assert!(topic.subject.len() <= MAX_SNS_SUBJECT_CHARS);
        let body: BTreeMap<String, Value> =
            serde_json::from_slice(&webhook_body(&notice(&alerts, &group_labels), 0).unwrap()).unwrap();
        prop_assert_eq!(&body["alerts"][0]["annotations"]["other"], &Value::from(note));
    }
}
