//! Times as Alertmanager's API reads and shows them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Go's zero time, which counts as none.
const ZERO: i64 = -62_135_596_800;

/// RFC 3339, or the same without an offset for UTC; an empty text is the epoch, as its library reads it.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    if text.is_empty() {
        return Ok(Timestamp::UNIX_EPOCH);
    }
    let without_offset = || {
        let local: DateTime = text.parse().ok()?;
        let zoned = local.to_zoned(TimeZone::UTC).ok()?;
        text.contains(':').then(|| zoned.timestamp())
    };
    text.parse()
        .ok()
        .or_else(without_offset)
        .ok_or_else(|| format!("parsing time {text:?}: write it as 2006-01-02T15:04:05Z"))
}

/// A time that may be left out.
pub fn parse_some(text: Option<&str>) -> Result<Option<Timestamp>, String> {
    let at = text.map(parse).transpose()?;
    Ok(at.filter(|at| at.as_second() != ZERO))
}

/// Milliseconds, UTC.
pub fn shown(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        for (text, expected) in [
            ("2026-11-28T05:00:00Z", Some("2026-11-28T05:00:00.000Z")),
            (
                "2026-11-28T05:00:00.1239Z",
                Some("2026-11-28T05:00:00.123Z"),
            ),
            (
                "2026-11-28T05:00:00+09:00",
                Some("2026-11-27T20:00:00.000Z"),
            ),
            ("2026-11-28T05:00:00", Some("2026-11-28T05:00:00.000Z")),
            ("2026-11-28 05:00:00", Some("2026-11-28T05:00:00.000Z")),
            ("", Some("1970-01-01T00:00:00.000Z")),
            ("2026-11-28", None),
            ("x", None),
        ] {
            let found = parse(text).ok().map(shown);
            assert_eq!(found.as_deref(), expected, "{text:?}");
        }
        assert_eq!(parse_some(Some("0001-01-01T00:00:00Z")), Ok(None));
        assert_eq!(parse_some(None), Ok(None));
        assert!(parse_some(Some("")).unwrap().is_some());
    }
}
