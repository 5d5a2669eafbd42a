//! What is added up is what was counted, in whatever order.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use ingest_ledger::{Account, Entry, Protocol, Summary, Tally, Unit};
use intake::{Rejections, Why};
use jiff::Timestamp;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Old,
    Nameless,
}

impl Why for Reason {
    const UNIT: &'static str = "points";

    fn code(self) -> &'static str {
        match self {
            Self::Old => "too_old",
            Self::Nameless => "no_metric_name",
        }
    }

    fn advice(self) -> &'static str {
        "change something"
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn account(protocol: Protocol, taken: u64, old: u64, nameless: u64) -> Account {
    let mut rejected = Rejections::default();
    for (reason, points) in [(Reason::Old, old), (Reason::Nameless, nameless)] {
        if points > 0 {
            rejected.count(reason, points, || format!("x{points}"));
        }
    }
    Account::new(protocol, taken, &rejected)
}

fn entry(second: i64, account: &Account) -> Entry {
    Entry {
        at: at(second),
        protocol: account.protocol,
        refused: account.refused.clone(),
    }
}

fn summary(taken: u64, entries: impl IntoIterator<Item = Entry>) -> Summary {
    let mut tally = Tally::default();
    tally.taken(taken);
    entries.into_iter().for_each(|entry| tally.refused(entry));
    tally.finish(true)
}

#[test]
fn reasons_are_added_up_by_protocol_with_the_newest_example() {
    let accounts = [
        account(Protocol::RemoteWrite, 10, 3, 1),
        account(Protocol::RemoteWrite, 10, 4, 0),
        account(Protocol::Otlp, 5, 1, 0),
        Account::of_unread(Protocol::Otlp, "malformed", "byte 3: what is this?"),
    ];
    let entries = (1..).zip(&accounts).map(|(n, account)| entry(n, account));
    let summary = summary(25, entries);
    assert_eq!(
        (
            summary.taken_points,
            summary.refused_points,
            summary.refused_bodies
        ),
        (25, 9, 1)
    );
    let first = &summary.reasons[0];
    assert_eq!(
        (first.reason.as_ref(), first.count, first.bodies),
        ("too_old", 7, 2)
    );
    assert_eq!((first.first_at, first.last_at), (at(1), at(2)));
    assert_eq!(first.example, "x4");
    assert_eq!(summary.reasons.len(), 4);
}

#[test]
fn an_entry_has_the_json_that_is_stored() {
    let stored = entry(7, &account(Protocol::Otlp, 0, 2, 0));
    let text = serde_json::to_string(&stored).unwrap();
    assert_eq!(
        text,
        r#"{"at":"1970-01-01T00:00:07Z","protocol":"otlp","refused":[{"reason":"too_old","unit":"points","count":2,"advice":"change something","example":"x2"}]}"#
    );
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), stored);
}

#[test]
fn a_text_of_a_sender_is_cut() {
    let account = Account::of_unread(Protocol::Influx, "malformed", &"é".repeat(10_000));
    assert_eq!(account.refused[0].example.chars().count(), 300);
}

proptest! {
    #[test]
    fn order_changes_nothing_and_nothing_is_left_out(
        counts in prop::collection::vec((0_i64..9, 0_u64..9, 0_u64..9), 0..20),
        seed in any::<prop::sample::Index>(),
    ) {
        let entries: Vec<Entry> = counts
            .iter()
            .map(|(second, old, nameless)| {
                entry(*second, &account(Protocol::RemoteWrite, 0, *old, *nameless))
            })
            .collect();
        let mut turned = entries.clone();
        if !turned.is_empty() {
            let at = seed.index(turned.len());
            turned.rotate_left(at);
        }
        let sum = summary(0, entries);
        let points: u64 = counts.iter().map(|(_, old, nameless)| old + nameless).sum();
        prop_assert_eq!(sum.refused_points, points);
        let by_reason: u64 = sum.reasons.iter().filter(|r| r.unit == Unit::Points).map(|r| r.count).sum();
        prop_assert_eq!(by_reason, points);
        prop_assert_eq!(summary(0, turned), sum);
    }
}
