//! When samples were taken: mostly the same few lists of times, over and over.

use crate::CodecError;
use crate::coder::{Bit, Coder};
use crate::limits::MAX_SAMPLES;
use crate::number::{Number, Tree};

/// Lists that are remembered.
const KNOWN: usize = 64;

/// The lists of times of a chunk.
pub(crate) struct Times {
    lists: Vec<Vec<i64>>,
    current: usize,
    origin_ms: i64,
    is_current: Bit,
    is_known: Bit,
    which: Tree<KNOWN>,
    count: Number,
    first: Number,
    interval: Number,
    drift: Number,
}

impl Times {
    /// `origin_ms` is near the times to come; both directions know it.
    pub(crate) fn new(origin_ms: i64) -> Self {
        Self {
            lists: Vec::new(),
            current: 0,
            origin_ms,
            is_current: Bit::mostly(8),
            is_known: Bit::EVEN,
            which: Tree::EVEN,
            count: Number::EVEN,
            first: Number::EVEN,
            interval: Number::EVEN,
            drift: Number::EVEN,
        }
    }

    /// Codes one list and leaves it in `times`; `left` is how many times the chunk may still hold.
    pub(crate) fn code<C: Coder>(
        &mut self,
        coder: &mut C,
        times: &mut Vec<i64>,
        left: usize,
    ) -> Result<(), CodecError> {
        let is_current = self.lists.get(self.current) == Some(times);
        if !coder.bit(&mut self.is_current, is_current)? {
            let known = self.lists.iter().position(|list| list == times);
            if coder.bit(&mut self.is_known, known.is_some())? {
                self.current = self.which.code(coder, known.unwrap_or(0))?;
            } else {
                let list = self.fresh(coder, times, left)?;
                self.remember(list);
            }
        }
        let list = self.lists.get(self.current);
        let list = list.ok_or(CodecError::Damaged("a list of times is missing"))?;
        times.clone_from(list);
        Ok(())
    }

    fn remember(&mut self, list: Vec<i64>) {
        if self.lists.len() < KNOWN {
            self.lists.push(list);
            self.current = self.lists.len() - 1;
        } else {
            self.current = (self.current + 1) % KNOWN;
            self.lists[self.current] = list;
        }
    }

    fn fresh<C: Coder>(
        &mut self,
        coder: &mut C,
        times: &[i64],
        left: usize,
    ) -> Result<Vec<i64>, CodecError> {
        let count = self
            .count
            .count(coder, times.len(), left.min(MAX_SAMPLES))?;
        let mut list = Vec::with_capacity(count);
        let near = self.lists.get(self.current).and_then(|l| l.first());
        let mut previous = near.copied().unwrap_or(self.origin_ms);
        let mut interval = 0_i64;
        for at in 0..count {
            let time = times.get(at).copied().unwrap_or(0);
            let step = time.wrapping_sub(previous);
            let step = match at {
                0 => self.first.signed(coder, step)?,
                1 => self.interval.signed(coder, step)?,
                _ => interval.wrapping_add(self.drift.signed(coder, step.wrapping_sub(interval))?),
            };
            interval = step;
            previous = previous.wrapping_add(step);
            list.push(previous);
        }
        Ok(list)
    }
}
