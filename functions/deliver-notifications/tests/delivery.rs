//! Orders in; what receivers saw and what is stored out. Table, queue and receivers are sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;

use serde_json::json;
use state_table::notifications::Status;
use support::endpoint::{Answer, Endpoint};
use support::{LEASE_MS, World, pause_ms};

#[tokio::test]
async fn duplicates_of_an_order_make_one_delivery() {
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let world = World::new(&[("ops", hook.url())]).await;
    let id = world.notify("ops", None).await;
    let orders = vec![world.order(&id); 10];
    assert!(world.deliver(&orders).await.is_empty());
    assert!(world.deliver(&orders[..3]).await.is_empty());
    let seen = hook.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("idempotency-key"), Some(id.as_str()));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("Toban/"));
    assert_eq!(
        seen[0].json()["alerts"][0]["annotations"]["summary"],
        "it is \"hot\""
    );
    let stored = world.notification(&id).await;
    assert!(matches!(stored.status, Status::Delivered { .. }));
    assert_eq!(stored.attempts_made, 1);
}

#[tokio::test]
async fn a_receiver_that_recovers_gets_it_once_with_every_attempt_recorded() {
    let hook = Endpoint::start(vec![
        Answer::status(500),
        Answer::Close,
        Answer::status(204),
    ])
    .await;
    let world = World::new(&[("ops", hook.url())]).await;
    let id = world.notify("ops", None).await;
    for _ in 0..3 {
        assert!(world.deliver_one(&id).await);
        pause_ms(120).await;
    }
    let stored = world.notification(&id).await;
    assert!(
        matches!(stored.status, Status::Delivered { .. }),
        "{:?}",
        stored.status
    );
    let codes: Vec<_> = stored
        .attempts
        .iter()
        .map(|attempt| attempt.result.as_ref().unwrap().status_code)
        .collect();
    assert_eq!(codes, [Some(500), None, Some(204)]);
    let keys: Vec<_> = hook
        .seen()
        .iter()
        .map(|seen| seen.header("idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(keys, vec![Some(id.to_string()); 3]);
    assert_eq!(
        world.asked_of_queue("SendMessage").len(),
        2,
        "an order for each retry"
    );
}

#[tokio::test]
async fn an_order_that_comes_too_early_is_put_off() {
    let hook = Endpoint::start(vec![
        Answer::Status(429, "retry-after: 7\r\n", String::new()),
        Answer::status(200),
    ])
    .await;
    let world = World::new(&[("ops", hook.url())]).await;
    let id = world.notify("ops", None).await;
    assert!(world.deliver_one(&id).await);
    assert!(world.deliver_one(&id).await);
    assert_eq!(
        hook.seen().len(),
        1,
        "not before the time that the receiver asked for"
    );
    let delays: Vec<_> = world
        .asked_of_queue("SendMessage")
        .iter()
        .map(|sent| sent["DelaySeconds"].as_i64().unwrap())
        .collect();
    assert!(
        delays.iter().all(|delay| (6..=7).contains(delay)) && delays.len() == 2,
        "{delays:?}"
    );
    let Status::Retrying { next_at } = world.notification(&id).await.status else {
        panic!()
    };
    let asked = next_at.duration_since(support::clock()).as_millis();
    assert!((5_000..=7_000).contains(&asked), "{asked}");
}

/// Receivers, and a part of the reason why nothing can be sent there.
const REFUSALS: [(&str, &str); 7] = [
    ("gone", "the receiver refused it with 404"),
    ("moved", "redirects are not followed"),
    (
        "metadata",
        "169.254.169.254:80 is refused: metadata and control addresses are never allowed",
    ),
    (
        "private",
        "10.0.0.1:80 is refused: private address, and not in the tenant's allow-list",
    ),
    ("decimal", "169.254.169.254:80 is refused: metadata"),
    ("file", "the scheme must be http or https"),
    (
        "nobody",
        "the settings have no receiver \"nobody\" any more",
    ),
];

#[tokio::test]
async fn what_is_refused_for_good_fails_with_its_reason_and_goes_to_the_dead_letters() {
    let hook = Endpoint::start(vec![Answer::status(404)]).await;
    let moved = Endpoint::start(vec![Answer::Status(
        302,
        "location: http://127.0.0.1/\r\n",
        String::new(),
    )])
    .await;
    let world = World::new(&[
        ("gone", hook.url()),
        ("moved", moved.url()),
        (
            "metadata",
            "http://169.254.169.254/latest/meta-data/".to_owned(),
        ),
        ("private", "http://10.0.0.1/".to_owned()),
        ("decimal", "http://2852039166/".to_owned()),
        ("file", "file:///etc/passwd".to_owned()),
    ])
    .await;
    for (receiver, reason) in REFUSALS {
        let id = world.notify(receiver, None).await;
        assert!(!world.deliver_one(&id).await, "{receiver}");
        assert!(
            !world.deliver_one(&id).await,
            "it fails each time until it is a dead letter"
        );
        let stored = world.notification(&id).await;
        let Status::Failed {
            reason: stored_reason,
            ..
        } = stored.status
        else {
            panic!("{receiver}")
        };
        assert!(
            stored_reason.contains(reason),
            "{receiver}: {stored_reason}"
        );
        assert_eq!(stored.attempts_made, 1, "{receiver}");
    }
    let again = world.asked_of_queue("ChangeMessageVisibility");
    assert!(
        again.iter().all(|asked| asked["VisibilityTimeout"] == 0),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_refused_unless_allowed() {
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let by_name = format!("http://localhost:{}/", hook.address.port());
    let world = World::new(&[("ops", by_name.clone())]).await;
    let allowed = world.notify("ops", None).await;
    assert!(world.deliver_one(&allowed).await);
    world
        .set_receivers(&[("ops", by_name)], "192.168.0.0/16")
        .await;
    let refused = world.notify("ops", None).await;
    assert!(!world.deliver_one(&refused).await);
    assert_eq!(hook.seen().len(), 1);
    assert!(matches!(
        world.notification(&refused).await.status,
        Status::Failed { .. }
    ));
}

#[tokio::test]
async fn sockets_of_the_installation_stay_shut_whatever_the_tenant_allows() {
    let world = World::new(&[]).await;
    world
        .set_receivers(
            &[("own", format!("{}/2018-06-01/runtime", world.queue.url()))],
            "127.0.0.0/8",
        )
        .await;
    let id = world.notify("own", None).await;
    assert!(!world.deliver_one(&id).await);
    let Status::Failed { reason, .. } = world.notification(&id).await.status else {
        panic!()
    };
    assert!(reason.contains("never allowed"), "{reason}");
}

#[tokio::test]
async fn a_crash_between_sending_and_settling_sends_again_under_the_same_key() {
    let hook = Endpoint::start(vec![Answer::Hang, Answer::status(200)]).await;
    let world = World::new(&[("ops", hook.url())]).await;
    let id = world.notify("ops", None).await;
    tokio::select! {
        _ = world.deliver_one(&id) => panic!("it should hang"),
        () = async { while hook.seen().is_empty() { pause_ms(5).await } } => {}
    }
    assert!(world.deliver_one(&id).await);
    assert_eq!(
        hook.seen().len(),
        1,
        "the claim of whoever crashed still holds"
    );
    pause_ms(u64::try_from(LEASE_MS).unwrap()).await;
    let due = world
        .deps
        .state
        .due_notifications(support::clock(), 10)
        .await
        .unwrap();
    assert_eq!(
        due.iter().map(|due| &due.id).collect::<Vec<_>>(),
        [&id],
        "the sweep finds it"
    );
    assert!(world.deliver_one(&id).await);
    let keys: Vec<_> = hook
        .seen()
        .iter()
        .map(|seen| seen.header("idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(keys, vec![Some(id.to_string()); 2]);
    let stored = world.notification(&id).await;
    assert_eq!(stored.attempts[0].result, None);
    assert!(matches!(stored.status, Status::Delivered { .. }));
    assert!(
        world
            .deps
            .state
            .due_notifications(support::clock(), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn only_the_malformed_order_fails() {
    let hook = Endpoint::start(vec![Answer::status(200)]).await;
    let world = World::new(&[("ops", hook.url())]).await;
    let (first, last) = (
        world.notify("ops", None).await,
        world.notify("ops", None).await,
    );
    let batch = [
        world.order(&first),
        "{".to_owned(),
        world.order(&last),
        "{\"version\":1,\"tenant\":\"De mo\",\"notification\":\"x\"}".to_owned(),
    ];
    assert_eq!(world.deliver(&batch).await, [1, 3]);
    assert_eq!(hook.seen().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other_of_its_batch() {
    let hanging = Endpoint::start(vec![Answer::Hang]).await;
    let quick = Endpoint::start(vec![Answer::status(200)]).await;
    let world = World::new(&[("hanging", hanging.url()), ("quick", quick.url())]).await;
    let mut batch = Vec::new();
    for _ in 0..5 {
        batch.push(world.order(&world.notify("hanging", None).await));
    }
    let last = world.notify("quick", None).await;
    batch.push(world.order(&last));
    let delivery = world.deliver(&batch);
    tokio::pin!(delivery);
    tokio::select! {
        _ = &mut delivery => panic!("the hanging ones take longer"),
        () = async {
            while !matches!(world.notification(&last).await.status, Status::Delivered { .. }) { pause_ms(5).await }
        } => {}
    }
    assert!(delivery.await.is_empty());
    assert_eq!(hanging.seen().len(), 5);
}

#[tokio::test]
async fn a_receiver_hears_the_end_after_the_beginning() {
    let hook = Endpoint::start(vec![Answer::status(503), Answer::status(200)]).await;
    let world = World::new(&[("ops", hook.url())]).await;
    let beginning = world.notify("ops", None).await;
    let end = world.notify("ops", Some(&beginning)).await;
    assert!(world.deliver(&[world.order(&end)]).await.is_empty());
    assert_eq!(
        hook.seen().len(),
        0,
        "nothing was said of the beginning yet"
    );
    assert!(world.deliver_one(&beginning).await);
    pause_ms(120).await;
    assert!(world.deliver_one(&beginning).await);
    let waiting = world.notification(&end).await;
    assert_eq!(waiting.attempts_made, 0);
    let Status::Retrying { next_at } = waiting.status else {
        panic!()
    };
    let wait = next_at.duration_since(support::clock()).as_millis().max(0);
    pause_ms(u64::try_from(wait).unwrap() + 5).await;
    assert!(world.deliver_one(&end).await);
    let keys: Vec<_> = hook
        .seen()
        .iter()
        .map(|seen| seen.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(
        keys,
        [
            beginning.to_string(),
            beginning.to_string(),
            end.to_string()
        ]
    );
}

#[tokio::test]
async fn a_mail_carries_both_forms_and_its_thread() {
    let world = World::new(&[("team", "ops@example.com".to_owned())]).await;
    let id = world.notify("team", None).await;
    assert!(world.deliver_one(&id).await);
    let sent = world.mail.seen()[0].json();
    assert_eq!(sent["FromEmailAddress"], "toban@example.com");
    assert_eq!(sent["Destination"]["ToAddresses"][0], "ops@example.com");
    let message = &sent["Content"]["Simple"];
    assert_eq!(message["Subject"]["Data"], "[発生] HighLoad web-0");
    assert!(
        message["Body"]["Html"]["Data"]
            .as_str()
            .unwrap()
            .contains("it is &quot;hot&quot;")
    );
    assert!(
        message["Body"]["Text"]["Data"]
            .as_str()
            .unwrap()
            .contains("https://toban.example/")
    );
    let headers = message["Headers"].as_array().unwrap();
    let header = |name: &str| {
        headers
            .iter()
            .find(|h| h["Name"] == name)
            .map(|h| h["Value"].clone())
    };
    assert_eq!(header("In-Reply-To"), header("References"));
    assert!(
        header("References")
            .unwrap()
            .as_str()
            .unwrap()
            .ends_with(".demo@example.com>")
    );
}

const OUR_ROLE: &str = "User: arn:aws:sts::123456789012:assumed-role/toban-prod-deliver/x is not authorized, request r-1";

#[derive(Clone, Copy)]
enum Service {
    Mail,
    Topic,
}

/// Has a service answer with an error that names our role, and checks what the tenant can read afterwards.
async fn refused_by(service: Service, status: u16, code: &str, is_tried_again: bool, words: &str) {
    let (address, kind, body) = match service {
        Service::Mail => (
            "ops@example.com",
            "application/json",
            json!({"__type": code, "message": OUR_ROLE}).to_string(),
        ),
        Service::Topic => (
            "arn:aws:sns:eu-central-1:210987654321:toban-receiver-a",
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{OUR_ROLE}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            ),
        ),
    };
    let mut world = World::new(&[("team", address.to_owned())]).await;
    let headers = format!("content-type: {kind}\r\n");
    world.mail = Endpoint::start(vec![Answer::Status(status, headers.leak(), body)]).await;
    world.deps.mail = support::mail_client(&world.mail.url());
    world.deps.topics = support::topic_client(&world.mail.url());
    let id = world.notify("team", None).await;
    assert_eq!(world.deliver_one(&id).await, is_tried_again, "{code}");
    let stored = world.notification(&id).await;
    let is_retrying = matches!(stored.status, Status::Retrying { .. });
    assert_eq!(is_retrying, is_tried_again, "{code}");
    let result = stored.attempts[0].result.clone().unwrap();
    assert_eq!(result.outcome, words);
    assert_eq!(result.status_code, Some(status));
    let everything = serde_json::to_string(&stored).unwrap();
    for secret in ["123456789012", "assumed-role", "r-1"] {
        assert!(!everything.contains(secret), "{everything}");
    }
}

#[tokio::test]
async fn a_mail_service_that_is_throttled_is_tried_again_and_a_refusal_is_not() {
    for (status, code, again, words) in [
        (
            429,
            "TooManyRequestsException",
            true,
            "the service takes no more at the moment (TooManyRequestsException)",
        ),
        (
            400,
            "SendingPausedException",
            true,
            "this installation's mail is paused (SendingPausedException)",
        ),
        (
            400,
            "MessageRejected",
            false,
            "the mail service refused this mail, or its address (MessageRejected)",
        ),
        (
            403,
            "AccessDeniedException",
            false,
            "this installation may not send mail from its address; its operator has to look (AccessDeniedException)",
        ),
        (400, "BadRequestException", false, "BadRequestException"),
        (500, "InternalFailure", true, "InternalFailure"),
    ] {
        refused_by(Service::Mail, status, code, again, words).await;
    }
}

#[tokio::test]
async fn a_topic_that_can_not_be_published_to_says_what_to_change() {
    for (status, code, again, words) in [
        (
            403,
            "AuthorizationError",
            false,
            "this installation may not publish to the topic: \
             name it toban-receiver-… and let its policy allow it (AuthorizationError)",
        ),
        (404, "NotFound", false, "no such topic (NotFound)"),
        (
            400,
            "Throttling",
            true,
            "the service takes no more at the moment (Throttling)",
        ),
        (400, "InvalidParameter", false, "InvalidParameter"),
        (503, "ServiceUnavailable", true, "ServiceUnavailable"),
    ] {
        refused_by(Service::Topic, status, code, again, words).await;
    }
}
