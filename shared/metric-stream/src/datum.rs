//! One line of a record in JSON, as the data point that the same stream would send in OpenTelemetry's format.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The units that CloudWatch names differently there; a pair such as `Bytes/Second` is translated on both sides.
/// Source: Amazon CloudWatch, "Translations with OpenTelemetry 1.0.0 format", table of units.
const UNITS: &[(&str, &str)] = &[
    ("Second", "s"),
    ("Seconds", "s"),
    ("Microsecond", "us"),
    ("Microseconds", "us"),
    ("Milliseconds", "ms"),
    ("Bytes", "By"),
    ("Kilobytes", "kBy"),
    ("Megabytes", "MBy"),
    ("Gigabytes", "GBy"),
    ("Terabytes", "TBy"),
    ("Bits", "bit"),
    ("Kilobits", "kbit"),
    ("Megabits", "MBit"),
    ("Gigabits", "GBit"),
    ("Terabits", "Tbit"),
    ("Percent", "%"),
    ("Count", "{Count}"),
    ("None", "1"),
];

/// A data point of one metric.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Datum<'b> {
    #[serde(borrow)]
    account_id: Cow<'b, str>,
    #[serde(borrow)]
    region: Cow<'b, str>,
    #[serde(borrow)]
    namespace: Cow<'b, str>,
    #[serde(borrow)]
    metric_name: Cow<'b, str>,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// In milliseconds since 1970.
    timestamp: u64,
    value: BTreeMap<String, f64>,
    #[serde(borrow, default)]
    unit: Cow<'b, str>,
}

impl Datum<'_> {
    /// The metric, to be put into a request; none where it lacks what every datum has.
    pub(crate) fn metric(&self) -> Option<Value> {
        if self.namespace.is_empty() || self.metric_name.is_empty() {
            return None;
        }
        let statistic = |name: &str| self.value.get(name).copied();
        let (sum, count) = (statistic("sum")?, statistic("count")?);
        let quantiles = self
            .value
            .iter()
            .filter_map(|(name, value)| Some((quantile(name)?, value)));
        let quantiles =
            quantiles.map(|(quantile, value)| json!({"quantile": quantile, "value": value}));
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let mut attributes = vec![
            text("Namespace", &self.namespace),
            text("MetricName", &self.metric_name),
        ];
        if !self.dimensions.is_empty() {
            let members: Vec<_> = self.dimensions.iter().map(|(n, v)| text(n, v)).collect();
            attributes
                .push(json!({"key": "Dimensions", "value": {"kvlistValue": {"values": members}}}));
        }
        Some(json!({
            "resource": {"attributes": [
                text("cloud.account.id", &self.account_id),
                text("cloud.region", &self.region),
            ]},
            "scopeMetrics": [{"metrics": [{
                "name": format!("amazonaws.com/{}/{}", self.namespace, self.metric_name),
                "unit": unit(&self.unit),
                "summary": {"dataPoints": [{
                    "attributes": attributes,
                    "timeUnixNano": self.timestamp.saturating_mul(1_000_000).to_string(),
                    // OpenTelemetry counts in whole numbers; a float is cut to what it can hold.
                    "count": (count.round() as u64).to_string(),
                    "sum": sum,
                    "quantileValues": quantiles.collect::<Vec<_>>(),
                }]},
            }]}],
        }))
    }

    /// A statistic that has no place in a summary.
    pub(crate) fn unsupported(&self) -> Option<&str> {
        let known = |name: &str| ["sum", "count"].contains(&name) || quantile(name).is_some();
        let mut names = self.value.keys().map(String::as_str);
        names.find(|name| !known(name))
    }
}

fn quantile(statistic: &str) -> Option<f64> {
    match statistic {
        "min" => Some(0.0),
        "max" => Some(1.0),
        _ => {
            let percent = statistic.strip_prefix('p')?;
            let is_plain = percent
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
            // Not divided: 99.9 / 100 is not the double next to 0.999.
            let quantile: f64 = format!("{percent}e-2").parse().ok().filter(|_| is_plain)?;
            (0.0..=1.0).contains(&quantile).then_some(quantile)
        }
    }
}

fn unit(name: &str) -> String {
    let one = |name: &str| {
        let known = UNITS.iter().find(|(ours, _)| *ours == name);
        known.map_or(name, |(_, theirs)| *theirs).to_owned()
    };
    match name.split_once('/') {
        Some((unit, per)) => format!("{}/{}", one(unit), one(per)),
        None => one(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_quantiles_and_nothing_else_is() {
        for (name, expected) in [
            ("min", Some(0.0)),
            ("max", Some(1.0)),
            ("p50", Some(0.5)),
            ("p99", Some(0.99)),
            ("p99.9", Some(0.999)),
            ("p100", Some(1.0)),
            ("p0", Some(0.0)),
            ("p101", None),
            ("p-1", None),
            ("p", None),
            ("pinf", None),
            ("sum", None),
            ("tm99", None),
            ("TM(25%:75%)", None),
        ] {
            assert_eq!(quantile(name), expected, "{name}");
        }
    }

    #[test]
    fn units_are_translated_on_both_sides_of_a_slash() {
        for (name, expected) in [
            ("Percent", "%"),
            ("Bytes/Second", "By/s"),
            ("Count/Second", "{Count}/s"),
            ("None", "1"),
            ("", ""),
            ("Furlongs", "Furlongs"),
        ] {
            assert_eq!(unit(name), expected);
        }
    }
}
