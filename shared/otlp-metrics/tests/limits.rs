//! A sender that changes its protocol finds the same limits.

#[test]
fn both_protocols_take_the_same() {
    let (ours, theirs) = (intake::Limits::default(), remote_write::Limits::default());
    assert_eq!(
        [
            ours.decompressed_bytes,
            ours.series,
            ours.samples,
            ours.labels_per_series,
            ours.label_name_bytes,
            ours.label_value_bytes
        ],
        [
            theirs.decompressed_bytes,
            theirs.series,
            theirs.samples,
            theirs.labels_per_series,
            theirs.label_name_bytes,
            theirs.label_value_bytes
        ]
    );
    assert_eq!(
        (ours.past_ms, ours.future_ms),
        (theirs.past_ms, theirs.future_ms)
    );
}
