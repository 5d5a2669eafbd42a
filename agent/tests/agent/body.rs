//! What a body says, read by a decoder that is not ours.

use prost::Message;
use series::{Labels, Sample};

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}
#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<WireSample>,
}
#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}
#[derive(Clone, PartialEq, Message)]
struct WireSample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// Every series of a remote write 1.0 body.
pub fn series_of(body: &[u8]) -> Vec<(Labels, Vec<Sample>)> {
    let bytes = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let request = WriteRequest::decode(bytes.as_slice()).unwrap();
    let one = |series: TimeSeries| {
        let labels = series
            .labels
            .into_iter()
            .map(|label| (label.name, label.value));
        let sample = |s: WireSample| Sample {
            time_ms: s.timestamp,
            value: s.value,
        };
        (
            Labels::new(labels).unwrap(),
            series.samples.into_iter().map(sample).collect(),
        )
    };
    request.timeseries.into_iter().map(one).collect()
}
