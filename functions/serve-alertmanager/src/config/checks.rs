//! What a configuration says that could not work here. Pure.

use address_guard::{AllowList, check_topic, check_url};
use alertmanager_config::receiver::SnsConfig;
use alertmanager_config::{Config, Problem, Receiver};

/// Everything that could not work later. Names are resolved and judged when they are sent to.
pub(super) fn check(config: &Config, allowed: &AllowList) -> Vec<Problem> {
    let mut problems = Vec::new();
    for receiver in &config.receivers {
        let mut refuse = |place: String, message: String| {
            problems.push(Problem {
                line: None,
                path: format!("receivers[{:?}].{place}", receiver.name),
                message,
            });
        };
        for (place, url) in urls(receiver) {
            if let Err(reason) = check_url(url, allowed) {
                refuse(place, reason);
            }
        }
        for (at, topic) in receiver.sns_configs.iter().enumerate() {
            if let Err((field, reason)) = check_sns(topic) {
                refuse(format!("sns_configs[{at}].{field}"), reason);
            }
        }
    }
    problems
}

fn urls(receiver: &Receiver) -> Vec<(String, &str)> {
    let webhooks = receiver.webhook_configs.iter().map(|one| one.url.as_ref());
    let slacks = receiver
        .slack_configs
        .iter()
        .map(|one| one.api_url.as_ref());
    let pagers = receiver.pagerduty_configs.iter();
    let mut urls = Vec::new();
    for (at, url) in webhooks.enumerate() {
        urls.extend(url.map(|url| (format!("webhook_configs[{at}].url"), url.reveal())));
    }
    for (at, url) in slacks.enumerate() {
        urls.extend(url.map(|url| (format!("slack_configs[{at}].api_url"), url.reveal())));
    }
    for (at, pager) in pagers.enumerate() {
        let url = pager.url.as_deref();
        urls.extend(url.map(|url| (format!("pagerduty_configs[{at}].url"), url)));
    }
    urls
}

/// The role may publish to topics of one name alone (docs/decisions/0005).
fn check_sns(sns: &SnsConfig) -> Result<(), (&'static str, String)> {
    if sns.topic_arn.is_empty() {
        let reason =
            "is needed: this installation publishes to topics alone, not to phones or endpoints";
        return Err(("topic_arn", reason.to_owned()));
    }
    check_topic(&sns.topic_arn).map_err(|reason| ("topic_arn", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(receiver: &str, allowed: &AllowList) -> Vec<String> {
        let text = format!("route: {{receiver: a}}\nreceivers:\n- name: a\n  {receiver}\n");
        let config = Config::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
        check(&config, allowed)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn what_can_not_be_sent_to_is_refused_at_its_place() {
        let topic = "arn:aws:sns:eu-central-1:123456789012:";
        let sns =
            |fields: &str| format!("sns_configs: [{{sigv4: {{region: eu-central-1}}, {fields}}}]");
        let cases = [
            (
                "webhook_configs: [{url: 'http://hooks.example/x'}]".to_owned(),
                None,
            ),
            (
                "webhook_configs: [{url: 'http://hooks.example'}, {url: 'http://10.0.0.1:9/'}]"
                    .to_owned(),
                Some("receivers[\"a\"].webhook_configs[1].url: 10.0.0.1:9: "),
            ),
            (
                "slack_configs: [{api_url: 'http://169.254.169.254/'}]".to_owned(),
                Some("receivers[\"a\"].slack_configs[0].api_url: 169.254.169.254:80: "),
            ),
            (
                "pagerduty_configs: [{routing_key: k, url: 'http://[::1]/'}]".to_owned(),
                Some("receivers[\"a\"].pagerduty_configs[0].url: [::1]:80: "),
            ),
            (sns(&format!("topic_arn: '{topic}toban-receiver-x'")), None),
            (
                sns(&format!("topic_arn: '{topic}x'")),
                Some("receivers[\"a\"].sns_configs[0].topic_arn: must be of a topic"),
            ),
            (
                sns("phone_number: '+81300000000'"),
                Some("receivers[\"a\"].sns_configs[0].topic_arn: is needed"),
            ),
        ];
        for (receiver, expected) in cases {
            let found = problems(&receiver, &AllowList::default());
            match expected {
                None => assert!(found.is_empty(), "{found:?}"),
                Some(start) => {
                    assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}")
                }
            }
        }
    }

    #[test]
    fn what_the_tenant_allowed_may_be_sent_to() {
        let allowed: AllowList = serde_json::from_str(r#"["10.0.0.0/8"]"#).unwrap();
        let receiver = "webhook_configs: [{url: 'http://10.0.0.1/'}]";
        assert!(problems(receiver, &allowed).is_empty());
    }
}
