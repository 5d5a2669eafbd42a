//! Prometheus' humanize functions.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::number::general;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const LARGE_1024: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

fn short(value: f64) -> String {
    general(value, 4)
}

/// Divides by `step` until below it; the unit says how often.
fn scaled_down<'a>(value: f64, step: f64, units: &[&'a str]) -> (f64, &'a str) {
    let mut scaled = (value, "");
    for unit in units {
        if scaled.0.abs() < step {
            break;
        }
        scaled = (scaled.0 / step, unit);
    }
    scaled
}

/// Multiplies by 1,000 until at least 1; the unit says how often.
fn scaled_up(value: f64) -> (f64, &'static str) {
    let mut scaled = (value, "");
    for unit in SMALL {
        if scaled.0.abs() >= 1.0 {
            break;
        }
        scaled = (scaled.0 * 1_000.0, unit);
    }
    scaled
}

/// Metric prefixes: `1.234k`, `56.7m`.
pub fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return short(value);
    }
    let (value, unit) = if value.abs() >= 1.0 {
        scaled_down(value, 1_000.0, &LARGE)
    } else {
        scaled_up(value)
    };
    format!("{}{unit}", short(value))
}

/// Binary prefixes: `1.5Gi`.
pub fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return short(value);
    }
    let (value, unit) = scaled_down(value, 1_024.0, &LARGE_1024);
    format!("{}{unit}", short(value))
}

/// Seconds as `1d 2h 3m 4s`, below a minute with fractions, below a second with a prefix.
pub fn humanize_duration(secs: f64) -> String {
    if !secs.is_finite() {
        return short(secs);
    }
    if secs == 0.0 {
        return format!("{}s", short(secs));
    }
    if secs.abs() < 1.0 {
        let (value, unit) = scaled_up(secs);
        return format!("{}{unit}s", short(value));
    }
    let sign = if secs < 0.0 { "-" } else { "" };
    let whole = go_integer(secs.abs());
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let seconds = whole % 60;
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", short(secs.abs()))
    }
}

/// A ratio as a percentage.
pub fn humanize_percentage(ratio: f64) -> String {
    format!("{}%", short(ratio * 100.0))
}

/// Seconds since the Unix epoch as Go writes a time.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn humanize_timestamp(secs: f64) -> Result<String, String> {
    if !secs.is_finite() {
        return Ok(short(secs));
    }
    let ns = secs * 1e9;
    if !(-TWO_TO_63..TWO_TO_63).contains(&ns) {
        return Err(format!("{secs:e} seconds overflow a time in nanoseconds"));
    }
    let ms = ns as i64 / 1_000_000;
    let at = Timestamp::from_millisecond(ms).map_err(|error| error.to_string())?;
    let utc = at.to_zoned(TimeZone::UTC);
    let fraction = match ms.rem_euclid(1_000) {
        0 => String::new(),
        ms => format!(".{ms:03}").trim_end_matches('0').to_owned(),
    };
    Ok(format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{fraction} +0000 UTC",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    ))
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// `int64(value)` of Go on amd64: what does not fit becomes the smallest number.
#[expect(clippy::cast_possible_truncation, reason = "it is what Go does")]
fn go_integer(value: f64) -> i64 {
    if (-TWO_TO_63..TWO_TO_63).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}
