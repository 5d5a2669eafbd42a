mod read;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

pub(crate) use read::named;

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// Time intervals under a name, as `time_intervals` and the older `mute_time_intervals` have them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedTimeIntervals {
    /// What routes call it.
    pub name: String,
    /// One that contains an instant is enough.
    pub time_intervals: Vec<TimeInterval>,
}

impl NamedTimeIntervals {
    /// Whether any of them contains the instant.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.time_intervals.iter().any(|one| one.contains(at))
    }
}

/// What must hold of an instant, all of it. A part that is `None` always holds; one that is an empty list
/// never does, as in Alertmanager.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimeInterval {
    /// Of the day.
    pub times: Option<Vec<TimeRange>>,
    /// 0 is Sunday, 6 Saturday.
    pub weekdays: Option<Vec<Range>>,
    /// 1 to 31, or from -1, the last, to -31; beyond the month's end it is clamped.
    pub days_of_month: Option<Vec<Range>>,
    /// 1 to 12.
    pub months: Option<Vec<Range>>,
    /// As written.
    pub years: Option<Vec<Range>>,
    /// UTC where it is `None`.
    pub location: Option<TimeZone>,
}

/// A range of the day in minutes from midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first minute that is in it.
    pub start_minute: i32,
    /// The first minute that is no more in it; at most 1,440.
    pub end_minute: i32,
}

/// A range of weekdays, days, months or years, both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub begin: i32,
    /// The last.
    pub end: i32,
}

impl Range {
    const fn has(self, value: i32) -> bool {
        self.begin <= value && value <= self.end
    }

    fn has_day(self, day: i32, days_in_month: i32) -> bool {
        let from_the_end = |day: i32| {
            if day < 0 {
                days_in_month + day + 1
            } else {
                day
            }
        };
        // A month's end before the beginning is no day: the end alone is clamped.
        let (begin, end) = (from_the_end(self.begin), from_the_end(self.end));
        begin <= day && day <= end
    }
}

impl TimeInterval {
    /// Whether the instant is in it, by the clock of its location.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        let zone = self.location.clone().unwrap_or(TimeZone::UTC);
        self.contains_local(at.to_zoned(zone).datetime())
    }

    fn contains_local(&self, local: DateTime) -> bool {
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let weekday = i32::from(local.weekday().to_sunday_zero_offset());
        let days_in_month = i32::from(local.date().days_in_month());
        let day = i32::from(local.day());
        let within = |time: &TimeRange| time.start_minute <= minute && minute < time.end_minute;
        any(self.times.as_deref(), within)
            && any(self.days_of_month.as_deref(), |range| {
                range.has_day(day, days_in_month)
            })
            && any(self.months.as_deref(), |range| {
                range.has(i32::from(local.month()))
            })
            && any(self.weekdays.as_deref(), |range| range.has(weekday))
            && any(self.years.as_deref(), |range| {
                range.has(i32::from(local.year()))
            })
    }
}

fn any<T>(ranges: Option<&[T]>, holds: impl Fn(&T) -> bool) -> bool {
    ranges.is_none_or(|ranges| ranges.iter().any(holds))
}

/// Which of a configuration's named intervals contain an instant.
pub(crate) fn active<'n>(
    named: impl IntoIterator<Item = &'n NamedTimeIntervals>,
    at: Timestamp,
) -> BTreeMap<&'n str, bool> {
    let named = named.into_iter();
    named
        .map(|one| (one.name.as_str(), one.contains(at)))
        .collect()
}
