use std::collections::HashSet;

use address_guard::{check_topic, check_url};
use http_access::{Answer, HttpError, Problem};
use serde::Deserialize;
use state_table::settings::{
    Alerting, Receiver, ReceiverKind, Settings, SigningSecret, VersionedSettings,
};

use crate::{Deps, Request, Response, actor, lost_race};

const GRACE_SECS: std::ops::RangeInclusive<u32> = 30..=86_400;
const MOST_RECEIVERS: usize = 50;
const MOST_ALLOWED: usize = 100;
const MOST_OCCURRENCE_RULES: usize = 50;
const MOST_MAPPINGS: usize = 50;
const OCCURRENCES: std::ops::RangeInclusive<u32> = 2..=50;
const NOTICE_SECS: std::ops::RangeInclusive<u32> = 60..=86_400;
const SIGNING_SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    /// The version that was read; without it whatever is there is replaced.
    version: Option<u64>,
    settings: Settings,
}

pub async fn show(deps: &Deps, call: &Request) -> Response {
    let stored = deps.state.settings(call.tenant()?).await?;
    Answer::json(200, &shown(stored))
}

/// Without the secret, which can be given back as it is shown.
fn shown(mut versioned: VersionedSettings) -> VersionedSettings {
    let secret = &mut versioned.settings.webhook_signing_secret;
    *secret = secret.take().map(|_| SigningSecret::hidden());
    versioned
}

pub async fn put(deps: &Deps, call: &Request) -> Response {
    let Update {
        version,
        mut settings,
    } = call.json()?;
    let tenant = call.tenant()?;
    let before = deps.state.settings(tenant).await?;
    let given = settings.webhook_signing_secret.as_ref();
    if given.is_some_and(SigningSecret::is_hidden) {
        let stored = &before.settings.webhook_signing_secret;
        settings.webhook_signing_secret.clone_from(stored);
    }
    check(&settings)?;
    if version.is_some_and(|version| version != before.version) {
        return Err(lost_race());
    }
    if before.settings == settings {
        return Answer::json(200, &shown(before));
    }
    let written = deps
        .state
        .put_settings(tenant, &before, &settings, &actor(call)?, call.now)
        .await?;
    if !written.is_stored() {
        return Err(lost_race());
    }
    let version = before.version + 1;
    Answer::json(200, &shown(VersionedSettings { version, settings }))
}

/// Refuses what could not work later, all of it at once.
pub fn check(settings: &Settings) -> Result<(), HttpError> {
    let mut problems = Vec::new();
    if !GRACE_SECS.contains(&settings.host_silence_grace_secs) {
        problems.push(format!(
            "host_silence_grace_secs must be {} to {}",
            GRACE_SECS.start(),
            GRACE_SECS.end()
        ));
    }
    if settings.outbound_allow_list.0.len() > MOST_ALLOWED {
        problems.push(format!(
            "outbound_allow_list may have {MOST_ALLOWED} entries at most"
        ));
    }
    if settings.default_receivers.len() > MOST_RECEIVERS {
        problems.push(format!(
            "default_receivers may have {MOST_RECEIVERS} entries at most"
        ));
    }
    problems.extend(check_alerting(&settings.alerting));
    if let Some(secret) = &settings.webhook_signing_secret
        && !SIGNING_SECRET_BYTES.contains(&secret.reveal().len())
    {
        problems.push(format!(
            "webhook_signing_secret must have {} to {} bytes",
            SIGNING_SECRET_BYTES.start(),
            SIGNING_SECRET_BYTES.end()
        ));
    }
    let mut names = HashSet::new();
    for (at, receiver) in settings.default_receivers.iter().enumerate() {
        if !names.insert(receiver.name.as_str()) {
            problems.push(format!(
                "default_receivers[{at}].name: {:?} is there twice",
                receiver.name
            ));
        }
        if let Err(problem) = check_receiver(receiver, settings) {
            problems.push(format!("default_receivers[{at}].{problem}"));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let detail = problems.join("; ");
    Err(Problem::new(422, detail).with("errors", problems).into())
}

fn check_alerting(alerting: &Alerting) -> Vec<String> {
    let mut problems = Vec::new();
    let notice = alerting.silence_notice_secs;
    if notice.is_some_and(|secs| !NOTICE_SECS.contains(&secs)) {
        problems.push(format!(
            "alerting.silence_notice_secs must be {} to {}",
            NOTICE_SECS.start(),
            NOTICE_SECS.end()
        ));
    }
    if alerting.occurrences.len() > MOST_OCCURRENCE_RULES {
        problems.push(format!(
            "alerting.occurrences may have {MOST_OCCURRENCE_RULES} entries at most"
        ));
    }
    if alerting.events.len() > MOST_MAPPINGS {
        problems.push(format!(
            "alerting.events may have {MOST_MAPPINGS} entries at most"
        ));
    }
    let nameless = alerting
        .events
        .iter()
        .filter(|(_, mapping)| !mapping.labels.contains_key("alertname"));
    problems.extend(nameless.map(|(name, _)| {
        format!("alerting.events[{name:?}].labels must have alertname, which names the alert")
    }));
    for (at, rule) in alerting.occurrences.iter().enumerate() {
        let problem = match rule.read() {
            Err(error) => format!("matchers: {error}"),
            Ok(read) if read.matchers.is_empty() => "matchers must name at least one".to_owned(),
            Ok(_) if !OCCURRENCES.contains(&rule.count) => format!(
                "count must be {} to {}",
                OCCURRENCES.start(),
                OCCURRENCES.end()
            ),
            Ok(_) if !(1..=86_400).contains(&rule.within_secs) => {
                "within_secs must be 1 to 86400".to_owned()
            }
            Ok(_) => continue,
        };
        problems.push(format!("alerting.occurrences[{at}].{problem}"));
    }
    problems
}

fn check_receiver(receiver: &Receiver, settings: &Settings) -> Result<(), String> {
    let length = receiver.name.chars().count();
    if !(1..=64).contains(&length) || receiver.name.chars().any(char::is_control) {
        return Err("name must have 1 to 64 printable characters".to_owned());
    }
    match &receiver.kind {
        ReceiverKind::Webhook { url } => {
            check_url(url, &settings.outbound_allow_list).map_err(|reason| format!("url: {reason}"))
        }
        ReceiverKind::Mail { to, .. } if !is_mail_address(to) => {
            Err("to must be one mail address, such as on-call@example.org".to_owned())
        }
        ReceiverKind::Mail { .. } => Ok(()),
        ReceiverKind::Sns { topic_arn } => {
            check_topic(topic_arn).map_err(|reason| format!("topic_arn {reason}"))
        }
    }
}

fn is_mail_address(text: &str) -> bool {
    let printable = text
        .chars()
        .all(|c| !c.is_control() && !c.is_whitespace() && !"<>,;\"".contains(c));
    let (local, domain) = text.split_once('@').unwrap_or_default();
    printable
        && text.len() <= 254
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problem(settings: Value) -> Option<String> {
        let settings: Settings = serde_json::from_value(settings).unwrap();
        match check(&settings) {
            Ok(()) => None,
            Err(HttpError::Refused(problem)) => Some(problem.detail),
            Err(other) => panic!("{other}"),
        }
    }

    fn receiver(receiver: &Value) -> Value {
        json!({"default_receivers": [receiver]})
    }

    #[test]
    fn what_can_work_is_taken() {
        for good in [
            json!({}),
            json!({"host_silence_grace_secs": 30, "language": "ja"}),
            receiver(&json!({"name": "a", "kind": "webhook", "url": "https://hooks.example/x"})),
            receiver(
                &json!({"name": "当番", "kind": "mail", "to": "a+b@example.org", "language": "ja"}),
            ),
            receiver(
                &json!({"name": "t", "kind": "sns", "topic_arn": "arn:aws:sns:us-east-1:123456789012:toban-receiver-on_call"}),
            ),
            receiver(
                &json!({"name": "t", "kind": "sns", "topic_arn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:toban-receiver-1"}),
            ),
            json!({"alerting": {"silence_notice_secs": 600, "occurrences": [
                {"matchers": ["severity=\"warning\"", "alertname=~\"Disk.*\""], "count": 3, "within_secs": 600}]}}),
            json!({"outbound_allow_list": ["127.0.0.0/8"], "default_receivers": [
                {"name": "a", "kind": "webhook", "url": "http://127.0.0.1:9999/webhook"}]}),
        ] {
            assert_eq!(problem(good.clone()), None, "{good}");
        }
    }

    #[test]
    fn what_can_not_work_says_what_to_change() {
        let cases = [
            (json!({"host_silence_grace_secs": 5}), "30 to 86400"),
            (
                receiver(&json!({"name": "", "kind": "sns", "topic_arn": "x"})),
                "name must",
            ),
            (
                receiver(&json!({"name": "a", "kind": "sns", "topic_arn": "arn:aws:sqs:r:1:t"})),
                "topic_arn must",
            ),
            (
                receiver(&json!({"name": "a", "kind": "mail", "to": "a b@c", "language": "en"})),
                "to must",
            ),
            (
                receiver(&json!({"name": "a", "kind": "mail", "to": "a@b@c", "language": "en"})),
                "to must",
            ),
            (
                receiver(
                    &json!({"name": "a", "kind": "mail", "to": "a\r\nBcc: x@y", "language": "en"}),
                ),
                "to must",
            ),
            (
                receiver(&json!({"name": "a", "kind": "webhook", "url": "file:///etc/passwd"})),
                "url:",
            ),
            (
                receiver(&json!({"name": "a", "kind": "webhook", "url": "http://127.0.0.1:1/"})),
                "allow-list",
            ),
            (
                receiver(
                    &json!({"name": "a", "kind": "webhook", "url": "http://169.254.169.254/"}),
                ),
                "never",
            ),
            (
                json!({"default_receivers": [
                {"name": "a", "kind": "webhook", "url": "https://x.example/"},
                {"name": "a", "kind": "webhook", "url": "https://y.example/"}]}),
                "[1].name: \"a\" is there twice",
            ),
        ];
        for (settings, expected) in cases {
            let found = problem(settings.clone()).unwrap_or_default();
            assert!(found.contains(expected), "{settings}: {found}");
        }
    }

    #[test]
    fn alerting_that_can_not_work_says_what_to_change() {
        let rule = |matcher: &str, count: u32| json!({"alerting": {"occurrences": [{"matchers": [matcher], "count": count, "within_secs": 9}]}});
        for (settings, expected) in [
            (
                json!({"alerting": {"silence_notice_secs": 5}}),
                "silence_notice_secs must be 60",
            ),
            (rule("x=~\"(\"", 2), "occurrences[0].matchers: "),
            (rule("a=b", 1), "count must be 2"),
            (
                json!({"alerting": {"occurrences": [{"matchers": [], "count": 2, "within_secs": 9}]}}),
                "at least one",
            ),
            (
                json!({"alerting": {"events": {"x": {"labels": {"host": "{/host}"}}}}}),
                "must have alertname",
            ),
        ] {
            let found = problem(settings.clone()).unwrap_or_default();
            assert!(found.contains(expected), "{settings}: {found}");
        }
    }

    #[test]
    fn a_topic_that_can_not_be_published_to_says_how_to_name_it() {
        let told = |arn: &str| {
            problem(receiver(
                &json!({"name": "a", "kind": "sns", "topic_arn": arn}),
            ))
            .unwrap_or_default()
        };
        let alarms = told("arn:aws:sns:us-east-1:123456789012:alarms");
        assert!(
            alarms.contains("one that is called toban-receiver-alarms"),
            "{alarms}"
        );
        let twelve = "123456789012";
        for wrong in [
            String::new(),
            "toban-receiver-a".to_owned(),
            format!("arn:aws:sqs:us-east-1:{twelve}:toban-receiver-a"),
            format!("arn:azure:sns:us-east-1:{twelve}:toban-receiver-a"),
            format!("arn:aws:sns::{twelve}:toban-receiver-a"),
            format!("arn:aws:sns:US-EAST-1:{twelve}:toban-receiver-a"),
            "arn:aws:sns:us-east-1:1234:toban-receiver-a".to_owned(),
            "arn:aws:sns:us-east-1:12345678901x:toban-receiver-a".to_owned(),
            format!("arn:aws:sns:us-east-1:{twelve}:"),
            // A subscription; and a FIFO topic, which takes no message without a group.
            format!("arn:aws:sns:us-east-1:{twelve}:toban-receiver-a:0f8c"),
            format!("arn:aws:sns:us-east-1:{twelve}:toban-receiver-a.fifo"),
            format!("arn:aws:sns:us-east-1:{twelve}:toban-receiver-*"),
            format!("arn:aws:sns:us-east-1:{twelve}:toban-receiver-当番"),
            format!(
                "arn:aws:sns:us-east-1:{twelve}:toban-receiver-{}",
                "a".repeat(242)
            ),
            format!(" arn:aws:sns:us-east-1:{twelve}:toban-receiver-a"),
        ] {
            let found = told(&wrong);
            assert!(found.contains("topic_arn must be arn:"), "{wrong}: {found}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let found = problem(json!({"host_silence_grace_secs": 0, "default_receivers": [
            {"name": "a", "kind": "webhook", "url": "x"}, {"name": "b", "kind": "sns", "topic_arn": ""}]}));
        assert_eq!(found.unwrap().split("; ").count(), 3);
    }
}
