//! From lines to series.

use std::collections::BTreeSet;

use intake::{Excess, LabelSet, Limits, PointIssue, SeriesList, SeriesSet, push_metric_name};
use series::Sample;

use crate::lines::Lines;
use crate::parse::{self, Line, Value};
use crate::{Precision, Reason, Rejections};

/// The tag by which Telegraf says on which host it runs.
const HOST: &str = "host";
/// The field whose name says nothing.
const VALUE: &str = "value";
/// The measurement under which Telegraf's input `prometheus` sends (`metric_version = 2`).
const PROMETHEUS: &str = "prometheus";
const LONGEST_EXAMPLE: usize = 160;

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct Batch {
    /// What the accepted values became.
    pub series: SeriesList,
    /// The values of the tag `host` of lines with an accepted value.
    pub hosts: BTreeSet<String>,
    /// Values that were taken.
    pub values: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
}

/// Reads a body (decompressed already: [`intake::gunzip`]); `now_ms` is the time of a line that has none.
pub fn decode(
    body: &[u8],
    precision: Precision,
    limits: &Limits,
    now_ms: i64,
) -> Result<Batch, Excess> {
    let mut reading = Reading {
        limits,
        precision,
        now_ms,
        series: SeriesSet::default(),
        hosts: BTreeSet::new(),
        values: 0,
        rejected: Rejections::default(),
    };
    let mut seen = 0;
    for (number, bytes) in Lines::of(body) {
        let line = str::from_utf8(bytes).map_err(|_| "the line is not UTF-8");
        let line = line.and_then(|line| parse::line(line, limits));
        seen += line.as_ref().map_or(1, |line| line.fields.len());
        if seen > limits.samples {
            let limit = limits.samples;
            return Err(Excess::Samples { limit });
        }
        match line {
            Ok(line) => reading.line(&line)?,
            Err(what) => reading.invalid(number, bytes, what),
        }
    }
    Ok(Batch {
        series: reading.series.finish(),
        hosts: reading.hosts,
        values: reading.values,
        rejected: reading.rejected,
    })
}

struct Reading<'l> {
    limits: &'l Limits,
    precision: Precision,
    now_ms: i64,
    series: SeriesSet,
    hosts: BTreeSet<String>,
    values: u64,
    rejected: Rejections,
}

impl Reading<'_> {
    fn line(&mut self, line: &Line<'_>) -> Result<(), Excess> {
        let time_ms = line.time.map_or(self.now_ms, |t| self.precision.time_ms(t));
        let labels = self
            .limits
            .check_time(time_ms, self.now_ms)
            .and_then(|()| self.labels(line));
        let before = self.values;
        for (key, value) in &line.fields {
            let checked = match (value, &labels) {
                (Value::Text, _) => Err(Reason::NotANumber),
                (Value::Number(_), Err(issue)) => Err(Reason::Point(*issue)),
                (Value::Number(value), Ok(labels)) => {
                    metric_name(&line.measurement, key, self.limits)
                        .and_then(|name| {
                            let (labels, limits) = (labels.labels(), self.limits);
                            self.series.check_admission(&name, labels, limits)?;
                            Ok(name)
                        })
                        .map(|name| (name, labels, *value))
                        .map_err(Reason::Point)
                }
            };
            match checked {
                Ok((name, labels, value)) => {
                    let sample = Sample { time_ms, value };
                    self.series
                        .add(&name, labels.labels(), None, sample, self.limits)?;
                    self.values += 1;
                }
                Err(reason) => self.rejected.count(reason, 1, || readable(line, key)),
            }
        }
        if self.values > before {
            let named = line.tags.iter().filter(|(key, _)| key == HOST);
            self.hosts.extend(named.map(|(_, host)| host.to_string()));
        }
        Ok(())
    }

    fn labels(&mut self, line: &Line<'_>) -> Result<LabelSet, PointIssue> {
        // Also where some of them would become one label: what is more was not even kept.
        if line.tags.len() > self.limits.labels_per_series {
            return Err(PointIssue::TooManyLabels);
        }
        let mut labels = LabelSet::default();
        for (key, value) in &line.tags {
            labels.add(key, value, &mut self.series.texts, self.limits)?;
        }
        Ok(labels)
    }

    fn invalid(&mut self, number: usize, line: &[u8], what: &str) {
        let example = || {
            format!(
                "line {number}: {what}: {}",
                cut(&String::from_utf8_lossy(line))
            )
        };
        self.rejected.count(Reason::InvalidLine, 1, example);
    }
}

fn metric_name(measurement: &str, field: &str, limits: &Limits) -> Result<String, PointIssue> {
    let mut name = String::with_capacity(measurement.len() + 1 + field.len());
    if measurement != PROMETHEUS || field == VALUE {
        push_metric_name(measurement, &mut name);
    }
    if field != VALUE {
        if !name.is_empty() {
            name.push('_');
        }
        push_metric_name(field, &mut name);
    }
    if name.len() > limits.label_value_bytes {
        Err(PointIssue::LabelValueTooLong)
    } else if !name.contains(|c: char| c.is_ascii_alphanumeric()) {
        Err(PointIssue::InvalidMetricName)
    } else {
        Ok(name)
    }
}

fn readable(line: &Line<'_>, field: &str) -> String {
    let mut text = cut(&line.measurement);
    for (key, value) in line.tags.iter().take(8) {
        text.push_str(&format!(",{key}={value}"));
        text = cut(&text);
    }
    format!("{text} {}", cut(field))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_EXAMPLE).collect()
}
