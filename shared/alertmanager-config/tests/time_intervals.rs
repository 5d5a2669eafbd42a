//! When a named time interval holds: what Alertmanager's documentation says, and its edges.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use alertmanager_config::{Config, NamedTimeIntervals};
use jiff::Timestamp;

fn named(interval: &str) -> NamedTimeIntervals {
    let text = format!(
        "route: {{receiver: d}}\nreceivers: [{{name: d}}]\ntime_intervals:\n- name: n\n  time_intervals:\n  - {interval}\n"
    );
    let mut config = Config::parse(&text).unwrap();
    config.time_intervals.remove(0)
}

/// Each instant and whether it is in the interval.
fn holds(interval: &str, instants: &[(&str, bool)]) {
    let named = named(interval);
    for (instant, expected) in instants {
        let at: Timestamp = instant.parse().unwrap();
        assert_eq!(named.contains(at), *expected, "{interval} at {instant}");
    }
}

#[test]
fn a_day_is_from_its_start_to_before_its_end() {
    holds(
        "times: [{start_time: '09:00', end_time: '17:00'}, {start_time: '23:30', end_time: '24:00'}]",
        &[
            ("2024-05-01T08:59:59.999Z", false),
            ("2024-05-01T09:00:00Z", true),
            ("2024-05-01T16:59:59Z", true),
            ("2024-05-01T17:00:00Z", false),
            ("2024-05-01T23:29:59Z", false),
            ("2024-05-01T23:59:59Z", true),
            ("2024-05-02T00:00:00Z", false),
        ],
    );
}

#[test]
fn weekdays_begin_on_sunday() {
    holds(
        "weekdays: ['monday:wednesday', saturday]",
        &[
            ("2024-05-05T12:00:00Z", false),
            ("2024-05-06T00:00:00Z", true),
            ("2024-05-08T23:59:59Z", true),
            ("2024-05-09T00:00:00Z", false),
            ("2024-05-11T12:00:00Z", true),
        ],
    );
    holds(
        "weekdays: ['sunday:saturday']",
        &[("2024-05-05T12:00:00Z", true)],
    );
}

#[test]
fn days_count_from_both_ends_of_the_month() {
    holds(
        "days_of_month: ['-1']",
        &[
            ("2024-02-28T12:00:00Z", false),
            ("2024-02-29T12:00:00Z", true),
            ("2023-02-28T12:00:00Z", true),
            ("2024-04-30T00:00:00Z", true),
            ("2024-05-30T12:00:00Z", false),
            ("2024-05-31T23:59:59Z", true),
            ("2024-06-01T00:00:00Z", false),
        ],
    );
    holds(
        "days_of_month: ['-3:-2']",
        &[
            ("2024-02-26T12:00:00Z", false),
            ("2024-02-27T12:00:00Z", true),
            ("2024-02-28T12:00:00Z", true),
            ("2024-02-29T12:00:00Z", false),
        ],
    );
    holds(
        "days_of_month: ['10:-1']",
        &[
            ("2024-02-09T12:00:00Z", false),
            ("2024-02-10T12:00:00Z", true),
            ("2024-02-29T12:00:00Z", true),
        ],
    );
}

#[test]
fn days_that_a_month_lacks_are_clamped() {
    holds(
        "days_of_month: ['30:31']",
        &[
            ("2024-02-29T12:00:00Z", false),
            ("2024-04-30T12:00:00Z", true),
            ("2024-05-31T12:00:00Z", true),
        ],
    );
    holds(
        "days_of_month: ['28:31']",
        &[
            ("2023-02-27T12:00:00Z", false),
            ("2023-02-28T12:00:00Z", true),
        ],
    );
    holds(
        "days_of_month: ['-31:-31']",
        &[
            ("2024-02-01T12:00:00Z", false),
            ("2024-04-01T12:00:00Z", false),
            ("2024-05-01T12:00:00Z", true),
            ("2024-05-02T12:00:00Z", false),
        ],
    );
    holds(
        "days_of_month: ['-31:-1']",
        &[("2023-02-01T12:00:00Z", true)],
    );
}

#[test]
fn months_and_years_include_both_ends() {
    holds(
        "{months: ['january:february', 12], years: ['2023:2024', 2026]}",
        &[
            ("2022-12-31T23:59:59Z", false),
            ("2023-01-01T00:00:00Z", true),
            ("2024-02-29T23:59:59Z", true),
            ("2024-03-01T00:00:00Z", false),
            ("2024-12-31T23:59:59Z", true),
            ("2025-01-01T00:00:00Z", false),
            ("2026-12-01T00:00:00Z", true),
        ],
    );
}

#[test]
fn all_parts_of_an_interval_must_hold_and_one_interval_is_enough() {
    let text = "{times: [{start_time: '00:00', end_time: '01:00'}], weekdays: [monday]}\n  - {days_of_month: [15]}";
    holds(
        text,
        &[
            ("2024-05-06T00:30:00Z", true),
            ("2024-05-06T01:00:00Z", false),
            ("2024-05-07T00:30:00Z", false),
            ("2024-05-15T12:00:00Z", true),
        ],
    );
}

#[test]
fn a_location_has_its_own_clock_weekday_and_month() {
    holds(
        "{weekdays: [monday], times: [{start_time: '00:00', end_time: '09:00'}], location: Asia/Tokyo}",
        &[
            ("2024-05-05T14:59:59Z", false),
            ("2024-05-05T15:00:00Z", true),
            ("2024-05-05T23:59:59Z", true),
            ("2024-05-06T00:00:00Z", false),
        ],
    );
    holds(
        "{days_of_month: ['-1'], months: [december], years: [2024], location: Pacific/Kiritimati}",
        &[
            ("2024-12-30T09:59:59Z", false),
            ("2024-12-30T10:00:00Z", true),
            ("2024-12-31T09:59:59Z", true),
            ("2024-12-31T10:00:00Z", false),
        ],
    );
}

#[test]
fn clocks_that_are_set_skip_an_hour_or_show_it_twice() {
    let night = "{times: [{start_time: '02:00', end_time: '03:00'}], location: America/New_York}";
    holds(
        night,
        &[
            // 2024-03-10: 01:59 is followed by 03:00.
            ("2024-03-10T06:59:59Z", false),
            ("2024-03-10T07:00:00Z", false),
            ("2024-03-11T06:00:00Z", true),
        ],
    );
    let twice = "{times: [{start_time: '01:00', end_time: '02:00'}], location: America/New_York}";
    holds(
        twice,
        &[
            // 2024-11-03: 01:59 is followed by 01:00.
            ("2024-11-03T05:00:00Z", true),
            ("2024-11-03T06:00:00Z", true),
            ("2024-11-03T06:59:59Z", true),
            ("2024-11-03T07:00:00Z", false),
        ],
    );
    // March has 31 days where it is an hour short, too.
    holds(
        "{days_of_month: ['-1'], location: America/New_York}",
        &[
            ("2024-03-31T12:00:00Z", true),
            ("2024-03-30T12:00:00Z", false),
        ],
    );
}

#[test]
fn nothing_said_always_holds_and_an_empty_list_never() {
    holds("{}", &[("2024-05-05T12:00:00Z", true)]);
    holds("~", &[("2024-05-05T12:00:00Z", true)]);
    for part in ["times", "weekdays", "days_of_month", "months", "years"] {
        holds(
            &format!("{{{part}: []}}"),
            &[("2024-05-05T12:00:00Z", false)],
        );
        holds(&format!("{{{part}: }}"), &[("2024-05-05T12:00:00Z", true)]);
    }
}

#[test]
fn a_configuration_says_which_of_its_times_hold() {
    let text = "route: {receiver: d}\nreceivers: [{name: d}]\ntime_intervals:\n- {name: a, time_intervals: [{}]}\n- name: b\n\
                mute_time_intervals: [{name: c, time_intervals: [{years: [1999]}]}]\n";
    let config = Config::parse(text).unwrap();
    let at = config.time_intervals_at("2024-05-05T12:00:00Z".parse().unwrap());
    assert_eq!(
        at.into_iter().collect::<Vec<_>>(),
        [("a", true), ("b", false), ("c", false)]
    );
}
