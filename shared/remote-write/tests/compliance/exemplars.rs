//! `exemplars.go`

use super::metric::NORMAL_NAN;
use crate::oracle::NOW_MS;
use crate::suite::{Body, Case, MINUTE_MS, Pairs, case};

const NAME: Pairs<'static> = &[("__name__", "http_requests_total"), ("job", "api")];
const TAKEN: (u64, u64, u64, bool) = (1, 0, 1, true);

fn with(labels: Pairs<'static>, value: f64) -> impl Fn(&mut Body) {
    move |body| {
        body.sample(NAME, value);
        body.exemplar(labels, value);
    }
}

fn labels() -> Vec<Case> {
    let table: [(&str, Pairs<'static>, f64); 7] = [
        ("basic_exemplar", &[("trace_id", "abc123def456")], 1.0),
        (
            "exemplar_with_span_id",
            &[("span_id", "span123"), ("trace_id", "xyz789")],
            0.125,
        ),
        ("exemplar_without_trace_id", &[("user_id", "user123")], 0.85),
        (
            "exemplar_with_multiple_labels",
            &[
                ("endpoint", "/login"),
                ("trace_id", "trace456"),
                ("user", "admin"),
            ],
            0.05,
        ),
        ("exemplar_no_labels", &[], 1.0),
        (
            "exemplar_with_special_chars",
            &[("trace_id", "trace-with-dashes_and_underscores.123")],
            42.0,
        ),
        (
            "exemplar_with_unicode",
            &[("trace_id", "unicode_trace_\u{6d4b}\u{8bd5}")],
            100.0,
        ),
    ];
    let one = |(name, labels, value)| case(format!("Exemplars/{name}"), with(labels, value), TAKEN);
    table.map(one).into()
}

fn special_values() -> Vec<Case> {
    let table = [
        ("zero_value", 0.0),
        ("negative_value", -123.456),
        ("large_value", 1e10),
        ("small_value", 1e-10),
        ("nan_value", NORMAL_NAN),
        ("inf_value", f64::INFINITY),
        ("-inf_value", f64::NEG_INFINITY),
    ];
    let trace: Pairs<'static> = &[("trace_id", "special_value_trace")];
    let one = |(name, value)| {
        let name = format!("ExemplarSpecialValues/{name}");
        case(name, with(trace, value), TAKEN)
    };
    table.map(one).into()
}

fn validation() -> Vec<Case> {
    let table: [(&str, Pairs<'static>, bool); 3] = [
        ("exemplar_without_name_label", &[("job", "test")], false),
        ("exemplar_with_empty_name", &[("__name__", "")], false),
        (
            "exemplar_with_valid_name",
            &[("__name__", "valid_metric")],
            true,
        ),
    ];
    let one = |(name, labels, success): (&str, Pairs<'static>, bool)| {
        let write = move |body: &mut Body| {
            body.sample(labels, 1.0);
            body.exemplar(&[("trace_id", "test_trace")], 1.0);
        };
        let taken = u64::from(success);
        let name = format!("ExemplarValidation/{name}");
        case(name, write, (taken, 0, taken, success))
    };
    table.map(one).into()
}

pub fn cases() -> Vec<Case> {
    let mut cases = labels();
    cases.extend(special_values());
    cases.extend(validation());
    cases.extend([
        case(
            "ExemplarWithCreatedTimestamp",
            |body| {
                body.sample_at(NAME, 250.0, NOW_MS, NOW_MS - 120 * MINUTE_MS);
                body.exemplar(&[("span_id", "span456"), ("trace_id", "abc123")], 250.0);
            },
            TAKEN,
        ),
        case(
            "MultipleExemplars",
            |body| {
                for (name, by, value) in [
                    ("request_duration", ("method", "GET"), 0.1),
                    ("request_duration", ("method", "POST"), 0.25),
                    ("error_count", ("service", "payment"), 1.0),
                ] {
                    body.sample(&[("__name__", name), by], value);
                    body.exemplar(&[("span_id", "span1"), ("trace_id", "trace1")], value);
                }
            },
            (3, 0, 3, true),
        ),
        case(
            "ExemplarTimestamps",
            |body| {
                for before in [60 * MINUTE_MS, MINUTE_MS, 0] {
                    body.sample_at(&[("__name__", "latency_hist")], 0.05, NOW_MS - before, 0);
                    body.exemplar_at(&[("trace_id", "a_trace")], 0.05, NOW_MS - before);
                }
            },
            (3, 0, 3, true),
        ),
    ]);
    cases
}
