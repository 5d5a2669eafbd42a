//! Durations as Prometheus' configuration writes them: `1h30m`, `90s`, `500ms`, `0`.

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Prometheus keeps durations as signed nanoseconds.
const MAX_MS: u64 = (i64::MAX / 1_000_000) as u64;

/// Milliseconds. Units go from large to small, each at most once.
pub fn parse_duration_ms(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Err("empty duration string".to_owned());
    }
    if text == "0" {
        return Ok(0);
    }
    let invalid = || format!("not a valid duration string: {text:?}");
    let too_long = || format!("duration out of range: {text:?}");
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let unit_len = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        if number.is_empty() {
            return Err(invalid());
        }
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let number: u64 = number.parse().map_err(|_| too_long())?;
        total_ms = number
            .checked_mul(*unit_ms)
            .and_then(|ms| total_ms.checked_add(ms))
            .filter(|ms| *ms <= MAX_MS)
            .ok_or_else(too_long)?;
        rest = after;
    }
    Ok(total_ms)
}

/// As Prometheus writes it: whole years, weeks and days only where nothing smaller is left.
pub fn format_duration_ms(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut rest = ms;
    let mut text = String::new();
    for (at, (unit, unit_ms)) in UNITS.iter().enumerate() {
        let whole_only = at < 3;
        if rest < *unit_ms || (whole_only && !rest.is_multiple_of(*unit_ms)) {
            continue;
        }
        text.push_str(&format!("{}{unit}", rest / unit_ms));
        rest %= unit_ms;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_prometheus_writes_them() {
        for (text, written) in [
            ("0", "0s"),
            ("90m", "1h30m"),
            ("24h", "1d"),
            ("25h", "25h"),
            ("14d", "2w"),
            ("15d", "15d"),
            ("365d", "1y"),
            ("1h1ms", "1h1ms"),
            ("61s", "1m1s"),
        ] {
            let ms = parse_duration_ms(text).unwrap();
            assert_eq!(format_duration_ms(ms), written, "{text}");
            assert_eq!(parse_duration_ms(written), Ok(ms));
        }
    }

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        for (text, ms) in [
            ("0", 0),
            ("0s", 0),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1y2w3d4h5m6s7ms", 33_019_506_007),
            ("500ms", 500),
            ("90s", 90_000),
        ] {
            assert_eq!(parse_duration_ms(text), Ok(ms), "{text}");
        }
        for bad in [
            "",
            "5",
            "m",
            "5 m",
            "1m1h",
            "1m1m",
            "-5m",
            "1.5h",
            "5x",
            "9999999999999999y",
            "300y",
            "५m",
        ] {
            assert!(parse_duration_ms(bad).is_err(), "{bad}");
        }
    }
}
