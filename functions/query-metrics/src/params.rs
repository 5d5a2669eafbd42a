//! What was asked? Times, steps and selectors as Prometheus' API takes them.

use http_access::Parameters;
use jiff::Timestamp;

/// Why a request is answered with 400; the text says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParam {
    /// A parameter without which there is no answer.
    #[error("invalid parameter {0:?}: it is missing")]
    Missing(&'static str),
    /// A time that is none.
    #[error("invalid parameter {name:?}: cannot parse {text:?} to a valid timestamp")]
    Time {
        /// Which parameter.
        name: &'static str,
        /// What was given.
        text: String,
    },
    /// A duration that is none.
    #[error("invalid parameter {name:?}: cannot parse {text:?} to a valid duration")]
    Duration {
        /// Which parameter.
        name: &'static str,
        /// What was given.
        text: String,
    },
    /// An end before its start.
    #[error("invalid parameter \"end\": end timestamp must not be before start time")]
    EndBeforeStart,
    /// A step of zero or less.
    #[error(
        "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"
    )]
    Step,
    /// More time than one answer may be about.
    #[error("invalid parameter \"start\": it must not be more than {max_hours} h before \"end\"")]
    TooLong {
        /// The limit.
        max_hours: i64,
    },
    /// A limit that is none.
    #[error("{0} must be a number")]
    Number(&'static str),
    /// A limit that lets nothing through.
    #[error("{0} must be a positive number")]
    PositiveNumber(&'static str),
    /// Too many points.
    #[error(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
    )]
    TooManyPoints,
}

/// The most points a range query gives a series, as in Prometheus.
const MAX_POINTS: i64 = 11_000;

/// A parameter that must be there.
pub fn required<'a>(params: &'a Parameters, name: &'static str) -> Result<&'a str, BadParam> {
    present(params, name).ok_or(BadParam::Missing(name))
}

/// A parameter that may be absent; an empty one is absent.
pub fn present<'a>(params: &'a Parameters, name: &str) -> Option<&'a str> {
    params.text(name).filter(|text| !text.is_empty())
}

/// A time in milliseconds, where given.
pub fn time_ms(params: &Parameters, name: &'static str) -> Result<Option<i64>, BadParam> {
    let Some(text) = present(params, name) else {
        return Ok(None);
    };
    let time_ms = parse_time_ms(text).ok_or_else(|| BadParam::Time {
        name,
        text: text.to_owned(),
    })?;
    Ok(Some(time_ms))
}

/// How many at most; none where that is not given or negative, as in Prometheus.
pub fn limit(params: &Parameters, name: &'static str) -> Result<Option<usize>, BadParam> {
    let number = present(params, name).map(str::parse::<i64>).transpose();
    let number = number.map_err(|_| BadParam::Number(name))?;
    Ok(number.and_then(|limit| usize::try_from(limit).ok()))
}

/// How many at most, one or more, where given.
pub fn positive(params: &Parameters, name: &'static str) -> Result<Option<usize>, BadParam> {
    let number = present(params, name).map(str::parse::<usize>).transpose();
    match number {
        Ok(Some(0)) | Err(_) => Err(BadParam::PositiveNumber(name)),
        Ok(number) => Ok(number),
    }
}

/// From `start` to `end` in milliseconds: up to now and `default_ms` back unless said.
pub fn window(params: &Parameters, now_ms: i64, default_ms: i64) -> Result<(i64, i64), BadParam> {
    let end_ms = time_ms(params, "end")?.unwrap_or(now_ms);
    let start_ms = time_ms(params, "start")?.unwrap_or_else(|| end_ms.saturating_sub(default_ms));
    if end_ms < start_ms {
        return Err(BadParam::EndBeforeStart);
    }
    Ok((start_ms, end_ms))
}

/// Start, end and step of a range query, in milliseconds.
pub fn range(params: &Parameters) -> Result<Range, BadParam> {
    let start_ms = time_ms(params, "start")?.ok_or(BadParam::Missing("start"))?;
    let end_ms = time_ms(params, "end")?.ok_or(BadParam::Missing("end"))?;
    let text = required(params, "step")?;
    let step_ms = parse_duration_ms(text).ok_or_else(|| BadParam::Duration {
        name: "step",
        text: text.to_owned(),
    })?;
    if end_ms < start_ms {
        return Err(BadParam::EndBeforeStart);
    }
    if step_ms <= 0 {
        return Err(BadParam::Step);
    }
    if (end_ms - start_ms) / step_ms > MAX_POINTS {
        return Err(BadParam::TooManyPoints);
    }
    Ok(Range {
        start_ms,
        end_ms,
        step_ms,
    })
}

/// Times at which an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub start_ms: i64,
    /// None after this.
    pub end_ms: i64,
    /// Between two.
    pub step_ms: i64,
}

/// RFC 3339, or seconds since the epoch with a fraction. Years 0001 to 9999.
fn parse_time_ms(text: &str) -> Option<i64> {
    match text.parse::<f64>() {
        Ok(secs) => whole_ms(secs),
        Err(_) => text
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_millisecond),
    }
}

/// Seconds, or a Prometheus duration such as `1h30m`.
fn parse_duration_ms(text: &str) -> Option<i64> {
    match text.parse::<f64>() {
        Ok(secs) => whole_ms(secs),
        Err(_) => promql::parse_duration_ms(text)
            .ok()
            .and_then(|ms| i64::try_from(ms).ok()),
    }
}

fn whole_ms(secs: f64) -> Option<i64> {
    const LARGEST_MS: f64 = 253_402_300_799_999.0;
    let time_ms = (secs * 1000.0).round();
    #[allow(clippy::cast_possible_truncation, reason = "the range was checked")]
    (time_ms.abs() <= LARGEST_MS).then_some(time_ms as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_prometheus_reads_them() {
        assert_eq!(parse_time_ms("1435781430.781"), Some(1_435_781_430_781));
        assert_eq!(
            parse_time_ms("2015-07-01T20:10:51.781Z"),
            Some(1_435_781_451_781)
        );
        assert_eq!(
            parse_time_ms("2015-07-01T20:10:51+02:00"),
            Some(1_435_774_251_000)
        );
        for bad in ["", "x", "NaN", "+Inf", "1e300", "2015-07-01"] {
            assert_eq!(parse_time_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn limits_are_numbers_as_prometheus_takes_them() {
        let params = Parameters::parse(b"one=1&none=0&less=-1&text=x&empty=");
        for (name, any, positive) in [
            ("one", Ok(Some(1)), Ok(Some(1))),
            ("none", Ok(Some(0)), Err(BadParam::PositiveNumber("none"))),
            ("less", Ok(None), Err(BadParam::PositiveNumber("less"))),
            ("empty", Ok(None), Ok(None)),
            ("missing", Ok(None), Ok(None)),
        ] {
            assert_eq!(limit(&params, name), any, "{name}");
            assert_eq!(super::positive(&params, name), positive, "{name}");
        }
        assert_eq!(limit(&params, "text"), Err(BadParam::Number("text")));
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused_in_words() {
        let range = |text: &str| range(&Parameters::parse(text.as_bytes()));
        assert_eq!(
            range("start=0&end=60&step=15s"),
            Ok(Range {
                start_ms: 0,
                end_ms: 60_000,
                step_ms: 15_000
            })
        );
        assert_eq!(range("end=60&step=15"), Err(BadParam::Missing("start")));
        assert_eq!(
            range("start=60&end=0&step=15"),
            Err(BadParam::EndBeforeStart)
        );
        assert_eq!(range("start=0&end=60&step=0"), Err(BadParam::Step));
        assert_eq!(range("start=0&end=60&step=-1"), Err(BadParam::Step));
        assert_eq!(
            range("start=0&end=11001&step=1"),
            Err(BadParam::TooManyPoints)
        );
        assert!(matches!(
            range("start=0&end=1&step=x"),
            Err(BadParam::Duration { .. })
        ));
        assert!(matches!(
            range("start=x&end=1&step=1"),
            Err(BadParam::Time { .. })
        ));
    }
}
