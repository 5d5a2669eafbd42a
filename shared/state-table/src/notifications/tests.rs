use alert_routing::{NotifyReason, QuietReason};
use jiff::{SignedDuration, Timestamp};
use notification_content::{AlertStatus, NotifiedAlert};

use super::*;

const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_763_632_800 + secs).unwrap()
}

fn pending() -> Notification {
    let labels = Labels::new([("alertname", "HighLoad"), ("instance", "web-1")]).unwrap();
    let alert = alert_routing::Alert {
        labels: labels.clone(),
        annotations: [("summary".to_owned(), "重い".to_owned())].into(),
        value: "NaN".to_owned(),
        starts_at: at(-60),
        ends_at: alert_routing::NO_END,
        ends_by_timeout: false,
        updated_at: at(-61),
        generator_url: String::new(),
    };
    Notification {
        id: NotificationId::new("x").unwrap(),
        tenant: TenantId::new("demo").unwrap(),
        receiver: Some(Addressee {
            name: "ops".to_owned(),
            integration: "ops".to_owned(),
            kind: "webhook".to_owned(),
            place: "https://hooks.example".to_owned(),
        }),
        language: Language::Ja,
        reason: Why::Told(NotifyReason::FirstNotification),
        group_key: "{}:{}".to_owned(),
        group_labels: labels,
        omitted_alerts: 0,
        alerts: vec![NotifiedAlert::bounded(AlertStatus::Firing, alert)],
        caused_at: at(-61),
        decided_at: at(-60),
        created_at: at(0),
        after: None,
        status: Status::Pending,
        attempts_made: 0,
        attempts: Vec::new(),
        revision: 1,
    }
}

fn claimed(notification: &Notification, now: Timestamp) -> Notification {
    match notification.claim(now, LEASE) {
        Claim::Claimed(next) => *next,
        other => panic!("not claimed: {other:?}"),
    }
}

fn result(outcome: &str) -> AttemptResult {
    AttemptResult {
        outcome: outcome.to_owned(),
        status_code: Some(500),
        duration_ms: 7,
    }
}

#[test]
fn what_is_stored_is_read_back_in_every_state() {
    let sending = claimed(&pending(), at(1));
    let all = [
        pending(),
        sending.settled(result("500"), Settlement::RetryAt(at(3)), at(2)),
        sending.settled(result("200"), Settlement::Delivered, at(2)),
        sending.settled(result("400"), Settlement::Failed("no".to_owned()), at(2)),
        Notification {
            status: Status::NotSent,
            receiver: None,
            reason: Why::Quiet(QuietReason::NoReceiver),
            ..pending()
        },
        sending,
    ];
    for notification in all {
        let item: dynamo_table::Item = serde_dynamo::to_item(&notification).unwrap();
        let back: Notification = serde_dynamo::from_item(item).unwrap();
        assert_eq!(back.status, notification.status);
        assert_eq!(back.reason, notification.reason);
        assert_eq!(back.attempts, notification.attempts);
        assert_eq!(back.alerts, notification.alerts);
    }
}

#[test]
fn two_senders_can_not_hold_the_same_notification() {
    let sending = claimed(&pending(), at(1));
    assert_eq!(sending.claim(at(2), LEASE), Claim::Taken { until: at(31) });
    let again = claimed(&sending, at(31));
    assert_eq!(again.attempts_made, 2);
    assert_eq!(
        again.attempts[0].result, None,
        "the first sender never said how it ended"
    );
    assert_eq!(again.id, sending.id);
}

#[test]
fn a_settled_notification_is_never_sent_again() {
    let sending = claimed(&pending(), at(1));
    for settlement in [Settlement::Delivered, Settlement::Failed("x".to_owned())] {
        let settled = sending.settled(result("x"), settlement, at(2));
        assert_eq!(settled.claim(at(9_999), LEASE), Claim::Settled);
        assert_eq!(settled.due_at(), None);
    }
}

#[test]
fn a_retry_waits_for_its_time_and_the_sweep_a_little_longer() {
    let retrying =
        claimed(&pending(), at(1)).settled(result("500"), Settlement::RetryAt(at(10)), at(2));
    assert_eq!(retrying.claim(at(9), LEASE), Claim::NotBefore(at(10)));
    assert_eq!(retrying.due_at(), Some(at(40)));
    assert_eq!(claimed(&retrying, at(10)).attempts_made, 2);
}

#[test]
fn attempts_are_all_counted_and_the_last_ones_listed() {
    let mut notification = pending();
    for round in 0..40 {
        notification = claimed(&notification, at(round * 100)).settled(
            result("500"),
            Settlement::RetryAt(at(round * 100 + 1)),
            at(round * 100),
        );
    }
    assert_eq!(notification.attempts_made, 40);
    let numbers: Vec<u32> = notification
        .attempts
        .iter()
        .map(|attempt| attempt.number)
        .collect();
    assert_eq!(numbers, (29..=40).collect::<Vec<_>>());
}

#[test]
fn a_decision_gives_each_receiver_one_id_however_often_it_is_made() {
    let tenant = TenantId::new("demo").unwrap();
    let group = GroupId("g".to_owned());
    let id = |way: &str, decided| notification_id(&tenant, &group, decided, way).unwrap();
    assert_eq!(id("ops", (at(0), 3)), id("ops", (at(0), 3)));
    assert_ne!(id("ops", (at(0), 3)), id("dev", (at(0), 3)));
    assert_ne!(id("ops", (at(0), 3)), id("ops", (at(0), 4)));
    assert!(id("ops", (at(0), 3)).as_str() < id("dev", (at(1), 3)).as_str());
}

#[test]
fn the_list_tells_no_secret_of_a_webhook() {
    for (url, place) in [
        (
            "https://hooks.example/T0/secret?k=v",
            "https://hooks.example",
        ),
        (
            "https://user:pw@hooks.example:8443/x",
            "https://hooks.example:8443",
        ),
        ("no address", "://"),
    ] {
        let kind = ReceiverKind::Webhook {
            url: url.to_owned(),
        };
        let receiver = Receiver {
            name: "ops".to_owned(),
            kind,
        };
        assert_eq!(Addressee::from(&receiver).place, place);
    }
}
