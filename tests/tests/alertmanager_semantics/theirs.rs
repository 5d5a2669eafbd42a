//! Through Debian's Alertmanager, in real time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use toban_tests::{Alertmanager, Client, Response, request};
use tokio::time::{Instant, sleep, sleep_until};

use crate::endpoint::{Answer, Endpoint, Seen};
use crate::scenario::{Event, Labels, STEP_MS, STEPS, Scenario, config};
use crate::{Heard, Said};

pub async fn run(client: &Client, scenarios: &[Scenario]) -> Heard {
    let receiver = Endpoint::start(vec![Answer::status(200)]).await;
    let config = config(scenarios, &receiver.url());
    let mut alertmanager = Alertmanager::start(client, &config);
    let api = alertmanager.api.clone();
    let mut silences = BTreeMap::new();
    let begin = Instant::now() + Duration::from_millis(200);
    for step in 0..STEPS {
        sleep_until(begin + Duration::from_millis(step as u64 * STEP_MS as u64)).await;
        happen(&api, step, scenarios, &mut silences);
    }
    sleep(Duration::from_millis(STEP_MS as u64 - 500)).await;
    alertmanager.must_live();
    receiver.seen().iter().fold(Heard::new(), add)
}

fn happen(
    api: &str,
    step: usize,
    scenarios: &[Scenario],
    silences: &mut BTreeMap<(usize, usize), String>,
) {
    let mut alerts = Vec::new();
    for (number, scenario) in scenarios.iter().enumerate() {
        for (_, event) in scenario.events.iter().filter(|(at, _)| *at == step) {
            match event {
                Event::Fires(labels) => alerts.push(json!({ "labels": labels })),
                Event::Ends(labels) => {
                    alerts.push(json!({ "labels": labels, "endsAt": now() }));
                }
                Event::Silence(id, labels) => {
                    silences.insert((number, *id), silence(api, labels));
                }
                Event::Unsilence(id) => {
                    let id = &silences[&(number, *id)];
                    let url = format!("{api}/silence/{id}");
                    assert_eq!(request("DELETE", &url, &[], b"").unwrap().status, 200);
                }
            }
        }
    }
    let posted = post(&format!("{api}/alerts"), &json!(alerts));
    assert_eq!(posted.status, 200, "{}", posted.text());
}

fn silence(api: &str, labels: &Labels) -> String {
    let matcher = |(name, value): (&String, &String)| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
    let silence = json!({
        "matchers": labels.iter().map(matcher).collect::<Vec<Value>>(),
        "startsAt": now(), "endsAt": "2199-01-01T00:00:00Z",
        "createdBy": "test", "comment": "test",
    });
    let made = post(&format!("{api}/silences"), &silence);
    made.json()["silenceID"].as_str().unwrap().to_owned()
}

fn post(url: &str, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    request("POST", url, &headers, body.to_string().as_bytes()).unwrap()
}

#[allow(
    clippy::disallowed_methods,
    reason = "Alertmanager's clock is the machine's"
)]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn add(mut heard: Heard, seen: &Seen) -> Heard {
    let body = seen.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let mut said = Said::default();
    for alert in body["alerts"].as_array().unwrap() {
        let labels: Labels = serde_json::from_value(alert["labels"].clone()).unwrap();
        let of = match alert["status"].as_str() {
            Some("firing") => &mut said.firing,
            _ => &mut said.resolved,
        };
        of.insert(format!("{labels:?}"));
    }
    let way = (text("receiver"), text("groupKey"));
    heard.entry(way).or_default().push(said);
    heard
}
