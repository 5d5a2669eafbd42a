//! An unmodified `amtool` and an unmodified Prometheus use our API as they use Alertmanager's.

use std::process::Command;

use serde_json::{Value, json};

use toban_tests::{Client, Folder, Prometheus, request, wait_for};

/// Where our API is, and who may use it.
pub struct Api {
    /// `host:port`.
    pub address: String,
    pub tenant: String,
    pub operator: String,
    pub viewer: String,
    pub others_viewer: String,
}

impl Api {
    fn alerts(&self, token: &str) -> Vec<Value> {
        let url = format!("http://{}/alertmanager/api/v2/alerts", self.address);
        let bearer = format!("Bearer {token}");
        let answer = request("GET", &url, &[("authorization", &bearer)], b"").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_str(&answer.text()).unwrap()
    }
}

/// `amtool` as it is called for one API.
struct Amtool<'a> {
    client: &'a Client,
    folder: Folder,
    options: [String; 2],
}

impl<'a> Amtool<'a> {
    /// With the token in the file that `--http.config.file` names.
    fn with_token(client: &'a Client, api: &Api, token: &str) -> Self {
        let folder = Folder::new("amtool");
        let file = folder.join("http.yml");
        let config = json!({"authorization": {"type": "Bearer", "credentials": token}});
        std::fs::write(&file, config.to_string()).unwrap();
        let options = [
            format!("--alertmanager.url=http://{}/alertmanager", api.address),
            format!("--http.config.file={}", file.display()),
        ];
        Self {
            client,
            folder,
            options,
        }
    }

    /// With tenant and token in the address.
    fn with_user(client: &'a Client, api: &Api) -> Self {
        let (tenant, token, address) = (&api.tenant, &api.operator, &api.address);
        let url = format!("--alertmanager.url=http://{tenant}:{token}@{address}/alertmanager");
        Self {
            client,
            folder: Folder::new("amtool"),
            options: [url, "--output=simple".to_owned()],
        }
    }

    /// What it says, and whether it ended well.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let done = Command::new(&self.client.path)
            .args(&self.options)
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.join(""))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            done.status.success(),
            text(&done.stdout) + &text(&done.stderr),
        )
    }

    fn says(&self, arguments: &[&str]) -> String {
        let (well, said) = self.run(arguments);
        assert!(well, "amtool {arguments:?}: {said}");
        said
    }
}

/// Alerts are added, silenced and asked for; what is refused is told.
#[allow(clippy::too_many_lines, reason = "one conversation")]
pub fn amtool_works(client: &Client, api: &Api) {
    let amtool = Amtool::with_token(client, api, &api.operator);
    let summary = "--annotation=summary=it is full";
    amtool.says(&[
        "alert",
        "add",
        "alertname=Disk",
        "instance=a",
        "severity=page",
        summary,
    ]);
    wait_for("the alert", 20, || {
        amtool
            .says(&["alert", "query", "-a"])
            .contains("it is full")
            .then_some(())
    });
    let user = Amtool::with_user(client, api);
    assert!(
        user.says(&["alert", "query", "alertname=Disk"])
            .contains("it is full")
    );
    let comment = ["-c", "moving", "-a", "me", "-d", "1h"];
    let id = amtool.says(&[&["silence", "add", "alertname=~Di.k"][..], &comment].concat());
    let id = id.trim();
    assert_eq!(amtool.says(&["silence", "query", "-q"]).trim(), id);
    assert!(
        amtool
            .says(&["silence", "query", "alertname=~Di.k"])
            .contains("moving")
    );
    assert!(
        !amtool
            .says(&["alert", "query", "-a"])
            .contains("it is full")
    );
    assert!(
        amtool
            .says(&["alert", "query", "-s"])
            .contains("it is full")
    );
    // With -q it says where in its memory the id is.
    let updated = amtool.says(&["silence", "update", "-d", "2h", "-c", "longer", id]);
    assert!(updated.contains(id), "{updated}");
    assert!(amtool.says(&["silence", "query"]).contains("longer"));
    amtool.says(&["silence", "expire", id]);
    assert_eq!(amtool.says(&["silence", "query", "-q"]), "");
    assert_eq!(
        amtool.says(&["silence", "query", "-q", "--expired"]).trim(),
        id
    );
    assert!(
        amtool
            .says(&["alert", "query", "-a"])
            .contains("it is full")
    );
    assert!(
        amtool
            .says(&["config", "show"])
            .contains("receiver: default")
    );
    let told = amtool.says(&["config", "routes", "test", "severity=page", "cluster=c1"]);
    assert_eq!(told.trim(), "pager,pager");
    refusals(client, api, &amtool);
}

fn refusals(client: &Client, api: &Api, amtool: &Amtool<'_>) {
    let nobodys = "5c7ae5a1-2b68-4a43-9c5b-000000000000";
    let past = [
        "silence",
        "add",
        "a=b",
        "-c",
        "x",
        "--start=2020-01-01T00:00:00Z",
        "--end=2020-01-02T00:00:00Z",
    ];
    for (arguments, reason) in [
        (&["silence", "expire", nobodys][..], "404"),
        (&past, "end time can't be in the past"),
        (
            &["silence", "add", "a=~.*", "-c", "x"],
            "must not match the empty string",
        ),
    ] {
        let (well, said) = amtool.run(arguments);
        assert!(
            !well && said.contains(reason),
            "amtool {arguments:?}: {said}"
        );
    }
    let viewer = Amtool::with_token(client, api, &api.viewer);
    let (well, said) = viewer.run(&["silence", "add", "a=b", "-c", "x"]);
    assert!(!well && said.contains("403"), "{said}");
    let wrong = Amtool::with_token(client, api, "tbn_demo_abcdefgh12345678_wrong");
    let (well, said) = wrong.run(&["alert", "query"]);
    assert!(!well && said.contains("401"), "{said}");
    let other = Amtool::with_token(client, api, &api.others_viewer);
    assert_eq!(other.says(&["silence", "query", "-q", "--expired"]), "");
    assert!(!other.says(&["alert", "query"]).contains("it is full"));
}

/// Its alerts arrive with all that it says of them, and at no other tenant's.
pub fn prometheus_sends(client: &Client, api: &Api) {
    let folder = Folder::new("alerting");
    let rules = json!({"groups": [{"name": "g", "interval": "1s", "rules": [{
        // It knows its Alertmanagers after 5 s, and says the same only once a minute.
        "alert": "Always", "expr": "vector(7)", "for": "8s", "labels": {"severity": "critical"},
        "annotations": {"summary": "it is {{ $value }}"},
    }]}]});
    std::fs::write(folder.join("rules.yml"), rules.to_string()).unwrap();
    let mut prometheus = Prometheus::server(
        client,
        json!({
            "global": {"evaluation_interval": "1s", "external_labels": {"from": "prometheus"}},
            "rule_files": [folder.join("rules.yml")],
            "alerting": {"alertmanagers": [{
                "path_prefix": "/alertmanager", "authorization": {"credentials": api.operator},
                "static_configs": [{"targets": [api.address]}],
            }]},
        }),
    );
    let is_it = |alert: &Value| alert["labels"]["alertname"] == "Always";
    let arrived = wait_for("Prometheus' alert", 60, || {
        api.alerts(&api.viewer).into_iter().find(is_it)
    });
    let labels = json!({"alertname": "Always", "from": "prometheus", "severity": "critical"});
    assert_eq!(arrived["labels"], labels);
    assert_eq!(arrived["annotations"], json!({"summary": "it is 7"}));
    assert_eq!(arrived["status"]["state"], "active");
    let shows = arrived["generatorURL"].as_str().unwrap();
    assert!(shows.contains("/graph?g0.expr="), "{shows}");
    assert!(api.alerts(&api.others_viewer).is_empty());
    let metrics = prometheus.get("/metrics").text();
    let errors = "prometheus_notifications_errors_total{";
    let mut errors = metrics.lines().filter(|line| line.starts_with(errors));
    assert!(errors.all(|line| line.ends_with(" 0")), "{metrics}");
    prometheus.stop();
}
