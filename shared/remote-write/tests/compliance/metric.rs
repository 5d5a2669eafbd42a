//! `metric.go`

use series::STALE_NAN_BITS;

use crate::oracle::NOW_MS;
use crate::suite::{Body, Case, MINUTE_MS, Pairs, case};

/// Go's NaN that stands for no missing sample.
pub const NORMAL_NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

const SINGLE: [(&str, Pairs<'static>, bool); 7] = [
    ("simple metric", &[("__name__", "up")], true),
    (
        "simple metric with multiple labels",
        &[
            ("__name__", "up"),
            ("instance", "localhost:9090"),
            ("job", "testjob"),
        ],
        true,
    ),
    (
        "simple metric with newlines",
        &[
            ("__name__", "up"),
            ("instance", "localhost:9090"),
            ("job", "test\njob\n"),
        ],
        true,
    ),
    (
        "simple metric with dots",
        &[
            ("__name__", "resource.cpu.usage"),
            ("instance.name", "localhost:9090"),
            ("job.name", "testjob"),
        ],
        true,
    ),
    (
        "simple metric with spaces",
        &[
            ("__name__", "resource cpu usage"),
            ("instance name", "localhost:9090"),
            ("job name", "testjob"),
        ],
        true,
    ),
    (
        "simple metric without name label",
        &[("instance", "localhost:9090"), ("job", "testjob")],
        false,
    ),
    ("empty metric", &[], false),
];

/// Which of four series have a name, and how many are taken.
const MULTIPLE: [(&str, [bool; 4], u64); 3] = [
    ("multiple metrics", [true; 4], 4),
    ("multiple metrics, without name label", [false; 4], 0),
    (
        "multiple metrics, 1 without name label",
        [false, true, true, true],
        3,
    ),
];

pub fn cases() -> Vec<Case> {
    let stale = f64::from_bits(STALE_NAN_BITS);
    let mut cases = vec![case(
        "CounterWithCreatedTimestamp",
        |body| {
            let labels = [("__name__", "http_requests_total"), ("job", "api")];
            body.sample_at(&labels, 100.0, NOW_MS, NOW_MS - 60 * MINUTE_MS);
        },
        (1, 0, 0, true),
    )];
    for (special, value) in [
        ("1.0", 1.0),
        ("StaleNaN", stale),
        ("NaN", NORMAL_NAN),
        ("Inf", f64::INFINITY),
        ("-Inf", f64::NEG_INFINITY),
    ] {
        cases.extend(SINGLE.map(|(name, labels, success)| {
            let write = move |body: &mut Body| {
                body.sample(labels, value);
            };
            let name = format!("SingleMetric/{special}/{name}");
            case(name, write, (u64::from(success), 0, 0, success))
        }));
        cases.extend(MULTIPLE.map(|(name, named, taken)| {
            let write = move |body: &mut Body| {
                for (at, named) in named.into_iter().enumerate() {
                    let instance = format!("localhost:909{at}");
                    let labels = [
                        ("__name__", "up"),
                        ("instance", instance.as_str()),
                        ("job", "testjob"),
                    ];
                    body.sample(&labels[usize::from(!named)..], value);
                }
            };
            let name = format!("MultipleMetrics/{special}/{name}");
            case(name, write, (taken, 0, 0, taken == 4))
        }));
    }
    cases
}
