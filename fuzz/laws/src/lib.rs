//! What must hold for whatever a decoder is given. A law takes the bytes and panics where it does not hold.
//!
//! The fuzzer (`fuzz/`) looks for bytes that break a law; `tests/replay.rs` tries the bytes that it kept.

#![allow(clippy::unwrap_used, reason = "a law that does not hold panics")]
#![allow(clippy::expect_used, reason = "a law that does not hold panics")]

mod alertmanager_config;
mod built;
mod chunks;
mod gzip;
mod http;
mod lists;
mod memory;
mod otlp;
mod promql;
mod remote_write;
mod rule_files;
mod values;
mod views;

/// What is remote write's own, but for the tests of its decoder.
#[path = "../../../shared/remote-write/tests/oracle/mod.rs"]
mod remote_write_oracle;

pub use alertmanager_config::alertmanager_config;
pub use built::remote_write_built;
pub use chunks::sample_codec;
pub use gzip::gunzip;
pub use http::http_request;
pub use otlp::{otlp_json, otlp_protobuf};
pub use promql::promql_parse;
pub use remote_write::{remote_write_v1, remote_write_v2, snappy_block};
pub use rule_files::rule_file;
pub use values::{collectd_json, influx_line, metric_stream};

/// Panics where it does not hold for these bytes.
pub type Law = fn(&[u8]);

/// Every law under the name of its fuzz target and of its folder in `fuzz/corpus`.
pub const LAWS: [(&str, Law); 15] = [
    ("alertmanager_config", alertmanager_config),
    ("collectd_json", collectd_json),
    ("gunzip", gunzip),
    ("http_request", http_request),
    ("influx_line", influx_line),
    ("metric_stream", metric_stream),
    ("otlp_json", otlp_json),
    ("otlp_protobuf", otlp_protobuf),
    ("promql_parse", promql_parse),
    ("remote_write_built", remote_write_built),
    ("remote_write_v1", remote_write_v1),
    ("remote_write_v2", remote_write_v2),
    ("rule_file", rule_file),
    ("sample_codec", sample_codec),
    ("snappy_block", snappy_block),
];
