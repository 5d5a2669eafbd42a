//! Does the gateway send each route to the function that declares it?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

use std::collections::BTreeMap;

use access::routes;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const DEFAULT: &str = "$default";

/// `ingest-metrics` is `IngestMetricsIntegration` in the template.
fn integration_of(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Integration"
}

/// Route key and integration of every `AWS::ApiGatewayV2::Route`.
fn gateway_routes() -> BTreeMap<String, String> {
    let routes = TEMPLATE.split("Type: AWS::ApiGatewayV2::Route").skip(1);
    routes
        .map(|text| {
            let after = |mark: &str| text.split(mark).nth(1).expect(mark).trim_start();
            let key = after("RouteKey:");
            let key = match key.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => key.split([',', '\n']).next(),
            };
            let target = after("integrations/${").split('}').next().expect("closed");
            (key.expect("a key").trim().to_owned(), target.to_owned())
        })
        .collect()
}

#[test]
fn the_gateway_sends_each_route_to_the_function_that_declares_it() {
    let mut expected: BTreeMap<String, String> = routes::all()
        .filter(|spec| spec.function != "serve-api")
        .flat_map(|spec| {
            spec.methods.iter().map(|method| {
                (
                    format!("{method} {}", spec.path),
                    integration_of(spec.function),
                )
            })
        })
        .collect();
    expected.insert(DEFAULT.to_owned(), integration_of("serve-api"));
    assert_eq!(gateway_routes(), expected);
}
