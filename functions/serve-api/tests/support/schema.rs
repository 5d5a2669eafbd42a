//! Is an answer what the description of the API says? As much of JSON Schema as `schemas.json` uses.

use access::{RouteTable, Shape, match_path};
use http_access::HttpResponse;
use serde_json::Value;

const SCHEMAS: &str = include_str!("../../src/openapi/schemas.json");

/// Fails the test where an answer of `method path` differs from its description.
pub fn hold<R: RouteTable + std::fmt::Debug>(method: &str, path: &str, response: &HttpResponse) {
    let Ok((route, _)) = match_path::<R>(method, path) else {
        return;
    };
    let (details, status) = (route.spec().details, response.status_code);
    if status == 304 {
        return assert_eq!(response.body, "", "{route:?}");
    }
    let success = status < 300;
    let name = match (details.response, success) {
        (_, false) => return hold_error(route, response),
        (Shape::Json(name), true) => name,
        (Shape::Empty, true) => return assert_eq!(response.body, "", "{route:?}"),
        (Shape::Media(_), true) => return,
    };
    assert_eq!(status, details.status, "{route:?}");
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
    let body = serde_json::from_str(&response.body).unwrap_or(Value::Null);
    if let Err(difference) = check(&body, &schemas[name], &schemas, name) {
        panic!("{route:?} answered {}\n{difference}", response.body);
    }
}

fn hold_error<R: RouteTable>(route: R, response: &HttpResponse) {
    let name = match route.spec().details.errors {
        access::ErrorForm::Problem => "Problem",
        access::ErrorForm::Prometheus => "PrometheusError",
        access::ErrorForm::RpcStatus => "RpcStatus",
        access::ErrorForm::Influx => "InfluxError",
        access::ErrorForm::Firehose => "FirehoseAnswer",
        // A silence that is not there is told by the status alone.
        access::ErrorForm::Alertmanager if response.body.is_empty() => return,
        access::ErrorForm::Alertmanager => "AlertmanagerError",
    };
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
    let body = serde_json::from_str(&response.body).unwrap_or(Value::Null);
    check(&body, &schemas[name], &schemas, name).unwrap();
}

fn check(value: &Value, schema: &Value, schemas: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return check(value, &schemas[name], schemas, &format!("{at} ({name})"));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let matching = choices
            .iter()
            .filter(|choice| check(value, choice, schemas, at).is_ok());
        return (matching.count() == 1)
            .then_some(())
            .ok_or(format!("{at}: no one choice fits"));
    }
    if let Some(expected) = schema.get("const") {
        return (value == expected)
            .then_some(())
            .ok_or(format!("{at}: {value} is not {expected}"));
    }
    if let Some(allowed) = schema["enum"].as_array() {
        return allowed
            .contains(value)
            .then_some(())
            .ok_or(format!("{at}: {value} is none of {allowed:?}"));
    }
    check_type(value, &schema["type"], at)?;
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        check(item, &schema["items"], schemas, &format!("{at}[{number}]"))?;
    }
    value
        .as_object()
        .map_or(Ok(()), |_| check_members(value, schema, schemas, at))
}

fn check_type(value: &Value, expected: &Value, at: &str) -> Result<(), String> {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = match expected {
        Value::Null => true,
        Value::Array(types) => types.iter().any(|known| known == found),
        one => one == found,
    };
    fits.then_some(())
        .ok_or(format!("{at}: {found} instead of {expected}"))
}

fn check_members(value: &Value, schema: &Value, schemas: &Value, at: &str) -> Result<(), String> {
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.get(required.as_str().unwrap_or_default()).is_none() {
            return Err(format!("{at}: {required} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        match (
            schema["properties"].get(name),
            schema.get("additionalProperties"),
        ) {
            (Some(known), _) => check(member, known, schemas, &at)?,
            (None, Some(Value::Bool(false))) => return Err(format!("{at} is not described")),
            (None, Some(other)) => check(member, other, schemas, &at)?,
            (None, None) => {}
        }
    }
    Ok(())
}
