/// Why bytes could not be read as a chunk or a keyframe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The first byte names no format known to this version.
    #[error("unknown chunk format {0:#04x}")]
    UnknownFormat(u8),
    /// The bytes end too early.
    #[error("the chunk is cut off")]
    Truncated,
    /// The checksum does not fit the content.
    #[error("the chunk is damaged: its checksum does not fit")]
    Checksum,
    /// The content contradicts itself.
    #[error("the chunk is damaged: {0}")]
    Damaged(&'static str),
    /// A delta chunk was given without a keyframe, or with another one than it names.
    #[error("the chunk needs keyframe {0}")]
    NeedsKeyframe(crate::KeyframeId),
}
