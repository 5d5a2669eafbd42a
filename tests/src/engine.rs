use serde_json::Value;

use crate::{Response, http};

/// The engine lets this key do everything, and looks at no signature of it.
const CREDENTIAL: &str = "AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/lambda/aws4_request, \
                          SignedHeaders=host, Signature=x";

/// The engine that runs the functions.
#[derive(Debug, Clone)]
pub struct Engine {
    url: String,
    stack_name: String,
}

impl Engine {
    pub(crate) fn new(url: &str, stack_name: &str) -> Self {
        Self {
            url: url.to_owned(),
            stack_name: stack_name.to_owned(),
        }
    }

    /// Starts a function as a schedule would and waits for its end.
    ///
    /// # Panics
    /// When it fails.
    pub fn tick(&self, function: &str) {
        let answer = self.invoke(function, &serde_json::json!({}));
        let failed = answer.header("x-amz-function-error").is_some();
        assert!(
            answer.status == 200 && !failed,
            "{function}: {}",
            answer.text()
        );
    }

    /// Deploys a function anew, with a little more memory: its processes end, and fresh ones take over.
    ///
    /// # Panics
    /// When the engine refuses.
    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    pub fn deploy_anew(&self, function: &str) {
        let url = format!(
            "{}/2015-03-31/functions/{}-{function}/configuration",
            self.url, self.stack_name
        );
        let headers = [
            ("content-type", "application/json"),
            ("authorization", CREDENTIAL),
        ];
        let before = http::send("GET", &url, &headers, b"").expect("the engine answers");
        let memory_mb = before.json()["MemorySize"].as_u64().unwrap_or(128);
        let change = serde_json::json!({"MemorySize": memory_mb + 1}).to_string();
        let answer =
            http::send("PUT", &url, &headers, change.as_bytes()).expect("the engine answers");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Starts a function with an event.
    ///
    /// # Panics
    /// When the engine does not answer.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    pub fn invoke(&self, function: &str, event: &Value) -> Response {
        let url = format!(
            "{}/2015-03-31/functions/{}-{function}/invocations",
            self.url, self.stack_name
        );
        let headers = [
            ("content-type", "application/json"),
            ("authorization", CREDENTIAL),
        ];
        http::send("POST", &url, &headers, event.to_string().as_bytes())
            .expect("the engine answers")
    }
}
