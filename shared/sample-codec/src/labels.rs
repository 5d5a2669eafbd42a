//! Label sets in a row: each mostly resembles the one before, or follows it as it did last time.

use std::borrow::Cow;
use std::collections::HashMap;

use series::Labels;

use crate::CodecError;
use crate::coder::{Bit, Coder};
use crate::flush::label_weight;
use crate::limits::MAX_LABEL_BYTES;
use crate::number::Number;
use crate::text::Text;

/// Labels of one series; ingest takes far fewer.
const MAX_LABELS: usize = 4096;

/// The dictionary of a chunk and what it has learned.
pub(crate) struct LabelSets<'a> {
    names: Vec<Name<'a>>,
    pairs: Vec<Pair<'a>>,
    shapes: Vec<Vec<usize>>,
    shape: usize,
    /// The pairs of the label set coded last.
    current: Vec<usize>,
    weight: usize,
    name_ids: HashMap<&'a str, usize>,
    pair_ids: HashMap<(usize, &'a str), usize>,
    models: Models,
}

struct Models {
    is_same_shape: Bit,
    is_known_shape: Bit,
    shape: Number,
    label_count: Number,
    is_known_name: Bit,
    name: Number,
    pair: Number,
    name_text: Text,
    value_text: Text,
}

struct Name<'a> {
    text: Cow<'a, str>,
    pairs: Vec<usize>,
    last: Option<usize>,
    is_expected: Bit,
    is_again: Bit,
    is_known: Bit,
}

struct Pair<'a> {
    value: Cow<'a, str>,
    /// Which pair of the same name came after this one the last time.
    next: usize,
    /// Among the pairs of its name.
    index: usize,
}

impl<'a> LabelSets<'a> {
    pub(crate) fn new() -> Self {
        Self {
            names: Vec::new(),
            pairs: Vec::new(),
            shapes: Vec::new(),
            shape: 0,
            current: Vec::new(),
            weight: 0,
            name_ids: HashMap::new(),
            pair_ids: HashMap::new(),
            models: Models {
                is_same_shape: Bit::mostly(2),
                is_known_shape: Bit::EVEN,
                shape: Number::EVEN,
                label_count: Number::EVEN,
                is_known_name: Bit::EVEN,
                name: Number::EVEN,
                pair: Number::EVEN,
                name_text: Text::new(),
                value_text: Text::new(),
            },
        }
    }

    /// Codes one label set; a decoder gives an empty one and then asks for [`LabelSets::labels`].
    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        labels: &'a [(&'a str, &'a str)],
    ) -> Result<(), CodecError> {
        self.shape(coder, labels)?;
        self.current.clear();
        for at in 0..self.shapes[self.shape].len() {
            let name = self.shapes[self.shape][at];
            let value = labels.get(at).map_or("", |(_, value)| value);
            let pair = self.pair(coder, name, value)?;
            self.current.push(pair);
            self.weight += label_weight(&self.names[name].text, &self.pairs[pair].value);
        }
        if self.weight > MAX_LABEL_BYTES {
            return Err(CodecError::Damaged("the labels are too large"));
        }
        Ok(())
    }

    /// The name of the metric coded last, as a number that stands for it in this chunk.
    pub(crate) fn metric(&self) -> Option<usize> {
        let names = self.shapes.get(self.shape)?;
        let at = names
            .iter()
            .position(|&name| self.names[name].text == series::METRIC_NAME)?;
        self.current.get(at).copied()
    }

    /// The text of a number that [`LabelSets::metric`] gave.
    pub(crate) fn metric_name(&self, metric: usize) -> &str {
        self.pairs.get(metric).map_or("", |pair| &pair.value)
    }

    /// The label set coded last.
    pub(crate) fn labels(&self) -> Labels {
        let names = self.shapes.get(self.shape).into_iter().flatten();
        let names = names.map(|&name| self.names[name].text.as_ref());
        let values = self
            .current
            .iter()
            .map(|&pair| self.pairs[pair].value.as_ref());
        let labels: Vec<(&str, &str)> = names.zip(values).collect();
        Labels::from_sorted(&labels)
    }

    fn shape<C: Coder>(
        &mut self,
        coder: &mut C,
        labels: &'a [(&'a str, &'a str)],
    ) -> Result<(), CodecError> {
        let has_shape = |shape: &Vec<usize>| {
            shape.len() == labels.len()
                && shape
                    .iter()
                    .zip(labels)
                    .all(|(&id, label)| self.names[id].text == label.0)
        };
        let is_same = self.shapes.get(self.shape).is_some_and(has_shape);
        if coder.bit(&mut self.models.is_same_shape, is_same)? {
            return match self.shapes.is_empty() {
                true => Err(CodecError::Damaged("a set of label names is missing")),
                false => Ok(()),
            };
        }
        let known = if is_same {
            None
        } else {
            self.shapes.iter().position(has_shape)
        };
        if coder.bit(&mut self.models.is_known_shape, known.is_some())? {
            let most = self.shapes.len().saturating_sub(1);
            self.shape = self.models.shape.count(coder, known.unwrap_or(0), most)?;
            return match self.shapes.is_empty() {
                true => Err(CodecError::Damaged("a set of label names is missing")),
                false => Ok(()),
            };
        }
        let count = self
            .models
            .label_count
            .count(coder, labels.len(), MAX_LABELS)?;
        let mut shape: Vec<usize> = Vec::new();
        for at in 0..count {
            let name = self.name(coder, labels.get(at).map_or("", |(name, _)| name))?;
            let before = shape.last().map(|&id| self.names[id].text.as_ref());
            if before.is_some_and(|before| before >= self.names[name].text.as_ref()) {
                return Err(CodecError::Damaged("label names are out of order"));
            }
            shape.push(name);
        }
        self.shapes.push(shape);
        self.shape = self.shapes.len() - 1;
        Ok(())
    }

    fn name<C: Coder>(&mut self, coder: &mut C, text: &'a str) -> Result<usize, CodecError> {
        let known = self.name_ids.get(text).copied();
        if coder.bit(&mut self.models.is_known_name, known.is_some())? {
            let id = self
                .models
                .name
                .count(coder, known.unwrap_or(0), self.names.len())?;
            return match id < self.names.len() {
                true => Ok(id),
                false => Err(CodecError::Damaged("a label name is missing")),
            };
        }
        let like = self.names.last().map_or("", |name| &name.text);
        let coded = self.models.name_text.code(coder, text, like)?;
        let id = self.names.len();
        self.name_ids.insert(text, id);
        self.names.push(Name {
            text: borrowed(text, coded),
            pairs: Vec::new(),
            last: None,
            is_expected: Bit::mostly(2),
            is_again: Bit::EVEN,
            is_known: Bit::EVEN,
        });
        Ok(id)
    }

    fn pair<C: Coder>(
        &mut self,
        coder: &mut C,
        name: usize,
        value: &'a str,
    ) -> Result<usize, CodecError> {
        let pair = self.which_pair(coder, name, value)?;
        if let Some(last) = self.names[name].last.replace(pair) {
            self.pairs[last].next = pair;
        }
        Ok(pair)
    }

    fn which_pair<C: Coder>(
        &mut self,
        coder: &mut C,
        id: usize,
        value: &'a str,
    ) -> Result<usize, CodecError> {
        let name = &mut self.names[id];
        if let Some(last) = name.last {
            let expected = self.pairs[last].next;
            let is_expected = self.pairs[expected].value == value;
            if coder.bit(&mut name.is_expected, is_expected)? {
                return Ok(expected);
            }
            if expected != last {
                let is_again = self.pairs[last].value == value;
                if coder.bit(&mut name.is_again, is_again)? {
                    return Ok(last);
                }
            }
            let known = self.pair_ids.get(&(id, value)).copied();
            if coder.bit(&mut name.is_known, known.is_some())? {
                let index = known.map_or(0, |pair| self.pairs[pair].index);
                let index = self.models.pair.count(coder, index, name.pairs.len())?;
                let pair = name.pairs.get(index).copied();
                return pair.ok_or(CodecError::Damaged("a label value is missing"));
            }
        }
        let like = name
            .pairs
            .last()
            .map_or("", |&pair| &self.pairs[pair].value);
        let coded = self.models.value_text.code(coder, value, like)?;
        if coded.is_empty() {
            return Err(CodecError::Damaged("a label value is empty"));
        }
        let pair = self.pairs.len();
        self.pair_ids.insert((id, value), pair);
        self.pairs.push(Pair {
            value: borrowed(value, coded),
            next: pair,
            index: name.pairs.len(),
        });
        name.pairs.push(pair);
        Ok(pair)
    }
}

/// An encoder has the text already and keeps that one.
fn borrowed<'a>(given: &'a str, coded: String) -> Cow<'a, str> {
    if given == coded {
        Cow::Borrowed(given)
    } else {
        Cow::Owned(coded)
    }
}
