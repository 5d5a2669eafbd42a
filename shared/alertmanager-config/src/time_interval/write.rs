use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Range, TimeInterval, TimeRange, WEEKDAYS};

type Ranges<'i> = (
    &'static str,
    &'i Option<Vec<Range>>,
    &'i dyn Fn(i32) -> String,
);

impl Serialize for TimeInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("TimeInterval", 6)?;
        // An empty list, too: unlike one that is absent, it never holds.
        if let Some(times) = &self.times {
            out.serialize_field("times", times)?;
        }
        let weekday = |day: i32| {
            let name = usize::try_from(day).ok().and_then(|day| WEEKDAYS.get(day));
            name.map_or_else(|| day.to_string(), |name| (*name).to_owned())
        };
        let number = |value: i32| value.to_string();
        let parts: [Ranges<'_>; 4] = [
            ("weekdays", &self.weekdays, &weekday),
            ("days_of_month", &self.days_of_month, &number),
            ("months", &self.months, &number),
            ("years", &self.years, &number),
        ];
        for (name, ranges, member) in parts {
            if let Some(ranges) = ranges {
                let written: Vec<String> = ranges.iter().map(|one| text_of(*one, member)).collect();
                out.serialize_field(name, &written)?;
            }
        }
        if let Some(zone) = &self.location {
            out.serialize_field("location", zone.iana_name().unwrap_or("UTC"))?;
        }
        out.end()
    }
}

fn text_of(range: Range, member: &dyn Fn(i32) -> String) -> String {
    let begin = member(range.begin);
    if range.begin == range.end {
        begin
    } else {
        format!("{begin}:{}", member(range.end))
    }
}

impl Serialize for TimeRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clock = |minute: i32| format!("{:02}:{:02}", minute / 60, minute % 60);
        let mut out = serializer.serialize_struct("TimeRange", 2)?;
        out.serialize_field("start_time", &clock(self.start_minute))?;
        out.serialize_field("end_time", &clock(self.end_minute))?;
        out.end()
    }
}
