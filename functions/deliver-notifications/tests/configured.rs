//! Receivers of the configuration: what each hears, and what follows when it does not listen. Table, queue, Secrets
//! Manager and receivers are sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use ids::NotificationId;
use jiff::SignedDuration;
use notification_content::AlertStatus::{Firing, Resolved};
use serde_json::{Value, json};
use state_table::notifications::Status;
use support::endpoint::{Answer, Endpoint, Seen};
use support::{World, pause_ms};

/// A receiver `team` with one channel of each kind, all of which lead to `url`.
fn config(url: &str) -> String {
    format!(
        r##"
global: {{ smtp_smarthost: "localhost:25", smtp_from: "am@example.org" }}
route: {{ receiver: team }}
receivers:
  - name: team
    webhook_configs:
      - url: {url}/hook/s3cret?key=1
        max_alerts: 1
        http_config: {{ basic_auth: {{ username: me, password: "p:w" }} }}
      - url: {url}/bearer
        http_config: {{ authorization: {{ credentials: tok-1 }} }}
    slack_configs:
      - api_url: {url}/services/T0/B0/s3cret
        channel: "#ops"
        send_resolved: true
        text: "{{{{ range .Alerts }}}}{{{{ .Annotations.summary }}}} on {{{{ .Labels.instance }}}}{{{{ end }}}}"
        fields: [{{ title: Severity, value: "{{{{ .CommonLabels.severity }}}}-", short: true }}]
        actions: [{{ type: button, text: Look, url: "{{{{ .ExternalURL }}}}" }}]
    pagerduty_configs:
      - routing_key: r0uting
        url: {url}/v2/enqueue
        severity: "{{{{ .CommonLabels.alertname }}}}"
        images: [{{ src: "http://x/i.png" }}, {{ alt: "without an address" }}]
        links: [{{ href: "http://x/", text: Graph }}]
    email_configs:
      - to: "a@example.org, Bea <b@example.org>"
        headers: {{ Subject: "{{{{ .Status | toUpper }}}}", X-Team: "運用", Reply-To: ops@example.org }}
        text: "{{{{ .CommonLabels.alertname }}}}"
        html: "<p>{{{{ .CommonAnnotations.summary }}}}</p>"
    sns_configs:
      - topic_arn: arn:aws:sns:eu-central-1:210987654321:toban-receiver-a
        sigv4: {{ region: eu-central-1 }}
        attributes: {{ severity: "{{{{ .CommonLabels.nothing }}}}", name: "{{{{ .CommonLabels.alertname }}}}" }}
"##
    )
}

const HTTP_CHANNELS: [&str; 3] = ["team/webhook/0", "team/slack/0", "team/pagerduty/0"];

async fn heard(integration: &str, resolved: bool) -> (World, Seen) {
    let endpoint = Endpoint::start(vec![Answer::status(202)]).await;
    let world = World::configured(&config(&endpoint.url())).await;
    let status = if resolved { Resolved } else { Firing };
    let id = world.tell_configured(integration, status).await;
    assert!(world.deliver_one(&id).await);
    let stored = world.notification(&id).await;
    assert!(
        matches!(stored.status, Status::Delivered { .. }),
        "{stored:?}"
    );
    let seen = endpoint.seen().remove(0);
    assert_eq!(seen.header("idempotency-key"), Some(id.as_str()));
    (world, seen)
}

#[tokio::test]
async fn a_webhook_hears_with_its_credentials_and_the_tenants_signature() {
    let endpoint = Endpoint::start(vec![Answer::status(200)]).await;
    let world = World::configured(&config(&endpoint.url())).await;
    world.sign_with("0123456789abcdef").await;
    for integration in ["team/webhook/0", "team/webhook/1"] {
        let id = world.tell_configured(integration, Firing).await;
        assert!(world.deliver_one(&id).await);
        let place = world.notification(&id).await.receiver.unwrap().place;
        assert_eq!(place, endpoint.url(), "scheme and host, and no secret");
    }
    let seen = endpoint.seen();
    // base64 of `me:p:w`
    assert_eq!(seen[0].header("authorization"), Some("Basic bWU6cDp3"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer tok-1"));
    for seen in &seen {
        assert_eq!(seen.json()["receiver"], "team");
        let (stamp, signed) = seen
            .header("x-toban-signature")
            .unwrap()
            .split_once(",v1=")
            .unwrap();
        let message = format!("{}.{}", stamp.strip_prefix("t=").unwrap(), seen.body);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"0123456789abcdef");
        let tag: Vec<u8> = (0..signed.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&signed[at..at + 2], 16).unwrap())
            .collect();
        ring::hmac::verify(&key, message.as_bytes(), &tag).unwrap();
    }
    let asked = world.secrets.seen();
    assert_eq!(asked.len(), 1, "remembered");
    assert_eq!(asked[0].json()["SecretId"], "toban/demo/alertmanager");
    assert_eq!(asked[0].json()["VersionId"], "v-1");
}

/// Source of the shape: Slack, "Reference: Secondary message attachments"; Alertmanager sends the same.
#[tokio::test]
async fn slack_hears_an_attachment() {
    let (world, seen) = heard("team/slack/0", true).await;
    let instance = &world
        .notification(&NotificationId::new("n-0").unwrap())
        .await
        .alerts[0];
    let instance = instance.alert.labels.value("instance").to_owned();
    let wanted = json!({
        "channel": "#ops",
        "username": "Alertmanager",
        "attachments": [{
            "title": format!("[復旧] HighLoad {instance} "),
            "title_link": "https://toban.example/#/alerts?receiver=team",
            "text": format!("it is \"hot\" on {instance}"),
            "fallback": format!("[復旧] HighLoad {instance}  | https://toban.example/#/alerts?receiver=team"),
            "callback_id": "",
            "fields": [{"title": "Severity", "value": "-", "short": true}],
            "actions": [{"type": "button", "text": "Look", "url": "https://toban.example"}],
            "footer": "",
            "color": "good",
            "mrkdwn_in": ["fallback", "pretext", "text"],
        }],
    });
    assert_eq!(seen.json(), wanted);
}

/// Source of the shape: PagerDuty, "Send an Alert Event" (`POST /v2/enqueue`) and "PD-CEF": `routing_key`, `event_action`
/// and `payload` with `summary`, `source` and one of four severities are required, `dedup_key` has 255 characters at most.
#[tokio::test]
async fn pagerduty_hears_a_beginning_and_its_end_under_one_key() {
    let (_, began) = heard("team/pagerduty/0", false).await;
    let (_, ended) = heard("team/pagerduty/0", true).await;
    let (began, ended) = (began.json(), ended.json());
    assert_eq!(began["event_action"], "trigger");
    assert_eq!(ended["event_action"], "resolve");
    assert_eq!(began["dedup_key"], ended["dedup_key"]);
    // sha256 of `{}:{}`, as Alertmanager makes it.
    let key = began["dedup_key"].as_str().unwrap();
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(began["routing_key"], "r0uting");
    assert_eq!(began["client"], "Alertmanager");
    assert_eq!(
        began["images"],
        json!([{"src": "http://x/i.png", "alt": "", "href": ""}])
    );
    assert_eq!(
        began["links"],
        json!([{"href": "http://x/", "text": "Graph"}])
    );
    let payload = &began["payload"];
    assert!(
        payload["summary"]
            .as_str()
            .unwrap()
            .starts_with("[発生:1] HighLoad")
    );
    assert_eq!(payload["source"], "Alertmanager");
    assert_eq!(
        payload["severity"], "error",
        "one that PagerDuty does not know would lose the page"
    );
    assert_eq!(payload["custom_details"]["num_firing"], "1");
    assert!(
        payload["custom_details"]["firing"]
            .as_str()
            .unwrap()
            .contains("ラベル")
    );
    for unknown in ["service_key", "incident_key", "event_type", "details"] {
        assert_eq!(began[unknown], Value::Null, "of version 1");
    }
}

#[tokio::test]
async fn a_mail_goes_to_all_its_addresses_with_the_configured_texts() {
    let world = World::configured(&config("http://127.0.0.1:9")).await;
    let id = world.tell_configured("team/email/0", Firing).await;
    assert!(world.deliver_one(&id).await);
    let sent = world.mail.seen()[0].json();
    assert_eq!(
        sent["Destination"]["ToAddresses"],
        json!(["a@example.org", "b@example.org"])
    );
    assert_eq!(sent["ReplyToAddresses"], json!(["ops@example.org"]));
    let message = &sent["Content"]["Simple"];
    assert_eq!(message["Subject"]["Data"], "FIRING");
    assert_eq!(message["Body"]["Text"]["Data"], "HighLoad");
    assert_eq!(
        message["Body"]["Html"]["Data"],
        "<p>it is &#34;hot&#34;</p>"
    );
    let header = |name: &str| {
        let headers = message["Headers"].as_array().unwrap();
        let found = headers.iter().find(|header| header["Name"] == name);
        found.map(|header| header["Value"].clone())
    };
    assert_eq!(header("X-Team").unwrap(), "=?UTF-8?B?6YGL55So?=");
    assert_eq!(header("In-Reply-To"), header("References"));
    assert_eq!(header("Subject"), None);
    let again = world.tell_configured("team/email/0", Resolved).await;
    assert!(world.deliver_one(&again).await);
    let second = world.mail.seen()[1].json();
    assert_eq!(
        second["Content"]["Simple"]["Headers"][0], message["Headers"][0],
        "one thread for one group"
    );
    assert_eq!(
        world.notification(&id).await.receiver.unwrap().place,
        "a@example.org, Bea <b@example.org>"
    );
}

#[tokio::test]
async fn a_topic_hears_with_the_attributes_that_are_not_empty() {
    let world = World::configured(&config("http://127.0.0.1:9")).await;
    let id = world.tell_configured("team/sns/0", Firing).await;
    world.deliver_one(&id).await;
    let sent = &world.mail.seen()[0].body;
    for part in [
        "Action=Publish",
        "TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A210987654321%3Atoban-receiver-a",
        "MessageAttributes.entry.1.Name=name",
        "MessageAttributes.entry.1.Value.StringValue=HighLoad",
        "Message=it%20is%20%22hot%22",
    ] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    assert!(!sent.contains("entry.2"), "{sent}");
}

#[tokio::test]
async fn each_kind_is_tried_again_when_it_may_pass_and_only_then() {
    for integration in HTTP_CHANNELS {
        let endpoint = Endpoint::start(vec![
            Answer::status(500),
            Answer::Close,
            Answer::status(429),
            Answer::status(200),
        ])
        .await;
        let world = World::configured(&config(&endpoint.url())).await;
        let id = world.tell_configured(integration, Firing).await;
        for _ in 0..4 {
            assert!(world.deliver_one(&id).await, "{integration}");
            pause_ms(230).await;
        }
        let stored = world.notification(&id).await;
        assert!(
            matches!(stored.status, Status::Delivered { .. }),
            "{stored:?}"
        );
        let results = stored.attempts.iter();
        let codes: Vec<_> = results
            .map(|attempt| attempt.result.as_ref().unwrap().status_code)
            .collect();
        assert_eq!(
            codes,
            [Some(500), None, Some(429), Some(200)],
            "{integration}"
        );
        let seen = endpoint.seen();
        assert_eq!(seen.len(), 4, "{integration}");
        for each in &seen {
            assert_eq!(each.body, seen[0].body, "{integration}");
            assert_eq!(each.header("idempotency-key"), Some(id.as_str()));
        }
    }
    for integration in HTTP_CHANNELS {
        for status in [400, 403, 404, 410] {
            let endpoint = Endpoint::start(vec![Answer::status(status)]).await;
            let world = World::configured(&config(&endpoint.url())).await;
            let id = world.tell_configured(integration, Firing).await;
            assert!(!world.deliver_one(&id).await, "{integration} {status}");
            let stored = world.notification(&id).await;
            assert!(matches!(stored.status, Status::Failed { .. }), "{stored:?}");
            assert_eq!(endpoint.seen().len(), 1, "{integration} {status}");
        }
    }
}

#[tokio::test]
async fn each_kind_is_left_alone_as_long_as_it_asks() {
    for integration in HTTP_CHANNELS {
        let answer = Answer::Status(429, "retry-after: 7\r\n", String::new());
        let endpoint = Endpoint::start(vec![answer]).await;
        let world = World::configured(&config(&endpoint.url())).await;
        let id = world.tell_configured(integration, Firing).await;
        assert!(world.deliver_one(&id).await);
        assert!(world.deliver_one(&id).await);
        assert_eq!(endpoint.seen().len(), 1, "{integration}");
        let Status::Retrying { next_at } = world.notification(&id).await.status else {
            panic!("{integration}")
        };
        let wait = next_at.duration_since(support::clock());
        assert!(wait > SignedDuration::from_secs(5), "{integration}: {wait}");
    }
}

#[tokio::test]
async fn a_channel_that_hangs_delays_no_other_of_its_receiver() {
    let hanging = Endpoint::start(vec![Answer::Hang]).await;
    let quick = Endpoint::start(vec![Answer::status(200)]).await;
    let text = config(&hanging.url()).replace(
        &format!("{}/services", hanging.url()),
        &format!("{}/services", quick.url()),
    );
    let world = World::configured(&text).await;
    let mut batch = Vec::new();
    for integration in ["team/webhook/0", "team/webhook/1", "team/pagerduty/0"] {
        let id = world.tell_configured(integration, Firing).await;
        batch.push(world.order(&id));
    }
    let told = world.tell_configured("team/slack/0", Firing).await;
    batch.push(world.order(&told));
    let delivery = world.deliver(&batch);
    tokio::pin!(delivery);
    tokio::select! {
        _ = &mut delivery => panic!("the hanging ones take longer"),
        () = async {
            while !matches!(world.notification(&told).await.status, Status::Delivered { .. }) { pause_ms(5).await }
        } => {}
    }
    assert!(delivery.await.is_empty());
    assert_eq!(hanging.seen().len(), 3);
}

#[tokio::test]
async fn what_can_not_be_sent_for_good_says_why() {
    let endpoint = Endpoint::start(vec![Answer::status(200)]).await;
    let mut world = World::configured(&config(&endpoint.url())).await;
    let other = "route: { receiver: other }\nreceivers: [{ name: other, slack_configs: [\
                 { api_url: \"http://x/\", text: \"{{ index .GroupLabels.Names 9 }}\" }] }]";
    for (integration, says) in [
        (
            "team/webhook/9",
            "the configuration has no receiver \"team/webhook/9\" any more",
        ),
        ("team/pigeon/0", "the configuration has no receiver"),
    ] {
        failed(&world, integration, says).await;
    }
    world.configure(other).await;
    for (integration, says) in [
        (
            "team/slack/0",
            "the configuration has no receiver \"team/slack/0\" any more",
        ),
        (
            "other/slack/0",
            "its text can't be written: `text`: the template failed: there is no element 9",
        ),
    ] {
        failed(&world, integration, says).await;
    }
    let inside = config("http://10.0.0.1");
    world.configure(&inside).await;
    for integration in HTTP_CHANNELS {
        failed(
            &world,
            integration,
            "10.0.0.1:80 is refused: private address",
        )
        .await;
    }
    assert!(endpoint.seen().is_empty());
}

async fn failed(world: &World, integration: &str, says: &str) {
    let id = world.tell_configured(integration, Firing).await;
    assert!(!world.deliver_one(&id).await, "{integration}");
    let Status::Failed { reason, .. } = world.notification(&id).await.status else {
        panic!("{integration}")
    };
    assert!(reason.contains(says), "{integration}: {reason}");
}

#[tokio::test]
async fn secrets_that_can_not_be_had_now_are_asked_for_again() {
    let endpoint = Endpoint::start(vec![Answer::status(200)]).await;
    let mut world = World::configured(&config(&endpoint.url())).await;
    let refusal =
        json!({"__type": "AccessDeniedException", "Message": "arn:aws:iam::1:role/x may not"});
    let headers = "content-type: application/x-amz-json-1.1\r\n";
    let ours = world.deps.receivers.clone();
    let refusing = Endpoint::start(vec![Answer::Status(400, headers, refusal.to_string())]).await;
    world.deps.receivers = support::receivers_of(&refusing);
    let id = world.tell_configured("team/slack/0", Firing).await;
    assert!(world.deliver_one(&id).await);
    let stored = world.notification(&id).await;
    assert!(
        matches!(stored.status, Status::Retrying { .. }),
        "{stored:?}"
    );
    let said = serde_json::to_string(&stored).unwrap();
    assert!(said.contains("the secrets of the receivers can't be read at the moment"));
    assert!(!said.contains("arn:aws:iam"), "{said}");
    world.deps.receivers = ours;
    pause_ms(120).await;
    assert!(world.deliver_one(&id).await);
    assert_eq!(endpoint.seen().len(), 1);
}

#[tokio::test]
async fn no_secret_stands_in_what_is_stored() {
    let endpoint = Endpoint::start(vec![Answer::status(500)]).await;
    let world = World::configured(&config(&endpoint.url())).await;
    for integration in HTTP_CHANNELS {
        let id = world.tell_configured(integration, Firing).await;
        assert!(world.deliver_one(&id).await);
        let stored = serde_json::to_string(&world.notification(&id).await).unwrap();
        for secret in ["s3cret", "p:w", "bWU6cDp3", "tok-1", "r0uting", "key=1"] {
            assert!(!stored.contains(secret), "{stored}");
        }
    }
}

#[tokio::test]
async fn a_receiver_that_was_configured_just_now_is_known_at_once() {
    let topic = |name: &str| {
        format!(
            "route: {{ receiver: {name} }}\nreceivers: [{{ name: {name}, sns_configs: [\
             {{ topic_arn: \"arn:aws:sns:eu-central-1:210987654321:toban-receiver-a\", \
             sigv4: {{ region: eu-central-1 }} }}] }}]"
        )
    };
    let mut world = World::configured(&topic("early")).await;
    let id = world.tell_configured("early/sns/0", Firing).await;
    world.deliver_one(&id).await;
    let remembers_early = world.deps.receivers.clone();
    world.configure(&topic("late")).await;
    world.deps.receivers = remembers_early;
    let id = world.tell_configured("late/sns/0", Firing).await;
    world.deliver_one(&id).await;
    // The topic is nobody's here; that it was asked is enough.
    let status = format!("{:?}", world.notification(&id).await.status);
    assert!(!status.contains("any more"), "{status}");
}
