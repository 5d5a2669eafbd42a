use std::collections::HashMap;

use series::{Sample, Series, SeriesView};

use crate::encode::{SAMPLE, compress, header, sample_field, sample_size, varint, varint_size};

// Keys of io.prometheus.write.v2.Request and TimeSeries.
const SYMBOL: u8 = 0x22;
const TIME_SERIES: u8 = 0x2A;
const LABEL_REFS: u8 = 0x0A;

/// The remote-write 2.0 body (a snappy block) that carries `series`.
#[must_use]
pub fn encode_v2(series: &[Series]) -> Vec<u8> {
    let mut request = Request::default();
    for series in series {
        request.time_series(series.labels.iter(), &series.samples);
    }
    request.finish()
}

/// As [`encode_v2`], from borrowed series.
#[must_use]
pub fn encode_views_v2(series: &[SeriesView<'_>]) -> Vec<u8> {
    let mut request = Request::default();
    for series in series {
        request.time_series(series.labels.iter().copied(), series.samples);
    }
    request.finish()
}

/// Symbols in order of first use; the series are kept apart, because the table comes before them.
#[derive(Default)]
struct Request<'a> {
    numbers: HashMap<&'a str, u32>,
    symbols: Vec<u8>,
    series: Vec<u8>,
    refs: Vec<u8>,
}

impl<'a> Request<'a> {
    fn time_series(
        &mut self,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
        samples: &[Sample],
    ) {
        self.refs.clear();
        for text in labels.flat_map(|(name, value)| [name, value]) {
            let number = self.number(text);
            varint(&mut self.refs, u64::from(number));
        }
        let field_size = |size: usize| 1 + varint_size(size as u64) + size;
        let samples_size: usize = samples.iter().map(sample_size).map(field_size).sum();
        let size = field_size(self.refs.len()) + samples_size;
        header(&mut self.series, TIME_SERIES, size);
        header(&mut self.series, LABEL_REFS, self.refs.len());
        self.series.extend_from_slice(&self.refs);
        for sample in samples {
            header(&mut self.series, SAMPLE, sample_size(sample));
            sample_field(&mut self.series, sample);
        }
    }

    fn number(&mut self, text: &'a str) -> u32 {
        if self.numbers.is_empty() {
            self.symbol("");
        }
        match self.numbers.get(text) {
            Some(number) => *number,
            None => self.symbol(text),
        }
    }

    fn symbol(&mut self, text: &'a str) -> u32 {
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text, number);
        header(&mut self.symbols, SYMBOL, text.len());
        self.symbols.extend_from_slice(text.as_bytes());
        number
    }

    fn finish(mut self) -> Vec<u8> {
        // The table begins with the empty string also where no series needs it.
        if self.numbers.is_empty() {
            self.symbol("");
        }
        self.symbols.extend_from_slice(&self.series);
        compress(&self.symbols)
    }
}
