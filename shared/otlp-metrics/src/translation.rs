//! From data points to series, as Prometheus' OTLP receiver translates them.

use std::collections::BTreeSet;

use intake::{Excess, LabelSet, Limits, SeriesSet};

use series::SeriesId;

use crate::conventions::Conventions;
use crate::emission::{Emission, number_text};
use crate::export::{Export, Family};
use crate::metric_name;
use crate::model::{Attributes, Bounded, Kind, Metric, Point, Temporality, Value};
use crate::resource::Resource;
use crate::{Reason, Refusal, Rejections, attribute_labels, exponential};

/// Longer than any suffix that a histogram's or a summary's series get.
const LONGEST_SUFFIX: &str = "_bucket";
const NS_PER_MS: u64 = 1_000_000;
const LONGEST_EXAMPLE: usize = 200;
const LONGEST_HELP: usize = 1_000;
/// Of a double without an exponent: sign, zero, point, 324 places.
const LONGEST_NUMBER: usize = 344;

/// What is known of a body while its data points come by.
pub(crate) struct Translation<'l> {
    pub(crate) conventions: Conventions,
    pub(crate) limits: &'l Limits,
    now_ms: i64,
    pub(crate) series: SeriesSet,
    /// While it is asked which series a data point would become: those.
    pub(crate) asked: Option<Vec<SeriesId>>,
    pub(crate) rejected: Rejections,
    pub(crate) resource: Resource,
    pub(crate) hosts: BTreeSet<String>,
    scope: Result<LabelSet, Reason>,
    pub(crate) metric: CurrentMetric,
    families: Vec<Family>,
    taken: u64,
    seen: usize,
    exemplars: u64,
}

#[derive(Default)]
pub(crate) struct CurrentMetric {
    sent_name: String,
    /// Translated, without the suffixes of a histogram's series.
    pub(crate) name: String,
    refused: Option<Reason>,
    /// Until the first of its data points is taken.
    family: Option<Family>,
}

impl<'l> Translation<'l> {
    pub(crate) fn new(conventions: Conventions, limits: &'l Limits, now_ms: i64) -> Self {
        Self {
            conventions,
            limits,
            now_ms,
            series: SeriesSet::default(),
            asked: None,
            rejected: Rejections::default(),
            resource: Resource::default(),
            hosts: BTreeSet::new(),
            scope: Ok(LabelSet::default()),
            metric: CurrentMetric::default(),
            families: Vec::new(),
            taken: 0,
            seen: 0,
            exemplars: 0,
        }
    }

    pub(crate) fn finish(self) -> Export {
        Export {
            series: self.series.finish(),
            families: self.families,
            hosts: self.hosts,
            data_points: self.taken,
            rejected: self.rejected,
            exemplars: self.exemplars,
        }
    }

    pub(crate) fn no_attributes<'b>(&self) -> Attributes<'b> {
        Bounded::new(self.limits.labels_per_series)
    }

    pub(crate) fn most_buckets(&self) -> usize {
        self.limits.buckets_per_point
    }

    pub(crate) fn longest_value(&self) -> usize {
        self.limits.label_value_bytes
    }

    /// Source: specification, "Instrumentation Scope". The schema's address is no part of it here.
    pub(crate) fn begin_scope(
        &mut self,
        name: &str,
        version: &str,
        mut attributes: Attributes<'_>,
    ) {
        let mut labels = LabelSet::default();
        let prefix = "otel_scope_";
        let texts = &mut self.series.texts;
        let added = attribute_labels::add(&mut labels, &mut attributes, prefix, texts, self.limits);
        labels.set("otel_scope_name", name, &mut self.series.texts);
        labels.set("otel_scope_version", version, &mut self.series.texts);
        let longest = name.len().max(version.len());
        self.scope = if longest > self.limits.label_value_bytes {
            Err(Reason::LabelValueTooLong)
        } else {
            added.map(|()| labels)
        };
    }

    pub(crate) fn begin_metric(&mut self, metric: &Metric<'_>) {
        let name = metric_name::translate(&metric.name, &metric.unit, metric.kind);
        let longest = match metric.kind {
            Kind::Gauge | Kind::Sum { .. } => name.len(),
            _ => name.len() + LONGEST_SUFFIX.len(),
        };
        let refused = match metric.temporality {
            Temporality::Delta => Some(Reason::DeltaTemporality),
            Temporality::Unspecified => Some(Reason::UnspecifiedTemporality),
            Temporality::Cumulative if metric.name.is_empty() => Some(Reason::NoMetricName),
            Temporality::Cumulative if name.is_empty() => Some(Reason::InvalidMetricName),
            Temporality::Cumulative if longest > self.limits.label_value_bytes => {
                Some(Reason::LabelValueTooLong)
            }
            Temporality::Cumulative => None,
        };
        let family = Family {
            metric: name.clone(),
            kind: metric.kind.of_prometheus(),
            help: metric.description.chars().take(LONGEST_HELP).collect(),
            unit: metric_name::unit(&metric.unit),
        };
        self.metric = CurrentMetric {
            sent_name: metric.name.chars().take(LONGEST_EXAMPLE).collect(),
            name,
            refused,
            family: Some(family),
        };
    }

    /// Takes a data point with all its series, or rejects it whole.
    pub(crate) fn point(&mut self, point: Point<'_>) -> Result<(), Refusal> {
        self.seen += 1;
        if self.seen > self.limits.samples {
            return Err(Excess::Samples {
                limit: self.limits.samples,
            }
            .into());
        }
        self.exemplars += point.exemplars;
        match self.time_ms(&point) {
            Ok(time_ms) => self.labelled(point, time_ms),
            Err(reason) => {
                self.reject(reason, &point);
                Ok(())
            }
        }
    }

    fn labelled(&mut self, mut point: Point<'_>, time_ms: i64) -> Result<(), Refusal> {
        let is_stale = point.has_no_recorded_value();
        let own = usize::from(!matches!(point.value, Value::Number(_)));
        match self.labels(&mut point.attributes, own) {
            Ok(labels) => {
                let series = Emission {
                    labels,
                    time_ms,
                    is_stale,
                };
                if !self.admits(&point.value, &series)? {
                    self.reject(Reason::ActiveSeriesQuota, &point);
                    return Ok(());
                }
                self.taken += 1;
                if self.families.len() < self.limits.series {
                    self.families.extend(self.metric.family.take());
                }
                self.resource.covers(time_ms);
                self.value(&point.value, &series)
            }
            Err(reason) => {
                self.reject(reason, &point);
                Ok(())
            }
        }
    }

    /// Nanoseconds are cut to milliseconds, as Prometheus does: a time never moves into the future.
    fn time_ms(&self, point: &Point<'_>) -> Result<i64, Reason> {
        if let Some(reason) = self.metric.refused {
            return Err(reason);
        }
        if point.time_ns == 0 {
            return Err(Reason::MissingTime);
        }
        let time_ms = i64::try_from(point.time_ns / NS_PER_MS).unwrap_or(i64::MAX);
        if time_ms < self.now_ms.saturating_sub(self.limits.past_ms) {
            return Err(Reason::TooOld);
        }
        if time_ms > self.now_ms.saturating_add(self.limits.future_ms) {
            return Err(Reason::TooFarInFuture);
        }
        check_value(point)?;
        if !fits(&point.value, self.limits.label_value_bytes) {
            return Err(Reason::LabelValueTooLong);
        }
        Ok(time_ms)
    }

    /// Attributes, then what is promoted of the resource, then the scope's labels, then `job` and `instance`: what comes later wins.
    fn labels(&mut self, attributes: &mut Attributes<'_>, own: usize) -> Result<LabelSet, Reason> {
        self.conventions.spread(attributes);
        let mut labels = LabelSet::default();
        let texts = &mut self.series.texts;
        attribute_labels::add(&mut labels, attributes, "", texts, self.limits)?;
        self.resource.promote(&mut labels, texts, self.limits)?;
        match &self.scope {
            Ok(scope) => labels.set_all(scope, texts),
            Err(reason) => return Err(*reason),
        }
        self.resource.identify(&mut labels, texts, self.limits)?;
        if labels.len() + 1 + own > self.limits.labels_per_series {
            return Err(Reason::TooManyLabels);
        }
        Ok(labels)
    }

    fn reject(&mut self, reason: Reason, point: &Point<'_>) {
        let name = &self.metric.sent_name;
        let example = || readable(name, &point.attributes);
        self.rejected.count(reason, 1, example);
    }
}

/// Source: metrics.proto, on each field.
fn check_value(point: &Point<'_>) -> Result<(), Reason> {
    let cut = |is_cut: bool| {
        if is_cut {
            Err(Reason::TooManyBuckets)
        } else {
            Ok(())
        }
    };
    match &point.value {
        Value::Number(None) if !point.has_no_recorded_value() => Err(Reason::NoValue),
        Value::Number(_) => Ok(()),
        Value::Summary(summary) => cut(summary.quantiles.is_cut),
        Value::Exponential(histogram) => {
            cut(histogram.positive.counts.is_cut || histogram.negative.counts.is_cut)?;
            if histogram.zero_threshold >= 0.0 {
                Ok(())
            } else {
                Err(Reason::InvalidHistogram)
            }
        }
        Value::Histogram(histogram) => {
            cut(histogram.counts.is_cut || histogram.bounds.is_cut)?;
            let (counts, bounds) = (&histogram.counts.items, &histogram.bounds.items);
            let rises = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            let fits = counts.len() == bounds.len() + 1
                || (counts.is_empty() && (bounds.is_empty() || point.has_no_recorded_value()));
            if fits && rises && !bounds.iter().any(|bound| bound.is_nan()) {
                Ok(())
            } else {
                Err(Reason::InvalidHistogram)
            }
        }
    }
}

/// Whether every bound and quantile can be a label's value.
fn fits(value: &Value, longest: usize) -> bool {
    let fits = |number: f64| number_text(number).len() <= longest;
    longest >= LONGEST_NUMBER
        || match value {
            Value::Number(_) => true,
            Value::Histogram(histogram) => histogram.bounds.items.iter().all(|bound| fits(*bound)),
            Value::Exponential(histogram) => exponential::classic(histogram)
                .into_iter()
                .all(|(bound, _)| fits(bound)),
            Value::Summary(summary) => summary.quantiles.items.iter().all(|(at, _)| fits(*at)),
        }
}

/// A data point as a person reads it, cut to 200 characters.
pub(crate) fn readable(name: &str, attributes: &Attributes<'_>) -> String {
    let mut text = format!("{name}{{");
    for (at, attribute) in attributes.items.iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        let short = |text: &str| text.chars().take(LONGEST_EXAMPLE).collect::<String>();
        let (key, value) = (short(&attribute.key), short(&attribute.value));
        text.push_str(&format!("{separator}{key}={value:?}"));
        if text.len() > LONGEST_EXAMPLE {
            break;
        }
    }
    text.push('}');
    match text.char_indices().nth(LONGEST_EXAMPLE) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}
