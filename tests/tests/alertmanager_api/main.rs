//! Does our Alertmanager API answer as Debian's Alertmanager does? The same requests to both, good and bad, field by field.
//!
//! Ours are the functions themselves on an embedded table; what is posted goes through `route-alerts` before the next
//! request, as it does within a second on a stack.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it"
)]

mod cases;
mod clients;
mod compare;
mod gateway;
mod ours;
mod requests;
mod silence_cases;

#[path = "../../../functions/serve-alertmanager/tests/support/mod.rs"]
mod support;

use alertmanager_config::Config;
use compare::Comparison;
use ours::Ours;
use requests::{Answer, Asked};
use serde_json::Value;
use toban_tests::{Alertmanager, client_or_skip, request, stack_or_skip};

const CONFIG: &str = r#"
route:
  receiver: default
  group_by: [alertname]
  group_wait: 1s
  routes:
  - {receiver: pager, matchers: [severity="page"], group_by: [alertname, cluster], continue: true}
  - {receiver: web, matchers: [team="web"], group_by: ["..."]}
  - {receiver: pager, matchers: [severity="page", cluster=~"c.*"]}
inhibit_rules:
- {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [cluster]}
receivers:
- name: default
- name: pager
- name: web
  webhook_configs: [{url: "http://hooks.example/secret", send_resolved: false}]
"#;

/// Both, and what differs so far.
struct Both {
    theirs: String,
    ours: Ours,
    comparison: Comparison,
    differences: Vec<String>,
    asked: usize,
}

impl Both {
    async fn ask(&mut self, asked: &Asked) {
        let theirs = self.ask_theirs(asked);
        let ours = self.ours.ask(asked, &self.comparison).await;
        self.asked += 1;
        let deviation = asked.deviation.filter(|_| theirs.status != ours.status);
        let differs = match deviation {
            Some(statuses) => {
                (statuses != (theirs.status, ours.status)).then(|| "status".to_owned())
            }
            None if asked.deviation.is_some() => Some("there is no deviation any more".to_owned()),
            None => self.comparison.difference(&theirs, &ours).err(),
        };
        if let Some(difference) = differs {
            let told = format!("{asked}: {difference}\n    theirs: {theirs}\n    ours:   {ours}");
            self.differences.push(told);
        }
    }

    /// Where it hangs up, the status is 0.
    fn ask_theirs(&self, asked: &Asked) -> Answer {
        let url = format!("{}{}", self.theirs, self.comparison.theirs(&asked.path));
        let body = self.comparison.theirs(&asked.body);
        let media_type = [("content-type", asked.media_type)];
        let headers = if asked.media_type.is_empty() {
            &[][..]
        } else {
            &media_type[..]
        };
        match request(asked.method, &url, headers, body.as_bytes()) {
            Ok(answer) => Answer::new(answer.status, &answer.text()),
            Err(_) => Answer::new(0, ""),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_answered_as_alertmanager_answers_it() {
    let client = client_or_skip!("prometheus-alertmanager");
    let mut alertmanager = Alertmanager::start(&client, CONFIG);
    let mut both = Both {
        theirs: alertmanager.api.clone(),
        ours: Ours::start(CONFIG).await,
        comparison: Comparison::default(),
        differences: Vec::new(),
        asked: 0,
    };
    for asked in cases::all() {
        tokio::time::sleep(std::time::Duration::from_millis(asked.waits_ms)).await;
        both.ask(&asked).await;
    }
    alertmanager.must_live();
    eprintln!(
        "{} requests, {} differences",
        both.asked,
        both.differences.len()
    );
    assert!(both.asked > 150, "{} requests", both.asked);
    assert!(
        both.differences.is_empty(),
        "{}",
        both.differences.join("\n")
    );
}

#[test]
fn an_unmodified_amtool_works() {
    let client = client_or_skip!("amtool");
    clients::amtool_works(&client, &gateway::start(CONFIG));
}

#[test]
fn an_unmodified_prometheus_sends_its_alerts() {
    let client = client_or_skip!("prometheus");
    clients::prometheus_sends(&client, &gateway::start(CONFIG));
}

/// The same on the deployed stack, whose engine enforces what the function may call.
#[test]
fn unmodified_clients_work_on_the_stack() {
    let stack = stack_or_skip!();
    let amtool = client_or_skip!("amtool");
    let prometheus = client_or_skip!("prometheus");
    let (tenant, other) = (
        stack.new_tenant("alertmanager"),
        stack.new_tenant("another"),
    );
    let path = "/api/v1/alertmanager/config";
    let put = tenant.send("admin", "PUT", path, &[], CONFIG.as_bytes());
    assert_eq!(put.status, 200, "{}", put.text());
    let shown = tenant.send("admin", "GET", path, &[], b"").text();
    assert!(
        shown.contains("<secret>") && !shown.contains("hooks.example"),
        "{shown}"
    );
    let again = tenant.send("admin", "PUT", path, &[], shown.as_bytes());
    assert_eq!(again.json()["version"], 1, "{}", again.text());
    let api = clients::Api {
        address: stack.api_url.replace("http://", ""),
        tenant: tenant.name.clone(),
        operator: tenant.token("operator").to_owned(),
        viewer: tenant.token("viewer").to_owned(),
        others_viewer: other.token("viewer").to_owned(),
    };
    clients::amtool_works(&amtool, &api);
    clients::prometheus_sends(&prometheus, &api);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_shows_the_same_configuration_and_the_same_fields() {
    let client = client_or_skip!("prometheus-alertmanager");
    let alertmanager = Alertmanager::start(&client, CONFIG);
    let theirs = request("GET", &format!("{}/status", alertmanager.api), &[], b"").unwrap();
    let theirs: Value = serde_json::from_str(&theirs.text()).unwrap();
    let ours = Ours::start(CONFIG).await;
    let (asked, names) = (Asked::new("GET", "/status", ""), Comparison::default());
    let ours: Value = ours.ask(&asked, &names).await.body;
    let config = |status: &Value| {
        let text = status["config"]["original"].as_str().unwrap();
        let text = text.replace("http://<secret>", "<secret>");
        let mut config = Config::parse(&text).unwrap();
        // Theirs shows a webhook's address.
        let _ = config.take_secrets();
        config
    };
    assert_eq!(config(&ours), config(&theirs));
    assert_eq!(compare::fields(&ours), compare::fields(&theirs));
    assert_eq!(ours["cluster"], theirs["cluster"]);
    assert_eq!(
        ours["versionInfo"]["version"],
        theirs["versionInfo"]["version"]
    );
}
