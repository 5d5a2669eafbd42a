//! Times and sizes as people write them.

use std::time::Duration;

/// `15s`, `500ms`, `1m`; between a tenth of a second and an hour.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => 0,
    };
    let ms = number
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(unit_ms));
    match ms {
        Some(ms @ 100..=3_600_000) => Ok(Duration::from_millis(ms)),
        _ => Err(format!(
            "{text:?} is not a time such as 15s, from 100ms to 60m"
        )),
    }
}

/// A number of bytes.
pub fn bytes(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| format!("{text:?} is not a number of bytes"))
}
