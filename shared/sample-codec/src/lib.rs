//! How do samples fit one write unit? Chunks and keyframes. Pure.

mod body;
mod chunk;
mod coder;
mod delta;
mod error;
mod flush;
mod header;
mod hours;
mod keyframe;
mod labels;
mod limits;
mod number;
mod residual;
mod scale;
mod self_contained;
mod text;
mod times;
mod values;

pub use chunk::Chunk;
pub use delta::encode_delta;
pub use error::CodecError;
pub use flush::merge;
pub use hours::{Hour, hour_start, split_by_hour};
pub use keyframe::{Keyframe, KeyframeId};
pub use limits::{MAX_CHUNK_BYTES, MAX_DELTA_BYTES};
pub use self_contained::encode_self_contained;
