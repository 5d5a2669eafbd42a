//! A sender's own conventions change labels and nothing else.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::common::v1::{KeyValueList, any_value::Value};
use otlp_metrics::{Conventions, Encoding, Limits, decode_with};
use prost::Message as _;
use support::*;

const OURS: Conventions = Conventions {
    promoted: &["cloud.region", "cloud.zone"],
    spread: Some(("Dimensions", "dimension_")),
};

fn told(conventions: Conventions, dimensions: Value) -> Vec<String> {
    let resource = vec![
        text("cloud.region", "eu-central-1"),
        text("cloud.provider", "aws"),
    ];
    let attributes = vec![text("a", "b"), any("Dimensions", dimensions)];
    let body = request(resource, vec![gauge("x", vec![number(1.0, attributes)])]);
    let (body, limits) = (body.encode_to_vec(), Limits::default());
    let export = decode_with(conventions, &body, Encoding::Protobuf, &limits, NOW_MS);
    lines(&export.unwrap())
}

fn map() -> Value {
    let values = vec![text("TableName", "t"), any("n", Value::IntValue(7))];
    Value::KvlistValue(KeyValueList { values })
}

#[test]
fn promoted_attributes_and_members_of_a_map_are_labels() {
    let spread =
        r#"x{a="b", cloud_region="eu-central-1", dimension_TableName="t", dimension_n="7"} 1"#;
    assert_eq!(told(OURS, map()), [spread]);
    let usual = r#"x{Dimensions="{\"TableName\":\"t\",\"n\":7}", a="b"} 1"#;
    assert_eq!(told(Conventions::default(), map()), [usual]);
}

#[test]
fn what_should_be_a_map_and_is_none_stays_as_it_is() {
    let text = Value::StringValue("all".to_owned());
    let expected = r#"x{Dimensions="all", a="b", cloud_region="eu-central-1"} 1"#;
    assert_eq!(told(OURS, text), [expected]);
}
