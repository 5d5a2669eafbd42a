//! Over the wire of the deployed stack: who gets in where, and what one tenant can learn of another.
//!
//! Made from the table of all routes: a route that is added is tried without being named here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use access::{Access, CredentialPlace, Role, RouteSpec, routes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use toban_tests::{Stack, now_ms, series, stack_or_skip};

const RULES: &str = "groups:\n- name: g\n  rules:\n  - alert: OnlyHere\n    expr: vector(1) > 2\n";

struct Wire {
    api_url: String,
    agent: ureq::Agent,
    demo: Tokens,
    other: Tokens,
    system: String,
}

struct Tokens(BTreeMap<String, String>);

impl Tokens {
    fn of(&self, role: Role) -> &str {
        &self.0[role.as_str()]
    }
}

struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: String,
}

impl Answer {
    fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.body
        );
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Wire {
    fn to(stack: &Stack) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self {
            api_url: stack.api_url.clone(),
            agent: config.into(),
            demo: Tokens(stack.tokens.clone()),
            other: Tokens(stack.other.tokens.clone()),
            system: stack.system_token(),
        }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).unwrap();
        let mut response = self.agent.run(request).unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap_or_default(),
        }
    }

    fn with(&self, token: &str, method: &str, path: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut routes = routes::all().filter(|spec| spec.path == path);
        let header = match routes.next().map(|spec| spec.details.credential) {
            Some(CredentialPlace::Header(name)) => (name, token),
            _ => ("authorization", bearer.as_str()),
        };
        self.send(method, path, &[header], body)
    }

    fn get(&self, token: &str, path: &str) -> Answer {
        self.with(token, "GET", path, b"")
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.with(token, "POST", path, body.to_string().as_bytes())
    }
}

/// A name that is nowhere else and in no run before.
fn unique() -> String {
    format!("only{}_{}", now_ms(), std::process::id())
}

/// The route's path with names of things that are not there.
fn path_of(spec: &RouteSpec) -> String {
    spec.path_parameters()
        .fold(spec.path.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), "nothing1")
        })
}

fn every_request() -> impl Iterator<Item = (&'static RouteSpec, &'static str, String)> {
    routes::all().flat_map(|spec| {
        spec.methods
            .iter()
            .map(move |method| (spec, method.as_str(), path_of(spec)))
    })
}

/// As the requirement words it, apart from the code that decides.
fn may(access: Access, role: Role) -> bool {
    match access {
        Access::Public | Access::AnyRole => true,
        Access::Ingest => role == Role::Ingest,
        Access::Viewer => matches!(role, Role::Viewer | Role::Operator | Role::Admin),
        Access::Operator => matches!(role, Role::Operator | Role::Admin),
        Access::Admin => role == Role::Admin,
        Access::OwnDevice | Access::SystemOperator => false,
    }
}

#[test]
fn no_route_but_the_public_ones_opens_without_a_valid_token() {
    let stack = Wire::to(&stack_or_skip!());
    let admin = stack.demo.of(Role::Admin);
    let wrong = format!("{}{}", &admin[..admin.len() - 43], "A".repeat(43));
    let unknown = format!("tbn_demo_abcdefgh12345678_{}", "A".repeat(43));
    let guessed = admin.replacen("tbn_demo_", "tbn_other_", 1);
    let basic =
        |user: &str, token: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
    let headers: [(&str, String); 9] = [
        ("x-nothing", String::new()),
        ("authorization", format!("Bearer {wrong}")),
        ("authorization", format!("Bearer {unknown}")),
        ("authorization", format!("Bearer {guessed}")),
        ("authorization", basic("other", admin)),
        ("authorization", basic("demo", &wrong)),
        ("authorization", "Basic ###".to_owned()),
        ("authorization", format!("Digest {admin}")),
        ("cookie", format!("toban_token={wrong}")),
    ];
    for (spec, method, path) in every_request() {
        for (name, value) in &headers {
            let answer = stack.send(method, &path, &[(name, value)], b"");
            let expected = spec.access != Access::Public;
            assert_eq!(
                answer.status == 401,
                expected,
                "{method} {path} {name}: {}",
                answer.status
            );
            assert_eq!(
                answer.headers.contains_key("www-authenticate"),
                expected,
                "{method} {path}"
            );
        }
    }
}

#[test]
fn each_role_gets_in_where_the_table_says_and_nowhere_else() {
    let stack = Wire::to(&stack_or_skip!());
    for (spec, method, path) in every_request() {
        for role in Role::ALL {
            let answer = stack.with(stack.demo.of(role), method, &path, b"");
            let expected = may(spec.access, role);
            assert_eq!(
                answer.status != 403,
                expected,
                "{role} {method} {path}: {} {}",
                answer.status,
                answer.body
            );
            let public = spec.access == Access::Public;
            assert!(
                public || answer.status != 401,
                "{role} {method} {path}: {}",
                answer.body
            );
            assert!(
                answer.status < 500,
                "{role} {method} {path}: {} {}",
                answer.status,
                answer.body
            );
        }
        let system = stack.with(&stack.system, method, &path, b"");
        let expected = spec.access != Access::Ingest && spec.access != Access::OwnDevice;
        assert_eq!(
            system.status != 403,
            expected,
            "system {method} {path}: {}",
            system.body
        );
    }
}

#[test]
fn basic_auth_and_the_cookie_open_what_the_token_opens() {
    let stack = Wire::to(&stack_or_skip!());
    let viewer = stack.demo.of(Role::Viewer);
    let basic = format!("Basic {}", STANDARD.encode(format!("demo:{viewer}")));
    let cookie = format!("a=b; toban_token={viewer}");
    for path in ["/api/v1/whoami", "/api/v1/query?query=1"] {
        for (name, value) in [("authorization", &basic), ("cookie", &cookie)] {
            let answer = stack.send("GET", path, &[(name, value)], b"");
            assert_eq!(answer.status, 200, "{path} {name} {}", answer.body);
        }
    }
    let admin = format!("toban_token={}", stack.demo.of(Role::Admin));
    let headers = [
        ("cookie", admin.as_str()),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(
        stack
            .send("PUT", "/api/v1/settings", &headers, b"{}")
            .status,
        401
    );
}

#[test]
fn what_one_tenant_has_the_other_neither_reads_nor_changes() {
    let stack = Wire::to(&stack_or_skip!());
    let name = unique();
    let (operator, admin) = (stack.demo.of(Role::Operator), stack.demo.of(Role::Admin));
    let file = format!("/api/v1/rules/{name}");
    let rules = RULES.replace("OnlyHere", &name);
    stack.with(operator, "PUT", &file, rules.as_bytes()).ok();
    let holder = json!({"name": name, "kind": "machine"});
    let made = stack
        .post(
            admin,
            "/api/v1/tokens",
            &json!({"role": "viewer", "holder": holder}),
        )
        .ok();
    let id = made["id"].as_str().unwrap();
    write_sample(&stack, stack.demo.of(Role::Ingest), &name);
    let samples = format!("/api/v1/query?query={name}");
    assert!(
        stack.get(operator, &samples).body.contains(&name),
        "the sample must be there to be hidden"
    );

    reads_nothing(&stack, &name, id);
    changes_nothing(&stack, &name, id);

    assert_eq!(
        stack.get(operator, &file).body,
        rules,
        "nothing of it was changed"
    );
    assert_eq!(
        stack
            .get(made["token"].as_str().unwrap(), "/api/v1/whoami")
            .status,
        200
    );
    stack.with(operator, "DELETE", &file, b"").ok();
    stack
        .with(admin, "DELETE", &format!("/api/v1/tokens/{id}"), b"")
        .ok();
}

/// Tries every route that reads with the other tenant's tokens.
fn reads_nothing(stack: &Wire, name: &str, id: &str) {
    let (spy, spy_admin) = (stack.other.of(Role::Operator), stack.other.of(Role::Admin));
    let samples = format!("/api/v1/query?query={name}");
    for (spec, method, path) in every_request() {
        let reads = method == "GET" && spec.access != Access::Public;
        if reads && spec.path_parameters().next().is_none() {
            let answer = stack.get(spy_admin, &path);
            assert!(
                !answer.body.contains(name) && !answer.body.contains(id),
                "{path} {}",
                answer.body
            );
        }
    }
    for path in [
        &samples,
        &format!("/api/v1/label/{name}/values"),
        &format!("/api/v1/series?match[]={name}"),
    ] {
        let body = stack.get(spy, path).body;
        assert!(
            !body.contains("\"instance\"") && !body.contains("host-of"),
            "{path} {body}"
        );
    }
}

/// Tries to change or remove what is the demo tenant's with the other tenant's tokens.
fn changes_nothing(stack: &Wire, name: &str, id: &str) {
    let (spy, spy_admin) = (stack.other.of(Role::Operator), stack.other.of(Role::Admin));
    let file = format!("/api/v1/rules/{name}");
    let token = format!("/api/v1/tokens/{id}");
    assert_eq!(stack.get(spy, &file).status, 404);
    assert_eq!(stack.with(spy, "DELETE", &file, b"").status, 404);
    assert_eq!(stack.with(spy_admin, "DELETE", &token, b"").status, 404);
    assert_eq!(
        stack
            .post(spy_admin, &format!("{token}/rotate"), &json!({}))
            .status,
        404
    );
    assert_eq!(
        stack
            .with(spy, "DELETE", &format!("/api/v1/hosts/host-of-{name}"), b"")
            .status,
        404
    );
}

fn write_sample(stack: &Wire, token: &str, metric: &str) {
    let host = format!("host-of-{metric}");
    let labels = [
        ("__name__", metric),
        ("instance", host.as_str()),
        (metric, "1"),
    ];
    let body = remote_write::encode(&[series(&labels, &[(now_ms(), 1.0)])]);
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
        ("x-prometheus-remote-write-version", "0.1.0"),
    ];
    let answer = stack.send("POST", "/api/v1/write", &headers, &body);
    assert_eq!(answer.status / 100, 2, "{} {}", answer.status, answer.body);
}

#[test]
fn a_revoked_token_opens_nothing_in_any_function_within_60_s() {
    let stack = Wire::to(&stack_or_skip!());
    let admin = stack.demo.of(Role::Admin);
    let make = |role: &str| {
        let holder = json!({"name": "to be revoked", "kind": "machine"});
        let made = stack
            .post(
                admin,
                "/api/v1/tokens",
                &json!({"role": role, "holder": holder}),
            )
            .ok();
        (
            made["id"].as_str().unwrap().to_owned(),
            made["token"].as_str().unwrap().to_owned(),
        )
    };
    let (viewer, ingest) = (make("viewer"), make("ingest"));
    let asked = || {
        [
            stack.get(&viewer.1, "/api/v1/whoami").status,
            stack.get(&viewer.1, "/api/v1/query?query=1").status,
            stack.with(&ingest.1, "POST", "/api/v1/write", b"").status,
        ]
    };
    assert!(asked().iter().all(|status| *status != 401), "{:?}", asked());
    for (id, _) in [&viewer, &ingest] {
        assert_eq!(
            stack
                .with(admin, "DELETE", &format!("/api/v1/tokens/{id}"), b"")
                .status,
            204
        );
    }
    let revoked = Instant::now();
    while asked() != [401; 3] {
        assert!(revoked.elapsed() < Duration::from_secs(60), "{:?}", asked());
        std::thread::sleep(Duration::from_secs(1));
    }
    println!(
        "revocation acted everywhere after {:.1} s",
        revoked.elapsed().as_secs_f64()
    );
}

#[test]
fn the_trail_of_the_stack_is_whole() {
    let stack = Wire::to(&stack_or_skip!());
    for token in [stack.demo.of(Role::Admin), &stack.system] {
        let mut next = String::new();
        let mut newer: Option<Value> = None;
        let mut oldest = Value::Null;
        loop {
            let page = stack
                .get(token, &format!("/api/v1/audit?limit=50{next}"))
                .ok();
            for entry in page["entries"].as_array().unwrap() {
                hold_entry(entry, newer.as_ref());
                newer = Some(entry.clone());
                oldest = entry["number"].clone();
            }
            let Some(behind) = page["next"].as_str() else {
                break;
            };
            next = format!("&next={behind}");
        }
        assert_eq!(oldest, 1);
    }
}

/// The entry's hash is that of its content, and the newer one names it.
fn hold_entry(entry: &Value, newer: Option<&Value>) {
    let mut record = entry.clone();
    let members = record.as_object_mut().unwrap();
    let hash = members.remove("hash").unwrap();
    let previous = members.remove("previous_hash").unwrap();
    let text = format!("{}{record}", previous.as_str().unwrap());
    assert_eq!(hash, hex::encode(Sha256::digest(text)).as_str(), "{entry}");
    assert!(
        newer.is_none_or(|newer| newer["previous_hash"] == hash),
        "{entry}"
    );
}

#[test]
fn the_description_of_the_api_names_every_route() {
    let stack = Wire::to(&stack_or_skip!());
    let document = stack.send("GET", "/api/openapi.json", &[], b"").ok();
    assert_eq!(document["openapi"], "3.1.0");
    for (_, method, path) in routes::all().flat_map(|spec| {
        spec.methods
            .iter()
            .map(move |method| (spec, method.as_str(), spec.path))
    }) {
        assert!(
            document["paths"][path][method.to_lowercase()].is_object(),
            "{method} {path}"
        );
    }
}
