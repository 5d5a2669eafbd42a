//! OTLP, against what the generated types of opentelemetry-proto read.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use otlp_metrics::{Encoding, Export, Refusal, decode};
use prost::Message;
use serde_json::Value;
use series::{Sample, SeriesId};

use crate::lists::{any_time, few, is_sound, most_bytes};
use crate::memory::within;
use crate::remote_write_oracle::NOW_MS;

/// An `ExportMetricsServiceRequest` in protobuf, decompressed.
pub fn otlp_protobuf(body: &[u8]) {
    hold(body, Encoding::Protobuf);
    let Ok(request) = ExportMetricsServiceRequest::decode(body) else {
        return;
    };
    let export = match decode(body, Encoding::Protobuf, &any_time(), NOW_MS) {
        Ok(export) => export,
        Err(Refusal::Excess(_)) => return,
        Err(refusal) => panic!("prost takes it: {refusal}"),
    };
    let (points, exemplars) = sent(&request);
    assert_eq!(export.data_points + export.rejected.points(), points);
    assert_eq!(export.exemplars, exemplars);
    let json = serde_json::to_string(&request).unwrap();
    // JSON has no word for NaN and infinity, and the generated types write null.
    if !json.contains("null") {
        let read = decode(json.as_bytes(), Encoding::Json, &any_time(), NOW_MS);
        let read = read.unwrap_or_else(|refusal| panic!("{refusal}: {json}"));
        assert_eq!(account(&read), account(&export), "{json}");
    }
}

/// The same in JSON.
pub fn otlp_json(body: &[u8]) {
    hold(body, Encoding::Json);
    let Ok(export) = decode(body, Encoding::Json, &any_time(), NOW_MS) else {
        return;
    };
    // Spaces and the order of names say nothing. Whoever names something twice may say so of something else.
    let value: Value = serde_json::from_slice(body).expect("no JSON was taken");
    let plain = value.to_string();
    if is_as_long(body, &plain) {
        let read = decode(plain.as_bytes(), Encoding::Json, &any_time(), NOW_MS);
        let read = read.unwrap_or_else(|refusal| panic!("{refusal}: {plain}"));
        assert_eq!(account(&read), account(&export), "{plain}");
    }
}

/// Whether nothing but spaces is gone: no name that came twice, no number or text that was written otherwise.
fn is_as_long(body: &[u8], plain: &str) -> bool {
    let count = |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_graphic()).count();
    count(body) == count(plain.as_bytes())
}

/// What needs no oracle.
fn hold(body: &[u8], encoding: Encoding) {
    for limits in [any_time(), few()] {
        let decode = || decode(body, encoding, &limits, NOW_MS);
        let Ok(export) = within(most_bytes(&limits, body), decode) else {
            continue;
        };
        is_sound(&export.series, &limits);
        assert!(export.data_points <= export.series.sample_count() as u64);
        assert!(export.families.len() as u64 <= export.data_points);
        assert!(export.families.len() <= limits.series);
        let response = export.response(encoding);
        assert_eq!(response.len() <= 2, export.rejected.is_empty());
    }
}

type Account<'a> = (
    Vec<(SeriesId, Vec<Sample>)>,
    &'a otlp_metrics::Rejections,
    [u64; 2],
    &'a [otlp_metrics::Family],
);

fn account(export: &Export) -> Account<'_> {
    let series = export.series.series(&[]);
    let series = series.map(|view| (view.id, view.samples.to_vec()));
    let counts = [export.data_points, export.exemplars];
    (series.collect(), &export.rejected, counts, &export.families)
}

/// Data points and exemplars.
fn sent(request: &ExportMetricsServiceRequest) -> (u64, u64) {
    let scopes = request
        .resource_metrics
        .iter()
        .flat_map(|r| &r.scope_metrics);
    let mut sent = (0, 0);
    for data in scopes
        .flat_map(|s| &s.metrics)
        .filter_map(|m| m.data.as_ref())
    {
        let (points, exemplars): (usize, usize) = match data {
            Data::Gauge(gauge) => {
                let points = &gauge.data_points;
                (points.len(), points.iter().map(|p| p.exemplars.len()).sum())
            }
            Data::Sum(sum) => {
                let points = &sum.data_points;
                (points.len(), points.iter().map(|p| p.exemplars.len()).sum())
            }
            Data::Histogram(histogram) => {
                let points = &histogram.data_points;
                (points.len(), points.iter().map(|p| p.exemplars.len()).sum())
            }
            Data::ExponentialHistogram(histogram) => {
                let points = &histogram.data_points;
                (points.len(), points.iter().map(|p| p.exemplars.len()).sum())
            }
            Data::Summary(summary) => (summary.data_points.len(), 0),
        };
        sent.0 += points as u64;
        sent.1 += exemplars as u64;
    }
    sent
}
