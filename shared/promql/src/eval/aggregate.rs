//! Aggregations, in the order of operations of Prometheus 2.42.

use std::collections::HashMap;

use series::{METRIC_NAME, SeriesId};

use super::context::{Evaluated, Evaluation, Steps};
use super::frame::{Frame, Tags, is_present};
use super::{ranking, statistics};
use crate::EvalError;
use crate::json::format_value_plain;
use crate::node::{Aggregate, Aggregation};

impl Aggregate {
    pub(crate) fn groups_by(&self, name: &str) -> bool {
        let listed = self.labels.iter().any(|label| label == name);
        if self.without {
            !listed && name != METRIC_NAME
        } else {
            listed
        }
    }
}

impl Evaluation<'_> {
    pub(crate) fn aggregate(
        &self,
        aggregate: &Aggregate,
        steps: &Steps,
    ) -> Result<Frame, EvalError> {
        self.refuse_changing_parameter(aggregate, steps)?;
        let parameter = match &aggregate.parameter {
            None => Evaluated::Scalar(Vec::new()),
            Some(parameter) => self.evaluate(parameter, steps)?,
        };
        let frame = self.vector(&aggregate.inner, steps)?;
        match (aggregate.operation, parameter) {
            (Aggregation::CountValues, Evaluated::Text(label)) => {
                self.hold(frame.cells(), &Steps::aligned(0, 0, 1))?;
                count_values(aggregate, &frame, &label)
            }
            (Aggregation::TopK | Aggregation::BottomK, Evaluated::Scalar(limits)) => {
                let groups = groups(aggregate, &frame);
                let from_top = aggregate.operation == Aggregation::TopK;
                ranking::outstanding(&frame, &groups, &limits, from_top)
            }
            (_, Evaluated::Scalar(parameters)) => {
                let groups = groups(aggregate, &frame);
                self.hold(groups.len(), steps)?;
                Ok(reduced(aggregate, &frame, &groups, &parameters))
            }
            _ => Ok(frame),
        }
    }
}

/// The rows of each group, in order of first appearance.
fn groups(aggregate: &Aggregate, frame: &Frame) -> Vec<Vec<usize>> {
    if !aggregate.without && aggregate.labels.is_empty() {
        let all: Vec<usize> = (0..frame.len()).collect();
        return if all.is_empty() {
            Vec::new()
        } else {
            vec![all]
        };
    }
    let mut known: HashMap<SeriesId, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (row, tags) in frame.tags.iter().enumerate() {
        let id = tags.id_of(|name| aggregate.groups_by(name));
        let group = *known.entry(id).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(row);
    }
    groups
}

fn reduced(
    aggregate: &Aggregate,
    frame: &Frame,
    groups: &[Vec<usize>],
    parameters: &[f64],
) -> Frame {
    let mut result = Frame::new(frame.steps);
    let mut values: Vec<f64> = Vec::new();
    for rows in groups {
        let labels = frame.tags[rows[0]].filtered(|name| aggregate.groups_by(name));
        let target = result.push_empty(Tags::of(labels));
        for step in 0..frame.steps {
            values.clear();
            values.extend(
                rows.iter()
                    .map(|row| frame.cell(*row, step))
                    .filter(|cell| is_present(*cell)),
            );
            if !values.is_empty() {
                let parameter = parameters.get(step).copied().unwrap_or(f64::NAN);
                result.row_mut(target)[step] = reduce(aggregate.operation, &mut values, parameter);
            }
        }
    }
    result
}

fn reduce(operation: Aggregation, values: &mut [f64], parameter: f64) -> f64 {
    let first = values[0];
    let rest = values[1..].iter().copied();
    match operation {
        Aggregation::Sum => rest.fold(first, |sum, x| sum + x),
        Aggregation::Average => mean(values),
        Aggregation::Min => rest.fold(first, |least, x| {
            if least > x || least.is_nan() {
                x
            } else {
                least
            }
        }),
        Aggregation::Max => rest.fold(
            first,
            |most, x| {
                if most < x || most.is_nan() { x } else { most }
            },
        ),
        Aggregation::Count => values.len() as f64,
        Aggregation::StdVar => variance(values),
        Aggregation::StdDev => variance(values).sqrt(),
        Aggregation::Quantile => statistics::quantile(parameter, values),
        Aggregation::Group
        | Aggregation::TopK
        | Aggregation::BottomK
        | Aggregation::CountValues => 1.0,
    }
}

fn mean(values: &[f64]) -> f64 {
    let mut mean = values[0];
    for (before, x) in values.iter().enumerate().skip(1) {
        let count = (before + 1) as f64;
        if !statistics::keeps_infinity(mean, *x) {
            mean += x / count - mean / count;
        }
    }
    mean
}

/// The first value counts as no deviation even where it is infinite.
fn variance(values: &[f64]) -> f64 {
    let mut mean = values[0];
    let mut squares = 0.0;
    for (before, x) in values.iter().enumerate().skip(1) {
        let delta = x - mean;
        mean += delta / (before + 1) as f64;
        squares += delta * (x - mean);
    }
    squares / values.len() as f64
}

fn count_values(aggregate: &Aggregate, frame: &Frame, label: &str) -> Result<Frame, EvalError> {
    if !super::labels::is_label_name(label) {
        return Err(EvalError::Parameter(format!(
            "invalid label name {label:?}"
        )));
    }
    let keeps = |name: &str| (!aggregate.without && name == label) || aggregate.groups_by(name);
    let mut by_id: HashMap<SeriesId, usize> = HashMap::new();
    let mut result = Frame::new(frame.steps);
    for (tags, row) in frame.rows() {
        let mut by_value: HashMap<u64, usize> = HashMap::new();
        for (step, cell) in row
            .iter()
            .enumerate()
            .filter(|(_, cell)| is_present(**cell))
        {
            let target = *by_value.entry(cell.to_bits()).or_insert_with(|| {
                let valued = tags.to_labels().with(label, &format_value_plain(*cell));
                let group = Tags::of(valued.filtered(keeps));
                let id = group.id_of(|_| true);
                *by_id.entry(id).or_insert_with(|| result.push_empty(group))
            });
            let count = &mut result.row_mut(target)[step];
            *count = if is_present(*count) {
                *count + 1.0
            } else {
                1.0
            };
        }
    }
    Ok(result)
}
