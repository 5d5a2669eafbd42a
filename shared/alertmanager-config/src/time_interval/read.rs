use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{NamedTimeIntervals, Range, TimeInterval, TimeRange, WEEKDAYS};
use crate::value::Value;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// One entry of `time_intervals` and where it begins. `what` is what a person calls it.
pub(crate) fn named(value: Value<'_>, what: &str) -> Option<(usize, NamedTimeIntervals)> {
    let mut fields = value.fields()?;
    let line = fields.line_of("name");
    let name = fields.text("name");
    if name.is_empty() {
        fields.refuse(format!("missing name in {what}; give it `name`"));
    }
    let intervals = fields.list("time_intervals").into_iter();
    let time_intervals = intervals.filter_map(interval).collect();
    fields.finish();
    let named = NamedTimeIntervals {
        name,
        time_intervals,
    };
    Some((line, named))
}

fn interval(value: Value<'_>) -> Option<TimeInterval> {
    if value.is_null() {
        return Some(TimeInterval::default());
    }
    let mut fields = value.fields()?;
    let mut part = |name: &str, read: fn(&str) -> Result<Range, String>| {
        let value = fields.take_some(name)?;
        Some(ranges(value, read))
    };
    let weekdays = part("weekdays", weekday_range);
    let days_of_month = part("days_of_month", day_range);
    let months = part("months", month_range);
    let years = part("years", year_range);
    let times = fields.take_some("times").map(|value| {
        let items = value.list().into_iter();
        items.filter_map(time_range).collect()
    });
    let location = fields.take_some("location").and_then(location);
    fields.finish();
    Some(TimeInterval {
        times,
        weekdays,
        days_of_month,
        months,
        years,
        location,
    })
}

fn ranges(value: Value<'_>, read: fn(&str) -> Result<Range, String>) -> Vec<Range> {
    let mut found = Vec::new();
    for item in value.list() {
        let (line, path, reading) = (item.line, item.path.clone(), item.reading);
        if item.is_null() {
            item.refuse("an entry that is null is not supported; remove it");
            continue;
        }
        let Some(text) = item.text() else { continue };
        match read(&text.to_lowercase()) {
            Ok(range) => found.push(range),
            Err(reason) => reading.refuse(line, &path, reason),
        }
    }
    found
}

fn range(text: &str, member: impl Fn(&str) -> Result<i32, String>) -> Result<Range, String> {
    let mut parts = text.split(':');
    let begin = member(parts.next().unwrap_or_default())?;
    let end = parts.next().map_or(Ok(begin), member)?;
    if parts.next().is_some() {
        return Err(format!(
            "couldn't parse range {text}; write it as first:last"
        ));
    }
    Ok(Range { begin, end })
}

fn number(text: &str) -> Result<i32, String> {
    let value = text.parse::<i64>();
    let value = value.map_err(|_| format!("{text:?} is not a number"))?;
    // No year is beyond these.
    let value = value.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    i32::try_from(value).map_err(|reason| reason.to_string())
}

fn weekday_range(text: &str) -> Result<Range, String> {
    let range = range(text, |day| {
        let at = WEEKDAYS.iter().position(|name| *name == day);
        let at = at.and_then(|at| i32::try_from(at).ok());
        at.ok_or_else(|| format!("{day} is not a valid weekday; write monday"))
    })?;
    if range.begin > range.end {
        return Err(
            "start day cannot be after end day; the week begins on sunday, so write two ranges"
                .to_owned(),
        );
    }
    Ok(range)
}

fn day_range(text: &str) -> Result<Range, String> {
    let range = range(text, number)?;
    for day in [range.begin, range.end] {
        if day == 0 || !(-31..=31).contains(&day) {
            return Err(format!(
                "{day} is not a valid day of the month: 1 to 31, or -31 to -1 from its end"
            ));
        }
    }
    if range.begin < 0 && range.end > 0 {
        return Err("end day must be negative if start day is negative".to_owned());
    }
    // With the shortest month: what is wrong in each is refused, what is wrong in some is clamped.
    let in_28 = |day: i32| if day < 0 { 28 + day } else { day };
    if in_28(range.begin) > in_28(range.end) {
        return Err(format!(
            "end day {} is always before start day {}",
            range.end, range.begin
        ));
    }
    Ok(range)
}

fn month_range(text: &str) -> Result<Range, String> {
    let range = range(text, |month| {
        let at = MONTHS.iter().position(|name| *name == month);
        let at = at.and_then(|at| i32::try_from(at + 1).ok());
        at.or_else(|| number(month).ok())
            .ok_or_else(|| format!("{month} is not a valid month; write january or 1"))
    })?;
    if range.begin > range.end {
        return Err("end month is before start month; write two ranges".to_owned());
    }
    Ok(range)
}

fn year_range(text: &str) -> Result<Range, String> {
    let range = range(text, number)?;
    if range.begin > range.end {
        let Range { begin, end } = range;
        return Err(format!("end year {end} is before start year {begin}"));
    }
    Ok(range)
}

fn time_range(value: Value<'_>) -> Option<TimeRange> {
    let mut fields = value.fields()?;
    let line = fields.line;
    let [start, end] = ["start_time", "end_time"].map(|name| {
        let line = fields.line_of(name);
        (line, fields.text(name))
    });
    let (path, reading) = (fields.path.clone(), fields.reading);
    fields.finish();
    if start.1.is_empty() || end.1.is_empty() {
        reading.refuse(line, &path, "both start and end times must be provided");
        return None;
    }
    let minute = |(line, text): (usize, String)| {
        let found = minute_of_day(&text);
        if found.is_none() {
            let message = format!("couldn't parse timestamp {text:?}; write it as \"09:00\"");
            reading.refuse(line, &path, message);
        }
        found
    };
    let (start_minute, end_minute) = (minute(start)?, minute(end)?);
    if start_minute >= end_minute {
        let message = "start time cannot be equal or greater than end time; write two ranges";
        reading.refuse(line, &path, message);
        return None;
    }
    Some(TimeRange {
        start_minute,
        end_minute,
    })
}

/// `HH:MM` up to `24:00`.
fn minute_of_day(text: &str) -> Option<i32> {
    let digits: Vec<i32> = text
        .bytes()
        .map(|byte| {
            if byte.is_ascii_digit() {
                i32::from(byte - b'0')
            } else {
                -1
            }
        })
        .collect();
    let [h, hh, -1, m, mm] = digits.as_slice() else {
        return None;
    };
    let known = text.as_bytes().get(2) == Some(&b':') && ![h, hh, m, mm].contains(&&-1);
    let minute = (h * 10 + hh) * 60 + m * 10 + mm;
    (known && *m < 6 && minute <= 1_440).then_some(minute)
}

fn location(value: Value<'_>) -> Option<TimeZone> {
    let (line, path, reading) = (value.line, value.path.clone(), value.reading);
    let name = value.text()?;
    if name.is_empty() || name == "UTC" {
        return Some(TimeZone::UTC);
    }
    let zone = TimeZoneDatabase::bundled().get(&name).ok();
    // Alertmanager looks it up as the name of a file.
    let zone = zone.filter(|zone| zone.iana_name() == Some(&name));
    if zone.is_none() {
        let message = if name == "Local" {
            "`Local` is not supported: there is no server with a time of its own; write it as Asia/Tokyo"
                .to_owned()
        } else {
            format!("unknown time zone {name:?}; write it as Asia/Tokyo")
        };
        reading.refuse(line, &path, message);
    }
    zone
}
