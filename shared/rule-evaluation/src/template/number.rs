//! Numbers as Go's `strconv` writes and reads them.

/// `%e` with this many digits after the point.
pub fn exponential(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| go_exponent(&format!("{value:.precision$e}")))
}

/// `%f` with this many digits after the point.
pub fn fixed(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| format!("{value:.precision$}"))
}

/// `%g` with this many significant digits, trailing zeros dropped.
pub fn general(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| {
        let digits = precision.max(1);
        let text = format!("{value:.*e}", digits - 1);
        let limit = i32::try_from(digits).unwrap_or(i32::MAX);
        general_of(&text, limit)
    })
}

/// `%g` and `%v`: as few digits as tell the number from its neighbours.
pub fn shortest(value: f64) -> String {
    special(value).unwrap_or_else(|| general_of(&format!("{value:e}"), SHORTEST_LIMIT))
}

/// From this exponent on, `%v` writes one; not 21, which is for JSON.
const SHORTEST_LIMIT: i32 = 6;

fn special(value: f64) -> Option<String> {
    if value.is_nan() {
        Some("NaN".to_owned())
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned())
    } else {
        None
    }
}

/// Rust's `1.5e7` as Go's `1.5e+07`.
fn go_exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// Rust's `d.ddde<n>` with or without an exponent.
fn general_of(text: &str, limit: i32) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= limit {
        return go_exponent(&format!("{mantissa}e{exponent}"));
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    let Ok(before_point) = usize::try_from(exponent + 1) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    };
    if before_point == 0 {
        return format!("{sign}0.{digits}");
    }
    if digits.len() <= before_point {
        return format!("{sign}{digits:0<before_point$}");
    }
    let (whole, fraction) = digits.split_at(before_point);
    format!("{sign}{whole}.{fraction}")
}

/// `strconv.ParseFloat`, without hexadecimal numbers and underscores.
pub fn parse(text: &str) -> Option<f64> {
    text.parse().ok()
}
