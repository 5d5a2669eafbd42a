//! Times as Go writes them. Source: Go's `time.Layout`. All are in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// How Go writes a time by itself.
const DEFAULT: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// What the reference time is written with, the longer before what it begins with.
const PIECES: [&str; 34] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "-070000",
    "-07:00:00",
    "-0700",
    "-07:00",
    "-07",
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
    "002",
    "__2",
    "_2006",
    "_2",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "PM",
    "pm",
    "1",
    "2",
    "3",
    "4",
    "5",
];

/// The time as Go writes it by itself.
pub(crate) fn text(at: Timestamp) -> String {
    format(DEFAULT, at)
}

/// The time as the reference time is written in `layout`.
pub(crate) fn format(layout: &str, at: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(at);
    let mut out = String::with_capacity(layout.len() + 8);
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        if let Some(taken) = fraction(rest, time, &mut out) {
            rest = &rest[taken..];
        } else if let Some(piece) = piece(rest) {
            out.push_str(&written(piece, time));
            rest = &rest[piece.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn piece(rest: &str) -> Option<&'static str> {
    let found = PIECES.into_iter().find(|piece| rest.starts_with(piece))?;
    // "Month" is a word, not a day.
    let next = rest[found.len()..].chars().next();
    let is_word = matches!(found, "Jan" | "Mon") && next.is_some_and(|c| c.is_ascii_lowercase());
    (!is_word).then_some(found)
}

/// `.000` or `.999` after the seconds: with or without the zeros at the end.
fn fraction(rest: &str, time: DateTime, out: &mut String) -> Option<usize> {
    let sign = rest.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = rest[1..]
        .chars()
        .next()
        .filter(|c| matches!(c, '0' | '9'))?;
    let digits = rest[1..].chars().take_while(|c| *c == digit).count();
    let next = rest[1 + digits..].chars().next();
    if next.is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{:09}", time.subsec_nanosecond());
    let mut shown = &nanos[..digits.min(9)];
    if digit == '9' {
        shown = shown.trim_end_matches('0');
    }
    if !shown.is_empty() {
        out.push(sign);
        out.push_str(shown);
    }
    Some(1 + digits)
}

fn written(piece: &str, time: DateTime) -> String {
    let month = MONTHS[usize::from(time.month().unsigned_abs().clamp(1, 12)) - 1];
    let day_of_week = time.date().weekday().to_monday_zero_offset();
    let day_name = DAYS[usize::from(day_of_week.unsigned_abs().min(6))];
    let hour12 = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let is_morning = time.hour() < 12;
    match piece {
        "January" => month.to_owned(),
        "Jan" => month[..3].to_owned(),
        "Monday" => day_name.to_owned(),
        "Mon" => day_name[..3].to_owned(),
        "MST" => "UTC".to_owned(),
        "2006" => format!("{:04}", time.year()),
        "_2006" => format!("_{:04}", time.year()),
        "06" => format!("{:02}", time.year().rem_euclid(100)),
        "01" => format!("{:02}", time.month()),
        "1" => time.month().to_string(),
        "02" => format!("{:02}", time.day()),
        "_2" => format!("{:2}", time.day()),
        "2" => time.day().to_string(),
        "002" => format!("{:03}", time.date().day_of_year()),
        "__2" => format!("{:3}", time.date().day_of_year()),
        "15" => format!("{:02}", time.hour()),
        "03" => format!("{hour12:02}"),
        "3" => hour12.to_string(),
        "04" => format!("{:02}", time.minute()),
        "4" => time.minute().to_string(),
        "05" => format!("{:02}", time.second()),
        "5" => time.second().to_string(),
        "PM" => if is_morning { "AM" } else { "PM" }.to_owned(),
        "pm" => if is_morning { "am" } else { "pm" }.to_owned(),
        "-070000" => "+000000".to_owned(),
        "-07:00:00" => "+00:00:00".to_owned(),
        "-0700" => "+0000".to_owned(),
        "-07:00" => "+00:00".to_owned(),
        "-07" => "+00".to_owned(),
        // With a Z, UTC has no digits.
        _ => "Z".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        let at: Timestamp = "2024-01-02T03:04:05.678Z".parse().unwrap();
        for (layout, wanted) in [
            (
                "Mon Jan _2 15:04:05.000 MST 2006 -07:00",
                "Tue Jan  2 03:04:05.678 UTC 2024 +00:00",
            ),
            ("2006-01-02T15:04:05Z07:00", "2024-01-02T03:04:05Z"),
            (
                "Monday, 2. January 06, 3:4:5 pm",
                "Tuesday, 2. January 24, 3:4:5 am",
            ),
            ("Month 1", "Month 1"),
            ("002 __2 .9999999 .00", "002   2 .678 .67"),
        ] {
            assert_eq!(format(layout, at), wanted, "{layout}");
        }
        assert_eq!(text(at), "2024-01-02 03:04:05.678 +0000 UTC");
        let never: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(text(never), "0001-01-01 00:00:00 +0000 UTC");
    }
}
