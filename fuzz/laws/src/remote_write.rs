//! Remote write 1.0 and 2.0, against what `prost` reads.

use ::remote_write::{Buffer, Limits, Protocol, Refusal, WriteRequest};
use prost::Message;
use snap::raw::{Decoder, Encoder, decompress_len};

use crate::memory::within;
use crate::remote_write_oracle::expected::{Expected, found, of_v1, of_v2};
use crate::remote_write_oracle::{self as oracle, NOW_MS, v2};
use crate::views::{self, Bounds, any_time};

/// A `prometheus.WriteRequest`, not compressed yet.
pub fn remote_write_v1(message: &[u8]) {
    hold(Protocol::V1, message);
    let request = oracle::WriteRequest::decode(message).ok();
    let exemplars = request.iter().flat_map(|request| &request.timeseries);
    let exemplars = exemplars.map(|series| series.exemplars.len()).sum();
    let request = request.map(|request| of_v1(request, &any_time()));
    agree(Protocol::V1, message, request, exemplars);
}

/// An `io.prometheus.write.v2.Request`, not compressed yet.
pub fn remote_write_v2(message: &[u8]) {
    hold(Protocol::V2, message);
    let request = v2::Request::decode(message).ok();
    // Without the empty string in its place no reference can be trusted.
    let is_trusted = |request: &v2::Request| {
        let is_empty = request.symbols.is_empty() && request.timeseries.is_empty();
        is_empty || request.symbols.first().is_some_and(String::is_empty)
    };
    if request.as_ref().is_some_and(|request| !is_trusted(request)) {
        let mut buffer = Buffer::default();
        let decoded = Protocol::V2.decode(&snappy(message), &any_time(), NOW_MS, &mut buffer);
        assert!(decoded.is_err(), "a table without an empty string");
        return;
    }
    let exemplars = request.iter().flat_map(|request| &request.timeseries);
    let exemplars = exemplars.map(|series| series.exemplars.len()).sum();
    let request = request.map(|request| of_v2(&request, &any_time()));
    agree(Protocol::V2, message, request, exemplars);
}

/// A body as it comes.
pub fn snappy_block(body: &[u8]) {
    let limits = few();
    for protocol in [Protocol::V1, Protocol::V2] {
        let mut buffer = Buffer::default();
        let most = most_bytes(&limits);
        let decode = || protocol.decode(body, &limits, NOW_MS, &mut buffer).err();
        match within(most, decode) {
            Some(Refusal::TooLarge { declared, .. }) => {
                assert!(declared > limits.decompressed_bytes);
                assert_eq!(decompress_len(body), Ok(declared));
            }
            Some(Refusal::NotSnappy(_)) => {
                let is_small = decompress_len(body).is_ok_and(|n| n <= limits.decompressed_bytes);
                assert!(!is_small || Decoder::new().decompress_vec(body).is_err());
            }
            _ => drop(Decoder::new().decompress_vec(body).unwrap()),
        }
    }
}

fn snappy(message: &[u8]) -> Vec<u8> {
    Encoder::new().compress_vec(message).unwrap()
}

/// Limits that a small body reaches.
fn few() -> Limits {
    Limits {
        decompressed_bytes: 1 << 14,
        series: 12,
        samples: 40,
        histograms: 6,
        symbols: 48,
        labels: 96,
        label_text_bytes: 2048,
        labels_per_series: 8,
        label_name_bytes: 16,
        label_value_bytes: 48,
        classic_buckets: 8,
        classic_samples: 32,
        ..Limits::default()
    }
}

/// What a body within the limits may take: the lists of the accepted part, thrice, because a list that
/// grows has an old and a new place and some room.
fn most_bytes(limits: &Limits) -> usize {
    let samples = limits.samples + limits.classic_samples;
    let series = limits.series + limits.classic_samples;
    // In 1.0 the text of a label takes at least 8 bytes of the body.
    let labels = limits.labels + limits.decompressed_bytes / 8;
    let lists = 16 * samples + 48 * series + 32 * labels + 16 * limits.symbols;
    let converted = 64 * limits.classic_samples + 16 * limits.histograms + limits.label_text_bytes;
    let metadata = 64 * limits.series;
    limits.decompressed_bytes + 3 * (lists + converted + metadata) + (48 << 10)
}

/// What needs no oracle.
fn hold(protocol: Protocol, message: &[u8]) {
    let body = snappy(message);
    for limits in [any_time(), few()] {
        let mut buffer = Buffer::default();
        let decoded = within(most_bytes(&limits), || {
            protocol.decode(&body, &limits, NOW_MS, &mut buffer)
        });
        if let Ok(request) = decoded {
            is_sound(&request, &limits);
            let views = request.views();
            views::come_back(&views, Protocol::V2);
            if protocol == Protocol::V1 {
                views::come_back(&views, Protocol::V1);
            }
        }
    }
}

fn is_sound(request: &WriteRequest<'_>, limits: &Limits) {
    let views = request.views();
    let bounds = Bounds {
        labels: limits.labels_per_series,
        name_bytes: limits.label_name_bytes,
        value_bytes: limits.label_value_bytes,
        window_ms: NOW_MS.saturating_sub(limits.past_ms)..=NOW_MS.saturating_add(limits.future_ms),
    };
    views::are_sound(&views, &bounds);
    let samples: usize = views.iter().map(|view| view.samples.len()).sum();
    let converted = samples - request.sample_count();
    assert_eq!(samples, request.stored_sample_count());
    assert!(request.sample_count() <= limits.samples);
    assert!(converted <= limits.classic_samples, "{converted}");
    assert!(views.len() - converted <= limits.series);
    assert!(request.metadata().len() <= limits.series);
    let examples = request.rejected.iter().map(|rejected| &rejected.example);
    assert!(examples.into_iter().all(|example| example.len() < 2048));
}

/// `expected` is what `prost` reads; `None` where it refuses.
fn agree(protocol: Protocol, message: &[u8], expected: Option<Expected>, exemplars: usize) {
    let mut buffer = Buffer::default();
    let own = protocol.decode(&snappy(message), &any_time(), NOW_MS, &mut buffer);
    match (own, expected) {
        // What prost does not ask for.
        (Err(Refusal::OtherMessage { .. }), _) => {}
        (Err(refusal), Some(_)) => assert!(is_excess(&refusal), "prost takes it: {refusal}"),
        (Err(_), None) => {}
        // A histogram is not looked at where its series is rejected.
        (Ok(own), None) => assert!(!own.rejected.is_empty(), "prost refuses it"),
        (Ok(own), Some(mut expected)) => {
            let counts = own.counts.exemplars;
            assert_eq!(counts.accepted + counts.rejected, exemplars as u64);
            let mut found = found(&own);
            // Of histograms the oracle knows only those of few schemas, and every one was sent.
            for side in [&mut found, &mut expected] {
                side.classic.clear();
                side.histograms_accepted += std::mem::take(&mut side.histograms_rejected);
            }
            assert_eq!(found, expected);
        }
    }
}

fn is_excess(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::TooManySeries { .. }
            | Refusal::TooManySamples { .. }
            | Refusal::TooManyHistograms { .. }
            | Refusal::TooManySymbols { .. }
            | Refusal::TooManyLabels { .. }
    )
}
