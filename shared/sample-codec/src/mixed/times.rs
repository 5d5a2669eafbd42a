//! When samples were taken: mostly as those of the series before, because one scrape has one time.

use super::bits::Bits;
use crate::CodecError;
use crate::flush::Row;
use crate::limits::MAX_SAMPLES;

/// Lists that are remembered.
const KNOWN: usize = 64;

/// The lists of times of a chunk.
struct Times {
    lists: Vec<Vec<i64>>,
    current: usize,
    origin_ms: i64,
}

/// Writes the times of all series: a list, and how many series in a row have it.
pub(super) fn write<B: Bits>(
    bits: &mut B,
    rows: &[Row<'_>],
    origin_ms: i64,
) -> Result<(), CodecError> {
    let mut times = Times::new(origin_ms);
    let mut rest = rows;
    while let Some((first, others)) = rest.split_first() {
        let list: Vec<i64> = first.samples.iter().map(|s| s.time_ms).collect();
        let has_same = |row: &&Row<'_>| {
            row.samples
                .iter()
                .map(|s| s.time_ms)
                .eq(list.iter().copied())
        };
        let same = others.iter().take_while(has_same).count();
        times.code(bits, &list, MAX_SAMPLES)?;
        bits.count(same, rows.len())?;
        rest = others.get(same..).unwrap_or_default();
    }
    Ok(())
}

/// Reads the times of `series` series, in runs of equal lists; together they are at most `samples`.
pub(super) fn read<B: Bits>(
    bits: &mut B,
    series: usize,
    samples: usize,
    origin_ms: i64,
) -> Result<Vec<(Vec<i64>, usize)>, CodecError> {
    let mut times = Times::new(origin_ms);
    let (mut runs, mut series, mut samples) = (Vec::new(), series, samples);
    while series > 0 {
        let list = times.code(bits, &[], samples)?.to_vec();
        let count = bits.count(0, series - 1)? + 1;
        let used = list.len().saturating_mul(count);
        let rest = samples.checked_sub(used);
        samples = rest.ok_or(CodecError::Damaged("more samples than announced"))?;
        if !list.is_sorted_by(|a, b| a < b) || list.is_empty() {
            return Err(CodecError::Damaged("times do not rise"));
        }
        series -= count;
        runs.push((list, count));
    }
    Ok(runs)
}

impl Times {
    fn new(origin_ms: i64) -> Self {
        let (lists, current) = (Vec::new(), 0);
        Self {
            lists,
            current,
            origin_ms,
        }
    }

    /// Codes one list of at most `left` times.
    fn code<B: Bits>(
        &mut self,
        bits: &mut B,
        times: &[i64],
        left: usize,
    ) -> Result<&[i64], CodecError> {
        let known = self.lists.iter().position(|list| list == times);
        if bits.flag(known.is_some()) {
            self.current = bits.index(known.unwrap_or(0), self.lists.len())?;
        } else {
            let list = self.fresh(bits, times, left)?;
            if self.lists.len() < KNOWN {
                self.current = self.lists.len();
                self.lists.push(list);
            } else {
                self.current = (self.current + 1) % KNOWN;
                self.lists[self.current] = list;
            }
        }
        Ok(&self.lists[self.current])
    }

    fn fresh<B: Bits>(
        &mut self,
        bits: &mut B,
        times: &[i64],
        left: usize,
    ) -> Result<Vec<i64>, CodecError> {
        let count = bits.count(times.len(), left.min(MAX_SAMPLES))?;
        let mut list = Vec::with_capacity(count);
        let near = self.lists.get(self.current).and_then(|list| list.first());
        let mut previous = near.copied().unwrap_or(self.origin_ms);
        let mut interval = 0_i64;
        for at in 0..count {
            let time = times.get(at).copied().unwrap_or(0);
            let step = time.wrapping_sub(previous);
            let expected = if at < 2 { 0 } else { interval };
            interval = expected.wrapping_add(bits.signed(step.wrapping_sub(expected))?);
            previous = previous.wrapping_add(interval);
            list.push(previous);
        }
        Ok(list)
    }
}
