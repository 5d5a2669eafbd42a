//! A metric's name as Prometheus translates it (strategy `UnderscoreEscapingWithSuffixes`).
//!
//! Sources: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", OTLP metric points to
//! Prometheus; `normalizeName` and its tables in prometheus/otlptranslator and, before that, in
//! `storage/remote/otlptranslator` of Prometheus 2.x.

use crate::model::Kind;

/// Prometheus' word for a unit of UCUM; any other unit stays as it is.
const UNITS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    // Not "tebibytes": the name that Prometheus gives is the one that dashboards ask for.
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
];

/// The same behind a slash.
const UNITS_PER: &[(&str, &str)] = &[
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The translated name; empty where nothing of the name can stand in one.
pub(crate) fn translate(name: &str, unit: &str, kind: Kind) -> String {
    let mut tokens: Vec<&str> = tokens_of(name).collect();
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let main = unit_word(main, UNITS);
    if !main.is_empty() && !tokens.contains(&main.as_str()) {
        tokens.push(&main);
    }
    let per = unit_word(per, UNITS_PER);
    if !per.is_empty() && !tokens.contains(&per.as_str()) {
        tokens.extend(["per", &per]);
    }
    if tokens_of(name).next().is_none() {
        return String::new();
    }
    let suffix = match kind {
        Kind::Sum { is_monotonic: true } => Some("total"),
        // Many senders give the unit 1 to counts of things, so that only gauges are taken for ratios.
        Kind::Gauge if unit == "1" => Some("ratio"),
        _ => None,
    };
    if let Some(suffix) = suffix {
        tokens.retain(|token| *token != suffix);
        tokens.push(suffix);
    }
    let joined = tokens.join("_");
    if joined.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{joined}")
    } else {
        joined
    }
}

/// The unit in Prometheus' words; empty for none.
pub(crate) fn unit(unit: &str) -> String {
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let (main, per) = (unit_word(main, UNITS), unit_word(per, UNITS_PER));
    match (main.as_str(), per.as_str()) {
        (_, "") => main,
        ("", _) => format!("per_{per}"),
        _ => format!("{main}_per_{per}"),
    }
}

/// What stands between characters that a name can't have; runs of underscores vanish with them.
fn tokens_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':')
        .filter(|token| !token.is_empty())
}

/// Empty for an annotation such as `{request}`, which is no unit.
fn unit_word(unit: &str, words: &[(&str, &str)]) -> String {
    let unit = unit.trim();
    if unit.contains(['{', '}']) {
        return String::new();
    }
    match words.iter().find(|(ucum, _)| *ucum == unit) {
        Some((_, word)) => (*word).to_owned(),
        None => tokens_of(unit).collect::<Vec<_>>().join("_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTER: Kind = Kind::Sum { is_monotonic: true };
    const UP_DOWN: Kind = Kind::Sum {
        is_monotonic: false,
    };

    /// The facts are those of prometheus/otlptranslator's own test table.
    const TABLE: &[(&str, &str, Kind, &str)] = &[
        (
            "http.server.duration",
            "s",
            Kind::Histogram,
            "http_server_duration_seconds",
        ),
        ("requests", "", COUNTER, "requests_total"),
        ("requests_total", "", COUNTER, "requests_total"),
        ("total.requests", "", COUNTER, "requests_total"),
        ("items", "1", COUNTER, "items_total"),
        ("cpu_seconds_total", "s", COUNTER, "cpu_seconds_total"),
        ("cpu_usage", "1", Kind::Gauge, "cpu_usage_ratio"),
        ("cpu_usage_ratio", "1", Kind::Gauge, "cpu_usage_ratio"),
        ("queue", "1", UP_DOWN, "queue"),
        (
            "response_time_seconds",
            "s",
            Kind::Gauge,
            "response_time_seconds",
        ),
        ("requests", "1/s", Kind::Gauge, "requests_per_second"),
        (
            "throughput",
            "By/s",
            Kind::Gauge,
            "throughput_bytes_per_second",
        ),
        ("metric", " By / s ", Kind::Gauge, "metric_bytes_per_second"),
        ("metric", "By/", Kind::Gauge, "metric_bytes"),
        ("metric", "/", Kind::Gauge, "metric"),
        (
            "custom_metric",
            "custom_unit",
            Kind::Gauge,
            "custom_metric_custom_unit",
        ),
        ("custom_metric", "{custom}", Kind::Gauge, "custom_metric"),
        (
            "custom_metric",
            "By/{custom}",
            Kind::Gauge,
            "custom_metric_bytes",
        ),
        (
            "custom",
            "1/custom_unit",
            Kind::Gauge,
            "custom_per_custom_unit",
        ),
        (
            "custom_metric",
            "unit@with#special/chars",
            Kind::Gauge,
            "custom_metric_unit_with_special_per_chars",
        ),
        (
            "metric__with__underscores",
            "unit__two",
            Kind::Gauge,
            "metric_with_underscores_unit_two",
        ),
        ("job:requests:rate", "", Kind::Gauge, "job:requests:rate"),
        ("123metric", "", Kind::Gauge, "_123metric"),
        ("métrica", "", Kind::Gauge, "m_trica"),
        (
            "request_size",
            "By",
            Kind::ExponentialHistogram,
            "request_size_bytes",
        ),
        (
            "response_time",
            "ms",
            Kind::Summary,
            "response_time_milliseconds",
        ),
        ("@#$%", "", Kind::Gauge, ""),
        ("@#$%", "s", COUNTER, ""),
        ("", "", Kind::Gauge, ""),
    ];

    #[test]
    fn names_are_translated_as_prometheus_does() {
        for (name, unit, kind, translated) in TABLE {
            assert_eq!(translate(name, unit, *kind), *translated, "{name} {unit}");
        }
    }

    #[test]
    fn every_unit_becomes_its_suffix_and_is_not_added_twice() {
        for (unit, word) in UNITS.iter().filter(|(unit, _)| *unit != "1") {
            let once = format!("x_{word}");
            assert_eq!(translate("x", unit, UP_DOWN), once);
            assert_eq!(translate(&once, unit, UP_DOWN), once);
        }
        for (unit, word) in UNITS_PER {
            let once = format!("x_bytes_per_{word}");
            assert_eq!(translate("x", &format!("By/{unit}"), Kind::Gauge), once);
            assert_eq!(translate(&once, &format!("By/{unit}"), Kind::Gauge), once);
        }
    }
}
