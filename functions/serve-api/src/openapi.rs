//! The description of the whole API, made from the tables of all routes.

use access::{
    Access, CredentialPlace, ErrorForm, Method, QueryParameter, RouteSpec, Shape, routes,
};
use serde_json::{Map, Value, json};

/// What bodies look like. Tests hold every answer against it.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// The OpenAPI 3.1 document; `public_url` is where the API is.
#[must_use]
pub fn document(public_url: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for spec in routes::all() {
        let item = paths.entry(spec.path).or_insert_with(|| path_item(spec));
        for method in spec.methods {
            item[method.as_str().to_ascii_lowercase()] = operation(spec, *method);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Toban",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Hosts report, rules judge, the right party is told.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": if public_url.is_empty() { "/" } else { public_url }}],
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "schemas": schemas(),
        },
    })
}

fn security_schemes() -> Value {
    let mut schemes = json!({
        "bearer": {"type": "http", "scheme": "bearer",
            "description": "A token: tbn_<tenant>_<id>_<secret>. InfluxDB's clients say Token for Bearer."},
        "basic": {"type": "http", "scheme": "basic",
            "description": "User: the tenant. Password: the token."},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "toban_token",
            "description": "The page's. Changes nothing for another site's page."},
    });
    for (name, scheme) in routes::all().filter_map(header_scheme) {
        schemes[name] = scheme;
    }
    schemes
}

/// Schemas by name.
#[must_use]
pub fn schemas() -> Value {
    serde_json::from_str(SCHEMAS).unwrap_or_default()
}

fn path_item(spec: &RouteSpec) -> Value {
    let parameters: Vec<Value> = spec
        .path_parameters()
        .map(|name| {
            json!({"name": name, "in": "path", "required": true,
                   "schema": {"type": "string", "minLength": 1, "maxLength": 255}})
        })
        .collect();
    if parameters.is_empty() {
        json!({})
    } else {
        json!({"parameters": parameters})
    }
}

fn operation(spec: &RouteSpec, method: Method) -> Value {
    let posted_query = method == Method::Post && spec.methods.contains(&Method::Get);
    let mut operation = json!({
        "operationId": operation_id(spec, method),
        "summary": spec.summary,
        "tags": [spec.details.tag],
        "x-access": spec.access.needs(),
        "x-function": spec.function,
        "security": security(spec),
        "responses": responses(spec),
    });
    if posted_query {
        operation["requestBody"] = form(spec.details.query);
    } else if !spec.details.query.is_empty() {
        let parameters = spec.details.query.iter().map(query_parameter);
        operation["parameters"] = parameters.collect();
    }
    if let Some(content) = content(spec.details.request) {
        operation["requestBody"] =
            json!({"required": spec.name != "RotateToken", "content": content});
    }
    operation
}

/// The same route by another method is another operation.
fn operation_id(spec: &RouteSpec, method: Method) -> String {
    if spec.methods.first() == Some(&method) {
        spec.name.to_owned()
    } else {
        format!("{}By{method}", spec.name)
    }
}

fn security(spec: &RouteSpec) -> Value {
    match (spec.access, spec.details.credential) {
        (Access::Public, _) => json!([]),
        (_, CredentialPlace::Authorization) => {
            json!([{"bearer": []}, {"basic": []}, {"cookie": []}])
        }
        (_, CredentialPlace::Header(name)) => json!([{ name: [] }]),
    }
}

/// One for each header that some route reads its token from.
fn header_scheme(spec: &RouteSpec) -> Option<(String, Value)> {
    match spec.details.credential {
        CredentialPlace::Authorization => None,
        CredentialPlace::Header(name) => {
            let scheme = json!({"type": "apiKey", "in": "header", "name": name,
                "description": "A token: tbn_<tenant>_<id>_<secret>."});
            Some((name.to_owned(), scheme))
        }
    }
}

fn query_parameter(parameter: &QueryParameter) -> Value {
    let mut shown = json!({
        "name": parameter.name, "in": "query", "required": parameter.required,
        "description": parameter.description, "schema": parameter_schema(parameter),
    });
    if parameter.kind == "array" {
        shown["style"] = json!("form");
        shown["explode"] = json!(true);
    }
    shown
}

fn parameter_schema(parameter: &QueryParameter) -> Value {
    if parameter.kind == "array" {
        json!({"type": "array", "items": {"type": "string"}})
    } else {
        json!({"type": parameter.kind})
    }
}

/// The query string's parameters in a form, for questions too long for a URL.
fn form(parameters: &[QueryParameter]) -> Value {
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|parameter| (parameter.name.to_owned(), parameter_schema(parameter)))
        .collect();
    let required: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name)
        .collect();
    json!({"content": {"application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": properties, "required": required}}}})
}

fn content(shape: Shape) -> Option<Value> {
    match shape {
        Shape::Empty => None,
        Shape::Json(name) => Some(json!({"application/json": {"schema": reference(name)}})),
        Shape::Media(media_type) => Some(json!({ media_type: {} })),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn responses(spec: &RouteSpec) -> Value {
    let mut responses = Map::new();
    let mut success = json!({"description": "Done."});
    if let Some(content) = content(spec.details.response) {
        success["content"] = content;
    }
    responses.insert(spec.details.status.to_string(), success);
    let mut refuse = |status: u16, description: &str| {
        responses.insert(status.to_string(), error_response(spec, description));
    };
    refuse(400, "The request is malformed; the text says where.");
    if spec.access != Access::Public {
        refuse(401, "No token, or none that is valid.");
        refuse(403, "The token's role is too small.");
    }
    if spec.path_parameters().next().is_some() {
        refuse(404, "There is nothing of this name.");
    }
    if spec.methods != [Method::Get] {
        refuse(
            409,
            "Somebody else was there before, or the state does not allow it.",
        );
        refuse(
            spec.details.body.excess_status,
            "The body is too large or malformed.",
        );
    }
    refuse(
        422,
        "The request is understood and can't be done; the text says why.",
    );
    refuse(
        500,
        "Failed on our side; the answer carries the request's id.",
    );
    refuse(
        503,
        "Not available now; try again after `Retry-After` seconds.",
    );
    Value::Object(responses)
}

fn error_response(spec: &RouteSpec, description: &str) -> Value {
    let (media_type, schema) = match spec.details.errors {
        ErrorForm::Problem => ("application/problem+json", "Problem"),
        ErrorForm::Prometheus => ("application/json", "PrometheusError"),
        ErrorForm::RpcStatus => ("application/json", "RpcStatus"),
        ErrorForm::Influx => ("application/json", "InfluxError"),
        ErrorForm::Firehose => ("application/json", "FirehoseAnswer"),
        ErrorForm::Alertmanager => ("application/json", "AlertmanagerError"),
    };
    json!({"description": description, "content": {media_type: {"schema": reference(schema)}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_once() {
        let document = document("https://toban.example");
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method != "parameters" {
                    operations.push((method.to_uppercase(), path.clone()));
                    assert!(operation["responses"].as_object().unwrap().len() > 2);
                }
            }
        }
        let mut expected: Vec<_> = routes::all()
            .flat_map(|spec| {
                spec.methods
                    .iter()
                    .map(|m| (m.to_string(), spec.path.to_owned()))
            })
            .collect();
        operations.sort();
        expected.sort();
        assert_eq!(operations, expected);
    }

    #[test]
    fn every_name_of_a_schema_is_defined_and_every_definition_used() {
        let document = document("");
        let text = document.to_string();
        let defined = document["components"]["schemas"].as_object().unwrap();
        assert!(!defined.is_empty(), "schemas.json is no JSON object");
        let mut used: Vec<&str> = text
            .split("\"#/components/schemas/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        used.sort_unstable();
        used.dedup();
        let defined: Vec<&str> = defined.keys().map(String::as_str).collect();
        assert_eq!(used, defined);
    }

    #[test]
    fn only_public_routes_ask_for_no_token() {
        let document = document("");
        for spec in routes::all() {
            let method = spec.methods[0].as_str().to_lowercase();
            let security = &document["paths"][spec.path][method]["security"];
            let open = security.as_array().unwrap().is_empty();
            assert_eq!(open, spec.access == Access::Public, "{}", spec.name);
        }
    }
}
