use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Engine, Faults, Response, http, now_ms, wait_for};

/// What `stack.json` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Stack {
    /// Where the API is.
    pub api_url: String,
    /// Where the engine is.
    pub aws_endpoint_url: String,
    /// The first tenant's name.
    pub tenant: String,
    /// The first tenant's tokens, by role.
    pub tokens: BTreeMap<String, String>,
    /// The second tenant.
    pub other: OtherTenant,
    /// What the template gives out.
    pub outputs: BTreeMap<String, String>,
    /// The stack's name, which begins each function's name.
    pub stack_name: String,
    system_token_file: PathBuf,
    fault_control_url: Option<String>,
}

/// The second tenant of a stack.
#[derive(Debug, Clone, Deserialize)]
pub struct OtherTenant {
    /// Its name.
    pub tenant: String,
    /// Its tokens, by role.
    pub tokens: BTreeMap<String, String>,
}

/// One tenant and its tokens.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    api_url: String,
    tokens: BTreeMap<String, String>,
}

/// Whether full counts are wanted (`make prove`).
#[must_use]
pub fn is_thorough() -> bool {
    env("TOBAN_PROVE").is_some()
}

fn env(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "this is what tests are told by")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Stack {
    /// The stack that `TOBAN_TEST_STACK` names.
    ///
    /// # Panics
    /// When it names one that can't be read.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn under_test() -> Option<Self> {
        let path = env("TOBAN_TEST_STACK")?;
        let text = std::fs::read_to_string(&path).expect("TOBAN_TEST_STACK names a readable file");
        Some(serde_json::from_str(&text).expect("stack.json has the documented shape"))
    }

    /// The first tenant.
    #[must_use]
    pub fn demo(&self) -> Tenant {
        Tenant {
            name: self.tenant.clone(),
            api_url: self.api_url.clone(),
            tokens: self.tokens.clone(),
        }
    }

    /// The second tenant.
    #[must_use]
    pub fn other(&self) -> Tenant {
        Tenant {
            name: self.other.tenant.clone(),
            api_url: self.api_url.clone(),
            tokens: self.other.tokens.clone(),
        }
    }

    /// Its folder, by which its processes are known.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.system_token_file.parent().unwrap_or(Path::new("/"))
    }

    /// The operator of operators' token.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn system_token(&self) -> String {
        let text =
            std::fs::read_to_string(&self.system_token_file).expect("the system token is kept");
        text.trim().to_owned()
    }

    /// A fresh tenant with a token of each role.
    ///
    /// # Panics
    /// When the stack refuses it.
    #[must_use]
    pub fn new_tenant(&self, purpose: &str) -> Tenant {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!(
            "{purpose}-{:x}-{:x}-{nth}",
            now_ms() & 0xff_ffff,
            std::process::id()
        );
        let system = format!("Bearer {}", self.system_token());
        let wanted = json!({"tenant": name, "holder": {"name": "test", "kind": "machine"}});
        let created = when_available(|| self.api("POST", "/api/v1/tenants", &system, &wanted));
        assert_eq!(created.status, 201, "{}", created.text());
        let admin = text(&created.json()["token"], &created);
        let mut tenant = Tenant {
            name,
            api_url: self.api_url.clone(),
            tokens: BTreeMap::from([("admin".to_owned(), admin)]),
        };
        for role in ["ingest", "viewer", "operator"] {
            let token = tenant.new_token(role);
            tenant.tokens.insert(role.to_owned(), token);
        }
        tenant
    }

    /// Says what a tenant may send, as the operator of operators.
    ///
    /// # Panics
    /// When the stack refuses it.
    pub fn set_quotas(&self, tenant: &Tenant, quotas: &Value) {
        let path = format!("/api/v1/tenants/{}/quotas", tenant.name);
        let system = format!("Bearer {}", self.system_token());
        let set = self.api("PUT", &path, &system, &json!({"quotas": quotas}));
        assert_eq!(set.status, 200, "{}", set.text());
    }

    fn api(&self, method: &str, path: &str, authorization: &str, body: &Value) -> Response {
        call(&self.api_url, method, path, authorization, body)
    }

    /// The counting and breaking proxy between functions and DynamoDB.
    ///
    /// # Panics
    /// When the stack was started without.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn faults(&self) -> Faults {
        Faults::at(
            self.fault_control_url
                .as_deref()
                .expect("the stack has a fault proxy"),
        )
    }

    /// The engine that runs the functions.
    #[must_use]
    pub fn engine(&self) -> Engine {
        Engine::new(&self.aws_endpoint_url, &self.stack_name)
    }
}

impl Tenant {
    /// Where its API is.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The token of a role.
    ///
    /// # Panics
    /// When the tenant has none.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        &self.tokens[role]
    }

    /// One request with the token of `role`, a JSON body where it is not null.
    #[must_use]
    pub fn api(&self, role: &str, method: &str, path: &str, body: &Value) -> Response {
        let bearer = format!("Bearer {}", self.token(role));
        call(&self.api_url, method, path, &bearer, body)
    }

    /// A read as `viewer`.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.api("viewer", "GET", path, &Value::Null)
    }

    /// One request with the token of `role` and bytes as they are.
    ///
    /// # Panics
    /// When nothing answers.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    pub fn send(
        &self,
        role: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let bearer = format!("Bearer {}", self.token(role));
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        http::send(method, &format!("{}{path}", self.api_url), &all, body).expect("the API answers")
    }

    /// A new token of `role`.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn new_token(&self, role: &str) -> String {
        let body = json!({"role": role, "holder": {"name": "test", "kind": "machine"}});
        let created = when_available(|| self.api("admin", "POST", "/api/v1/tokens", &body));
        assert_eq!(created.status, 201, "{}", created.text());
        text(&created.json()["token"], &created)
    }

    /// The same tenant with a new token in place of that of `role`.
    #[must_use]
    pub fn with_new_token(mut self, role: &str) -> Self {
        let token = self.new_token(role);
        self.tokens.insert(role.to_owned(), token);
        self
    }

    /// Puts a rule file.
    ///
    /// # Panics
    /// When it is refused.
    pub fn put_rules(&self, name: &str, yaml: &str) {
        let path = format!("/api/v1/rules/{name}");
        let headers = [("content-type", "application/yaml")];
        let answer = self.send("operator", "PUT", &path, &headers, yaml.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// An instant query's `data.result`.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn query(&self, expression: &str, at_ms: i64) -> Value {
        let query = encoded(expression);
        let path = format!(
            "/api/v1/query?query={query}&time={}.{:03}",
            at_ms / 1000,
            at_ms % 1000
        );
        let answer = self.get(&path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["data"]["result"].clone()
    }
}

/// Sets up while the machine is busy: 503 asks to come again.
fn when_available(mut ask: impl FnMut() -> Response) -> Response {
    wait_for("the API being available", 90, || {
        Some(ask()).filter(|answer| answer.status != 503)
    })
}

/// Percent-encoded for a query string.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn text(value: &Value, answer: &Response) -> String {
    let text = value.as_str().unwrap_or_default().to_owned();
    assert!(!text.is_empty(), "no token in {}", answer.text());
    text
}

#[allow(
    clippy::expect_used,
    reason = "a stack that does not answer must fail the test"
)]
fn call(api_url: &str, method: &str, path: &str, authorization: &str, body: &Value) -> Response {
    let bytes = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    let headers = [
        ("authorization", authorization),
        ("content-type", "application/json"),
    ];
    http::send(method, &format!("{api_url}{path}"), &headers, &bytes).expect("the API answers")
}
