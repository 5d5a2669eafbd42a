//! What does this remote-write body say? Zero-copy decoding of remote write 1.0 and 2.0. Pure.
//!
//! [`protocol()`] tells from the headers which message a body holds, and [`Protocol::decode`] turns a snappy
//! block into [`SeriesView`]s that borrow the decompressed bytes. What can't be read as a whole is a
//! [`Refusal`]; what is wrong with single series or samples is counted in [`Rejections`] by [`Reason`], each
//! with one example, and the rest is accepted. [`Counts`] account for every sample, histogram and exemplar:
//!
//! | in the body | becomes |
//! |---|---|
//! | labels out of order | sorted (the specifications want them sorted; the identity is the same either way) |
//! | a label with an empty value | absent, as in Prometheus |
//! | the same series twice, the same time twice | both kept, in the order sent; whoever stores them merges |
//! | a series without samples | checked, then left out; 2.0 wants one, but exemplars and metadata come so |
//! | NaN of any payload, stale markers, -0 | kept to the bit |
//! | names beyond `[a-zA-Z_:][a-zA-Z0-9_:]*` | rejected in 1.0, which forbids them; taken in 2.0, which has UTF-8 |
//! | native histograms | classic series `_bucket`, `_count`, `_sum` behind the others, see below |
//! | samples and histograms in one series | taken in 1.0; rejected in 2.0, which forbids it |
//! | exemplars | checked (2.0) and counted; nothing keeps them, so that [`Written`] says 0 |
//! | start times | counted, not used, see below |
//! | metadata | [`WriteRequest::metadata`] |
//! | unknown fields | skipped |
//!
//! **Native histograms.** The count at each bound is exact, but for observations exactly on a negative
//! bucket's end (counted one bound later). Lost are: resolution, where a histogram has more than
//! [`Limits::classic_buckets`] bounds or all together more than [`Limits::classic_samples`] samples (pairs of
//! buckets are merged, whose bounds are among those of before; of custom bounds every n-th stays); the
//! first increase of a bound that appears later than its series, for one range window; and which histogram
//! a gauge is. A stale marker ends `+Inf`, `_count` and `_sum`; the other bounds end by the five minutes'
//! rule. What contradicts itself is rejected as [`Reason::NativeHistogram`].
//!
//! **Exemplars.** The specification forbids 2xx where something known was not written. Answering 400 to
//! every body with an exemplar would make each sender report failures of data that is safe, so the answer
//! is that of the samples, and the header is honest: 0. Prometheus without exemplar storage does the same.
//!
//! **Start times.** A zero at the start would have to be written with every flush, because nothing here
//! knows whether it was written before, and would double what a counter costs. What is lost is the increase
//! before a counter's first sample, as in Prometheus unless it is told otherwise.
//!
//! Memory is bounded by [`Limits`] before anything is allocated, and no sample allocates. The accepted
//! part is at most 16 bytes a sample and 32 bytes a label beside the decompressed body. A body of 2.0 can
//! name a long text with one byte, so that labels and their text have limits of their own.
//!
//! [`SeriesView`]: series::SeriesView

mod block;
mod bound_text;
mod check;
mod classic;
mod convert;
mod counts;
mod decode;
mod decode_v2;
mod encode;
mod encode_v2;
mod identity;
mod intake;
mod label;
mod limits;
mod metadata;
mod native;
mod parts_v2;
mod plain;
mod protocol;
mod refusal;
mod rejection;
mod request;
mod roots;
mod sorted_labels;
mod symbols;
mod wire;

pub use counts::{Counts, Outcome, Written};
pub use decode::decode;
pub use decode_v2::decode_v2;
pub use encode::{encode, encode_views};
pub use encode_v2::{encode_v2, encode_views_v2};
pub use limits::Limits;
pub use protocol::{Protocol, Unsupported, protocol};
pub use refusal::Refusal;
pub use rejection::{Reason, Rejected, Rejections};
pub use request::{Buffer, WriteRequest};
pub use series::{MetadataView, MetricKind};
