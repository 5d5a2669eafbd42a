//! Operators between two vectors: which element meets which.

use std::collections::HashMap;

use series::{Labels, METRIC_NAME, SeriesId};

use super::frame::{ABSENT, Frame, Tags, is_present};
use crate::EvalError;
use crate::node::{Binary, Grouping, Matching, Operator};

impl Matching {
    fn compares(&self, name: &str) -> bool {
        let listed = self.labels.iter().any(|label| label == name);
        if self.on {
            listed
        } else {
            !listed && name != METRIC_NAME
        }
    }

    fn signature(&self, tags: &Tags) -> SeriesId {
        tags.id_of(|name| self.compares(name))
    }
}

/// The rows of both sides by the labels they are matched on.
struct Groups {
    left: Vec<usize>,
    right: Vec<usize>,
    count: usize,
}

impl Groups {
    fn new(matching: &Matching, left: &Frame, right: &Frame) -> Self {
        let mut known: HashMap<SeriesId, usize> = HashMap::with_capacity(left.len());
        let mut group_of = |tags: &Tags| {
            let next = known.len();
            *known.entry(matching.signature(tags)).or_insert(next)
        };
        let left = left.tags.iter().map(&mut group_of).collect();
        let right = right.tags.iter().map(&mut group_of).collect();
        Self {
            left,
            right,
            count: known.len(),
        }
    }

    /// For each group and step, whether any of the rows has a sample.
    fn populated(&self, of: &[usize], frame: &Frame) -> Vec<bool> {
        let mut populated = vec![false; self.count * frame.steps];
        for (group, (_, row)) in of.iter().zip(frame.rows()) {
            let cells = &mut populated[group * frame.steps..][..frame.steps];
            for (any, cell) in cells.iter_mut().zip(row) {
                *any |= is_present(*cell);
            }
        }
        populated
    }
}

pub(crate) fn set_operation(
    binary: &Binary,
    left: Frame,
    right: Frame,
) -> Result<Frame, EvalError> {
    let groups = Groups::new(&binary.matching, &left, &right);
    let mut result = Frame::new(left.steps);
    if binary.operator == Operator::Or {
        let on_left = groups.populated(&groups.left, &left);
        left.rows()
            .for_each(|(tags, row)| result.push(tags.clone(), row));
        copy_where(&mut result, &right, &groups.right, |at| !on_left[at]);
        return result.merged();
    }
    let on_right = groups.populated(&groups.right, &right);
    let wanted = binary.operator == Operator::And;
    copy_where(&mut result, &left, &groups.left, |at| {
        on_right[at] == wanted
    });
    Ok(result)
}

/// Adds the cells for which `keep(group * steps + step)` holds.
fn copy_where(result: &mut Frame, from: &Frame, group_of: &[usize], keep: impl Fn(usize) -> bool) {
    let mut kept = vec![ABSENT; from.steps];
    for (group, (tags, row)) in group_of.iter().zip(from.rows()) {
        for (step, (to, cell)) in kept.iter_mut().zip(row).enumerate() {
            *to = if keep(group * from.steps + step) {
                *cell
            } else {
                ABSENT
            };
        }
        result.push(tags.clone(), &kept);
    }
}

pub(crate) fn join(binary: &Binary, left: Frame, right: Frame) -> Result<Frame, EvalError> {
    match &binary.matching.grouping {
        Grouping::OneToMany(_) => Join::new(binary, right, left, true).run(),
        _ => Join::new(binary, left, right, false).run(),
    }
}

/// A match of many elements (or one) on the first side to one on the second.
struct Join<'a> {
    binary: &'a Binary,
    many: Frame,
    one: Frame,
    /// Whether the many side stands on the right of the operator.
    swapped: bool,
    groups: Groups,
    result: Frame,
    /// The match group of each row of the result.
    result_groups: Vec<usize>,
}

impl<'a> Join<'a> {
    fn new(binary: &'a Binary, many: Frame, one: Frame, swapped: bool) -> Self {
        Self {
            groups: Groups::new(&binary.matching, &many, &one),
            result: Frame::new(many.steps),
            result_groups: Vec::new(),
            binary,
            many,
            one,
            swapped,
        }
    }

    fn run(mut self) -> Result<Frame, EvalError> {
        let partners = self.partners()?;
        let steps = self.many.steps;
        let explicit = !matches!(self.binary.matching.grouping, Grouping::OneToOne);
        let mut taken = vec![
            false;
            if explicit {
                0
            } else {
                self.groups.count * steps
            }
        ];
        for row in 0..self.many.len() {
            let group = self.groups.left[row];
            let mut targets: Vec<(usize, usize)> = Vec::new();
            for step in 0..steps {
                let Some(partner) = partners[group * steps + step] else {
                    continue;
                };
                let value = self.value(row, partner, step);
                if !is_present(value) {
                    continue;
                }
                if !explicit && std::mem::replace(&mut taken[group * steps + step], true) {
                    return Err(EvalError::ImplicitManyToOne);
                }
                let target = self.target(&mut targets, row, partner, group);
                self.result.row_mut(target)[step] = value;
            }
        }
        self.finish(explicit)
    }

    /// For each group and step, the one element of the one side.
    fn partners(&self) -> Result<Vec<Option<usize>>, EvalError> {
        let steps = self.one.steps;
        let mut partners = vec![None; self.groups.count * steps];
        let populated = self.many.populated();
        for (row, group) in self.groups.right.iter().enumerate() {
            for (step, populated) in populated.iter().enumerate() {
                if !populated || !is_present(self.one.cell(row, step)) {
                    continue;
                }
                if let Some(other) = partners[group * steps + step].replace(row) {
                    return Err(self.many_to_many(row, other));
                }
            }
        }
        Ok(partners)
    }

    fn value(&self, row: usize, partner: usize, step: usize) -> f64 {
        let (many, one) = (self.many.cell(row, step), self.one.cell(partner, step));
        if !is_present(many) {
            return ABSENT;
        }
        let (left, right) = if self.swapped {
            (one, many)
        } else {
            (many, one)
        };
        self.binary.value(left, right, false)
    }

    /// The result's row for this pair. Pairs differ in labels only where some are copied.
    fn target(
        &mut self,
        targets: &mut Vec<(usize, usize)>,
        row: usize,
        partner: usize,
        group: usize,
    ) -> usize {
        let copies = !self.copied().is_empty();
        let known = targets.iter().find(|(by, _)| !copies || *by == partner);
        if let Some((_, target)) = known {
            return *target;
        }
        let tags = self.tags(&self.many.tags[row], &self.one.tags[partner]);
        let target = self.result.push_empty(tags);
        self.result_groups.push(group);
        targets.push((partner, target));
        target
    }

    fn copied(&self) -> &'a [String] {
        match &self.binary.matching.grouping {
            Grouping::OneToOne => &[],
            Grouping::ManyToOne(labels) | Grouping::OneToMany(labels) => labels,
        }
    }

    fn tags(&self, many: &Tags, one: &Tags) -> Tags {
        let matching = &self.binary.matching;
        let tags = match matching.grouping {
            Grouping::OneToOne if matching.on => {
                Tags::of(many.filtered(|name| matching.labels.iter().any(|l| l == name)))
            }
            Grouping::OneToOne if !matching.labels.is_empty() => {
                Tags::of(many.filtered(|name| !matching.labels.iter().any(|l| l == name)))
            }
            _ => many.clone(),
        };
        // Without a copied name: a name that `group_left` copies survives arithmetic, but not `bool`.
        let mut tags = if self.binary.operator.drops_name() {
            tags.without_name()
        } else {
            tags
        };
        if !self.copied().is_empty() {
            let mut labels: Labels = tags.to_labels();
            for name in self.copied() {
                labels = labels.with(name, one.value(name));
            }
            tags = Tags::of(labels);
        }
        if self.binary.returns_bool {
            tags.without_name()
        } else {
            tags
        }
    }

    fn finish(self, explicit: bool) -> Result<Frame, EvalError> {
        let groups = self.result_groups;
        let (merged, clash) = self.result.merge();
        match clash {
            None => Ok(merged),
            Some((a, b)) if explicit && groups[a] == groups[b] => Err(EvalError::AmbiguousGrouping),
            Some(_) => Err(EvalError::DuplicateLabels),
        }
    }

    fn many_to_many(&self, row: usize, other: usize) -> EvalError {
        let matching = &self.binary.matching;
        let labels = self.one.tags[row].filtered(|name| matching.compares(name));
        EvalError::ManyToMany {
            group: in_braces(&labels),
            side: if self.swapped { "left" } else { "right" },
            one: in_braces(&self.one.tags[row].to_labels()),
            other: in_braces(&self.one.tags[other].to_labels()),
        }
    }
}

/// As Go prints labels: the name among them.
fn in_braces(labels: &Labels) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}
