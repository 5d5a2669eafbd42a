use tracing_subscriber::EnvFilter;

/// Logs as JSON lines on standard output; `AWS_LAMBDA_LOG_LEVEL` (set by Lambda) or info.
pub fn init_telemetry() {
    let filter =
        EnvFilter::try_from_env("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
}

/// One CloudWatch metric in the embedded metric format, counted by `function`.
#[allow(
    clippy::print_stdout,
    reason = "the embedded metric format is a line on standard output"
)]
pub fn put_metric(now: jiff::Timestamp, function: &str, name: &str, value: u64) {
    println!(
        "{}",
        serde_json::json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Toban",
                    "Dimensions": [["function"]],
                    "Metrics": [{"Name": name, "Unit": "Count"}],
                }],
            },
            "function": function,
            name: value,
        })
    );
}
