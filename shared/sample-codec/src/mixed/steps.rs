//! Label sets as steps from one series to the next.

use series::{Labels, METRIC_NAME};

use super::bits::Bits;
use super::spelling::Spelling;
use crate::CodecError;
use crate::body::is_counter;
use crate::flush::label_weight;
use crate::limits::MAX_LABEL_BYTES;

/// Labels of one series; ingest takes far fewer.
pub(super) const MAX_LABELS: usize = 4096;

/// What makes a label set out of those before: its names, and the values of them that change. Every other name has
/// the value that it had last.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub(super) shape: usize,
    /// At which name of the shape, and to which value.
    pub(super) changes: Vec<(usize, usize)>,
}

/// Names in order.
pub(super) struct Shape {
    pub(super) names: Vec<usize>,
    /// The one whose value names the metric.
    metric: Option<usize>,
    /// What it weighs without values.
    weight: usize,
}

pub(super) struct Name<T> {
    pub(super) text: T,
    pub(super) values: Vec<usize>,
    /// The value it had last.
    pub(super) current: Option<usize>,
}

pub(super) struct Value<T> {
    pub(super) text: T,
    /// Among those of its name.
    pub(super) index: usize,
}

#[derive(Clone, Copy)]
struct Metric {
    last_series: usize,
    grows: bool,
}

/// What was seen so far in a chunk. An encoder borrows the texts, a decoder owns them.
pub(super) struct Steps<T> {
    pub(super) names: Vec<Name<T>>,
    pub(super) values: Vec<Value<T>>,
    pub(super) shapes: Vec<Shape>,
    pub(super) steps: Vec<Step>,
    /// The step of each series.
    pub(super) taken: Vec<usize>,
    /// The series whose step is expected next.
    pub(super) expected: Option<usize>,
    /// Of the series before.
    pub(super) shape: usize,
    /// By value: the metric that it names.
    metrics: Vec<Option<Metric>>,
    /// By series: the value that names its metric.
    metric_of: Vec<Option<usize>>,
    spelling: Spelling,
    /// Of all label sets.
    weight: usize,
    /// Of the values of the series at hand.
    values_weight: usize,
}

impl<T: AsRef<str>> Steps<T> {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::new(),
            values: Vec::new(),
            shapes: Vec::new(),
            steps: Vec::new(),
            taken: Vec::new(),
            expected: None,
            shape: 0,
            metrics: Vec::new(),
            metric_of: Vec::new(),
            spelling: Spelling::new(),
            weight: 0,
            values_weight: 0,
        }
    }

    pub(super) fn expected_step(&self) -> Option<&Step> {
        let step = *self.taken.get(self.expected?)?;
        self.steps.get(step)
    }

    pub(super) fn add_name(&mut self, text: T) -> usize {
        self.names.push(Name {
            text,
            values: Vec::new(),
            current: None,
        });
        self.names.len() - 1
    }

    /// Codes a name that is new, as a change of the last one that was.
    pub(super) fn spell_name<B: Bits>(
        &mut self,
        bits: &mut B,
        text: &str,
    ) -> Result<String, CodecError> {
        let like = self.names.last().map_or("", |name| name.text.as_ref());
        self.spelling.code(bits, text, like)
    }

    /// Codes a value that is new, as a change of the last one of its name that was.
    pub(super) fn spell_value<B: Bits>(
        &mut self,
        bits: &mut B,
        name: usize,
        text: &str,
    ) -> Result<String, CodecError> {
        let last = self.names[name].values.last();
        let like = last.map_or("", |&value| self.values[value].text.as_ref());
        self.spelling.code(bits, text, like)
    }

    pub(super) fn add_value(&mut self, name: usize, text: T) -> usize {
        let value = self.values.len();
        let values = &mut self.names[name].values;
        let index = values.len();
        values.push(value);
        self.values.push(Value { text, index });
        value
    }

    /// The names have to rise.
    pub(super) fn add_shape(&mut self, names: Vec<usize>) -> Result<usize, CodecError> {
        let text = |&name: &usize| self.names[name].text.as_ref();
        if !names.is_sorted_by(|a, b| text(a) < text(b)) {
            return Err(CodecError::Damaged("label names are out of order"));
        }
        let metric = names.iter().find(|name| text(name) == METRIC_NAME);
        let metric = metric.copied();
        let weight = names.iter().map(|name| label_weight(text(name), ""));
        let weight = weight.sum();
        self.shapes.push(Shape {
            names,
            metric,
            weight,
        });
        Ok(self.shapes.len() - 1)
    }

    /// Takes the step that is expected; the next one is then that which followed it.
    pub(super) fn follow(&mut self) -> Result<Outline, CodecError> {
        let model = self.expected;
        let step = model.and_then(|series| self.taken.get(series).copied());
        let step = step.ok_or(CodecError::Damaged("a label set is missing"))?;
        self.take(step, model)
    }

    /// Takes a step that is new. What follows is most likely what followed the one that it replaces.
    pub(super) fn take_new(&mut self, step: Step) -> Result<Outline, CodecError> {
        self.steps.push(step);
        self.take(self.steps.len() - 1, None)
    }

    #[inline]
    fn take(&mut self, at: usize, model: Option<usize>) -> Result<Outline, CodecError> {
        let step = &self.steps[at];
        let shape = &self.shapes[step.shape];
        for &(at, value) in &step.changes {
            let name = &mut self.names[shape.names[at]];
            let before = name.current.replace(value);
            let before = before.map_or(0, |before| self.values[before].text.as_ref().len());
            let now = self.values[value].text.as_ref().len();
            self.values_weight = (self.values_weight + now).saturating_sub(before);
        }
        if self.taken.is_empty() || step.shape != self.shape {
            self.shape = step.shape;
            self.values_weight = 0;
            for &name in &shape.names {
                let value = self.names[name].current;
                let value = value.ok_or(CodecError::Damaged("a label value is missing"))?;
                self.values_weight += self.values[value].text.as_ref().len();
            }
        }
        self.weight += shape.weight + self.values_weight;
        if self.weight > MAX_LABEL_BYTES {
            return Err(CodecError::Damaged("the labels are too large"));
        }
        let metric = shape.metric.and_then(|name| self.names[name].current);
        let series = self.taken.len();
        self.taken.push(at);
        self.expected = self.expected.map(|expected| expected + 1);
        self.metric_of.push(metric);
        // A step may have been taken from another metric, if its change of name came before.
        let model = model.filter(|&model| self.metric_of.get(model) == Some(&metric));
        let metric = metric.map(|value| self.metric(value, series));
        Ok(Outline {
            model: model.or(metric.and_then(|(last_series, _)| last_series)),
            grows: metric.is_some_and(|(_, grows)| grows),
        })
    }

    /// The last series of a metric, and whether it grows.
    fn metric(&mut self, value: usize, series: usize) -> (Option<usize>, bool) {
        if self.metrics.len() <= value {
            self.metrics.resize(self.values.len(), None);
        }
        if let Some(metric) = &mut self.metrics[value] {
            let last = std::mem::replace(&mut metric.last_series, series);
            return (Some(last), metric.grows);
        }
        let grows = is_counter(self.values[value].text.as_ref());
        let last_series = series;
        self.metrics[value] = Some(Metric { last_series, grows });
        (None, grows)
    }

    /// The value that a name had last.
    pub(super) fn current_text(&self, name: usize) -> &str {
        let current = self.names[name].current;
        current.map_or("", |value| self.values[value].text.as_ref())
    }

    /// The label set at hand.
    pub(super) fn labels(&self) -> Labels {
        let names = self.shapes.get(self.shape).into_iter();
        let names = names.flat_map(|shape| &shape.names);
        let labels = names.map(|&name| (self.names[name].text.as_ref(), self.current_text(name)));
        Labels::from_sorted(&labels.collect::<Vec<_>>())
    }
}

/// What the labels of a series say of its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    /// The earlier series that it most likely resembles.
    pub(super) model: Option<usize>,
    /// Whether it tends to grow, as counters do.
    pub(super) grows: bool,
}
