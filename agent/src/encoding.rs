//! Remote write bodies: protobuf, then the snappy block format.

use std::collections::BTreeMap;

use series::{Labels, Sample, Series};

/// What a body is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Remote write 1.0, which every receiver takes.
    #[default]
    V1,
    /// Remote write 2.0: each text once in a body.
    V2,
}

/// The body of one request.
pub fn write_request(
    series: BTreeMap<Labels, Vec<Sample>>,
    protocol: Protocol,
) -> Result<Vec<u8>, snap::Error> {
    let mut body = match protocol {
        Protocol::V1 => first_version(&series)?,
        Protocol::V2 => {
            let one = |(labels, samples)| Series { labels, samples };
            remote_write::encode_v2(&series.into_iter().map(one).collect::<Vec<_>>())
        }
    };
    // It was made for the worst case, seven times as large, and a body may wait for hours.
    body.shrink_to_fit();
    Ok(body)
}

/// Field numbers: `WriteRequest.timeseries = 1`, `TimeSeries.labels = 1`, `.samples = 2`,
/// `Label.name = 1`, `.value = 2`, `Sample.value = 1`, `.timestamp = 2`.
fn first_version(series: &BTreeMap<Labels, Vec<Sample>>) -> Result<Vec<u8>, snap::Error> {
    let mut request = Vec::new();
    let mut one = Vec::new();
    let mut part = Vec::new();
    for (labels, samples) in series {
        one.clear();
        for (name, value) in labels.iter() {
            part.clear();
            put_bytes(&mut part, 1, name.as_bytes());
            put_bytes(&mut part, 2, value.as_bytes());
            put_bytes(&mut one, 1, &part);
        }
        for sample in samples {
            part.clear();
            put_sample(&mut part, *sample);
            put_bytes(&mut one, 2, &part);
        }
        put_bytes(&mut request, 1, &one);
    }
    snap::raw::Encoder::new().compress_vec(&request)
}

fn put_sample(out: &mut Vec<u8>, sample: Sample) {
    out.push(1 << 3 | 1);
    out.extend_from_slice(&sample.value.to_bits().to_le_bytes());
    out.push(2 << 3);
    // As protobuf has it: a negative int64 is its two's complement in ten bytes.
    put_varint(out, sample.time_ms.cast_unsigned());
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;
    use series::STALE_NAN_BITS;

    use super::*;

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

    fn decoded(body: &[u8]) -> Vec<(Labels, Vec<Sample>)> {
        let bytes = snap::raw::Decoder::new().decompress_vec(body).unwrap();
        let request = WriteRequest::decode(bytes.as_slice()).unwrap();
        let series = request.timeseries.into_iter().map(|one| {
            let labels = one.labels.into_iter().map(|l| (l.name, l.value));
            let samples = one.samples.into_iter().map(|s| Sample {
                time_ms: s.timestamp,
                value: s.value,
            });
            (Labels::new(labels).unwrap(), samples.collect())
        });
        series.collect()
    }

    proptest! {
        #[test]
        fn prost_reads_what_was_written_to_the_bit(
            series in prop::collection::vec(
                (prop::collection::btree_map("[a-z]{1,3}", ".{1,200}", 0..5),
                 prop::collection::vec((any::<i64>(), any::<u64>()), 0..5)), 0..8)
        ) {
            let series: BTreeMap<Labels, Vec<Sample>> = series.into_iter().map(|(labels, samples)| {
                let sample = |(time_ms, bits)| Sample { time_ms, value: f64::from_bits(bits) };
                (Labels::from(labels), samples.into_iter().map(sample).collect())
            }).collect();
            let body = write_request(series.clone(), Protocol::V1).unwrap();
            prop_assert_eq!(decoded(&body), series.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_body_holds_no_memory_beyond_its_bytes() {
        let labels = |n: i64| Labels::new([("__name__", format!("metric_number_{n}"))]).unwrap();
        let sample = Sample {
            time_ms: 0,
            value: 0.0,
        };
        let series: BTreeMap<Labels, Vec<Sample>> =
            (0..200).map(|n| (labels(n), vec![sample])).collect();
        for protocol in [Protocol::V1, Protocol::V2] {
            let body = write_request(series.clone(), protocol).unwrap();
            let (capacity, length) = (body.capacity(), body.len());
            assert!(capacity < length * 2, "{protocol:?} {capacity} {length}");
        }
    }

    #[test]
    fn a_stale_marker_keeps_its_bits() {
        let stale = Sample {
            time_ms: 1,
            value: f64::from_bits(STALE_NAN_BITS),
        };
        let series = BTreeMap::from([(Labels::new([("__name__", "up")]).unwrap(), vec![stale])]);
        let body = write_request(series, Protocol::V1).unwrap();
        assert!(decoded(&body)[0].1[0].is_stale());
    }
}
