//! What does a tenant know of alerts and notifications?

use serde_json::{Value, json};

use crate::{Stack, Tenant, wait_for};

/// A tenant whose default receiver is a mail address.
///
/// # Panics
/// When the stack refuses it.
#[must_use]
pub fn tenant_with_mail(stack: &Stack, purpose: &str) -> Tenant {
    let tenant = stack.new_tenant(purpose);
    let receivers =
        json!([{"name": "mail", "kind": "mail", "to": "a@example.com", "language": "en"}]);
    change_settings(&tenant, "default_receivers", receivers);
    tenant
}

/// Sets one of a tenant's settings.
///
/// # Panics
/// When it is refused.
pub fn change_settings(tenant: &Tenant, name: &str, value: Value) {
    let mut settings = tenant
        .api("admin", "GET", "/api/v1/settings", &Value::Null)
        .json();
    settings["settings"][name] = value;
    let answer = tenant.api("admin", "PUT", "/api/v1/settings", &settings);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Reason and alert name of every notification, oldest first.
#[must_use]
pub fn told(tenant: &Tenant) -> Vec<(String, String)> {
    let list = tenant.get("/api/v1/notifications").json();
    let notifications = list["notifications"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut told: Vec<_> = notifications
        .iter()
        .map(|one| {
            (
                text(&one["reason"]),
                text(&one["alerts"][0]["alert"]["labels"]["alertname"]),
            )
        })
        .collect();
    told.reverse();
    told
}

/// Waits until so many notifications went out, and insists on what they are.
///
/// # Panics
/// When they are others, or too few within 20 s.
pub fn told_exactly(tenant: &Tenant, expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    wait_for(&format!("{expected:?} in the notifications"), 20, || {
        (told(tenant).len() >= expected.len()).then_some(())
    });
    assert_eq!(told(tenant), expected);
}

/// Name and state of every pending and firing alert.
///
/// # Panics
/// When the API does not answer as documented.
#[must_use]
pub fn alerts(tenant: &Tenant) -> Vec<(String, String)> {
    let answer = tenant.get("/api/v1/alerts");
    assert_eq!(answer.json()["status"], "success", "{}", answer.text());
    let alerts = answer.json()["data"]["alerts"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut found: Vec<_> = alerts
        .iter()
        .map(|one| (text(&one["labels"]["alertname"]), text(&one["state"])))
        .collect();
    found.sort();
    found
}

/// What [`alerts`] says where there is one.
#[must_use]
pub fn one_alert(name: &str, state: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), state.to_owned())]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
