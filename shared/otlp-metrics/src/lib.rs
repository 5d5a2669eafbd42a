//! What does this OTLP export say? Decoding of `ExportMetricsServiceRequest` (protobuf and JSON) and its
//! translation into series, as Prometheus translates it. Pure.
//!
//! [`decode()`] returns an [`Export`]: series, and what was not taken, by [`Reason`] with one example each and
//! the exact count of data points. What can't be read as a whole is a [`Refusal`]. [`Export::response`] and
//! [`status_body`] are the bodies of the answers.
//!
//! | in the body | becomes |
//! |---|---|
//! | gauge; sum that is not monotonic | `name_unit` |
//! | monotonic sum | `name_unit_total` |
//! | histogram | `_bucket{le}`, `_count`, `_sum` (where sent); minimum and maximum are dropped |
//! | exponential histogram | the same, at the bounds of scale 2 or coarser: a quantile is off by less than 19 % |
//! | summary | `{quantile}`, `_count`, `_sum` |
//! | delta or no temporality | rejected; turning deltas into totals takes a state that no stateless function has |
//! | flag "no recorded value" | a stale marker in each series |
//! | attributes | labels; keys that become one name: values joined with `;` |
//! | `service.namespace`, `service.name` | `job` |
//! | `service.instance.id`, else `host.name`, else `host.id` | `instance` |
//! | other attributes of a resource | `target_info` |
//! | a scope's name, version, attributes | `otel_scope_name`, `otel_scope_version`, `otel_scope_...` |
//! | whole numbers | doubles: exact up to 2^53 |
//! | time in nanoseconds | milliseconds, cut; two values in one millisecond: whoever stores them merges |
//! | exemplars | counted, not kept |
//! | description, unit, kind | [`Export::families`], as Prometheus' metadata |
//! | start times, schema addresses | not read |
//!
//! A data point is taken with all its series or rejected whole. Memory is bounded by [`Limits`]: data points
//! are read one at a time, and a text that repeats is kept once. docs/decisions/0030 says why it is so.

mod any_value;
mod attribute_labels;
mod conventions;
mod emission;
mod encoding;
mod exponential;
mod export;
mod json;
mod metric_name;
mod model;
mod protobuf;
mod reason;
mod refusal;
mod resource;
mod response;
mod translation;
mod wire;

pub use conventions::Conventions;
pub use encoding::Encoding;
pub use export::{Export, Family};
pub use intake::Limits;
pub use reason::Reason;
pub use refusal::Refusal;
pub use response::status_body;

/// What was not taken, by [`Reason`].
pub type Rejections = intake::Rejections<Reason>;

/// Reads a body (decompressed already: [`intake::gunzip`]) and translates it.
pub fn decode(
    body: &[u8],
    encoding: Encoding,
    limits: &Limits,
    now_ms: i64,
) -> Result<Export, Refusal> {
    decode_with(Conventions::default(), body, encoding, limits, now_ms)
}

/// The same for a sender that has conventions of its own.
pub fn decode_with(
    conventions: Conventions,
    body: &[u8],
    encoding: Encoding,
    limits: &Limits,
    now_ms: i64,
) -> Result<Export, Refusal> {
    if body.len() > limits.decompressed_bytes {
        return Err(Refusal::TooLarge {
            limit: limits.decompressed_bytes,
        });
    }
    let mut translation = translation::Translation::new(conventions, limits, now_ms);
    match encoding {
        Encoding::Protobuf => protobuf::read(body, &mut translation)?,
        Encoding::Json => json::read(body, &mut translation)?,
    }
    Ok(translation.finish())
}
