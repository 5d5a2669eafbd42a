use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::routes::{ApiRoute, IngestRoute, QueryRoute, all};

fn api(method: &str, path: &str) -> Result<(ApiRoute, Option<String>), MatchError> {
    match_path::<ApiRoute>(method, path).map(|(route, params)| {
        let first = route.spec().path_parameters().next();
        (
            route,
            first.and_then(|name| params.text(name)).map(str::to_owned),
        )
    })
}

#[test]
fn each_path_finds_its_route() {
    let cases = [
        ("GET", "/", ApiRoute::Page, None),
        ("GET", "/api/v1/tokens", ApiRoute::ListTokens, None),
        ("POST", "/api/v1/tokens", ApiRoute::CreateToken, None),
        (
            "DELETE",
            "/api/v1/tokens/abc",
            ApiRoute::RevokeToken,
            Some("abc"),
        ),
        (
            "POST",
            "/api/v1/tokens/abc/rotate",
            ApiRoute::RotateToken,
            Some("abc"),
        ),
        (
            "PUT",
            "/api/v1/rules/a.yml",
            ApiRoute::PutRuleFile,
            Some("a.yml"),
        ),
        (
            "DELETE",
            "/api/v1/hosts/web%201",
            ApiRoute::RetireHost,
            Some("web 1"),
        ),
        (
            "DELETE",
            "/api/v1/hosts/a%2Fb",
            ApiRoute::RetireHost,
            Some("a/b"),
        ),
        ("GET", "/assets/page.js", ApiRoute::Asset, Some("page.js")),
    ];
    for (method, path, route, param) in cases {
        let expected = Ok((route, param.map(str::to_owned)));
        assert_eq!(api(method, path), expected, "{method} {path}");
    }
    for method in ["GET", "POST"] {
        let (route, _) = match_path::<QueryRoute>(method, "/api/v1/query").unwrap();
        assert_eq!(route, QueryRoute::Query);
    }
}

#[test]
fn what_is_no_route_says_why() {
    let allow = |methods: &[&'static str]| MatchError::MethodNotAllowed {
        allow: methods.to_vec(),
    };
    let cases = [
        (
            "GET",
            "/api/v1/tokens/",
            MatchError::BadParameter { name: "id" },
            "DELETE",
        ),
        ("GET", "/nothing", MatchError::NotFound, ""),
        ("GET", "", MatchError::NotFound, ""),
        ("GET", "//", MatchError::NotFound, ""),
        ("GET", "/api/v1/tokens/a/b", MatchError::NotFound, ""),
        ("GET", "/API/v1/tokens", MatchError::NotFound, ""),
        ("PATCH", "/api/v1/tokens", allow(&["GET", "POST"]), ""),
        ("get", "/api/v1/whoami", allow(&["GET"]), ""),
        ("GET", "/api/v1/write", allow(&["POST"]), ""),
        ("DELETE", "/api/v1/query", allow(&["GET", "POST"]), ""),
    ];
    for (method, path, expected, other) in cases {
        let method = if other.is_empty() { method } else { other };
        assert_eq!(api(method, path), Err(expected), "{method} {path}");
    }
    let bad = Err(MatchError::BadParameter { name: "host" });
    for path in [
        "/api/v1/hosts/%ff",
        "/api/v1/hosts/a%00b",
        "/api/v1/hosts/%0a",
    ] {
        assert_eq!(api("DELETE", path), bad, "{path}");
    }
    assert_eq!(
        api("DELETE", &format!("/api/v1/hosts/{}", "x".repeat(256))),
        bad
    );
    assert_eq!(
        match_path::<IngestRoute>("GET", "/api/v1/whoami").err(),
        Some(MatchError::NotFound),
        "another function's route is none of ours"
    );
}

/// Parameters stand for one another, so that `/a/{x}` and `/a/{y}` count as the same path.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn no_two_routes_answer_one_request() {
    let mut seen = HashSet::new();
    for spec in all() {
        for method in spec.methods {
            assert!(
                seen.insert((method, shape(spec.path))),
                "{} {}",
                method,
                spec.path
            );
        }
        let literal_twin =
            all().any(|other| other.path != spec.path && other.match_path(spec.path).is_some());
        assert!(!literal_twin, "{} is hidden behind a parameter", spec.path);
    }
}

#[test]
fn only_what_must_be_is_public() {
    let public: Vec<&str> = all()
        .filter(|spec| spec.access == Access::Public)
        .map(|spec| spec.name)
        .collect();
    assert_eq!(
        public,
        ["OpenApi", "Page", "Asset", "StartSession", "EndSession"]
    );
}

/// What the requirement says of whole families of paths, reading and changing; a route outside of them
/// has to be added here.
#[test]
fn each_family_of_paths_takes_the_role_that_was_asked_for() {
    use Access::{Admin, AnyRole, Ingest, Operator, Public, SystemOperator, Viewer};
    let families = [
        ("/api/v1/write", Ingest, Ingest),
        ("/v1/metrics", Ingest, Ingest),
        ("/api/v2/write", Ingest, Ingest),
        ("/write", Ingest, Ingest),
        ("/api/v1/collectd", Ingest, Ingest),
        ("/api/v1/firehose", Ingest, Ingest),
        ("/api/v1/agent/thresholds", Ingest, Ingest),
        ("/api/v1/rejections", Viewer, Viewer),
        ("/api/v1/quotas", Viewer, Viewer),
        ("/api/v1/tokens", Admin, Admin),
        ("/api/v1/settings", Admin, Admin),
        ("/api/v1/audit", Admin, Admin),
        ("/api/v1/tenants", SystemOperator, SystemOperator),
        ("/api/v1/rules", Viewer, Operator),
        ("/api/v1/hosts", Viewer, Operator),
        ("/api/v1/alerts", Viewer, Operator),
        ("/api/v1/alertmanager/config", Admin, Admin),
        ("/api/v1/alertmanager/routes/test", Viewer, Viewer),
        ("/api/v1/inputs", Operator, Operator),
        ("/alertmanager", Viewer, Operator),
        ("/api/v1/notifications", Viewer, Operator),
        ("/api/v1/whoami", AnyRole, AnyRole),
        ("/api/v1/query", Viewer, Viewer),
        ("/api/v1/query_range", Viewer, Viewer),
        ("/api/v1/series", Viewer, Viewer),
        ("/api/v1/label", Viewer, Viewer),
        ("/api/v1/labels", Viewer, Viewer),
        ("/api/v1/metadata", Viewer, Viewer),
        ("/api/v1/status", Viewer, Viewer),
        ("/api/openapi.json", Public, Public),
        ("/assets", Public, Public),
        ("/session", Public, Public),
        ("/", Public, Public),
    ];
    for spec in all() {
        let within = |family: &str| {
            spec.path
                .strip_prefix(family)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (_, read, change) = families.iter().find(|(family, ..)| within(family)).unwrap();
        // A question asked by POST is still a question.
        let expected = if spec.methods.contains(&Method::Get) {
            read
        } else {
            change
        };
        assert_eq!(spec.access, *expected, "{:?} {}", spec.methods, spec.path);
    }
}

#[test]
fn nothing_is_changed_by_a_reader() {
    for spec in all() {
        let changes = spec
            .methods
            .iter()
            .any(|m| matches!(m, Method::Put | Method::Delete));
        let refuses_viewers = !matches!(spec.access, Access::Viewer | Access::AnyRole);
        assert!(!changes || refuses_viewers, "{}", spec.name);
        assert!(
            !spec.summary.is_empty() && spec.summary.ends_with('.'),
            "{}",
            spec.name
        );
    }
}

proptest! {
    #[test]
    fn no_path_panics(method in "[A-Z]{0,7}", path in "(/api/v1/(hosts|rules|tokens)/)?[\\PC%/]{0,60}") {
        let _ = match_path::<ApiRoute>(&method, &path);
    }

    #[test]
    fn a_parameter_comes_out_as_it_went_in(host in "[^\\p{C}]{1,60}") {
        let escaped: String = host.bytes().map(|b| format!("%{b:02X}")).collect();
        let found = api("DELETE", &format!("/api/v1/hosts/{escaped}"));
        prop_assert_eq!(found, Ok((ApiRoute::RetireHost, Some(host))));
    }
}
