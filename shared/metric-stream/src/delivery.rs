//! From the records of a body to series.

use intake::{Excess, Label, Limits, SeriesList, SeriesSet};
use otlp_metrics::{Conventions, Encoding, Export};
use serde_json::{Value, json};

use crate::datum::Datum;
use crate::envelope::{Envelope, Refusal};
use crate::record::{Record, messages};
use crate::{Reason, Rejections};

/// What CloudWatch puts elsewhere than a process does.
const CLOUDWATCH: Conventions = Conventions {
    promoted: &["cloud.account.id", "cloud.region"],
    spread: Some(("Dimensions", "dimension_")),
};
/// What each of its data points has. In OpenTelemetry 0.7 labels stand elsewhere, so that all would become one series.
const REQUIRED: &str = "MetricName";
/// Structures of JSON are many times their text, so that a record is gone through in parts.
const LINES_AT_ONCE: usize = 500;
const LONGEST_EXAMPLE: usize = 200;

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct Delivery {
    /// What the accepted data points became.
    pub series: SeriesList,
    /// Data points that were taken.
    pub data_points: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
}

/// Reads a body (decompressed already: [`intake::gunzip`]).
pub fn decode(body: &[u8], limits: &Limits, now_ms: i64) -> Result<Delivery, Refusal> {
    let mut reading = Reading {
        limits,
        now_ms,
        series: SeriesSet::default(),
        seen: 0,
        taken: 0,
        rejected: Rejections::default(),
    };
    for (at, record) in Envelope::read(body)?.records.iter().enumerate() {
        match record.bytes() {
            Ok(bytes) => reading.record(at, &bytes)?,
            Err(what) => reading.unknown(at, &what)?,
        }
    }
    Ok(Delivery {
        series: reading.series.finish(),
        data_points: reading.taken,
        rejected: reading.rejected,
    })
}

struct Reading<'l> {
    limits: &'l Limits,
    now_ms: i64,
    series: SeriesSet,
    seen: u64,
    taken: u64,
    rejected: Rejections,
}

impl Reading<'_> {
    fn record(&mut self, at: usize, bytes: &[u8]) -> Result<(), Refusal> {
        match Record::of(bytes) {
            Record::Empty => Ok(()),
            Record::Json(lines) => self.json(lines),
            Record::OpenTelemetry(bytes) => {
                let Some(messages) = messages(bytes) else {
                    return self.unknown(at, "neither JSON nor messages behind their lengths");
                };
                for message in messages {
                    match self.export(message, Encoding::Protobuf)? {
                        Ok(export) => self.merge(export)?,
                        Err(what) => self.unknown(at, &what)?,
                    }
                }
                Ok(())
            }
        }
    }

    fn json(&mut self, lines: &[u8]) -> Result<(), Refusal> {
        let mut metrics = Vec::new();
        for line in lines.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match datum(line) {
                Ok((metric, unsupported)) => {
                    metrics.push(metric);
                    if let Some(name) = unsupported {
                        let example = || cut(&name);
                        self.rejected
                            .count(Reason::UnsupportedStatistic, 0, example);
                    }
                }
                Err(what) => {
                    let example = || format!("{what}: {}", cut(&String::from_utf8_lossy(line)));
                    self.rejected.count(Reason::InvalidDatum, 1, example);
                    self.count(1)?;
                }
            }
            if metrics.len() == LINES_AT_ONCE {
                self.request(std::mem::take(&mut metrics))?;
            }
        }
        self.request(metrics)
    }

    /// What lines of JSON say, as the stream would have said it in OpenTelemetry's format.
    fn request(&mut self, metrics: Vec<Value>) -> Result<(), Refusal> {
        let request = json!({"resourceMetrics": metrics}).to_string();
        match self.export(request.as_bytes(), Encoding::Json)? {
            Ok(export) => self.merge(export),
            Err(what) => Err(Refusal::Malformed(what)),
        }
    }

    /// A message by itself, so that one that can't be read to its end leaves nothing behind.
    fn export(
        &self,
        message: &[u8],
        encoding: Encoding,
    ) -> Result<Result<Export, String>, Refusal> {
        let export =
            otlp_metrics::decode_with(CLOUDWATCH, message, encoding, self.limits, self.now_ms);
        match export {
            Ok(export) if has_names(&export) => Ok(Ok(export)),
            Ok(_) => Ok(Err(format!("data points without the attribute {REQUIRED}"))),
            Err(otlp_metrics::Refusal::Excess(excess)) => Err(excess.into()),
            Err(refusal) => Ok(Err(refusal.to_string())),
        }
    }

    fn merge(&mut self, export: Export) -> Result<(), Refusal> {
        for rejected in export.rejected.iter() {
            let reason = Reason::Otlp(rejected.reason);
            self.rejected
                .count(reason, rejected.points, || rejected.example.clone());
        }
        self.taken += export.data_points;
        self.count(export.data_points + export.rejected.points())?;
        let texts = export.series.labels();
        for series in export.series.series(&texts) {
            let labels: Vec<Label> = series
                .labels
                .iter()
                .map(|(name, value)| Label {
                    name: self.series.texts.keep(name),
                    value: self.series.texts.keep(value),
                })
                .collect();
            let name = series.label(series::METRIC_NAME);
            for sample in series.samples {
                self.series.add(name, &labels, None, *sample, self.limits)?;
            }
        }
        Ok(())
    }

    fn unknown(&mut self, at: usize, what: &str) -> Result<(), Refusal> {
        let example = || cut(&format!("record {}: {what}", at + 1));
        self.rejected.count(Reason::UnknownRecord, 1, example);
        self.count(1)
    }

    fn count(&mut self, points: u64) -> Result<(), Refusal> {
        self.seen += points;
        let limit = self.limits.samples;
        if self.seen > limit as u64 {
            return Err(Excess::Samples { limit }.into());
        }
        Ok(())
    }
}

fn has_names(export: &Export) -> bool {
    let labels = export.series.labels();
    let mut series = export.series.series(&labels);
    series.all(|series| !series.label(REQUIRED).is_empty())
}

/// The metric, and a statistic of it that has no place there.
fn datum(line: &[u8]) -> Result<(Value, Option<String>), String> {
    let datum: Datum<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let metric = datum
        .metric()
        .ok_or("there is no name, no sum or no count")?;
    Ok((metric, datum.unsupported().map(str::to_owned)))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_EXAMPLE).collect()
}
