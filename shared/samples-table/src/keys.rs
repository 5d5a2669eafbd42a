//! Every key of the table `samples`. Names are short, because each byte counts towards one write unit.
//!
//! | item | pk | sk | attributes |
//! |---|---|---|---|
//! | chunk | `<tenant>#c#<sender>` | `<newest sample, ms>#<64 bits of its content's hash>` | `d` bytes, `a` arrival in ms, `n` points of the flush (on one of its chunks), `t` expiry in s |
//! | keyframe | `<tenant>#k#<sender>` | `<content hash>` | `d` bytes, `t` expiry in s |
//! | refused | `<tenant>#r#<sender>` | `<arrival, ms>#<request>` | the ledger's entry, `t` expiry in s |
//!
//! A chunk lies within one clock hour, so the chunks that may hold a range of time are those whose
//! newest sample lies between its beginning and the end of its last hour.

use ids::{SenderId, TenantId};

const HOUR_MS: i64 = 3_600_000;
/// The largest time that 13 digits hold; sort keys compare as text.
const LARGEST_MS: i64 = 9_999_999_999_999;

pub(crate) fn chunks(tenant: &TenantId, sender: &SenderId) -> String {
    format!("{tenant}#c#{sender}")
}

pub(crate) fn keyframes(tenant: &TenantId, sender: &SenderId) -> String {
    format!("{tenant}#k#{sender}")
}

pub(crate) fn refused(tenant: &TenantId, sender: &SenderId) -> String {
    format!("{tenant}#r#{sender}")
}

pub(crate) fn refused_body(arrived_ms: i64, request_id: &str) -> String {
    format!("{}#{request_id}", digits(arrived_ms))
}

/// First and last sort key of what was refused within `from_ms..=to_ms`.
pub(crate) fn refused_range(from_ms: i64, to_ms: i64) -> (String, String) {
    (
        digits(from_ms),
        digits(to_ms.max(from_ms).saturating_add(1)),
    )
}

/// First and last sort key of the chunks whose newest sample lies within `from_ms..=to_ms`.
pub(crate) fn newest_range(from_ms: i64, to_ms: i64) -> (String, String) {
    refused_range(from_ms, to_ms)
}

pub(crate) fn chunk(newest_ms: i64, content_hash: u128) -> String {
    let short = content_hash >> 64;
    format!("{}#{short:016x}", digits(newest_ms))
}

/// First and last sort key of the chunks that may hold samples of `from_ms..=to_ms`.
pub(crate) fn chunk_range(from_ms: i64, to_ms: i64) -> (String, String) {
    let last = to_ms
        .max(0)
        .div_euclid(HOUR_MS)
        .saturating_add(1)
        .saturating_mul(HOUR_MS);
    (digits(from_ms), digits(last.max(from_ms)))
}

fn digits(time_ms: i64) -> String {
    format!("{:013}", time_ms.clamp(0, LARGEST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_finds_every_chunk_of_the_hours_it_touches() {
        let (from, to) = chunk_range(2 * HOUR_MS + 5, 3 * HOUR_MS + 1);
        let holds = |newest_ms| {
            let key = chunk(newest_ms, u128::MAX);
            from <= key && key <= to
        };
        assert!(holds(2 * HOUR_MS + 5) && holds(4 * HOUR_MS - 1));
        assert!(!holds(2 * HOUR_MS + 4) && !holds(4 * HOUR_MS + 1));
    }

    #[test]
    fn a_range_to_the_end_of_time_holds_today() {
        let today = chunk(1_795_165_200_000, 0);
        for (from_ms, to_ms) in [(0, 100_000_000_000_000), (i64::MIN, i64::MAX)] {
            let (from, to) = chunk_range(from_ms, to_ms);
            assert!(from <= today && today <= to, "{from} to {to}");
        }
        for (from_ms, to_ms) in [(i64::MAX, i64::MIN), (100_000_000_000_000, 0), (5, 4)] {
            let (from, to) = chunk_range(from_ms, to_ms);
            assert!(from <= to, "the table refuses {from} to {to}");
        }
    }
}
