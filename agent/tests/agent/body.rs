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

#[derive(Clone, PartialEq, Message)]
struct SecondRequest {
    #[prost(string, repeated, tag = "4")]
    symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    timeseries: Vec<SecondSeries>,
}
#[derive(Clone, PartialEq, Message)]
struct SecondSeries {
    #[prost(uint32, repeated, tag = "1")]
    labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<WireSample>,
}

/// The names and values of each series that has one sample, of a remote write 2.0 message.
pub fn symbols_and_labels(bytes: &[u8]) -> Vec<Vec<String>> {
    let request = SecondRequest::decode(bytes).unwrap();
    assert_eq!(request.symbols[0], "");
    let text = |number: &u32| request.symbols[*number as usize].clone();
    let with_sample = request
        .timeseries
        .iter()
        .filter(|one| one.samples.len() == 1);
    with_sample
        .map(|one| one.labels_refs.iter().map(text).collect())
        .collect()
}
