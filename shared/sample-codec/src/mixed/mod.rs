//! Chunks of bodies that mix hosts. Simpler than a keyframe's coding and ten times as fast: the series of one host
//! resemble those of the host before, in the same order, and what is learned on the way is little beside that.

mod bits;
mod labels;
mod sizes;
mod spelling;
mod steps;
mod times;
mod values;

use series::{Sample, Series};

use crate::CodecError;
use crate::flush::Row;
use crate::header::Header;
use bits::{Bits as _, Reader, Writer};
use values::Outcome;

/// Appends the rows to a header. An error where their labels are too large for one chunk.
pub(crate) fn encode(header: &Header, rows: &[Row<'_>]) -> Result<Vec<u8>, CodecError> {
    let mut bits = Writer::new(header.write());
    let outlines = labels::write(&mut bits, rows)?;
    times::write(&mut bits, rows, header.first_ms)?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(rows.len());
    let (mut times, mut values) = (Vec::new(), Vec::new());
    for (row, outline) in rows.iter().zip(outlines) {
        times.clear();
        times.extend(row.samples.iter().map(|s| s.time_ms));
        values.clear();
        values.extend(row.samples.iter().map(|s| s.value));
        let model = outline.model.and_then(|model| outcomes.get(model));
        let model = *model.unwrap_or(&Outcome::UNKNOWN);
        let outcome = values::code(&mut bits, &model, outline.grows, &times, &mut values)?;
        outcomes.push(outcome);
    }
    Ok(bits.finish())
}

pub(crate) fn decode(header: &Header, coded: &[u8]) -> Result<Vec<Series>, CodecError> {
    let mut bits = Reader::new(coded);
    let mut described = labels::read(&mut bits, header.series_count)?.into_iter();
    let runs = times::read(
        &mut bits,
        header.series_count,
        header.sample_count,
        header.first_ms,
    )?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut series = Vec::with_capacity(described.len());
    for (times, count) in runs {
        for (labels, outline) in described.by_ref().take(count) {
            let model = outline.model.and_then(|model| outcomes.get(model));
            let model = *model.unwrap_or(&Outcome::UNKNOWN);
            let mut values = vec![0.0; times.len()];
            let outcome = values::code(&mut bits, &model, outline.grows, &times, &mut values)?;
            outcomes.push(outcome);
            let samples = times.iter().zip(values);
            let samples = samples.map(|(&time_ms, value)| Sample { time_ms, value });
            series.push(Series {
                labels,
                samples: samples.collect(),
            });
        }
    }
    bits.has(0)?;
    header.check(&series)?;
    Ok(series)
}
