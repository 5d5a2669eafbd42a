use peak_alloc::PeakAlloc;

/// Counts a list that grows with its old and its new place, so that it sees the worst that may be.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Gives what `decode` gives. It must never hold more than `most_bytes` at a time.
pub(crate) fn within<T>(most_bytes: usize, decode: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let decoded = decode();
    let held = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        held <= most_bytes,
        "{held} bytes were held, and {most_bytes} are allowed"
    );
    decoded
}
