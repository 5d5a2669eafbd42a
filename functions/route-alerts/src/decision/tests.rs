use std::collections::BTreeMap;

use ids::NotificationId;
use jiff::Timestamp;
use messages::Alert;
use proptest::prelude::*;
use series::Labels;
use state_table::alerts::{AlertPlace, Told};
use state_table::settings::ReceiverKind;

use super::*;
use crate::outcome::{Origin, Outcome, outcome};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_763_632_800 + secs).unwrap()
}

fn transition(change: Change, starts_at: i64) -> Transition {
    Transition {
        change,
        alert: Alert {
            labels: Labels::new([("alertname", "HighLoad"), ("instance", "web-1")]).unwrap(),
            annotations: BTreeMap::new(),
            value: 9.5,
            starts_at: at(starts_at),
            ends_at: (change == Change::Resolved).then(|| at(starts_at + 30)),
        },
        caused_at: at(starts_at),
    }
}

fn settings(names: &[&str]) -> Settings {
    let receiver = |name: &&str| Receiver {
        name: (*name).to_owned(),
        kind: ReceiverKind::Webhook {
            url: format!("https://{name}.example/"),
        },
    };
    Settings {
        default_receivers: names.iter().map(receiver).collect(),
        ..Settings::default()
    }
}

fn position(sequence: u64) -> Position {
    Position {
        decided_at: at(0),
        sequence,
        part: 0,
        index: 0,
    }
}

fn stored(status: AlertStatus, sequence: u64, told: &[(&str, bool)]) -> StoredAlert {
    let told = told.iter().map(|(name, firing)| {
        let notification = NotificationId::new(format!("n-{name}")).unwrap();
        (
            (*name).to_owned(),
            Told {
                notification,
                firing: *firing,
            },
        )
    });
    StoredAlert {
        alert: transition(Change::Fired, 0).alert,
        status,
        source: "host.web-1#r".to_owned(),
        position: position(sequence),
        told: told.collect(),
        expires_at: None,
        revision: sequence,
    }
}

fn told(decision: &Decision<'_>) -> (Vec<String>, String) {
    match decision {
        Decision::Changed { notify, reason } => {
            let reason = serde_json::to_string(reason).unwrap();
            (
                notify.iter().map(|r| r.name.clone()).collect(),
                reason.replace('"', ""),
            )
        }
        other => (Vec::new(), format!("{other:?}")),
    }
}

/// What is stored: nothing, or an alert at this sequence whose listed receivers know that it fires.
type Stored = Option<(AlertStatus, u64, &'static [&'static str])>;

struct Case {
    change: Change,
    starts_at: i64,
    stored: Stored,
    receivers: &'static [&'static str],
    told: &'static [&'static str],
    reason: &'static str,
}

const fn case(
    change: Change,
    starts_at: i64,
    stored: Stored,
    receivers: &'static [&'static str],
    told: &'static [&'static str],
    reason: &'static str,
) -> Case {
    Case {
        change,
        starts_at,
        stored,
        receivers,
        told,
        reason,
    }
}

#[rustfmt::skip]
const CASES: [Case; 11] = {
    use AlertStatus::{Firing, Resolved as Ended};
    use Change::{Fired, Resolved};
    const BOTH: &[&str] = &["dev", "ops"];
    [
        case(Fired, 0, None, BOTH, BOTH, "first_notification"),
        case(Fired, 0, None, &[], &[], "no_receiver"),
        case(Fired, 60, Some((Ended, 4, &[])), BOTH, BOTH, "first_notification"),
        case(Fired, 60, Some((Firing, 4, BOTH)), BOTH, BOTH, "fired_again"),
        case(Fired, 0, Some((Firing, 4, BOTH)), BOTH, &[], "already_firing"),
        case(Resolved, 0, Some((Firing, 4, BOTH)), BOTH, BOTH, "all_resolved"),
        case(Resolved, 0, Some((Firing, 4, &["ops"])), &["new", "ops"], &["ops"], "all_resolved"),
        case(Resolved, 0, Some((Firing, 4, BOTH)), &["new"], &[], "nobody_knew_of_it"),
        case(Resolved, 0, None, BOTH, &[], "resolved_before_firing"),
        case(Fired, 0, Some((Firing, 5, BOTH)), BOTH, &[], "Duplicate"),
        case(Resolved, 0, Some((Firing, 6, BOTH)), BOTH, &[], "Stale"),
    ]
};

#[test]
fn who_is_told_and_why() {
    for (number, case) in CASES.iter().enumerate() {
        let stored = case.stored.map(|(status, sequence, knowing)| {
            let told: Vec<_> = knowing.iter().map(|name| (*name, true)).collect();
            stored(status, sequence, &told)
        });
        let settings = settings(case.receivers);
        let transition = transition(case.change, case.starts_at);
        let decision = route(&transition, &position(5), &settings, stored.as_ref());
        let expected = case
            .told
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>();
        assert_eq!(
            told(&decision),
            (expected, case.reason.to_owned()),
            "case {number}"
        );
    }
}

/// What a table would hold after these arrived in this order.
struct Story {
    place: AlertPlace,
    sent: Vec<state_table::notifications::Notification>,
}

impl Story {
    fn new() -> Self {
        Self {
            place: AlertPlace::default(),
            sent: Vec::new(),
        }
    }

    fn arrives(&mut self, sequence: u64, transition: &Transition, settings: &Settings) {
        let tenant = ids::TenantId::new("demo").unwrap();
        let origin = Origin {
            tenant: &tenant,
            source: "host.web-1#r",
            position: position(sequence),
        };
        let decision = route(
            transition,
            &origin.position,
            settings,
            self.place.stored.as_ref(),
        );
        let Decision::Changed { notify, reason } = decision else {
            return;
        };
        let Outcome {
            alert,
            notifications,
        } = outcome(
            &origin,
            transition,
            &self.place,
            (&notify, reason),
            settings,
            at(1),
        )
        .unwrap();
        self.place = AlertPlace {
            revision: alert.revision,
            stored: Some(alert),
        };
        self.sent
            .extend(notifications.into_iter().filter(|n| n.receiver.is_some()));
    }
}

/// Fires and ends in turn, as a source decides it.
fn history(length: u64) -> Vec<(u64, Transition)> {
    (1..=length)
        .map(|sequence| {
            let change = if sequence % 2 == 1 {
                Change::Fired
            } else {
                Change::Resolved
            };
            let round = i64::try_from(sequence.div_ceil(2)).unwrap();
            (sequence, transition(change, round * 5))
        })
        .collect()
}

#[test]
fn each_notification_of_a_receiver_waits_for_the_one_before() {
    let settings = settings(&["ops"]);
    let mut story = Story::new();
    for (sequence, transition) in history(4) {
        story.arrives(sequence, &transition, &settings);
    }
    let ids: Vec<_> = story.sent.iter().map(|n| Some(n.id.clone())).collect();
    let after: Vec<_> = story.sent.iter().map(|n| n.after.clone()).collect();
    assert_eq!(
        after,
        [None, ids[0].clone(), ids[1].clone(), ids[2].clone()]
    );
}

proptest! {
    /// Whatever the order and however often: no decision is told twice, none after a later one, and
    /// whoever heard an end had heard the beginning.
    #[test]
    fn duplicates_and_disorder_tell_nothing_twice(
        length in 1_u64..8, order in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let settings = settings(&["ops"]);
        let history = history(length);
        let mut story = Story::new();
        for index in order {
            let (sequence, transition) = index.get(&history);
            story.arrives(*sequence, transition, &settings);
        }
        let mut ids: Vec<_> = story.sent.iter().map(|n| n.id.clone()).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), story.sent.len());
        let mut firing = false;
        for notification in &story.sent {
            let ended = notification.alerts[0].status == AlertStatus::Resolved;
            prop_assert!(!ended || firing, "an end without beginning");
            firing = !ended;
        }
    }

    #[test]
    fn in_order_with_duplicates_everything_is_told_once(
        length in 1_u64..8, repeats in prop::collection::vec(1_usize..4, 8),
    ) {
        let settings = settings(&["ops", "dev"]);
        let mut story = Story::new();
        for ((sequence, transition), times) in history(length).iter().zip(repeats) {
            for _ in 0..times {
                story.arrives(*sequence, transition, &settings);
            }
        }
        prop_assert_eq!(story.sent.len() as u64, length * 2);
    }
}
