//! What does this remote-write body say? Zero-copy decoding of remote write 1.0. Pure.
//!
//! [`decode()`] turns a snappy block into [`SeriesView`]s that borrow the decompressed bytes. What can't be
//! read as a whole is a [`Refusal`]; what is wrong with single series or samples is counted in
//! [`Rejections`] by [`Reason`], each with one example, and the rest is accepted:
//!
//! | in the body | becomes |
//! |---|---|
//! | labels out of order | sorted (the specification wants them sorted; the identity is the same either way) |
//! | a label with an empty value | absent, as in Prometheus |
//! | the same series twice, the same time twice | both kept, in the order sent; whoever stores them merges |
//! | a series without samples | checked, then left out |
//! | NaN of any payload, stale markers, -0 | kept to the bit |
//! | exemplars | counted in [`WriteRequest::exemplars`], not kept |
//! | native histograms | rejected as [`Reason::NativeHistogram`] until they can be stored |
//! | metadata, unknown fields | skipped |
//!
//! Memory is bounded by [`Limits`] before anything is allocated, and no sample allocates. The accepted
//! part is at most 16 bytes a sample and 32 bytes a label beside the decompressed body.
//!
//! [`SeriesView`]: series::SeriesView

mod block;
mod check;
mod decode;
mod encode;
mod identity;
mod label;
mod limits;
mod plain;
mod refusal;
mod rejection;
mod request;
mod wire;

pub use decode::decode;
pub use encode::{encode, encode_views};
pub use limits::Limits;
pub use refusal::Refusal;
pub use rejection::{Reason, Rejected, Rejections};
pub use request::{Buffer, WriteRequest};
