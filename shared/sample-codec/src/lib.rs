//! How do samples fit one write unit? Chunks and keyframes. Pure.
//!
//! A host's complete flush becomes a *delta chunk* against an immutable *keyframe* ([`CompleteFlush::of`]
//! decides, [`encode_delta`] encodes); any other body becomes *self-contained chunks*
//! ([`encode_self_contained`]). [`Chunk::decode`] reads both, [`merge`] makes one list of many. Everything
//! is lossless to the bit, NaN payloads and stale markers included, with two exceptions that the storage
//! design asks for: a (series, time) with two values keeps the larger bit pattern, and a series without
//! samples is left out. The same flush gives the same bytes, so a repeated one has the same
//! [`Chunk::content_hash`]. No chunk spans two clock hours.
//!
//! # Layout
//!
//! All three formats begin alike; what stands before the coded part is read without decoding it.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | format and version: 0x11 keyframe, 0x21 delta, 0x32 self-contained |
//! | 4 | checksum of what follows: low half of XXH3-64, little endian, xor the first byte |
//! | 16 | delta only: the keyframe's id, XXH3-128 of its bytes, little endian |
//! | 1-10 | first time in ms (zigzag varint; 6 bytes today) |
//! | 1-10 | last time minus first time (varint) |
//! | 1-3 | number of samples (varint) |
//! | 1-3 | number of series (varint) |
//! | rest | the coded part |
//!
//! # Keyframes and deltas
//!
//! The coded part is one stream of an adaptive binary range coder. A keyframe holds, series after series,
//! *labels*, *times*, *values*. A delta holds for each series of the keyframe whether it is there and, if
//! so, times and values; then how many new series follow, and those with their labels.
//!
//! - **Labels**: names and values are dictionaries that grow on the way. The set of names is mostly that
//!   of the series before; each value is mostly the one that followed the last time in the same place.
//!   What comes for the first time is spelt out from the first byte in which it differs.
//! - **Times**: one list of times is mostly that of the series before, or one of 64 seen earlier; else the
//!   first time, the first interval and the changes of the interval.
//! - **Values** become integers: decimals and powers of two are taken out where that is exact, else the
//!   bits are used, in an order in which neighbours are near. What is coded is the difference from the
//!   expected value: of the first one from the keyframe (for counters by its rate), or from the previous
//!   series of the metric; of the others from the last delta and the rate. The length of a difference is
//!   coded by its distance from the expected length, two bits of it are modelled, the rest is raw. A stale
//!   marker at the end is a flag.
//!
//! A keyframe is the host's flush (of each series the last 8 samples), sorted by labels, in the same
//! coding; base values, rates and expected sizes are worked out from it when it is read.
//!
//! # Self-contained chunks
//!
//! A body that mixes hosts is large and says the same of each, so that its coding can be plain, and a tenth
//! of the work ([0016](../../../docs/decisions/0016-plain-coding-for-mixed-bodies.md)). The coded part is a
//! row of bits, lowest first: the labels of all series, then their times, then their values.
//!
//! - **Labels** are *steps*: a set of names, and the values that change; every other name has the value it
//!   had last. Steps mostly come in the order in which they came before, so that a host is a new `instance`
//!   and a run of steps taken from the host before. Where a run ends stands either a place to go on from or
//!   a new step, whose names and values are known ones or are spelt in letters of 4 to 16 bits.
//! - **Times**: a list of times, and how many series in a row have it.
//! - **Values** become integers as above. Each is the difference from the series that the labels' step was
//!   taken from, else from the last series of the metric; its length is coded by its distance from the
//!   expected length. A stale marker at the end, or another scale, takes one of the places in that order.
//!
//! A changed format gets a new first byte; the decoder of the old one stays as long as such chunks live.

mod body;
mod chunk;
mod coder;
mod complete;
mod delta;
mod error;
mod flush;
mod header;
mod hours;
mod keyframe;
mod labels;
mod limits;
mod mixed;
mod number;
mod residual;
mod scale;
mod self_contained;
mod text;
mod times;
mod values;

pub use chunk::Chunk;
pub use complete::CompleteFlush;
pub use delta::encode_delta;
pub use error::CodecError;
pub use flush::merge;
pub use hours::{Hour, hour_start, split_by_hour};
pub use keyframe::{Keyframe, KeyframeId};
pub use limits::{MAX_CHUNK_BYTES, MAX_DELTA_BYTES};
pub use self_contained::encode_self_contained;
