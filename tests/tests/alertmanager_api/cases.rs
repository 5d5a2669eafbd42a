//! What both are asked.

#![allow(clippy::too_many_lines, reason = "a table is one thing")]

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::ours::now;
use crate::requests::Asked;
use crate::silence_cases;

/// In an order in which what is stored matters: alerts, silences and their changes, then everything that reads.
pub fn all() -> Vec<Asked> {
    let mut all = vec![
        get("/receivers"),
        get("/alerts"),
        get("/silences"),
        get("/alerts/groups"),
    ];
    all.extend(alerts_to_read());
    all.extend(bad_alerts());
    all.extend(media_types());

    all.extend(silence_cases::all());
    all.extend(reading());
    all
}

pub fn get(path: &str) -> Asked {
    Asked::new("GET", path, "")
}

fn alerts(body: &str) -> Asked {
    Asked::new("POST", "/alerts", body)
}

/// So many seconds from the beginning, to the second.
pub fn at(secs: i64) -> String {
    static BEGIN: OnceLock<Timestamp> = OnceLock::new();
    let then = *BEGIN.get_or_init(now) + SignedDuration::from_secs(secs);
    format!("{then:.0}")
}

fn alerts_to_read() -> Vec<Asked> {
    let labels = |pairs: Value| json!({ "labels": pairs });
    let long = json!({
        "labels": {"alertname": "W", "team": "web", "job": "b", "instance": "2"}, "annotations": {"s": "t <x> & \u{3042}"},
        "startsAt": at(-100), "endsAt": "2027-01-01T00:00:00+09:00", "generatorURL": "http://g/?a=1&b=<x>",
    });
    let several = json!([
        labels(json!({"alertname": "X", "severity": "critical", "cluster": "c1"})),
        labels(json!({"alertname": "Y", "severity": "warning", "cluster": "c1"})),
        labels(json!({"alertname": "Y", "severity": "warning", "cluster": "c2"})),
        labels(json!({"alertname": "Z", "severity": "page", "cluster": "c1", "empty": ""})),
        labels(json!({"alertname": "Z", "severity": "page", "cluster": "d", "job": "a"})),
        labels(json!({"alertname": "Z", "severity": "page", "cluster": "d", "instance": "1"})),
        long,
        labels(json!({"alertname": "W", "team": "web", "job": "a"})),
        labels(json!({"alertname": "S", "sil": "yes"})),
        labels(json!({"no": "name", "sil": "no"})),
        json!({"labels": {"alertname": "Over"}, "endsAt": at(-10)}),
        json!({"labels": {"alertname": "WasLong"}, "startsAt": at(-9_000), "endsAt": at(9_000)}),
        json!({"labels": {"alertname": "Again"}, "startsAt": at(-50), "endsAt": at(60)}),
    ]);
    let again = json!([{"labels": {"alertname": "Again"}, "startsAt": at(-70), "endsAt": at(50)}]);
    vec![alerts(&several.to_string()), alerts(&again.to_string())]
}

fn bad_alerts() -> Vec<Asked> {
    let good = |fields: &str| format!("[{{\"labels\":{{\"q\":\"c\"}},{fields}}}]");
    let mut all: Vec<Asked> = [
        "", "null", "[]", "{}", "\"x\"", "5", "[5]", "[{}]", "[{},{}]", "[{\"labels\":{\"q\":\"c\"}",
        "[{\"labels\":{}}]", "[{\"labels\":null}]", "[{\"labels\":{\"a\":\"\"}}]", "[{\"labels\":[\"q\"]}]",
        "[{\"labels\":{\"a-b\":\"c\"}}]", "[{\"labels\":{\"1a\":\"c\"}}]", "[{\"labels\":{\"\":\"c\"}}]",
        "[{\"labels\":{\"\u{e9}\\n\":\"c\"}}]", "[{\"labels\":{\"a\":1}}]", "[{\"labels\":{\"a\":null,\"z\":\"z\"}}]",
        "[{\"labels\":{\"a-b\":\"\"}},{\"labels\":{\"\":\"x\"}},{\"labels\":{\"alertname\":\"Good\"}}]",
        "[{\"labels\":{\"a\":\"c\",\"a\":\"d\"}}]", "[{\"annotations\":5}]",
        "[{\"generatorURL\":\"x\"}]", "[{\"generatorURL\":\"x\"},{}]", "[{\"labels\":{\"q\":\"c\"}}] trailing",
        "[{\"labels\":{\"q\":\"c\"}}][]",
    ]
    .into_iter()
    .map(alerts)
    .collect();
    let fields = [
        "\"annotations\":{\"b-c\":\"x\"}",
        "\"annotations\":{\"bc\":null}",
        "\"unknown\":3",
        "\"startsAt\":\"2026-11-28T00:00:00Z\",\"endsAt\":\"2026-11-27T00:00:00Z\"",
        "\"startsAt\":\"x\"",
        "\"startsAt\":\"\",\"endsAt\":\"\"",
        "\"startsAt\":\"2026-11-28\"",
        "\"startsAt\":17",
        "\"startsAt\":null,\"endsAt\":null",
        "\"startsAt\":\"0001-01-01T00:00:00Z\",\"endsAt\":\"0001-01-01T00:00:00Z\"",
        "\"endsAt\":\"2020-01-01T00:00:00\"",
        "\"generatorURL\":5",
        "\"generatorURL\":null",
    ];
    all.extend(fields.map(|fields| alerts(&good(fields))));
    let urls = [
        "",
        "x",
        "/x",
        "ftp://x",
        "http://",
        "foo:bar",
        "http://a b",
        "http://a/b c",
        "http://a/%zz",
        "http://a/%20",
        "/%z",
        "http://a:b/",
        "http://a:8/",
        "http://[::1]:9/",
        "http://u:p@h/",
        "://x",
        "1a://x",
        "http://a/?%zz",
        "not a url",
        "//x",
        "http://\u{3042}/",
        "mailto:a@b",
        "http:/x",
        "*",
        "http://a\\\\b/",
    ];
    all.extend(urls.map(|url| alerts(&good(&format!("\"generatorURL\":\"{url}\"")))));
    all.push(alerts("[null]").deviating(0, 400));
    all.push(alerts("[{\"Labels\":{\"q\":\"c\"}}]").deviating(200, 422));
    let huge = format!(
        "[{{\"labels\":{{\"q\":\"c\"}},\"annotations\":{{\"a\":\"{}\"}}}}]",
        "x".repeat(10_000_000)
    );
    all.push(alerts(&huge).deviating(200, 413));
    all
}

fn media_types() -> Vec<Asked> {
    let with = |media_type: &'static str| Asked {
        media_type,
        ..alerts("[{\"labels\":{\"q\":\"c\"}}]")
    };
    [
        "",
        "text/plain",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "bad",
        "bad type",
        "application/xml;",
    ]
    .map(with)
    .to_vec()
}

fn reading() -> Vec<Asked> {
    let mut all: Vec<Asked> = [
        "",
        "?filter=sil=yes",
        "?filter=sil%3D%22yes%22",
        "?filter=sil",
        "?filter=sil=~(",
        "?filter=",
        "?filter=%7Bsil=yes%7D",
        "?filter=sil=b,c=d",
        "?filter=sil=~y.*",
        "?filter=b!=x",
        "?filter=b!~x",
        "?filter=sil=yes&filter=zz=1",
        "?nothing=1",
        "?filter=b=c&filter=a=~.%2B",
        "?filter=sil=%22yes",
    ]
    .map(|query| get(&format!("/silences{query}")))
    .to_vec();
    let queries = [
        "",
        "?active=false",
        "?silenced=false",
        "?inhibited=false",
        "?unprocessed=false",
        "?active=x",
        "?active=",
        "?active=1",
        "?active=TRUE",
        "?active=t",
        "?receiver=pager",
        "?receiver=p.*",
        "?receiver=(",
        "?receiver=page",
        "?receiver=",
        "?receiver=web%7Cdefault",
        "?filter=alertname=X",
        "?filter=alertname",
        "?filter=%7Balertname=~%22X%7CY%22%7D",
        "?filter=alertname!~X&filter=severity!=",
        "?filter=nothing=",
        "?filter=",
        "?filter=a%3D~(",
        "?active=false&silenced=false",
        "?active=false&active=true",
        "?silenced=false&inhibited=false&receiver=default",
        "?filter=alertname=~%22X%7CY%7CZ%22",
        "?filter=a-b=c",
        "?filter=team=web",
    ];
    for path in ["/alerts", "/alerts/groups"] {
        all.extend(queries.map(|query| get(&format!("{path}{query}"))));
    }
    // Alertmanager groups a second after an alert came.
    all[0].waits_ms = 1_500;
    all
}
