//! What records become, in both formats, and an account that adds up.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use intake::{Excess, Limits};
use metric_stream::{Reason, Refusal, decode};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;
use support::{
    NOW_MS, Point, body, delimited, documented_json, documented_point, lines, read, samples,
    summary_point, try_read,
};

#[test]
fn the_documented_datum_becomes_one_summary() {
    let delivery = read(&[lines(&[documented_json()])]);
    let labels = "MetricName=DiskWriteOps,Namespace=AWS/EC2,cloud_account_id=1234567890,cloud_region=us-east-1,\
                  dimension_InstanceId=i-123456789012";
    let name = "amazonaws_com_AWS_EC2_DiskWriteOps_seconds";
    assert_eq!(
        samples(&delivery),
        [
            format!("{name}_count{{{labels}}} 3 @{NOW_MS}"),
            format!("{name}_sum{{{labels}}} 20 @{NOW_MS}"),
            format!("{name}{{{labels},quantile=0.999}} 17.8764 @{NOW_MS}"),
            format!("{name}{{{labels},quantile=0.99}} 17.56 @{NOW_MS}"),
            format!("{name}{{{labels},quantile=0}} 0 @{NOW_MS}"),
            format!("{name}{{{labels},quantile=1}} 18 @{NOW_MS}"),
        ]
    );
    assert_eq!((delivery.data_points, delivery.rejected.points()), (1, 0));
    let left_out = delivery.rejected.of(Reason::UnsupportedStatistic).unwrap();
    assert_eq!(left_out.example, "TM(25%:75%)");
}

#[test]
fn both_formats_of_one_datum_are_the_same_series() {
    let mut cases = vec![(documented_json(), documented_point())];
    for (unit, otel) in [
        ("Percent", "%"),
        ("Count", "{Count}"),
        ("None", "1"),
        ("Bytes/Second", "By/s"),
        ("Kilobytes", "kBy"),
        ("Megabits", "MBit"),
    ] {
        let mut datum = documented_json();
        datum["unit"] = json!(unit);
        cases.push((
            datum,
            Point {
                unit: otel,
                ..documented_point()
            },
        ));
    }
    let mut without_dimensions = documented_json();
    without_dimensions["dimensions"] = json!({});
    cases.push((
        without_dimensions,
        Point {
            dimensions: &[],
            ..documented_point()
        },
    ));
    let mut awkward = documented_json();
    awkward["dimensions"] =
        json!({"Namespace": "kube-system", "quantile": "x", "a.b": "\"q\" \\ 当番"});
    cases.push((
        awkward,
        Point {
            dimensions: &[
                ("quantile", "x"),
                ("a.b", "\"q\" \\ 当番"),
                ("Namespace", "kube-system"),
            ],
            ..documented_point()
        },
    ));
    for (datum, point) in cases {
        let (in_json, in_otel) = (
            read(&[lines(std::slice::from_ref(&datum))]),
            read(&[delimited(&[point.request()])]),
        );
        assert_eq!(samples(&in_json), samples(&in_otel), "{datum}");
        assert_eq!(in_otel.data_points, 1);
        assert!(in_otel.rejected.is_empty(), "{}", in_otel.rejected);
    }
}

#[test]
fn a_record_holds_any_number_of_messages_or_lines_and_a_body_any_number_of_records() {
    let metric = |metric| {
        Point {
            metric,
            ..documented_point()
        }
        .request()
    };
    let mut datum = documented_json();
    datum["metric_name"] = json!("C");
    let records = [
        delimited(&[metric("A"), metric("B")]),
        Vec::new(),
        lines(&[datum.clone(), documented_json()]),
        delimited(&[metric("A")]),
    ];
    let delivery = read(&records);
    assert_eq!(delivery.data_points, 5);
    assert_eq!(delivery.series.series_count(), 4 * 6);
    assert_eq!(
        delivery.series.sample_count(),
        5 * 6,
        "A came twice and is merged where it is stored"
    );
}

/// 123 is the code of a brace.
#[test]
fn a_message_of_123_bytes_is_not_taken_for_json() {
    let small = |length: usize| {
        let mut request = Point {
            quantiles: &[],
            dimensions: &[],
            namespace: "A",
            metric: "B",
            ..documented_point()
        }
        .request();
        request.resource_metrics[0].resource = None;
        let point = summary_point(&mut request);
        point.start_time_unix_nano = 0;
        point
            .attributes
            .retain(|attribute| attribute.key == "MetricName");
        request.resource_metrics[0].schema_url = "u".repeat(length);
        request
    };
    let mut sizes = (1..80).map(small);
    let request = sizes.find(|request| request.encoded_len() == 123);
    let delivery = read(&[delimited(&[request.unwrap()])]);
    assert_eq!((delivery.data_points, delivery.rejected.points()), (1, 0));
}

#[test]
fn what_is_no_record_of_a_metric_stream_is_rejected_alone() {
    let good = lines(&[documented_json()]);
    let cut = delimited(&[documented_point().request()]);
    let cut = &cut[..cut.len() - 1];
    // OpenTelemetry 0.7 has labels in field 1, which 1.0 does not know.
    let mut old = documented_point().request();
    summary_point(&mut old).attributes.clear();
    for bad in [
        b"hello".to_vec(),
        vec![0; 100],
        vec![0x1F, 0x8B, 8],
        cut.to_vec(),
        delimited(&[old]),
    ] {
        let delivery = read(&[good.clone(), bad.clone(), good.clone()]);
        assert_eq!(
            (delivery.data_points, delivery.rejected.points()),
            (2, 1),
            "{bad:?}"
        );
        let rejected = delivery.rejected.of(Reason::UnknownRecord).unwrap();
        assert!(
            rejected.example.starts_with("record 2: ") && rejected.reason.is_unread(),
            "{}",
            rejected.example
        );
    }
    let not_base64 = br#"{"requestId":"r","records":[{"data":"%%"},{"data":""}]}"#;
    let delivery = decode(not_base64, &Limits::default(), NOW_MS).unwrap();
    assert_eq!(
        delivery.rejected.of(Reason::UnknownRecord).unwrap().points,
        1
    );
}

#[test]
fn a_line_that_is_no_datum_is_rejected_and_those_beside_it_are_taken() {
    let without = |member: &str| {
        let mut datum = documented_json();
        datum.as_object_mut().unwrap().remove(member);
        datum
    };
    let mut without_sum = documented_json();
    without_sum["value"] = json!({"count": 1.0});
    let mut nameless = documented_json();
    nameless["metric_name"] = json!("");
    for bad in [
        json!({}),
        nameless,
        without("namespace"),
        without("metric_name"),
        without("value"),
        without("timestamp"),
        without_sum,
        json!({"messageType": "DATA_MESSAGE", "logGroup": "g"}),
    ] {
        let delivery = read(&[lines(&[documented_json(), bad.clone(), documented_json()])]);
        assert_eq!(
            (delivery.data_points, delivery.rejected.points()),
            (2, 1),
            "{bad}"
        );
        assert!(
            delivery.rejected.of(Reason::InvalidDatum).is_some(),
            "{bad}"
        );
    }
}

#[test]
fn a_record_of_many_lines_is_taken_whole() {
    let mut datum = documented_json();
    let data: Vec<_> = (0..1_203)
        .map(|n| {
            datum["dimensions"] = json!({"InstanceId": format!("i-{n}")});
            datum.clone()
        })
        .collect();
    let delivery = read(&[lines(&data)]);
    assert_eq!(
        (delivery.data_points, delivery.rejected.points()),
        (1_203, 0)
    );
    assert_eq!(delivery.series.series_count(), 1_203 * 6);
}

#[test]
fn what_otlp_rejects_is_rejected_in_both_formats() {
    let old_ms = NOW_MS - 2 * 86_400_000;
    let mut old = documented_json();
    old["timestamp"] = json!(old_ms);
    let point = Point {
        time_ms: old_ms,
        ..documented_point()
    };
    for record in [lines(&[old]), delimited(&[point.request()])] {
        let delivery = read(&[record]);
        assert_eq!(delivery.data_points, 0);
        let reason = Reason::Otlp(otlp_metrics::Reason::TooOld);
        assert_eq!(delivery.rejected.of(reason).unwrap().points, 1);
        assert!(!reason.is_unread());
    }
}

/// Memory is counted by `fuzz/laws`, of which this is an input.
#[test]
fn messages_without_a_data_point_are_nothing() {
    let empty = b"\x02\x0a\x00".repeat(100_000);
    let delivery = read(&[
        empty.clone(),
        [empty, delimited(&[documented_point().request()])].concat(),
    ]);
    assert_eq!((delivery.data_points, delivery.rejected.points()), (1, 0));
}

#[test]
fn what_is_no_delivery_or_too_much_is_refused_whole() {
    for body in [
        &b""[..],
        b"[]",
        b"{}",
        b"{\"records\":[{}]}",
        b"{\"records\":1}",
        b"\xff",
    ] {
        assert!(
            matches!(
                decode(body, &Limits::default(), NOW_MS),
                Err(Refusal::Malformed(_))
            ),
            "{body:?}"
        );
    }
    let datum = documented_json();
    let limits = Limits {
        samples: 12,
        ..Limits::default()
    };
    let two = [
        lines(std::slice::from_ref(&datum)),
        lines(std::slice::from_ref(&datum)),
    ];
    assert_eq!(try_read(&two, &limits).unwrap().data_points, 2);
    let three = [lines(&[datum.clone(), datum.clone()]), lines(&[datum])];
    let excess = try_read(&three, &limits).unwrap_err();
    assert_eq!(excess, Excess::Samples { limit: 12 }.into());
    let many = vec![b"hello".to_vec(); 13];
    assert_eq!(
        try_read(&many, &limits).unwrap_err(),
        Excess::Samples { limit: 12 }.into()
    );
}

/// A record, and how many of its data points are good and bad.
fn record() -> impl Strategy<Value = (Vec<u8>, u64, u64)> {
    let datum = documented_json;
    let mut old = documented_json();
    old["timestamp"] = json!(5);
    prop_oneof![
        Just((lines(&[datum(), datum()]), 2, 0)),
        Just((lines(&[datum(), json!({}), old]), 1, 2)),
        Just((delimited(&[documented_point().request()]), 1, 0)),
        Just((b"hello".to_vec(), 0, 1)),
        Just((Vec::new(), 0, 0)),
    ]
}

proptest! {
    #[test]
    fn what_is_taken_and_rejected_is_what_was_sent(records in prop::collection::vec(record(), 0..12)) {
        let bytes: Vec<_> = records.iter().map(|(bytes, ..)| bytes.clone()).collect();
        let delivery = read(&bytes);
        prop_assert_eq!(delivery.data_points, records.iter().map(|(_, good, _)| good).sum::<u64>());
        prop_assert_eq!(delivery.rejected.points(), records.iter().map(|(_, _, bad)| bad).sum::<u64>());
    }

    #[test]
    fn no_record_makes_a_panic(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4)) {
        let _ = try_read(&records, &Limits::default());
    }

    #[test]
    fn no_change_to_a_record_makes_a_panic(at in 0_usize..1000, byte in any::<u8>(), in_json in any::<bool>()) {
        let mut record = if in_json { lines(&[documented_json()]) } else { delimited(&[documented_point().request()]) };
        let at = at % record.len();
        record[at] = byte;
        let _ = try_read(&[record], &Limits::default());
    }

    #[test]
    fn no_body_makes_a_panic(at in 0_usize..1000, byte in any::<u8>()) {
        let mut body = body(&[lines(&[documented_json()])]);
        let at = at % body.len();
        body[at] = byte;
        let _ = decode(&body, &Limits::default(), NOW_MS);
    }
}
