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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Kind;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn damaged_bits_are_an_error_or_a_series_and_no_panic(
            values in prop::collection::vec(any::<f64>(), 40),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let texts: Vec<String> = (0..values.len()).map(|at| (at % 7).to_string()).collect();
            let labels: Vec<[(&str, &str); 3]> = texts
                .iter()
                .enumerate()
                .map(|(at, text)| {
                    let metric = ["up", "requests_total"][at % 2];
                    [("__name__", metric), ("cpu", text.as_str()), ("instance", &texts[at / 20])]
                })
                .collect();
            let samples = values.chunks(2).map(|pair| {
                let sample = |(at, &value): (usize, &f64)| Sample { time_ms: at as i64, value };
                pair.iter().enumerate().map(sample).collect::<Vec<_>>()
            });
            let rows: Vec<Row<'_>> = samples
                .zip(&labels)
                .map(|(samples, labels)| Row {
                    id: series::SeriesId(0),
                    labels,
                    samples: samples.into(),
                })
                .collect();
            let header = Header::over(Kind::SelfContained, None, &rows).unwrap();
            let chunk = encode(&header, &rows).unwrap();
            let mut coded = Header::read(&chunk).unwrap().1.to_vec();
            prop_assert_eq!(decode(&header, &coded).unwrap().len(), rows.len());
            for (at, byte) in flips {
                let at = at.index(coded.len());
                coded[at] ^= byte;
            }
            coded.truncate(cut.map_or(coded.len(), |cut| cut.index(coded.len())));
            let _ = decode(&header, &coded);
        }
    }
}
