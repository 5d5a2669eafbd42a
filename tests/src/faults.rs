use serde::Deserialize;
use serde_json::json;

use crate::http;

/// The proxy between functions and DynamoDB or SQS: counts calls, and breaks those it is told to.
#[derive(Debug, Clone)]
pub struct Faults {
    url: String,
}

/// How often one kind of call was made.
#[derive(Debug, Clone, Deserialize)]
pub struct Calls {
    /// By which function.
    pub function: String,
    /// `PutItem`, `SendMessage`...
    pub operation: String,
    /// For which tenants.
    pub tenants: Vec<String>,
    /// Items or messages in all.
    pub items: u64,
    /// Calls in all.
    pub calls: u64,
}

#[derive(Deserialize)]
struct Report {
    calls: Vec<Calls>,
    faults: Vec<Waiting>,
}

#[derive(Deserialize)]
struct Waiting {
    tenant: String,
    remaining: u32,
}

impl Faults {
    pub(crate) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// Breaks the next `remaining` calls of `function` whose operation matches, for one tenant.
    ///
    /// # Panics
    /// When the proxy does not take it.
    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    pub fn add(&self, action: &str, tenant: &str, function: &str, operation: &str, remaining: u32) {
        let fault = json!({
            "action": action, "tenant": tenant, "function": function, "operation": operation,
            "remaining": remaining,
        });
        let url = format!("{}/fault", self.url);
        let body = fault.to_string();
        let answer = http::send("POST", &url, &[], body.as_bytes()).expect("the proxy answers");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Takes back what was set for a tenant and has not happened.
    ///
    /// # Panics
    /// When the proxy does not take it.
    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    pub fn clear(&self, tenant: &str) {
        let url = format!("{}/clear", self.url);
        let body = json!({ "tenant": tenant }).to_string();
        let answer = http::send("POST", &url, &[], body.as_bytes()).expect("the proxy answers");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// How many calls of a tenant would still be broken: 0 once everything that was set has happened.
    #[must_use]
    pub fn left(&self, tenant: &str) -> u32 {
        let of_tenant = self
            .report()
            .faults
            .into_iter()
            .filter(|fault| fault.tenant == tenant);
        of_tenant.map(|fault| fault.remaining).sum()
    }

    /// The calls made so far that concern a tenant.
    #[must_use]
    pub fn calls_of(&self, tenant: &str) -> Vec<Calls> {
        let concerns = |calls: &Calls| calls.tenants.iter().any(|name| name == tenant);
        self.report().calls.into_iter().filter(concerns).collect()
    }

    #[allow(
        clippy::expect_used,
        reason = "a stack that does not answer must fail the test"
    )]
    fn report(&self) -> Report {
        let url = format!("{}/counts", self.url);
        let answer = http::send("GET", &url, &[], b"").expect("the proxy answers");
        serde_json::from_slice(&answer.body).expect("counts are JSON")
    }
}
