/// What one write unit leaves for a delta chunk beside the item's keys and names.
pub const MAX_DELTA_BYTES: usize = 954;

/// What DynamoDB charges for at a time.
pub(crate) const WRITE_UNIT_BYTES: usize = 1024;

/// A chunk or keyframe stays below this; an item of the table takes 400 KB with everything beside it.
pub const MAX_CHUNK_BYTES: usize = 350_000;

/// Series in one chunk.
pub(crate) const MAX_SERIES: usize = 1 << 15;

/// Samples in one chunk.
pub(crate) const MAX_SAMPLES: usize = 1 << 16;

/// Bytes of all names and values of a chunk, as they are when decoded.
pub(crate) const MAX_LABEL_BYTES: usize = 1 << 23;

/// Milliseconds of the hours at which chunks are cut.
pub(crate) const HOUR_MS: i64 = 3_600_000;
