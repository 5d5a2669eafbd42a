use alert_routing::Why;
use ids::{NotificationId, TenantId};
use notification_content::NotifyReason;
use proptest::prelude::*;
use series::Labels;
use state_table::notifications::Status;
use state_table::settings::Language;

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_763_632_800 + secs).unwrap()
}

fn notification(id: &str, attempts_made: u32) -> Notification {
    Notification {
        id: NotificationId::new(id).unwrap(),
        tenant: TenantId::new("demo").unwrap(),
        receiver: None,
        language: Language::En,
        reason: Why::Told(NotifyReason::FirstNotification),
        group_key: String::new(),
        group_labels: Labels::default(),
        omitted_alerts: 0,
        alerts: Vec::new(),
        caused_at: at(0),
        decided_at: at(0),
        created_at: at(0),
        after: None,
        status: Status::Pending,
        attempts_made,
        attempts: Vec::new(),
        revision: 1,
    }
}

#[test]
fn statuses_that_may_pass_are_tried_again_and_no_others() {
    for status in 100..=599 {
        let outcome = Outcome::of_status(status, None);
        let expected = match status {
            200..=299 => "accepted",
            408 | 425 | 429 | 500..=599 => "again",
            _ => "rejected",
        };
        let actual = match outcome {
            Outcome::Accepted { .. } => "accepted",
            Outcome::TryAgain { .. } => "again",
            Outcome::Rejected { .. } => "rejected",
        };
        assert_eq!(actual, expected, "{status}");
    }
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    for (value, expected) in [
        ("120", Some("2026-11-20T10:02:00Z")),
        (" 0 ", Some("2026-11-20T10:00:00Z")),
        (
            "Fri, 20 Nov 2026 10:05:00 GMT",
            Some("2026-11-20T10:05:00Z"),
        ),
        ("99999999999999999999", Some("2027-11-20T10:00:00Z")),
        ("-5", None),
        ("soon", None),
        ("", None),
    ] {
        let expected: Option<Timestamp> = expected.map(|text| text.parse().unwrap());
        assert_eq!(retry_after(value, now), expected, "{value:?}");
    }
}

#[test]
fn a_receiver_may_ask_for_more_time_than_ours_up_to_a_limit() {
    let limits = RetryLimits::default();
    let asked = |secs| Outcome::TryAgain {
        status_code: Some(429),
        detail: "busy".to_owned(),
        not_before: Some(at(secs)),
    };
    let notification = notification("a", 1);
    let settled = |secs| limits.settlement(&asked(secs), &notification, at(0));
    assert_eq!(settled(60), Settlement::RetryAt(at(60)));
    assert_eq!(settled(7_200), Settlement::RetryAt(at(3_600)));
    let Settlement::RetryAt(ours) = settled(-60) else {
        panic!("not tried again")
    };
    assert!(ours > at(0), "a time in the past does not make us hurry");
}

#[test]
fn trying_ends_with_attempts_and_with_age_and_says_so() {
    let limits = RetryLimits {
        max_attempts: 3,
        ..RetryLimits::default()
    };
    let down = Outcome::unreachable("no connection");
    assert!(matches!(
        limits.settlement(&down, &notification("a", 2), at(0)),
        Settlement::RetryAt(_)
    ));
    assert_eq!(
        limits.settlement(&down, &notification("a", 3), at(0)),
        Settlement::Failed("given up after 3 attempts: no connection".to_owned())
    );
    assert_eq!(
        limits.settlement(&down, &notification("a", 1), at(6 * 3600)),
        Settlement::Failed("given up after 6h: no connection".to_owned())
    );
}

#[test]
fn a_receiver_that_is_down_for_six_hours_is_tried_all_the_time() {
    let limits = RetryLimits::default();
    let mut now = at(0);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let down = Outcome::unreachable("no connection");
        match limits.settlement(&down, &notification("a", attempts), now) {
            Settlement::RetryAt(next) => now = next,
            Settlement::Failed(_) => break,
            Settlement::Delivered => panic!("nobody took it"),
        }
    }
    let hours = now.duration_since(at(0)).as_secs() / 3600;
    assert!((5..=6).contains(&hours), "{attempts} attempts in {hours} h");
    assert!(attempts <= limits.max_attempts, "{attempts}");
}

proptest! {
    #[test]
    fn each_wait_is_about_twice_the_one_before_and_the_same_each_time(id in "[a-z0-9]{1,20}", attempt in 1_u32..80) {
        let limits = RetryLimits::default();
        let wait = limits.wait(&id, attempt);
        prop_assert_eq!(wait, limits.wait(&id, attempt));
        let plain_ms = 2_000_u64.saturating_mul(1_u64 << (attempt - 1).min(40)).min(600_000) as i128;
        prop_assert!(wait.as_millis() * 4 >= plain_ms * 3 - 4 && wait.as_millis() * 4 <= plain_ms * 5);
    }
}
