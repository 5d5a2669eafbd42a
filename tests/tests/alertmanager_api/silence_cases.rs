//! What both are asked of silences.

use serde_json::{Value, json};

use crate::cases::{at, get};
use crate::requests::Asked;

pub fn all() -> Vec<Asked> {
    let mut all = new_silences();
    all.extend(bad_silences());
    all.extend(silences_by_id());
    all.extend(changes());
    all
}

fn matcher(name: &str, value: &str, is_regex: bool) -> Value {
    json!({"name": name, "value": value, "isRegex": is_regex, "isEqual": true})
}

/// A good one with some fields otherwise; `null` in `changed` is no field.
fn silence(changed: &Value) -> Asked {
    let mut wanted = json!({
        "matchers": [matcher("sil", "yes", false)], "startsAt": at(-10), "endsAt": at(3_600), "createdBy": "me", "comment": "c",
    });
    for (name, value) in changed.as_object().unwrap() {
        wanted[name] = value.clone();
    }
    wanted
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    Asked::new("POST", "/silences", wanted.to_string())
}

fn new_silences() -> Vec<Asked> {
    [
        json!({}),
        json!({"startsAt": at(600), "endsAt": at(900), "matchers": [matcher("b", "c", false), matcher("a", ".+", true)]}),
        json!({"startsAt": at(300), "endsAt": at(1_900), "createdBy": "", "comment": ""}),
        json!({"endsAt": at(60), "matchers": [{"name": "b", "value": "x", "isRegex": true, "isEqual": false}]}),
        json!({"endsAt": at(7_200), "matchers": [{"name": "b", "value": "x", "isRegex": false}], "extra": 5, "id": ""}),
        json!({"startsAt": "0001-01-01T00:00:00Z", "endsAt": at(99), "matchers": [matcher("q", "", false), matcher("b", "x", false)]}),
        json!({"startsAt": at(3), "endsAt": at(3_000)}),
    ]
    .iter()
    .map(silence)
    .collect()
}

fn bad_silences() -> Vec<Asked> {
    let mut all: Vec<Asked> = ["", "{}", "null", "[]", "{\"a\"", "5"]
        .map(|body| Asked::new("POST", "/silences", body))
        .to_vec();
    for field in ["matchers", "startsAt", "endsAt", "createdBy", "comment"] {
        all.push(silence(&json!({field: null})));
        all.push(silence(&json!({field: 5})));
    }
    let one = |matcher: Value| json!({"matchers": [matcher]});
    let bad = [
        json!({"matchers": []}),
        one(json!({})),
        one(json!({"name": "a"})),
        one(json!({"name": "a", "value": "b"})),
        one(json!({"name": "a", "isRegex": false})),
        one(json!({"value": "a", "isRegex": false})),
        one(json!({"name": "a", "value": "x", "isRegex": "no"})),
        one(json!({"name": 5, "value": "x", "isRegex": false})),
        one(matcher("a", "", false)),
        one(matcher("a", ".*", true)),
        one(matcher("a", "x?", true)),
        one(matcher("a", "(", true)),
        one(matcher("", "x", false)),
        one(matcher("a-b", "x", false)),
        one(matcher("\u{e9}", "x", false)),
        json!({"matchers": [matcher("a", "x", false), matcher("b", "[", true)]}),
        json!({"endsAt": at(-5)}),
        json!({"startsAt": at(10), "endsAt": at(5)}),
        json!({"startsAt": at(5), "endsAt": at(5)}),
        json!({"endsAt": "0001-01-01T00:00:00Z"}),
        json!({"endsAt": "x"}),
        json!({"startsAt": "2026-11-28"}),
        json!({"endsAt": ""}),
        json!({"id": "5c7ae5a1-2b68-4a43-9c5b-000000000000"}),
        json!({"id": "x"}),
        json!({"id": 5}),
        json!({"id": "x", "endsAt": at(-5)}),
        json!({"id": "x", "matchers": [matcher("a", "", false)]}),
    ];
    all.extend(bad.iter().map(silence));
    all.push(silence(&json!({"matchers": [null]})).deviating(0, 400));
    all
}

fn silences_by_id() -> Vec<Asked> {
    const NOBODYS: &str = "/silence/5c7ae5a1-2b68-4a43-9c5b-000000000000";
    vec![
        get(NOBODYS),
        Asked::new("DELETE", NOBODYS, "").deviating(500, 404),
        get("/silence/x"),
        Asked::new("DELETE", "/silence/x", ""),
        get("/silence/{0}"),
        get("/silence/{1}"),
    ]
}

/// `{0}`, `{3}` and `{6}` are active, `{1}` and `{2}` pending. Each answer is followed by a look at what was changed.
fn changes() -> Vec<Asked> {
    let two = json!([matcher("b", "c", false), matcher("a", ".+", true)]);
    let turned = json!([matcher("a", ".+", true), matcher("b", "c", false)]);
    let excluded = json!([{"name": "b", "value": "x", "isRegex": false}]);
    let mut steps = vec![
        silence(&json!({"id": "{6}", "startsAt": at(3), "endsAt": at(3_100), "comment": "d"})),
        get("/silence/{6}"),
        silence(&json!({"id": "{0}", "startsAt": at(-500), "endsAt": at(4_000)})),
        get("/silence/{0}"),
        silence(&json!({"id": "{1}", "startsAt": at(700), "endsAt": at(900), "matchers": two})),
        get("/silence/{1}"),
        silence(&json!({"id": "{1}", "startsAt": at(700), "endsAt": at(900), "matchers": turned})),
        get("/silence/{1}"),
        silence(&json!({"id": "{2}", "startsAt": at(-10), "endsAt": at(1_900)})),
        get("/silence/{2}"),
        silence(&json!({"id": "{2}", "endsAt": at(2_000)})),
        get("/silence/{2}"),
        silence(
            &json!({"id": "{3}", "endsAt": at(4_100), "matchers": [matcher("other", "x", false)]}),
        ),
        get("/silence/{3}"),
        Asked::new("DELETE", "/silence/{4}", ""),
        get("/silence/{4}"),
        Asked::new("DELETE", "/silence/{4}", ""),
        silence(&json!({"id": "{4}", "endsAt": at(2_500), "matchers": excluded})),
        silence(&json!({"startsAt": at(5_000), "endsAt": at(5_500)})),
        Asked::new("DELETE", "/silence/{13}", ""),
        get("/silence/{13}"),
    ];
    // By then `{6}` has begun.
    steps[0].waits_ms = 4_000;
    steps
}
