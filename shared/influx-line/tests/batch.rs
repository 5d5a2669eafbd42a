//! What lines become: names, labels, times, and an account that adds up.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use influx_line::{Batch, Precision, Reason, decode};
use intake::{Excess, Limits, PointIssue, Why as _};
use proptest::prelude::*;

/// 2026-11-20T12:00:00Z
const NOW_MS: i64 = 1_795_176_000_000;

fn read(body: &str) -> Batch {
    decode(
        body.as_bytes(),
        Precision::Nanoseconds,
        &Limits::default(),
        NOW_MS,
    )
    .unwrap()
}

/// `name{label="value"} value @time` for each sample.
fn samples(batch: &Batch) -> Vec<String> {
    let labels = batch.series.labels();
    let mut all = Vec::new();
    for series in batch.series.series(&labels) {
        let others = series.labels.iter().filter(|(name, _)| *name != "__name__");
        let others: Vec<_> = others.map(|(n, v)| format!("{n}={v:?}")).collect();
        for sample in series.samples {
            let (name, labels) = (series.label("__name__"), others.join(","));
            all.push(format!(
                "{name}{{{labels}}} {} @{}",
                sample.value, sample.time_ms
            ));
        }
    }
    all
}

#[test]
fn a_field_becomes_a_series_of_its_measurement() {
    let now = NOW_MS;
    for (line, expected) in [
        (
            "cpu,host=web-1,cpu=cpu0 usage_idle=98.5,count=4i",
            vec![
                format!("cpu_usage_idle{{cpu=\"cpu0\",host=\"web-1\"}} 98.5 @{now}"),
                format!("cpu_count{{cpu=\"cpu0\",host=\"web-1\"}} 4 @{now}"),
            ],
        ),
        ("load value=1", vec![format!("load{{}} 1 @{now}")]),
        (
            "prometheus,le=0.5 http_duration_seconds_bucket=7",
            vec![format!(
                "http_duration_seconds_bucket{{le=\"0.5\"}} 7 @{now}"
            )],
        ),
        (
            "prometheus value=1",
            vec![format!("prometheus{{}} 1 @{now}")],
        ),
        (
            "win\\ disk,7=a,the\\ drive=C: %\\ free=1",
            vec![format!(
                "win_disk___free{{key_7=\"a\",the_drive=\"C:\"}} 1 @{now}"
            )],
        ),
        ("job:rate x=t", vec![format!("job:rate_x{{}} 1 @{now}")]),
        ("9p x=f", vec![format!("_9p_x{{}} 0 @{now}")]),
        ("m,__name__=other x=1", vec![format!("m_x{{}} 1 @{now}")]),
    ] {
        let batch = read(line);
        assert_eq!(samples(&batch), expected, "{line}");
        assert!(batch.rejected.is_empty(), "{line}");
    }
}

#[test]
fn a_time_is_read_in_the_precision_of_the_request() {
    for (precision, time, ms) in [
        ("ns", "1795176000123999999", 1_795_176_000_123_i64),
        ("", "1795176000123999999", 1_795_176_000_123),
        ("us", "1795176000123999", 1_795_176_000_123),
        ("u", "1795176000123999", 1_795_176_000_123),
        ("ms", "1795176000123", 1_795_176_000_123),
        ("s", "1795176001", 1_795_176_001_000),
        ("m", "29919600", 1_795_176_000_000),
        ("h", "498660", 1_795_176_000_000),
    ] {
        let precision = Precision::parse(precision).unwrap();
        let body = format!("m f=1 {time}");
        let batch = decode(body.as_bytes(), precision, &Limits::default(), NOW_MS).unwrap();
        assert_eq!(
            samples(&batch),
            [format!("m_f{{}} 1 @{ms}")],
            "{precision:?}"
        );
    }
    assert!(
        ["d", "NS", "1"]
            .iter()
            .all(|text| Precision::parse(text).is_none())
    );
}

#[test]
fn times_are_taken_from_24_hours_back_to_10_minutes_ahead() {
    let (oldest, newest) = (NOW_MS - 86_400_000, NOW_MS + 600_000);
    for (time_ms, rejected) in [
        (oldest, None),
        (oldest - 1, Some(PointIssue::TooOld)),
        (newest, None),
        (newest + 1, Some(PointIssue::TooFarInFuture)),
        (i64::MAX, Some(PointIssue::TooFarInFuture)),
        (i64::MIN, Some(PointIssue::TooOld)),
    ] {
        let body = format!("m f=1,g=2,h=\"x\" {time_ms}");
        let limits = Limits::default();
        let batch = decode(body.as_bytes(), Precision::Milliseconds, &limits, NOW_MS).unwrap();
        assert_eq!(batch.values, if rejected.is_some() { 0 } else { 2 });
        assert_eq!(batch.rejected.of(Reason::NotANumber).unwrap().points, 1);
        if let Some(issue) = rejected {
            assert_eq!(
                batch.rejected.of(Reason::Point(issue)).unwrap().points,
                2,
                "{time_ms}"
            );
        }
    }
}

#[test]
fn a_line_that_can_t_be_read_is_told_by_its_number_and_the_rest_is_taken() {
    let batch = read("cpu x=1\n\n# c\ncpu x=\ncpu y=2\ndisk,free=1\n");
    assert_eq!(batch.values, 2);
    let [rejected] = batch.rejected.iter().collect::<Vec<_>>()[..] else {
        panic!("{}", batch.rejected)
    };
    assert_eq!((rejected.reason, rejected.points), (Reason::InvalidLine, 2));
    assert!(
        rejected.example.starts_with("line 4: a field's value"),
        "{}",
        rejected.example
    );
    let broken = decode(
        b"cpu x=1\ncpu,t=\xff x=1",
        Precision::Seconds,
        &Limits::default(),
        NOW_MS,
    );
    let broken = broken.unwrap();
    assert_eq!((broken.values, broken.rejected.points()), (1, 1));
}

#[test]
fn text_is_counted_and_is_no_error() {
    let batch = read("system,host=web-1 uptime_format=\"1 day\",uptime=86400i");
    assert_eq!(batch.values, 1);
    let text = batch.rejected.of(Reason::NotANumber).unwrap();
    assert_eq!(
        (text.points, text.example.as_str()),
        (1, "system,host=web-1 uptime_format")
    );
    assert!(!text.reason.is_error());
    assert!(Reason::InvalidLine.is_error());
}

#[test]
fn only_hosts_of_what_was_taken_are_named() {
    let batch =
        read("a,host=web-1 x=1\nb,host=web-2 x=\"text\"\nc,host=web-3 x=1 1\nd,hostname=web-4 x=1");
    assert_eq!(batch.hosts.into_iter().collect::<Vec<_>>(), ["web-1"]);
}

#[test]
fn a_series_within_the_limits_is_taken_and_beyond_them_is_not() {
    let tags = |count: usize| (0..count).map(|n| format!(",t{n}=v")).collect::<String>();
    for (line, issue) in [
        (format!("m{} x=1", tags(63)), None),
        (
            format!("m{} x=1", tags(64)),
            Some(PointIssue::TooManyLabels),
        ),
        (
            format!("m{} x=1", tags(1000)),
            Some(PointIssue::TooManyLabels),
        ),
        (
            format!("m{} x=1", ",t=v".repeat(65)),
            Some(PointIssue::TooManyLabels),
        ),
        (format!("m,{}=v x=1", "k".repeat(256)), None),
        (
            format!("m,{}=v x=1", "k".repeat(257)),
            Some(PointIssue::LabelNameTooLong),
        ),
        (format!("m,k={} x=1", "v".repeat(2048)), None),
        (
            format!("m,k={} x=1", "v".repeat(2049)),
            Some(PointIssue::LabelValueTooLong),
        ),
        (
            format!("m {}=1", "x".repeat(2047)),
            Some(PointIssue::LabelValueTooLong),
        ),
        ("温 度=1".to_owned(), Some(PointIssue::InvalidMetricName)),
    ] {
        let batch = read(&line);
        let reasons: Vec<_> = batch
            .rejected
            .iter()
            .map(|rejected| rejected.reason)
            .collect();
        assert_eq!(
            reasons,
            issue.map(Reason::Point).into_iter().collect::<Vec<_>>(),
            "{line}"
        );
    }
}

#[test]
fn more_than_one_body_may_hold_is_refused_whole() {
    let decode = |body: &str, limits: &Limits| {
        decode(body.as_bytes(), Precision::Nanoseconds, limits, NOW_MS).map(|batch| batch.values)
    };
    let limits = Limits {
        samples: 4,
        series: 2,
        labels: 5,
        ..Limits::default()
    };
    assert_eq!(decode("m a=1,b=1\nm a=2,b=2", &limits), Ok(4));
    assert_eq!(
        decode("m a=1,b=1\nm a=2,b=2\nm x=\"\"", &limits),
        Err(Excess::Samples { limit: 4 })
    );
    assert_eq!(
        decode("m a=1,b=1,a=1,a=1,a=1,a=1", &limits),
        Err(Excess::Samples { limit: 4 })
    );
    assert_eq!(
        decode("x\nx\nx\nx\nx", &limits),
        Err(Excess::Samples { limit: 4 })
    );
    assert_eq!(
        decode("m a=1,b=1,c=1", &limits),
        Err(Excess::Series { limit: 2 })
    );
    assert_eq!(
        decode("m,a=1,b=1 a=1,b=1", &limits),
        Err(Excess::Labels { limit: 5 })
    );
}

/// Every line is good or bad in one way, so that what was sent is known.
fn line() -> impl Strategy<Value = (String, u64, u64)> {
    prop_oneof![
        (1_u64..4).prop_map(|n| {
            let fields: Vec<_> = (0..n).map(|f| format!("f{f}={f}")).collect();
            (format!("m,host=h {}", fields.join(",")), n, 0)
        }),
        Just(("m f=\"a\nb\",g=1".to_owned(), 1, 1)),
        Just(("m f=1,g=2 1".to_owned(), 0, 2)),
        Just(("m,x= f=1,g=2".to_owned(), 0, 1)),
        Just(("# m f=1".to_owned(), 0, 0)),
    ]
}

proptest! {
    #[test]
    fn what_is_taken_and_rejected_is_what_was_sent(lines in prop::collection::vec(line(), 0..40)) {
        let body: Vec<_> = lines.iter().map(|(line, ..)| line.as_str()).collect();
        let batch = read(&body.join("\n"));
        prop_assert_eq!(batch.values, lines.iter().map(|(_, good, _)| good).sum::<u64>());
        prop_assert_eq!(batch.rejected.points(), lines.iter().map(|(_, _, bad)| bad).sum::<u64>());
        prop_assert_eq!(batch.series.sample_count() as u64, batch.values);
    }

    #[test]
    fn no_input_makes_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&body, Precision::Nanoseconds, &Limits::default(), NOW_MS);
    }

    #[test]
    fn nothing_like_a_line_makes_a_panic(body in "([a-z\\\\,= \"#\\r\\n0-9.iute+-]|温){0,80}") {
        let batch = read(&body);
        prop_assert_eq!(batch.series.sample_count() as u64, batch.values);
        for rejected in batch.rejected.iter() {
            prop_assert!(rejected.points > 0 && !rejected.reason.code().is_empty());
        }
    }
}
