//! Secrets leave a configuration, come back, and are shown to nobody.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use alertmanager_config::{Config, Secret};

const TEXT: &str = r#"
global:
  smtp_smarthost: smtp.example.com:587
  smtp_from: a@example.com
  smtp_auth_password: TOP-1
  smtp_auth_secret: TOP-2
  slack_api_url: https://hooks.slack.com/TOP-3
  http_config: {authorization: {credentials: TOP-4}}
route: {receiver: a "b"}
receivers:
- name: a "b"
  webhook_configs:
  - url: https://u:TOP-5@example.com/
    http_config: {basic_auth: {username: u, password: TOP-6}}
  slack_configs:
  - {}
  - api_url: https://hooks.slack.com/TOP-7
  pagerduty_configs:
  - {routing_key: TOP-8}
  - {service_key: TOP-9}
  email_configs:
  - {to: b@example.com}
  sns_configs:
  - {topic_arn: x, sigv4: {access_key: k, secret_key: TOP-10}}
"#;

#[test]
fn secrets_are_taken_out_by_name_and_put_back() {
    let whole = Config::parse(TEXT).unwrap();
    let mut config = whole.clone();
    let secrets = config.take_secrets();
    let own = |path: &str| secrets[&format!(r#"receivers["a \"b\""].{path}"#)].as_str();
    assert_eq!(secrets["global.smtp_auth_password"], "TOP-1");
    assert_eq!(
        secrets["global.http_config.authorization.credentials"],
        "TOP-4"
    );
    assert_eq!(
        own("webhook_configs[0].url"),
        "https://u:TOP-5@example.com/"
    );
    assert_eq!(
        own("webhook_configs[0].http_config.basic_auth.password"),
        "TOP-6"
    );
    assert_eq!(
        own("slack_configs[0].api_url"),
        "https://hooks.slack.com/TOP-3"
    );
    assert_eq!(
        own("slack_configs[1].api_url"),
        "https://hooks.slack.com/TOP-7"
    );
    assert_eq!(own("pagerduty_configs[1].service_key"), "TOP-9");
    assert_eq!(own("email_configs[0].auth_password"), "TOP-1");
    assert_eq!(own("sns_configs[0].sigv4.secret_key"), "TOP-10");
    for n in 1..=10 {
        let found = secrets
            .values()
            .any(|value| value.contains(&format!("TOP-{n}")));
        assert!(found, "TOP-{n}");
    }
    assert!(config.take_secrets().is_empty());
    assert_ne!(config, whole);

    let shown = config.to_yaml().unwrap();
    let mut again = Config::parse(&shown).unwrap();
    assert_eq!(again.put_secrets(&secrets), Vec::<String>::new());
    assert_eq!(again, whole);
}

#[test]
fn a_secret_that_is_missing_is_named() {
    let mut config = Config::parse(TEXT).unwrap();
    let mut secrets = config.take_secrets();
    secrets.remove("global.smtp_auth_secret");
    assert_eq!(config.put_secrets(&secrets), ["global.smtp_auth_secret"]);
}

#[test]
fn nothing_that_is_printed_has_a_secret_in_it() {
    let config = Config::parse(TEXT).unwrap();
    let json = serde_json::to_string(&config).unwrap();
    for text in [format!("{config:?}"), config.to_yaml().unwrap(), json] {
        assert!(!text.contains("TOP-"), "{text}");
        assert!(text.contains("<secret>"));
    }
    let secret = Secret::new("TOP".to_owned());
    assert_eq!(format!("{secret} {secret:?}"), "<secret> <secret>");
    // Neither what is said about a wrong one.
    let wrong = TEXT
        .replace("https://hooks.slack.com/TOP-3", "TOP-3")
        .replace("https://u:", "gopher://u:");
    for problem in Config::parse(&wrong).unwrap_err() {
        assert!(!problem.to_string().contains("TOP"), "{problem}");
    }
}
