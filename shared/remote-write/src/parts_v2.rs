//! The smaller messages of remote write 2.0.

use std::ops::Range;

use series::{MetricKind, Sample};

use crate::Refusal;
use crate::metadata::kind_of_number;
use crate::symbols::Symbols;
use crate::wire::{FIXED64, LENGTH, Reader, VARINT};

/// Of the labels of an exemplar together, as OpenMetrics has it.
const EXEMPLAR_CHARACTERS: usize = 128;

/// What a series says about its metric.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) kind: MetricKind,
    /// References.
    pub(crate) help: u32,
    pub(crate) unit: u32,
}

impl Said {
    pub(crate) fn is_something(&self) -> bool {
        self.kind != MetricKind::Unknown || self.help != 0 || self.unit != 0
    }
}

/// Whether an exemplar has a time in the window, and labels that can be followed and are short enough.
pub(crate) fn is_valid_exemplar(
    mut exemplar: Reader<'_>,
    symbols: &Symbols<'_>,
    window_ms: &Range<i64>,
) -> Result<bool, Refusal> {
    let mut time_ms = 0;
    let (mut refs, mut characters, mut is_known) = (0_usize, 0_usize, true);
    let mut keep = |reference: u64| {
        refs += 1;
        match symbols.text(reference as u32) {
            // A long text is over the limit before it is counted.
            Some(text) => characters += text.chars().take(EXEMPLAR_CHARACTERS + 1).count(),
            None => is_known = false,
        }
    };
    while !exemplar.is_done() {
        let start = exemplar;
        let key = exemplar.key()?;
        match (key.field, key.wire) {
            (1, LENGTH) => {
                let mut packed = exemplar.message()?;
                while !packed.is_done() {
                    keep(packed.varint()?);
                }
            }
            (1, VARINT) => keep(exemplar.varint()?),
            (2, FIXED64) => drop(exemplar.fixed64()?),
            (3, VARINT) => time_ms = exemplar.varint()?.cast_signed(),
            (1..=3, _) => return Err(start.malformed("an exemplar's field has the wrong type")),
            _ => exemplar.skip(key)?,
        }
    }
    let is_in_window = (window_ms.start..=window_ms.end).contains(&time_ms);
    let has_time = time_ms != 0;
    Ok(has_time && is_in_window && is_known && refs % 2 == 0 && characters <= EXEMPLAR_CHARACTERS)
}

/// Kind, and the references of help and unit, of what is said last.
pub(crate) fn metadata(mut message: Reader<'_>, said: &mut Said) -> Result<(), Refusal> {
    while !message.is_done() {
        let start = message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (1, VARINT) => said.kind = kind_of_number(message.varint()?),
            (3, VARINT) => said.help = message.varint()? as u32,
            (4, VARINT) => said.unit = message.varint()? as u32,
            (1 | 3 | 4, _) => {
                return Err(start.malformed("a metadata field has the wrong type"));
            }
            _ => message.skip(key)?,
        }
    }
    Ok(())
}

/// A sample, and when its counter began (0: not said).
pub(crate) fn sample(mut message: Reader<'_>) -> Result<(Sample, i64), Refusal> {
    let mut sample = Sample {
        time_ms: 0,
        value: 0.0,
    };
    let mut start_ms = 0;
    while !message.is_done() {
        let start = message;
        let key = message.key()?;
        match (key.field, key.wire) {
            (1, FIXED64) => sample.value = f64::from_bits(message.fixed64()?),
            (2, VARINT) => sample.time_ms = message.varint()?.cast_signed(),
            (3, VARINT) => start_ms = message.varint()?.cast_signed(),
            (1..=3, _) => return Err(start.malformed("a sample's field has the wrong type")),
            _ => message.skip(key)?,
        }
    }
    Ok((sample, start_ms))
}
