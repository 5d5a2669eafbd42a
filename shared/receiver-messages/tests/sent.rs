//! What Alertmanager sends to the receivers of `receivers.yml`, and what is refused of a configuration. `record.py` recorded
//! what was sent.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;

use alertmanager_config::Config;
use jiff::Timestamp;
use message_templates::Texts;
use notification_content::{Alert, AlertStatus, Language, Notice, NotifiedAlert, NotifyReason};
use receiver_messages::{Channel, check, mail, pagerduty, slack};
use serde_json::Value;
use series::Labels;

const CONFIG: &str = include_str!("receivers.yml");
const SENT: &str = include_str!("sent.json");

fn pairs(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn alerts(sent: &Value) -> Vec<NotifiedAlert> {
    let alerts = sent["alerts"].as_array().unwrap().iter();
    let alert = |value: &Value| {
        let time = |name: &str| value[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        let alert = Alert {
            labels: Labels::new(pairs(&value["labels"])).unwrap(),
            annotations: pairs(&value["annotations"]),
            starts_at: time("startsAt"),
            ends_at: time("endsAt"),
            ends_by_timeout: false,
            updated_at: time("startsAt"),
            generator_url: value["generatorURL"].as_str().unwrap().to_owned(),
            value: String::new(),
        };
        NotifiedAlert::bounded(AlertStatus::Firing, alert)
    };
    alerts.map(alert).collect()
}

fn with_notice<T>(run: impl FnOnce(&Notice<'_>) -> T) -> T {
    let sent: Value = serde_json::from_str(SENT).unwrap();
    let alerts = alerts(&sent);
    run(&Notice {
        id: "n-1",
        receiver: "team",
        reason: NotifyReason::FirstNotification,
        group_key: "{}:{alertname=\"HighLoad\"}",
        group_labels: &Labels::new([("alertname", "HighLoad")]).unwrap(),
        alerts: &alerts,
        public_url: "http://am.example",
    })
}

#[test]
fn slack_and_pagerduty_hear_what_alertmanager_would_send_them() {
    let sent: Value = serde_json::from_str(SENT).unwrap();
    let config = Config::parse(CONFIG).unwrap();
    for (name, integration) in [
        ("slack", "team/slack/0"),
        ("slack-plain", "team/slack/1"),
        ("pagerduty", "team/pagerduty/0"),
        ("pagerduty-plain", "team/pagerduty/1"),
    ] {
        let body = with_notice(|notice| {
            let texts = Texts::new(notice, Language::English).unwrap();
            match Channel::find(&config, integration).unwrap() {
                Channel::Slack(config) => slack(config, &texts).unwrap(),
                Channel::Pagerduty(config) => pagerduty(config, &texts, notice).unwrap().body,
                other => panic!("{other:?}"),
            }
        });
        let ours: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(ours, sent["sent"][name], "{name}");
    }
}

#[test]
fn an_event_of_version_1_goes_to_its_own_address_with_its_service_key() {
    let yaml = "route: { receiver: team }\nreceivers: [{ name: team, pagerduty_configs: [{ service_key: k3y }] }]";
    let config = Config::parse(yaml).unwrap();
    with_notice(|notice| {
        let texts = Texts::new(notice, Language::English).unwrap();
        let Some(Channel::Pagerduty(config)) = Channel::find(&config, "team/pagerduty/0") else {
            panic!()
        };
        let event = pagerduty(config, &texts, notice).unwrap();
        let body: Value = serde_json::from_slice(&event.body).unwrap();
        assert!(event.is_version_1);
        assert_eq!(
            event.url,
            "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
        );
        assert_eq!(body["service_key"], "k3y");
        assert_eq!(body["event_type"], "trigger");
        assert_eq!(body["description"], "[FIRING:2] HighLoad (node critical)");
        assert_eq!(body["details"]["num_firing"], "2");
        assert_eq!(body["incident_key"].as_str().unwrap().len(), 64);
    });
}

#[test]
fn an_event_that_would_be_too_large_leaves_out_its_details() {
    let mut config = Config::parse(CONFIG).unwrap();
    let details = &mut config.receivers[0].pagerduty_configs[0].details;
    for at in 0..3 {
        details.insert(format!("d{at}"), "{{ printf \"%1000s\" \"\" }}".repeat(250));
    }
    with_notice(|notice| {
        let texts = Texts::new(notice, Language::English).unwrap();
        let event = pagerduty(&config.receivers[0].pagerduty_configs[0], &texts, notice).unwrap();
        let body: Value = serde_json::from_slice(&event.body).unwrap();
        let details = body["payload"]["custom_details"].as_object().unwrap();
        assert_eq!(details.keys().collect::<Vec<_>>(), ["error"]);
        assert!(event.body.len() < 2_000);
    });
}

#[test]
fn a_mail_without_texts_of_its_own_is_ours_in_the_tenants_language() {
    let yaml = "global: { smtp_smarthost: 'a:25', smtp_from: a@b }\nroute: { receiver: team }\n\
                receivers: [{ name: team, email_configs: [{ to: 'x@example.org' }, { to: '{{ .CommonLabels.job }}' }] }]";
    let config = Config::parse(yaml).unwrap();
    let [whole, nobody] = &config.receivers[0].email_configs[..] else {
        panic!()
    };
    with_notice(|notice| {
        let texts = Texts::new(notice, Language::Japanese).unwrap();
        let written = mail(whole, &texts, notice, Language::Japanese).unwrap();
        let ours = notification_content::mail(notice, Language::Japanese);
        assert_eq!(written.subject, ours.subject);
        assert_eq!(
            (written.text, written.html),
            (Some(ours.text), Some(ours.html))
        );
        assert_eq!(written.to, ["x@example.org"]);
        let failed = mail(nobody, &texts, notice, Language::Japanese).unwrap_err();
        assert!(
            failed.to_string().contains("`to`: it names 0 addresses"),
            "{failed}"
        );
    });
}

#[test]
fn a_text_that_can_not_be_followed_is_refused_with_its_line_in_the_file() {
    let yaml = "\
global: { smtp_smarthost: 'a:25', smtp_from: a@b, slack_api_url: 'http://x/' }
route: { receiver: team }
receivers:
  - name: none
  - name: team
    email_configs:
      - to: x@example.org
        html: '<script>{{ .Status }}</script>'
        headers:
          subject: '{{ .Nope }}'
    slack_configs:
      - title: fine {{ .Status }}
        text: |
          {{ range .Alerts }}
          {{ .Labels.instance }} {{ template \"my.own\" . }}
          {{ end }}
        fields:
          - title: a
            value: '{{ tz \"x\" }}'
    pagerduty_configs:
      - routing_key: k
        details:
          a: '{{ toJson . }}'
";
    let config = Config::parse(yaml).unwrap();
    let problems = check(yaml, &config);
    let found: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line.unwrap(), problem.path.as_str()))
        .collect();
    let wanted = [
        (10, "receivers[1].email_configs[0].headers.Subject"),
        (8, "receivers[1].email_configs[0].html"),
        (15, "receivers[1].slack_configs[0].text"),
        (19, "receivers[1].slack_configs[0].fields[0].value"),
        (23, "receivers[1].pagerduty_configs[0].details.a"),
    ];
    assert_eq!(found, wanted, "{problems:?}");
    assert!(
        problems[2].message.contains("`template \"my.own\"`"),
        "{}",
        problems[2]
    );
    assert!(check(CONFIG, &Config::parse(CONFIG).unwrap()).is_empty());
}
