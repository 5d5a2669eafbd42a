use std::fmt::Write;

/// Appends a bound as the label `le` has it: as OpenMetrics writes floats, which is how Prometheus 3 writes
/// the bounds it scrapes (`1.0`, `2.5e-05`, `+Inf`).
pub(crate) fn push(text: &mut String, bound: f64) {
    if bound.is_infinite() {
        text.push_str(if bound > 0.0 { "+Inf" } else { "-Inf" });
        return;
    }
    let start = text.len();
    // Writing to a string can't fail.
    let _ = write!(text, "{bound:e}");
    let Some((digits, exponent)) = text.get(start..).and_then(|t| t.split_once('e')) else {
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        text.truncate(start);
        let _ = write!(text, "{bound:?}");
        return;
    }
    let digits = digits.len();
    text.truncate(start + digits);
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(text, "e{sign}{:02}", exponent.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go's `strconv.FormatFloat(f, 'g', -1, 64)` writes them, with `.0` where that has no point.
    #[test]
    fn bounds_are_written_as_openmetrics_writes_them() {
        let cases = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-1.0, "-1.0"),
            (0.25, "0.25"),
            (100_000.0, "100000.0"),
            (123_456.5, "123456.5"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.000_025, "2.5e-05"),
            (-0.000_025, "-2.5e-05"),
            (2.938_735_877_055_719e-39, "2.938735877055719e-39"),
            (1e300, "1e+300"),
            (f64::INFINITY, "+Inf"),
        ];
        for (bound, expected) in cases {
            let mut text = "before ".to_owned();
            push(&mut text, bound);
            assert_eq!(text, format!("before {expected}"));
        }
    }
}
