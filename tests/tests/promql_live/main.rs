//! The recorded corpus' questions, asked of the deployed stack and of Debian's Prometheus over the same
//! samples, through both HTTP APIs (tests/promql/README.md says how answers are compared).

mod compare;
mod corpus;

use std::collections::BTreeMap;

use compare::{Agreement, compare};
use corpus::{Case, Corpus};
use serde_json::{Value, json};
use toban_tests::prometheus::{instant, range};
use toban_tests::{
    Flush, Prometheus, Stack, Tenant, client_or_skip, is_thorough, now_ms, stack_or_skip,
};

/// The version whose answers the evaluator gives.
const VERSION: &str = "2.42.";
const SERIES_PER_REQUEST: usize = 50;
/// Of the questions, one in so many; odd, since instant and range questions take turns.
const EVERY: usize = 15;

/// A tenant and a Prometheus that were sent the same samples.
struct Pair {
    tenant: Tenant,
    prometheus: Prometheus,
    corpus: Corpus,
}

impl Pair {
    fn new(stack: &Stack, client: &toban_tests::Client, purpose: &str) -> Self {
        let pair = Self {
            tenant: stack.new_tenant(purpose),
            prometheus: Prometheus::server(client, json!({"global": {}})),
            corpus: Corpus::until(now_ms()),
        };
        for part in pair.corpus.series.chunks(SERIES_PER_REQUEST) {
            pair.prometheus.write(part);
            Flush::mixed(part.to_vec()).taken_by(&pair.tenant);
        }
        pair
    }

    /// Whether both give one answer to a question.
    fn agree(&self, case: &Case, by_form: bool, agreement: &mut Agreement) -> Result<(), String> {
        let path = match *case.times {
            [at_ms] => instant(&case.expr, at_ms),
            [start, end, step] => range(&case.expr, start, end, step),
            _ => return Err("neither one time nor a range".to_owned()),
        };
        let is_range = case.times.len() > 1;
        let is_ordered = case.expr.starts_with("sort") && !is_range;
        let mut outcome = Ok(());
        // Over a range Prometheus adds a calculated vector in a random order, so that a sum near zero
        // differs between its own answers. One of them must be ours.
        for _ in 0..if is_range { 12 } else { 1 } {
            let [ours, theirs] = if by_form {
                self.ask_by_form(&path)
            } else {
                self.ask(&path)
            };
            outcome = compare(&ours, &theirs, is_ordered, agreement);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// The same as a form: what Grafana sends.
    fn ask_by_form(&self, path: &str) -> [(u16, Value); 2] {
        let (path, form) = path.split_once('?').unwrap_or((path, ""));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let tenant = &self.tenant;
        let ours = tenant.send("viewer", "POST", path, &headers, form.as_bytes());
        let theirs = self.prometheus.send("POST", path, form.as_bytes());
        [(ours.status, ours.json()), (theirs.status, theirs.json())]
    }

    /// The same request to both: status and body, ours first.
    fn ask(&self, path: &str) -> [(u16, Value); 2] {
        let (ours, theirs) = (self.tenant.get(path), self.prometheus.get(path));
        [(ours.status, ours.json()), (theirs.status, theirs.json())]
    }
}

#[test]
fn the_same_samples_give_the_same_answers() {
    let stack = stack_or_skip!();
    let client = client_or_skip!("prometheus");
    if !client.version.starts_with(VERSION) {
        eprintln!(
            "SKIPPED: Prometheus {} answers differently from {VERSION}x",
            client.version
        );
        return;
    }
    let pair = Pair::new(&stack, &client, "promql");
    let every = if is_thorough() { 1 } else { EVERY };
    let (mut asked, mut agreement, mut wrong) = (0, Agreement::default(), Vec::new());
    for case in pair.corpus.cases.iter().step_by(every) {
        asked += 1;
        if let Err(why) = pair.agree(case, asked % 3 == 0, &mut agreement) {
            wrong.push(format!("{case:?}: {why}"));
        }
    }
    eprintln!("{asked} questions: {agreement:?}");
    assert!(
        wrong.is_empty(),
        "{}\n{} of {asked} differ",
        wrong.join("\n"),
        wrong.len()
    );
    assert!(agreement.equal_numbers > asked * 10, "{agreement:?}");
    assert!(agreement.refused * 50 < asked, "{agreement:?}");
}

#[test]
fn what_there_is_is_listed_alike() {
    let stack = stack_or_skip!();
    let client = client_or_skip!("prometheus");
    let pair = Pair::new(&stack, &client, "listed");
    let (start, end) = pair.corpus.span_secs;
    let times = format!("start={start}&end={end}");
    let mut paths = vec![
        format!("/api/v1/labels?{times}"),
        format!("/api/v1/labels?{times}&match[]=http_requests_total&match[]=labelled"),
        format!("/api/v1/labels?{times}&match[]=nothing"),
        format!("/api/v1/series?{times}&match[]=up&match[]=%7B__name__%3D~%22memory.%2A%22%7D"),
        format!("/api/v1/series?{times}&match[]=%7Bjob%21%3D%22%22%7D"),
        format!("/api/v1/series?{times}&match[]=labelled"),
        format!("/api/v1/series?{times}&match[]=nothing"),
        "/api/v1/series?match[]=up%7B".to_owned(),
        "/api/v1/series?match[]=%7B%7D".to_owned(),
        "/api/v1/series?match[]=rate(up[5m])".to_owned(),
        "/api/v1/series".to_owned(),
        "/api/v1/series?match[]=up&start=x".to_owned(),
        "/api/v1/label/a-b/values".to_owned(),
    ];
    for name in [
        "__name__", "job", "instance", "le", "text", "line", "missing",
    ] {
        paths.push(format!("/api/v1/label/{name}/values?{times}"));
        paths.push(format!(
            "/api/v1/label/{name}/values?{times}&match[]=up&match[]=labelled"
        ));
    }
    let mut counts = BTreeMap::new();
    for path in &paths {
        let [mut ours, mut theirs] = pair.ask(path);
        if path.contains("/series") || path.contains("/labels") {
            assert_eq!(pair.ask_by_form(path)[0], ours, "{path}");
        }
        assert_eq!(ours.0, theirs.0, "{path}: {} {}", ours.1, theirs.1);
        *counts.entry(ours.0).or_insert(0) += 1;
        if ours.0 != 200 {
            assert_eq!(
                ours.1["errorType"], theirs.1["errorType"],
                "{path}: {}",
                ours.1
            );
            continue;
        }
        for data in [&mut ours.1["data"], &mut theirs.1["data"]] {
            if let Some(list) = data.as_array_mut() {
                list.sort_by_key(Value::to_string);
            }
        }
        assert_eq!(ours.1, theirs.1, "{path}");
    }
    eprintln!("{counts:?}");
    assert!(counts[&200] >= 20 && counts[&400] >= 6, "{counts:?}");
}

#[test]
fn what_is_refused_is_refused_with_its_place() {
    let stack = stack_or_skip!();
    let client = client_or_skip!("prometheus");
    let pair = Pair {
        tenant: stack.new_tenant("refusals"),
        prometheus: Prometheus::server(&client, json!({"global": {}})),
        corpus: Corpus::until(now_ms()),
    };
    let at_ms = now_ms();
    for (expr, words) in [
        ("up{", "1:"),
        ("sum(up", "1:"),
        ("up +\n  rate(up)", "2:"),
        ("unknown(up)", "1:1"),
        ("{}", "1:1"),
        ("up[5x]", "1:"),
    ] {
        let [ours, theirs] = pair.ask(&instant(expr, at_ms));
        assert_eq!((ours.0, theirs.0), (400, 400), "{expr}: {}", ours.1);
        assert_eq!(ours.1["errorType"], theirs.1["errorType"], "{expr}");
        let error = ours.1["error"].as_str().unwrap();
        assert!(error.contains(words), "{expr}: {error}");
    }
    for (expr, words) in [
        (
            "histogram_count(up)",
            "1:1: not supported: function histogram_count",
        ),
        (
            "1 +\n histogram_sum(up)",
            "2:2: not supported: function histogram_sum",
        ),
        (
            "sum(histogram_fraction(0, 1, up))",
            "1:5: not supported: function histogram_fraction",
        ),
    ] {
        let [ours, theirs] = pair.ask(&instant(expr, at_ms));
        assert_eq!((ours.0, theirs.0), (422, 200), "{expr}: {}", ours.1);
        assert_eq!(ours.1["error"], words, "{expr}");
        let [ours, _] = pair.ask(&range(expr, at_ms - 60_000, at_ms, 15_000));
        assert_eq!((ours.0, &ours.1["error"]), (422, &json!(words)), "{expr}");
    }
    for path in [
        "/api/v1/query",
        "/api/v1/query?query=up&time=x",
        "/api/v1/query_range?query=up&start=2&end=1&step=1",
        "/api/v1/query_range?query=up&start=1&end=2&step=0",
        "/api/v1/query_range?query=up&start=1&end=2",
        "/api/v1/query_range?query=up&start=0&end=100000&step=1",
        "/api/v1/query_range?query=up[5m]&start=0&end=10&step=1",
    ] {
        let [ours, theirs] = pair.ask(path);
        assert_eq!((ours.0, theirs.0), (400, 400), "{path}: {}", ours.1);
        assert_eq!(ours.1["errorType"], theirs.1["errorType"], "{path}");
    }
}
