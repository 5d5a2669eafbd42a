//! What Telegraf, collectd and CloudWatch send: values in lines, lists and records, each taken or refused alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use collectd_json::Post;
use influx_line::{Batch, Precision};
use serde_json::value::RawValue;

use crate::lists::{any_time, few, is_sound, most_bytes};
use crate::memory::within;
use crate::remote_write_oracle::NOW_MS;

/// A body of line protocol.
pub fn influx_line(body: &[u8]) {
    for limits in [any_time(), few()] {
        for precision in [Precision::Nanoseconds, Precision::Seconds] {
            let decode = || influx_line::decode(body, precision, &limits, NOW_MS);
            if let Ok(batch) = within(most_bytes(&limits, body), decode) {
                is_sound(&batch.series, &limits);
                assert_eq!(batch.values, batch.series.sample_count() as u64);
            }
        }
    }
    let decode =
        |body: &[u8]| influx_line::decode(body, Precision::Nanoseconds, &any_time(), NOW_MS);
    let Ok(whole) = decode(body) else { return };
    // In quotes a line goes on.
    if !body.contains(&b'"') {
        let count = |batch: &Batch| [batch.values, batch.rejected.points()];
        let lines = body.split(|byte| *byte == b'\n');
        let lines = lines.map(|line| count(&decode(line).unwrap()));
        assert_eq!(sum(lines), count(&whole));
    }
}

/// A post of collectd.
pub fn collectd_json(body: &[u8]) {
    for limits in [any_time(), few()] {
        let decode = || collectd_json::decode(body, &limits, NOW_MS);
        if let Ok(post) = within(most_bytes(&limits, body), decode) {
            is_sound(&post.series, &limits);
            assert_eq!(post.values, post.series.sample_count() as u64);
        }
    }
    let decode = |body: &str| collectd_json::decode(body.as_bytes(), &any_time(), NOW_MS);
    let Ok(whole) = collectd_json::decode(body, &any_time(), NOW_MS) else {
        return;
    };
    let count = |post: &Post| [post.values, post.rejected.points()];
    let lists: Vec<&RawValue> = serde_json::from_slice(body).expect("no JSON list was taken");
    let lists = lists
        .into_iter()
        .map(|list| count(&decode(&format!("[{list}]")).unwrap()));
    assert_eq!(sum(lists), count(&whole));
}

/// What Firehose delivers: the whole body; and a record, which the law puts into one.
pub fn metric_stream(bytes: &[u8]) {
    delivery(bytes);
    let record = STANDARD.encode(bytes);
    let of = |records: &str| format!(r#"{{"requestId":"a","timestamp":1,"records":[{records}]}}"#);
    let record = format!(r#"{{"data":"{record}"}}"#);
    let once = delivery(of(&record).as_bytes());
    let twice = delivery(of(&format!("{record},{record}")).as_bytes());
    if let (Some([taken, refused]), Some(twice)) = (once, twice) {
        assert_eq!(twice, [2 * taken, 2 * refused]);
    }
}

fn delivery(body: &[u8]) -> Option<[u64; 2]> {
    let mut counts = None;
    for limits in [few(), any_time()] {
        let decode = || metric_stream::decode(body, &limits, NOW_MS);
        let delivery = within(most_bytes(&limits, body), decode).ok();
        counts = delivery.map(|delivery| {
            is_sound(&delivery.series, &limits);
            [delivery.data_points, delivery.rejected.points()]
        });
    }
    counts
}

fn sum(counts: impl Iterator<Item = [u64; 2]>) -> [u64; 2] {
    counts.fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]])
}
