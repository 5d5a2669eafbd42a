//! `topk`, `bottomk`, `sort`: which elements stand out, and in which order.
//!
//! Among equal values a heap decides who stays; this is the same heap, so the same ones stay.

use std::cmp::Ordering;

use super::frame::{Frame, is_present};
use super::statistics::nan_first;
use crate::EvalError;

/// Keeps the `limits[step]` largest (or smallest) samples of each group.
pub(crate) fn outstanding(
    frame: &Frame,
    groups: &[Vec<usize>],
    limits: &[f64],
    from_top: bool,
) -> Result<Frame, EvalError> {
    let mut kept = Frame::new(frame.steps);
    for tags in &frame.tags {
        kept.push_empty(tags.clone());
    }
    let mut order = Vec::new();
    for (step, limit) in limits.iter().enumerate() {
        let limit = whole(*limit)?;
        if limit == 0 {
            continue;
        }
        for rows in groups {
            let mut heap = Heap {
                items: Vec::new(),
                from_top,
            };
            for row in rows {
                let value = frame.cell(*row, step);
                if is_present(value) {
                    heap.offer((value, *row), limit);
                }
            }
            heap.items.sort_by(|a, b| heap_order(from_top, b.0, a.0));
            for (value, row) in heap.items {
                kept.row_mut(row)[step] = value;
                order.push(row);
            }
        }
    }
    if frame.steps != 1 {
        return Ok(kept.compact());
    }
    Ok(reordered(&kept, &order))
}

/// Ascending or descending by value, NaN last; only an instant query has an order.
pub(crate) fn sorted(frame: Frame, descending: bool) -> Frame {
    if frame.steps != 1 {
        return frame;
    }
    let mut order: Vec<usize> = (0..frame.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (frame.cell(*a, 0), frame.cell(*b, 0));
        match (a.is_nan(), b.is_nan()) {
            (false, false) if descending => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
            (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (a_nan, b_nan) => a_nan.cmp(&b_nan),
        }
    });
    reordered(&frame, &order)
}

fn reordered(frame: &Frame, order: &[usize]) -> Frame {
    let mut result = Frame::new(frame.steps);
    for row in order {
        result.push(frame.tags[*row].clone(), frame.row(*row));
    }
    result
}

/// The parameter as a count, 0 where it is below 1.
fn whole(limit: f64) -> Result<usize, EvalError> {
    if limit.is_nan()
        || !(-9_223_372_036_854_775_808.0..=9_223_372_036_854_774_784.0).contains(&limit)
    {
        let shown = crate::json::format_scientific(limit);
        return Err(EvalError::Parameter(format!(
            "Scalar value {shown} overflows int64"
        )));
    }
    Ok(if limit < 1.0 { 0 } else { limit as usize })
}

/// The element to give up first stands at the root: the least valuable, NaN before all.
struct Heap {
    items: Vec<(f64, usize)>,
    from_top: bool,
}

impl Heap {
    fn offer(&mut self, item: (f64, usize), limit: usize) {
        if self.items.len() < limit {
            self.push(item);
            return;
        }
        let weakest = self.items[0].0;
        let beats = if self.from_top {
            weakest < item.0
        } else {
            weakest > item.0
        };
        if beats || weakest.is_nan() {
            self.pop();
            self.push(item);
        }
    }

    fn push(&mut self, item: (f64, usize)) {
        self.items.push(item);
        self.rise(self.items.len() - 1);
    }

    /// The last item takes the root's place and sinks.
    fn pop(&mut self) {
        self.items.swap_remove(0);
        self.sink();
    }

    fn before(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.items[a].0, self.items[b].0);
        a.is_nan() || if self.from_top { a < b } else { a > b }
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.before(at, parent) {
                return;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let mut child = 2 * at + 1;
            if child >= self.items.len() {
                return;
            }
            if child + 1 < self.items.len() && self.before(child + 1, child) {
                child += 1;
            }
            if !self.before(child, at) {
                return;
            }
            self.items.swap(at, child);
            at = child;
        }
    }
}

fn heap_order(from_top: bool, a: f64, b: f64) -> Ordering {
    if from_top || a.is_nan() || b.is_nan() {
        nan_first(&a, &b)
    } else {
        nan_first(&b, &a)
    }
}
