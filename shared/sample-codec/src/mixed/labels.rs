//! How label sets stand in a chunk: runs of steps that were taken in this order before, and between them one that
//! was taken elsewhere, or one that is new.

use foldhash::{HashMap, HashMapExt};
use series::Labels;

use super::bits::Bits;
use super::steps::{MAX_LABELS, Outline, Step, Steps};
use crate::CodecError;
use crate::flush::Row;

/// Steps and values of one host, about.
const USUAL: usize = 200;

type LabelSet<'a> = &'a [(&'a str, &'a str)];

/// Writes all label sets.
pub(super) fn write<B: Bits>(bits: &mut B, rows: &[Row<'_>]) -> Result<Vec<Outline>, CodecError> {
    let mut writer = LabelWriter::new();
    let mut outlines = Vec::with_capacity(rows.len());
    let mut run = 0;
    for row in rows {
        if writer.is_expected(row.labels) {
            run += 1;
            outlines.push(writer.steps.follow()?);
        } else {
            bits.count(std::mem::take(&mut run), rows.len())?;
            outlines.push(writer.unexpected(bits, row.labels)?);
        }
        writer.before = row.labels;
    }
    if run > 0 {
        bits.count(run, rows.len())?;
    }
    Ok(outlines)
}

/// Label sets on their way into a chunk.
struct LabelWriter<'a> {
    steps: Steps<&'a str>,
    name_ids: HashMap<&'a str, usize>,
    value_ids: HashMap<(usize, &'a str), usize>,
    shape_ids: HashMap<Vec<usize>, usize>,
    /// Where each step was taken last, other than as the expected one.
    places: HashMap<Step, usize>,
    /// The label set before.
    before: LabelSet<'a>,
}

/// What is known of a label set.
struct Known {
    names: Vec<Option<usize>>,
    shape: Option<usize>,
    /// Where values change, and to which one if it is known.
    changes: Vec<(usize, Option<usize>)>,
}

impl Known {
    /// The step to it, if nothing of it is new.
    fn step(&self) -> Option<Step> {
        let known = |&(at, value): &(usize, Option<usize>)| value.map(|value| (at, value));
        Some(Step {
            shape: self.shape?,
            changes: self.changes.iter().map(known).collect::<Option<_>>()?,
        })
    }
}

impl<'a> LabelWriter<'a> {
    fn new() -> Self {
        Self {
            steps: Steps::new(),
            name_ids: HashMap::new(),
            value_ids: HashMap::with_capacity(USUAL),
            shape_ids: HashMap::new(),
            places: HashMap::with_capacity(USUAL),
            before: &[],
        }
    }

    /// Whether the step that is expected leads to these labels.
    fn is_expected(&self, labels: LabelSet<'_>) -> bool {
        let Some(step) = self.steps.expected_step() else {
            return false;
        };
        if step.shape == self.steps.shape {
            return self.goes_on(step, labels);
        }
        let names = &self.steps.shapes[step.shape].names;
        let mut changes = step.changes.iter().peekable();
        names.len() == labels.len()
            && names
                .iter()
                .zip(labels)
                .enumerate()
                .all(|(at, (&name, label))| {
                    let value = match changes.next_if(|change| change.0 == at) {
                        Some(change) => self.steps.values[change.1].text,
                        None => self.steps.current_text(name),
                    };
                    value == label.1 && self.steps.names[name].text == label.0
                })
    }

    /// As [`LabelWriter::is_expected`], where the names are those of the label set before.
    fn goes_on(&self, step: &Step, labels: LabelSet<'_>) -> bool {
        let mut changes = step.changes.iter();
        let mut change = changes.next();
        for (at, (label, before)) in labels.iter().zip(self.before).enumerate() {
            let value = match change {
                Some(&(place, value)) if place == at => {
                    change = changes.next();
                    self.steps.values[value].text
                }
                _ => before.1,
            };
            if !is_same(value, label.1) || !is_same(before.0, label.0) {
                return false;
            }
        }
        labels.len() == self.before.len()
    }

    fn unexpected<B: Bits>(
        &mut self,
        bits: &mut B,
        labels: LabelSet<'a>,
    ) -> Result<Outline, CodecError> {
        let series = self.steps.taken.len();
        let known = self.look_up(labels);
        if let Some(place) = known.step().and_then(|step| self.places.get_mut(&step)) {
            bits.flag(true);
            bits.index(*place, series)?;
            self.steps.expected = Some(*place);
            *place = series;
            return self.steps.follow();
        }
        bits.flag(false);
        let step = self.spell(bits, labels, known)?;
        self.places.insert(step.clone(), series);
        self.steps.take_new(step)
    }

    fn look_up(&self, labels: LabelSet<'_>) -> Known {
        let names = labels
            .iter()
            .map(|(name, _)| self.name_ids.get(name).copied());
        let names: Vec<Option<usize>> = names.collect();
        let all: Option<Vec<usize>> = names.iter().copied().collect();
        let shape = all.and_then(|names| self.shape_ids.get(&names).copied());
        let mut changes = Vec::new();
        for (at, (name, (_, value))) in names.iter().zip(labels).enumerate() {
            if name.is_none_or(|name| self.steps.current_text(name) != *value) {
                let known = name.and_then(|name| self.value_ids.get(&(name, *value)));
                changes.push((at, known.copied()));
            }
        }
        Known {
            names,
            shape,
            changes,
        }
    }

    fn spell<B: Bits>(
        &mut self,
        bits: &mut B,
        labels: LabelSet<'a>,
        known: Known,
    ) -> Result<Step, CodecError> {
        let shape = match bits.flag(known.shape.is_some()) {
            true => bits.index(known.shape.unwrap_or(0), self.steps.shapes.len())?,
            false => self.spell_shape(bits, labels, &known.names)?,
        };
        let mut changed = known.changes.iter().map(|change| change.0).peekable();
        for at in 0..labels.len() {
            bits.flag(changed.next_if_eq(&at).is_some());
        }
        let mut changes = Vec::with_capacity(known.changes.len());
        for (at, value) in known.changes {
            let name = self.steps.shapes[shape].names[at];
            let text = labels.get(at).map_or("", |label| label.1);
            changes.push((at, self.spell_value(bits, name, text, value)?));
        }
        Ok(Step { shape, changes })
    }

    fn spell_shape<B: Bits>(
        &mut self,
        bits: &mut B,
        labels: LabelSet<'a>,
        known: &[Option<usize>],
    ) -> Result<usize, CodecError> {
        bits.count(labels.len(), MAX_LABELS)?;
        let mut names = Vec::with_capacity(labels.len());
        for (&(text, _), known) in labels.iter().zip(known) {
            let name = if bits.flag(known.is_some()) {
                bits.index(known.unwrap_or(0), self.steps.names.len())?
            } else {
                self.steps.spell_name(bits, text)?;
                let name = self.steps.add_name(text);
                self.name_ids.insert(text, name);
                name
            };
            names.push(name);
        }
        let shape = self.steps.add_shape(names.clone())?;
        self.shape_ids.insert(names, shape);
        Ok(shape)
    }

    fn spell_value<B: Bits>(
        &mut self,
        bits: &mut B,
        name: usize,
        text: &'a str,
        known: Option<usize>,
    ) -> Result<usize, CodecError> {
        if bits.flag(known.is_some()) {
            let value = known.unwrap_or(0);
            let of_name = self.steps.names[name].values.len();
            bits.index(self.steps.values[value].index, of_name)?;
            return Ok(value);
        }
        self.steps.spell_value(bits, name, text)?;
        let value = self.steps.add_value(name, text);
        self.value_ids.insert((name, text), value);
        Ok(value)
    }
}

/// Whether two texts are equal. Who decoded them mostly kept one for both, and then where they stand says so.
#[inline]
fn is_same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// Reads all label sets.
pub(super) fn read<B: Bits>(
    bits: &mut B,
    count: usize,
) -> Result<Vec<(Labels, Outline)>, CodecError> {
    let mut steps = Steps::new();
    let mut all = Vec::new();
    while all.len() < count {
        bits.has(0)?;
        for _ in 0..bits.count(0, count - all.len())? {
            let outline = steps.follow()?;
            all.push((steps.labels(), outline));
        }
        if all.len() < count {
            let outline = if bits.flag(false) {
                steps.expected = Some(bits.index(0, all.len())?);
                steps.follow()?
            } else {
                let step = read_step(bits, &mut steps)?;
                steps.take_new(step)?
            };
            all.push((steps.labels(), outline));
        }
    }
    Ok(all)
}

fn read_step<B: Bits>(bits: &mut B, steps: &mut Steps<String>) -> Result<Step, CodecError> {
    let shape = read_shape(bits, steps)?;
    let names = &steps.shapes[shape].names;
    let mut changed = Vec::new();
    for (at, &name) in names.iter().enumerate() {
        if bits.flag(false) {
            changed.push((at, name));
        }
    }
    let mut changes = Vec::with_capacity(changed.len());
    for (at, name) in changed {
        changes.push((at, read_value(bits, steps, name)?));
    }
    Ok(Step { shape, changes })
}

fn read_shape<B: Bits>(bits: &mut B, steps: &mut Steps<String>) -> Result<usize, CodecError> {
    if bits.flag(false) {
        return bits.index(0, steps.shapes.len());
    }
    let count = bits.count(0, MAX_LABELS)?;
    let mut names = Vec::new();
    for _ in 0..count {
        let name = if bits.flag(false) {
            bits.index(0, steps.names.len())?
        } else {
            let text = steps.spell_name(bits, "")?;
            steps.add_name(text)
        };
        names.push(name);
    }
    steps.add_shape(names)
}

fn read_value<B: Bits>(
    bits: &mut B,
    steps: &mut Steps<String>,
    name: usize,
) -> Result<usize, CodecError> {
    if bits.flag(false) {
        let values = &steps.names[name].values;
        let index = bits.index(0, values.len())?;
        return Ok(values[index]);
    }
    let text = steps.spell_value(bits, name, "")?;
    if text.is_empty() {
        return Err(CodecError::Damaged("a label value is empty"));
    }
    Ok(steps.add_value(name, text))
}
