//! Fields of a UTC date.

use crate::function::DateField;

/// Seconds from the year -292,277,022,399 (from which Go counts) to the Unix epoch.
const EPOCH_SECS: u64 = 9_223_372_028_715_321_600;
const DAY_SECS: u64 = 86_400;
const FIRST_YEAR: i64 = -292_277_022_399;

/// The field of a date given in seconds since the epoch. What is no 64-bit count of seconds gives
/// what it gives in Go on amd64, where it becomes the smallest such count.
pub(crate) fn field(field: DateField, seconds: f64) -> f64 {
    let whole = if (-9.3e18..9.223_372_036_854_775e18).contains(&seconds) {
        seconds as i64
    } else {
        i64::MIN
    };
    let absolute = EPOCH_SECS.wrapping_add(whole as u64);
    let days = absolute / DAY_SECS;
    let date = Date::of(days);
    let value = match field {
        DateField::Minute => absolute % 3_600 / 60,
        DateField::Hour => absolute % DAY_SECS / 3_600,
        // The first day was a Monday.
        DateField::DayOfWeek => (days + 1) % 7,
        DateField::DayOfMonth => date.day,
        DateField::DayOfYear => date.day_of_year,
        DateField::DaysInMonth => month_lengths(date.leap)[date.month - 1],
        DateField::Month => date.month as u64,
        DateField::Year => return date.year as f64,
    };
    value as f64
}

struct Date {
    year: i64,
    leap: bool,
    day_of_year: u64,
    /// From 1.
    month: usize,
    day: u64,
}

impl Date {
    /// From days since the first of January of [`FIRST_YEAR`], the year after a leap century.
    fn of(days: u64) -> Self {
        let (cycles, mut rest) = (days / 146_097, days % 146_097);
        let centuries = (rest / 36_524).min(3);
        rest -= centuries * 36_524;
        let (fours, in_four) = (rest / 1_461, rest % 1_461);
        let years = (in_four / 365).min(3);
        let day_of_year = in_four - years * 365;
        let since = (cycles * 400 + centuries * 100 + fours * 4 + years) as i64;
        let year = FIRST_YEAR + since;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut day = day_of_year;
        let mut month = 1;
        for length in month_lengths(leap) {
            if day < length {
                break;
            }
            day -= length;
            month += 1;
        }
        Self {
            year,
            leap,
            day_of_year: day_of_year + 1,
            month: month.min(12),
            day: day + 1,
        }
    }
}

fn month_lengths(leap: bool) -> [u64; 12] {
    let february = if leap { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // year, month, day, day of year, days in month, weekday, hour, minute
        let cases = [
            (0.0, [1970, 1, 1, 1, 31, 4, 0, 0]),
            (1_709_210_096.0, [2024, 2, 29, 60, 29, 4, 12, 34]),
            (4_107_542_399.0, [2100, 2, 28, 59, 28, 0, 23, 59]),
            (951_782_400.0, [2000, 2, 29, 60, 29, 2, 0, 0]),
            (-1.0, [1969, 12, 31, 365, 31, 3, 23, 59]),
            (1_735_603_200.5, [2024, 12, 31, 366, 31, 2, 0, 0]),
        ];
        let fields = [
            DateField::Year,
            DateField::Month,
            DateField::DayOfMonth,
            DateField::DayOfYear,
            DateField::DaysInMonth,
            DateField::DayOfWeek,
            DateField::Hour,
            DateField::Minute,
        ];
        for (seconds, expected) in cases {
            assert_eq!(
                fields.map(|f| field(f, seconds)),
                expected.map(f64::from),
                "{seconds}"
            );
        }
    }
}
