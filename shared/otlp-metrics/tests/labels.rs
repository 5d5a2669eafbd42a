//! Where labels come from, and what is refused of them.

#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(clippy::too_many_lines, reason = "a table is one thing")]

mod support;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value,
};
use otlp_metrics::{Limits, Reason};
use support::*;

fn one_gauge(resource: Vec<KeyValue>, attributes: Vec<KeyValue>) -> Vec<String> {
    let metrics = vec![gauge("x", vec![number(1.0, attributes)])];
    lines(&decoded(&request(resource, metrics)))
}

#[test]
fn a_resource_names_its_job_and_its_instance() {
    let service =
        |rest: &[(&str, &str)]| -> Vec<KeyValue> { rest.iter().map(|(k, v)| text(k, v)).collect() };
    let table: [(&[(&str, &str)], &str); 7] = [
        (&[], "x{} 1"),
        (&[("service.name", "api")], r#"x{job="api"} 1"#),
        (&[("service.namespace", "shop")], "x{} 1"),
        (
            &[("service.name", "api"), ("service.namespace", "shop")],
            r#"x{job="shop/api"} 1"#,
        ),
        (
            &[("service.instance.id", "i-1"), ("host.name", "web-1")],
            r#"x{instance="i-1"} 1"#,
        ),
        (
            &[("host.id", "h-1"), ("host.name", "web-1")],
            r#"x{instance="web-1"} 1"#,
        ),
        (&[("host.id", "h-1")], r#"x{instance="h-1"} 1"#),
    ];
    for (resource, expected) in table {
        let lines = one_gauge(service(resource), vec![]);
        assert!(lines.contains(&expected.to_owned()), "{lines:?}");
    }
}

#[test]
fn what_does_not_identify_a_resource_is_its_target_info() {
    let resource = vec![
        text("service.name", "api"),
        text("host.name", "web-1"),
        any("process.pid", Value::IntValue(4711)),
    ];
    assert_eq!(
        one_gauge(resource, vec![]),
        [
            r#"target_info{host_name="web-1", instance="web-1", job="api", process_pid="4711"} 1"#,
            r#"x{instance="web-1", job="api"} 1"#
        ]
    );
    let nobody = vec![text("process.pid", "1")];
    assert_eq!(one_gauge(nobody, vec![]), ["x{} 1"]);
}

#[test]
fn target_info_covers_the_time_of_its_data_points() {
    let early = |minutes: u64| {
        let mut point = number(1.0, vec![]);
        point.time_unix_nano -= minutes * 60_000_000_000;
        point
    };
    let resource = vec![text("service.name", "api"), text("os.type", "linux")];
    let metrics = vec![gauge("x", vec![early(0), early(6), early(60 * 25)])];
    let export = decoded(&request(resource, metrics));
    let info: Vec<_> = lines(&export)
        .into_iter()
        .filter_map(|line| {
            Some(
                line.strip_prefix("target_info{")?
                    .rsplit(' ')
                    .next()?
                    .to_owned(),
            )
        })
        .collect();
    assert_eq!(info, ["1", "1@-210000", "1@-360000", "1@-60000"]);
    assert_eq!(export.rejected.of(Reason::TooOld).unwrap().points, 1);
}

#[test]
fn a_scope_is_part_of_the_series() {
    let mut request = request(vec![], vec![gauge("x", vec![number(1.0, vec![])])]);
    let scope = scope("shop", "2.1", vec![text("tier.name", "gold")]);
    request.resource_metrics[0].scope_metrics[0].scope = Some(scope);
    let series =
        r#"x{otel_scope_name="shop", otel_scope_tier_name="gold", otel_scope_version="2.1"} 1"#;
    assert_eq!(lines(&decoded(&request)), [series]);
}

#[test]
fn keys_that_become_one_name_are_joined_in_their_own_order() {
    let attributes = vec![text("a_b", "3"), text("a.b", "2"), text("a-b", "1")];
    assert_eq!(one_gauge(vec![], attributes), [r#"x{a_b="1;2;3"} 1"#]);
}

#[test]
fn what_the_translation_sets_wins_over_attributes() {
    let attributes = vec![
        text("job", "mine"),
        text("__name__", "mine"),
        text("instance", "kept"),
        text("empty", ""),
    ];
    let lines = one_gauge(vec![text("service.name", "api")], attributes);
    assert_eq!(lines, [r#"x{instance="kept", job="api"} 1"#]);
}

#[test]
fn values_that_are_no_text_are_written_as_json() {
    let list = |values: Vec<Value>| {
        let values = values.into_iter().map(|v| AnyValue { value: Some(v) });
        Value::ArrayValue(ArrayValue {
            values: values.collect(),
        })
    };
    let map = Value::KvlistValue(KeyValueList {
        values: vec![text("z", "1"), any("a", list(vec![Value::BoolValue(true)]))],
    });
    for (value, expected) in [
        (Value::BoolValue(true), "true"),
        (Value::IntValue(-3), "-3"),
        (Value::DoubleValue(1.5), "1.5"),
        (Value::BytesValue(vec![255, 0]), "/wA="),
        (
            list(vec![Value::StringValue("a".into()), Value::IntValue(2)]),
            r#"["a",2]"#,
        ),
        (map, r#"{"a":[true],"z":"1"}"#),
    ] {
        let lines = one_gauge(vec![], vec![any("v", value)]);
        assert_eq!(lines, [format!("x{{v={expected:?}}} 1")]);
    }
}

#[test]
fn a_value_that_nests_without_end_is_refused_whole() {
    let mut value = Value::IntValue(1);
    for depth in 1..=33 {
        value = Value::ArrayValue(ArrayValue {
            values: vec![AnyValue { value: Some(value) }],
        });
        let attributes = vec![any("v", value.clone())];
        let request = request(vec![], vec![gauge("x", vec![number(1.0, attributes)])]);
        let body = prost::Message::encode_to_vec(&request);
        let protobuf = otlp_metrics::decode(
            &body,
            otlp_metrics::Encoding::Protobuf,
            &Limits::default(),
            NOW_MS,
        );
        let body = serde_json::to_vec(&request).unwrap();
        let json = otlp_metrics::decode(
            &body,
            otlp_metrics::Encoding::Json,
            &Limits::default(),
            NOW_MS,
        );
        assert_eq!(protobuf.is_ok(), depth <= 32, "{depth}");
        assert_eq!(json.is_ok(), depth <= 32, "{depth}");
    }
}

#[test]
fn a_data_point_beyond_the_limits_is_rejected_and_the_next_is_taken() {
    let limits = Limits {
        labels_per_series: 3,
        label_name_bytes: 8,
        label_value_bytes: 12,
        ..Limits::default()
    };
    let nanos_per_hour = 3_600_000_000_000;
    let at = |time_unix_nano| {
        let mut point = number(1.0, vec![]);
        point.time_unix_nano = time_unix_nano;
        point
    };
    let many = (0..4).map(|n| text(&format!("k{n}"), "v")).collect();
    let no_value = {
        let mut point = number(1.0, vec![]);
        point.value = None;
        point
    };
    let bad = [
        (Reason::TooManyLabels, number(1.0, many)),
        (
            Reason::LabelNameTooLong,
            number(1.0, vec![text("123456789", "v")]),
        ),
        (
            Reason::LabelValueTooLong,
            number(1.0, vec![text("k", "1234567890123")]),
        ),
        (
            Reason::LabelValueTooLong,
            number(1.0, vec![text("k.", "123456"), text("k_", "123456")]),
        ),
        (Reason::EmptyLabelName, number(1.0, vec![text("", "v")])),
        (Reason::MissingTime, at(0)),
        (Reason::TooOld, at(NOW_NS - 24 * nanos_per_hour - 1)),
        (
            Reason::TooFarInFuture,
            at(NOW_NS + nanos_per_hour / 6 + 1_000_000),
        ),
        (Reason::TooFarInFuture, at(u64::MAX)),
        (Reason::NoValue, no_value),
    ];
    for (reason, point) in bad {
        let metrics = vec![gauge("x", vec![point, number(2.0, vec![])])];
        let export = decoded_with(&request(vec![], metrics), &limits);
        assert_eq!(
            export.rejected.of(reason).map(|r| r.points),
            Some(1),
            "{reason:?}"
        );
        assert_eq!((export.data_points, export.rejected.points()), (1, 1));
        assert_eq!(lines(&export), ["x{} 2"]);
    }
    for (reason, name) in [
        (Reason::NoMetricName, ""),
        (Reason::InvalidMetricName, "###"),
        (Reason::LabelValueTooLong, "thirteen_long"),
    ] {
        let export = decoded_with(
            &request(vec![], vec![gauge(name, vec![number(1.0, vec![])])]),
            &limits,
        );
        assert_eq!(
            export.rejected.of(reason).map(|r| r.points),
            Some(1),
            "{reason:?}"
        );
    }
}

#[test]
fn the_window_is_open_at_both_its_ends() {
    let edge = |time_unix_nano| {
        let mut point = number(1.0, vec![]);
        point.time_unix_nano = time_unix_nano;
        point
    };
    let first = NOW_NS - 24 * 3_600_000_000_000;
    let last = NOW_NS + 600_000_000_000 + 999_999;
    let export = decoded(&request(
        vec![],
        vec![gauge("x", vec![edge(first), edge(last)])],
    ));
    assert_eq!(lines(&export), ["x{} 1@-86400000", "x{} 1@600000"]);
}

#[test]
fn a_target_info_that_is_too_long_costs_no_data_point_but_is_told() {
    let resource = vec![
        text("service.name", "api"),
        text("process.command", &"x".repeat(3000)),
    ];
    let export = decoded(&request(
        resource,
        vec![gauge("x", vec![number(1.0, vec![])])],
    ));
    assert_eq!(lines(&export), [r#"x{job="api"} 1"#]);
    let rejected = export.rejected.of(Reason::LabelValueTooLong).unwrap();
    assert_eq!(rejected.points, 0);
    assert!(rejected.example.starts_with("target_info{process.command="));
}

#[test]
fn samples_of_one_series_come_together() {
    let mut later = number(2.0, vec![text("a", "1")]);
    later.time_unix_nano += 1_999_999;
    let points = vec![
        number(1.0, vec![text("a", "1")]),
        number(5.0, vec![]),
        later,
    ];
    let export = decoded(&request(vec![], vec![gauge("x", points)]));
    assert_eq!(export.series.series_count(), 2);
    assert_eq!(
        lines(&export),
        [r#"x{a="1"} 1"#, r#"x{a="1"} 2@1"#, "x{} 5"]
    );
}

#[test]
fn a_host_is_what_the_resource_names_as_host_and_never_an_instance() {
    let hosts = |attributes| {
        let export = decoded(&request(
            attributes,
            vec![gauge("x", vec![number(1.0, vec![])])],
        ));
        export.hosts.into_iter().collect::<Vec<_>>()
    };
    let (process, name, id) = (
        text("service.instance.id", "9f3c"),
        text("host.name", "web-1"),
        text("host.id", "i-1"),
    );
    assert_eq!(
        hosts(vec![process.clone(), name.clone(), id.clone()]),
        ["web-1"]
    );
    assert_eq!(hosts(vec![process.clone(), id]), ["i-1"]);
    assert!(hosts(vec![process]).is_empty());
    let nothing_taken = decoded(&request(
        vec![name],
        vec![gauge("", vec![number(1.0, vec![])])],
    ));
    assert!(nothing_taken.hosts.is_empty());
}
