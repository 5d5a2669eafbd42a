//! Who gets in where? Each route of `serve-api` with each kind of caller, and what the door itself says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod support;

use access::routes::{ApiRoute, IngestRoute, QueryRoute};
use access::{Access, Role, RouteTable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_access::{Answer, Call, HttpEvent, HttpResponse, serve};
use serde_json::json;
use state_table::StateTable;
use support::{Request, Stack, sample_path};

fn may(access: Access, role: Role) -> bool {
    match access {
        Access::Public | Access::AnyRole => true,
        Access::Viewer => matches!(role, Role::Viewer | Role::Operator | Role::Admin),
        Access::Operator => matches!(role, Role::Operator | Role::Admin),
        Access::Admin => role == Role::Admin,
        Access::Ingest => role == Role::Ingest,
        Access::OwnDevice | Access::SystemOperator => false,
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let (stack, tokens) = Stack::start().await;
    let wrong = format!(
        "{}A",
        &tokens.demo(Role::Admin)[..tokens.demo(Role::Admin).len() - 1]
    );
    let borrowed = tokens.demo(Role::Admin).replace("tbn_demo_", "tbn_other_");
    let mut asked = 0;
    for route in ApiRoute::ALL {
        let spec = route.spec();
        for method in spec.methods {
            let request = || Request::new(method.as_str(), &sample_path(*route));
            let public = spec.access == Access::Public;
            for nobody in [
                request(),
                request().token(&wrong),
                request().token(&borrowed),
                request().token("tbn_demo_nothing1"),
                request().header("authorization", "Basic ###"),
                request().header("cookie", "toban_token=x"),
            ] {
                let status = stack.send(nobody).await.status();
                assert_eq!(status == 401, !public, "{route:?} {status}");
                asked += 1;
            }
            for (role, token) in &tokens.demo {
                let response = stack.send(request().token(token)).await;
                let expected = may(spec.access, *role);
                assert_eq!(
                    response.status() != 403,
                    expected,
                    "{role} {route:?} {}",
                    response.0.body
                );
                assert!(response.status() < 500 && (public || response.status() != 401));
                asked += 1;
            }
            let system = stack.send(request().token(&tokens.system)).await.status();
            assert!(spec.access == Access::Ingest || system != 403, "{route:?}");
        }
    }
    assert_eq!(asked, (6 + Role::ALL.len()) * ApiRoute::ALL.len());
}

#[tokio::test]
async fn a_token_opens_as_bearer_as_basic_and_as_cookie() {
    let (stack, tokens) = Stack::start().await;
    let token = tokens.demo(Role::Viewer);
    let basic = |user: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
    let whoami = || Request::new("GET", "/api/v1/whoami");
    for good in [
        whoami().token(token),
        whoami().header("authorization", &basic("demo")),
        whoami().header("cookie", &format!("a=b; toban_token={token}")),
    ] {
        let shown = stack.send(good).await.ok();
        assert_eq!(
            (&shown["tenant"], &shown["role"]),
            (&json!("demo"), &json!("viewer"))
        );
    }
    let refused = stack
        .send(whoami().header("authorization", &basic("other")))
        .await;
    assert_eq!(refused.status(), 401);
    let challenge = &refused.0.headers["www-authenticate"];
    assert!(challenge.contains("Bearer") && challenge.contains("Basic"));
    let in_browser = stack
        .send(whoami().header("sec-fetch-site", "same-origin"))
        .await;
    assert!(
        !in_browser.0.headers["www-authenticate"].contains("Basic"),
        "a browser would pop up"
    );
}

#[tokio::test]
async fn influxdbs_clients_come_in_with_their_own_scheme_and_are_refused_in_their_own_words() {
    let (stack, tokens) = Stack::start().await;
    let knocked = async |authorization: String| {
        let mut event = event("POST", "/api/v2/write", "", "", false);
        event["headers"] = json!({"authorization": authorization});
        knock::<IngestRoute>(&stack, event).await
    };
    let token = tokens.demo(Role::Ingest);
    assert_eq!(knocked(format!("Token {token}")).await.status_code, 204);
    let refused = knocked("Token x".to_owned()).await;
    let body: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(
        (refused.status_code, &body["code"]),
        (401, &json!("unauthorized"))
    );
    let large = event(
        "POST",
        "/api/v2/write",
        token,
        &"A".repeat(4_600_000),
        false,
    );
    let refused = knock::<IngestRoute>(&stack, large).await;
    let body: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(
        (refused.status_code, &body["code"]),
        (413, &json!("request too large"))
    );
}

#[tokio::test]
async fn firehose_carries_its_token_where_it_can_and_reads_its_own_form() {
    let (stack, tokens) = Stack::start().await;
    let token = tokens.demo(Role::Ingest);
    let knocked = async |name: &str, value: &str| {
        let mut event = event("POST", "/api/v1/firehose", "", "{}", false);
        event["headers"] = json!({name: value, "x-amz-firehose-request-id": "ed4acda5"});
        knock::<IngestRoute>(&stack, event).await
    };
    assert_eq!(
        knocked("x-amz-firehose-access-key", token)
            .await
            .status_code,
        204
    );
    for (name, value, status) in [
        ("x-amz-firehose-access-key", "x", 401),
        ("x-amz-firehose-access-key", tokens.demo(Role::Viewer), 403),
        ("authorization", &format!("Bearer {token}"), 401),
        ("cookie", &format!("toban_token={token}"), 401),
    ] {
        let refused = knocked(name, value).await;
        let body: serde_json::Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!(
            (refused.status_code, &body["requestId"]),
            (status, &json!("ed4acda5"))
        );
        assert_eq!(refused.headers["content-type"], "application/json");
        assert!(body["timestamp"].is_i64() && body["errorMessage"].is_string());
    }
    // Elsewhere the header opens nothing.
    let mut event = event("POST", "/api/v1/write", "", "", false);
    event["headers"] = json!({"x-amz-firehose-access-key": token});
    assert_eq!(knock::<IngestRoute>(&stack, event).await.status_code, 401);
}

#[tokio::test]
async fn another_sites_page_changes_nothing_with_our_cookie() {
    let (stack, tokens) = Stack::start().await;
    let cookie = format!("toban_token={}", tokens.demo(Role::Admin));
    let put = || {
        Request::new("PUT", "/api/v1/settings")
            .header("cookie", &cookie)
            .json(&json!({"settings": {"language": "ja"}}))
    };
    for (request, status) in [
        (put(), 401),
        (put().header("origin", "https://evil.example"), 401),
        (put().header("sec-fetch-site", "cross-site"), 401),
        (put().header("origin", support::PUBLIC_URL), 200),
        (put().header("sec-fetch-site", "same-origin"), 200),
    ] {
        assert_eq!(stack.send(request).await.status(), status);
    }
}

/// A door without a house: the handler answers 204 to whoever gets in.
async fn knock<R: RouteTable>(stack: &Stack, event: serde_json::Value) -> HttpResponse {
    let event: HttpEvent = serde_json::from_value(event).unwrap();
    serve(event, &stack.entry, stack.now.get(), async |_: Call<R>| {
        Ok(Answer::empty(204))
    })
    .await
}

fn event(method: &str, path: &str, token: &str, body: &str, base64: bool) -> serde_json::Value {
    json!({
        "rawPath": path, "headers": {"authorization": format!("Bearer {token}")},
        "body": body, "isBase64Encoded": base64,
        "requestContext": {"requestId": "r-1", "http": {"method": method}},
    })
}

#[tokio::test]
async fn a_body_that_can_not_be_read_is_the_callers_to_change() {
    let (stack, tokens) = Stack::start().await;
    let ingest = tokens.demo(Role::Ingest);
    let write = |body: &str, base64| event("POST", "/api/v1/write", ingest, body, base64);
    assert_eq!(
        knock::<IngestRoute>(&stack, write("AAAA", true))
            .await
            .status_code,
        204
    );
    assert_eq!(
        knock::<IngestRoute>(&stack, write("%%%", true))
            .await
            .status_code,
        400
    );
    let large = "A".repeat(8_000_000);
    let answered = knock::<IngestRoute>(&stack, write(&large, true)).await;
    assert_eq!(
        answered.status_code, 400,
        "413 would be sent again for ever"
    );
    let put = event(
        "PUT",
        "/api/v1/rules/a",
        tokens.demo(Role::Operator),
        &large[..300_000],
        false,
    );
    assert_eq!(knock::<ApiRoute>(&stack, put).await.status_code, 413);
}

#[tokio::test]
async fn what_is_no_route_and_what_is_no_method_say_so() {
    let (stack, _) = Stack::start().await;
    let knocked = knock::<ApiRoute>(&stack, event("GET", "/nothing", "", "", false)).await;
    assert_eq!(knocked.status_code, 404);
    assert_eq!(knocked.headers["content-type"], "application/problem+json");
    let knocked = knock::<ApiRoute>(&stack, event("PATCH", "/api/v1/query", "", "", false)).await;
    assert_eq!(
        (knocked.status_code, knocked.headers["allow"].as_str()),
        (405, "GET, POST")
    );
    let knocked = knock::<ApiRoute>(&stack, json!({})).await;
    assert_eq!(knocked.status_code, 404);
}

#[tokio::test]
async fn a_prometheus_path_refuses_in_prometheus_words() {
    let (stack, tokens) = Stack::start().await;
    let ask = event("GET", "/api/v1/query", tokens.demo(Role::Ingest), "", false);
    let knocked = knock::<QueryRoute>(&stack, ask).await;
    assert_eq!(knocked.status_code, 403);
    let body: serde_json::Value = serde_json::from_str(&knocked.body).unwrap();
    assert_eq!(
        (&body["status"], &body["errorType"]),
        (&json!("error"), &json!("forbidden"))
    );
}

#[tokio::test]
async fn a_panic_is_an_answer_without_its_reason() {
    let (stack, tokens) = Stack::start().await;
    let event = event(
        "GET",
        "/api/v1/whoami",
        tokens.demo(Role::Viewer),
        "",
        false,
    );
    let event: HttpEvent = serde_json::from_value(event).unwrap();
    let response = serve(
        event,
        &stack.entry,
        stack.now.get(),
        async |_: Call<ApiRoute>| panic!("secret detail"),
    )
    .await;
    assert_eq!(response.status_code, 500);
    assert!(response.body.contains("r-1") && !response.body.contains("secret"));
}

#[tokio::test]
async fn a_table_that_is_down_is_503_and_public_routes_do_not_ask_it() {
    let stack = Stack::on(StateTable::new(
        support::client("http://127.0.0.1:9"),
        "state",
    ));
    let token = stack.mint("demo").reveal();
    let response = stack.get(&token, "/api/v1/whoami").await;
    assert_eq!(response.status(), 503);
    assert!(response.0.headers["retry-after"].parse::<u32>().is_ok());
    assert_eq!(stack.get(&token, "/api/openapi.json").await.status(), 200);
    assert_eq!(stack.get("nonsense", "/api/v1/whoami").await.status(), 401);
}
