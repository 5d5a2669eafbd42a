//! The same rule files in Debian's Prometheus and here: do both say the same?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use toban_tests::prometheus::{Credentials, remote_write_to, scraping};
use toban_tests::{NodeExporter, Prometheus, Tenant, client_or_skip, stack_or_skip, wait_for};

fn default_rules() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../infra/default-rules.yml"
    ))
}

#[test]
fn promtool_takes_the_default_rules() {
    let promtool = client_or_skip!("promtool");
    let checked = Command::new(&promtool.path)
        .args(["check", "rules", "--lint-fatal"])
        .arg(default_rules())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let complained = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success(), "{said}{complained}");
    assert!(said.contains("rules found"), "{said}");
}

/// Rules that fire on any machine: from one series, over one host, over all; at once and after a time.
const RULES: &str = r#"
groups:
  - name: real clients
    interval: 2s
    rules:
      - alert: HasMemory
        expr: node_memory_MemTotal_bytes > 0
        labels: {severity: info, host: "{{ $labels.instance }}"}
        annotations:
          summary: "{{ $labels.job }} on {{ $labels.instance }}: {{ $value | humanize1024 }}B, {{ printf \"%.3e\" $value }}"
      - alert: HasProcessors
        expr: count by (instance, job) (node_cpu_seconds_total{mode="idle"}) > 0
        for: 4s
        annotations: {summary: "{{ $value }} processors"}
      - alert: TimePasses
        expr: sum by (job) (increase(node_cpu_seconds_total[30s])) > 0
        keep_firing_for: 1m
        labels: {severity: page}
      - alert: IsPending
        expr: up == 1
        for: 1h
      - alert: NeverFires
        expr: up == 0
      - alert: ExporterMissing
        expr: absent(up{job="elsewhere"})
"#;

/// Alerts without what two evaluations can't have alike: since when, and a value that grows.
fn alerts(answer: &Value) -> BTreeSet<String> {
    let list = answer["data"]["alerts"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    list.into_iter()
        .map(|mut alert| {
            let grows = alert["labels"]["alertname"] == "TimePasses";
            if let Some(fields) = alert.as_object_mut() {
                fields.retain(|name, _| name != "activeAt" && !(grows && name == "value"));
            }
            alert.to_string()
        })
        .collect()
}

/// What a rule says, without what evaluating it adds.
fn rules(answer: &Value) -> Vec<Value> {
    let groups = answer["data"]["groups"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let of_test = groups
        .iter()
        .filter(|group| group["name"] == "real clients");
    let rules = of_test.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
    rules
        .map(|rule| {
            let kept = ["name", "query", "labels", "annotations", "state", "type"];
            let times = ["duration", "keepFiringFor"];
            let kept = kept.map(|name| (name.to_owned(), rule[name].clone()));
            let times = times.map(|name| (name.to_owned(), json!(rule[name].as_f64())));
            Value::Object(kept.into_iter().chain(times).collect())
        })
        .collect()
}

fn alerts_of(tenant: &Tenant) -> BTreeSet<String> {
    alerts(&tenant.get("/api/v1/alerts").json())
}

#[test]
fn the_same_rules_over_the_same_samples_fire_alike() {
    let stack = stack_or_skip!();
    let (client, exporter) = (
        client_or_skip!("prometheus"),
        client_or_skip!("prometheus-node-exporter"),
    );
    let tenant = stack.new_tenant("rules-alike");
    tenant.put_rules("real", RULES);
    let node = NodeExporter::steady(&exporter);
    let remote_write = remote_write_to(&tenant, Credentials::Bearer);
    let folder = toban_tests::Folder::new("rules");
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    let mut config = scraping(&node.address, &remote_write);
    config["rule_files"] = json!([folder.join("rules.yml"), default_rules()]);
    let prometheus = Prometheus::server(&client, config);
    let expected = [
        "HasMemory",
        "HasProcessors",
        "TimePasses",
        "ExporterMissing",
    ];
    wait_for("Prometheus' alerts firing", 60, || {
        let firing = alerts(&prometheus.get("/api/v1/alerts").json());
        let fires = |name: &&str| {
            firing
                .iter()
                .any(|alert| alert.contains(*name) && alert.contains("\"firing\""))
        };
        expected.iter().all(fires).then_some(())
    });
    let mut last = (BTreeSet::new(), BTreeSet::new());
    let of_test = |all: BTreeSet<String>| -> BTreeSet<String> {
        let names = expected.iter().chain(&["IsPending", "NeverFires"]);
        let names: Vec<_> = names
            .map(|name| format!("\"alertname\":\"{name}\""))
            .collect();
        all.into_iter()
            .filter(|alert| names.iter().any(|name| alert.contains(name)))
            .collect()
    };
    for _ in 0..20 {
        stack.engine().tick("evaluate-rules");
        last = (
            of_test(alerts_of(&tenant)),
            of_test(alerts(&prometheus.get("/api/v1/alerts").json())),
        );
        if last.0 == last.1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    assert_eq!(last.0, last.1);
    assert_eq!(last.0.len(), expected.len() + 1, "{last:?}");
    let ours = rules(&tenant.get("/api/v1/rules").json());
    assert_eq!(ours, rules(&prometheus.get("/api/v1/rules").json()));
    assert_eq!(ours.len(), 6);
}
