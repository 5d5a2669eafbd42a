//! Function calls.

use series::Labels;

use super::context::{Evaluated, Evaluation, Steps};
use super::frame::{ABSENT, Frame, Tags, is_present};
use super::{arithmetic, date, histogram, labels, ranking};
use crate::EvalError;
use crate::function::{Function, RangeFunction};
use crate::node::{Call, Kind, Node};

impl Evaluation<'_> {
    pub(crate) fn call(&self, call: &Call, steps: &Steps) -> Result<Evaluated, EvalError> {
        let args = &call.args;
        let frame = match call.function {
            Function::Scalar => return Ok(Evaluated::Scalar(self.only_value(&args[0], steps)?)),
            Function::Time => {
                let seconds = steps.times().map(|ms| ms as f64 / 1000.0);
                return Ok(Evaluated::Scalar(seconds.collect()));
            }
            Function::Pi => {
                return Ok(Evaluated::Scalar(vec![std::f64::consts::PI; steps.count]));
            }
            Function::Vector => {
                let mut frame = Frame::new(steps.count);
                frame.push(Tags::empty(), &self.scalar(&args[0], steps)?);
                frame
            }
            Function::Absent => self.absent(&args[0], steps)?,
            Function::AbsentOverTime => self.absent_over_time(&args[0], steps)?,
            Function::Range(function) => self.over_range(function, args, steps)?,
            Function::Sort => ranking::sorted(self.vector(&args[0], steps)?, false),
            Function::SortDescending => ranking::sorted(self.vector(&args[0], steps)?, true),
            Function::LabelReplace => labels::replace(
                self.vector(&args[0], steps)?,
                &args[1..],
                call.regex.as_ref(),
            )?,
            Function::LabelJoin => labels::join(self.vector(&args[0], steps)?, &args[1..])?,
            Function::HistogramQuantile => {
                let quantiles = self.scalar(&args[0], steps)?;
                histogram::quantiles(&self.vector(&args[1], steps)?, &quantiles)?
            }
            Function::Timestamp => self.timestamps(&args[0], steps)?,
            Function::Math(_)
            | Function::Date(_)
            | Function::Clamp
            | Function::ClampMin
            | Function::ClampMax
            | Function::Round => self.elementwise(call.function, args, steps)?,
        };
        Ok(Evaluated::Vector(frame))
    }

    fn only_value(&self, node: &Node, steps: &Steps) -> Result<Vec<f64>, EvalError> {
        let frame = self.vector(node, steps)?;
        let mut found = vec![(f64::NAN, 0); steps.count];
        for (_, row) in frame.rows() {
            for ((value, count), cell) in found.iter_mut().zip(row) {
                if is_present(*cell) {
                    *value = *cell;
                    *count += 1;
                }
            }
        }
        let only = found
            .iter()
            .map(|(value, count)| if *count == 1 { *value } else { f64::NAN });
        Ok(only.collect())
    }

    fn elementwise(
        &self,
        function: Function,
        args: &[Node],
        steps: &Steps,
    ) -> Result<Frame, EvalError> {
        let mut frame = match args.first() {
            Some(arg) => self.vector(arg, steps)?,
            None => {
                let mut now = Frame::new(steps.count);
                let seconds: Vec<f64> = steps.times().map(|ms| (ms / 1000) as f64).collect();
                now.push(Tags::empty(), &seconds);
                now
            }
        };
        let mut parameters = Vec::new();
        for arg in args.iter().skip(1) {
            parameters.push(self.scalar(arg, steps)?);
        }
        let parameter = |at: usize, step: usize| parameters.get(at).map(|values| values[step]);
        frame.map(|step, x| element(function, x, [parameter(0, step), parameter(1, step)]));
        if function == Function::Clamp {
            frame = frame.compact();
        }
        frame.nameless()
    }

    fn timestamps(&self, arg: &Node, steps: &Steps) -> Result<Frame, EvalError> {
        let frame = match arg.kind {
            Kind::Instant(selector) => {
                self.newest(selector, steps, |sample| sample.time_ms as f64 / 1000.0)?
            }
            _ => {
                let mut frame = self.vector(arg, steps)?;
                frame.map(|step, _| steps.time(step) as f64 / 1000.0);
                frame
            }
        };
        frame.nameless()
    }

    fn over_range(
        &self,
        function: RangeFunction,
        args: &[Node],
        steps: &Steps,
    ) -> Result<Frame, EvalError> {
        self.refuse_wandering_window(function, args, steps)?;
        let mut parameters = Vec::new();
        let mut windows = None;
        for arg in args {
            match arg.kind {
                Kind::Range(_) | Kind::Subquery(_) => windows = Some(self.windows(arg, steps)?),
                _ => parameters.push(self.scalar(arg, steps)?),
            }
        }
        let mut frame = Frame::new(steps.count);
        let Some(windows) = windows else {
            return Ok(frame);
        };
        self.hold(windows.rows.len(), steps)?;
        let parameter = |at: usize, step: usize| parameters.get(at).map_or(0.0, |p| p[step]);
        let mut row = vec![ABSENT; steps.count];
        for (tags, samples) in &windows.rows {
            row.fill(ABSENT);
            let mut visited = 0;
            windows.slide(samples, steps, |step, window| {
                visited += window.samples.len();
                let parameters = [parameter(0, step), parameter(1, step)];
                if let Some(value) = window.apply(function, parameters)? {
                    row[step] = value;
                }
                Ok(())
            })?;
            self.visit(visited)?;
            frame.push(tags.clone(), &row);
        }
        if function == RangeFunction::Last {
            return frame.distinct();
        }
        let one_name = frame.has_one_name();
        for tags in &mut frame.tags {
            *tags = tags.without_name();
        }
        if one_name {
            Ok(frame)
        } else {
            frame.distinct()
        }
    }

    fn absent(&self, arg: &Node, steps: &Steps) -> Result<Frame, EvalError> {
        let populated = self.vector(arg, steps)?.populated();
        Ok(self.where_not(&populated, arg))
    }

    fn absent_over_time(&self, arg: &Node, steps: &Steps) -> Result<Frame, EvalError> {
        let windows = self.windows(arg, steps)?;
        let mut populated = vec![false; steps.count];
        for (_, samples) in &windows.rows {
            windows.slide(samples, steps, |step, _| {
                populated[step] = true;
                Ok(())
            })?;
            self.visit(steps.count)?;
        }
        Ok(self.where_not(&populated, arg))
    }

    fn where_not(&self, populated: &[bool], arg: &Node) -> Frame {
        let cells: Vec<f64> = populated
            .iter()
            .map(|p| if *p { ABSENT } else { 1.0 })
            .collect();
        let mut frame = Frame::new(populated.len());
        frame.push(Tags::of(self.absent_labels(arg)), &cells);
        frame
    }

    /// The labels that an absent series is known to have: those the selector sets to one value.
    fn absent_labels(&self, arg: &Node) -> Labels {
        let (Kind::Instant(index) | Kind::Range(index)) = arg.kind else {
            return Labels::default();
        };
        labels::implied(&self.expr.selectors()[index].matchers)
    }
}

/// One element of [`Evaluation::elementwise`]; [`ABSENT`] where the function drops it.
pub(crate) fn element(function: Function, x: f64, parameters: [Option<f64>; 2]) -> f64 {
    let [first, second] = parameters.map(|p| p.unwrap_or(1.0));
    match function {
        Function::Math(math) => math.of(x),
        Function::Date(field) => date::field(field, x),
        Function::Clamp if second < first => ABSENT,
        Function::Clamp => arithmetic::clamp(x, first, second),
        Function::ClampMin => arithmetic::max(first, x),
        Function::ClampMax => arithmetic::min(first, x),
        Function::Round => arithmetic::round(x, first),
        _ => x,
    }
}
