//! What do the chunks of the last minutes hold?

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use ids::{SenderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use quotas::{Usage, key_of};
use samples_table::{Arrived, KnownKeyframes, LoadError, SamplesTable};
use series::Series;
use state_table::senders::Sender;

/// A series is active for so long after its last chunk, as Prometheus looks back for a sample.
const ACTIVE_FOR: SignedDuration = SignedDuration::from_mins(5);
/// The furthest that a sample may be ahead of its arrival.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
const MINUTE_SECS: i64 = 60;
/// The most series that are told apart, twice the largest quota: at most 60 MB while the set grows. Beyond
/// it this many are reported.
const MOST_SERIES: usize = 2_000_000;
/// How many senders are read at a time; each holds a page of 1 MB and one decoded chunk.
const CONCURRENT_SENDERS: usize = 8;

/// Whose chunks are counted.
pub(crate) struct Counting<'a> {
    pub samples: &'a SamplesTable,
    pub tenant: &'a TenantId,
    pub now: Timestamp,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// 64 bits of each identity: of a million series two are taken for one once in 37 million measurements.
    series: HashSet<u64>,
    points: u64,
    senders: u64,
    most_labels: usize,
    longest_name: usize,
    longest_value: usize,
}

impl Counting<'_> {
    pub(crate) async fn all(&self, senders: &[Sender]) -> anyhow::Result<Count> {
        let count = Mutex::new(Count::default());
        stream::iter(senders)
            .map(|known| self.of(&known.sender, &count))
            .buffer_unordered(CONCURRENT_SENDERS)
            .try_collect::<()>()
            .await
            .context("reading what arrived")?;
        Ok(count.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    async fn of(&self, sender: &SenderId, count: &Mutex<Count>) -> anyhow::Result<()> {
        let add = |act: &mut dyn FnMut(&mut Count)| {
            act(&mut count.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let times = (self.now - ACTIVE_FOR, self.now + AHEAD);
        let mut keyframes = KnownKeyframes::new();
        let mut is_active = false;
        let mut after = None;
        loop {
            let page = self
                .samples
                .arrived_page(self.tenant, sender, times, after.take())
                .await?;
            is_active |= !page.items.is_empty();
            for arrived in &page.items {
                add(&mut |count| count.points += self.points_of(arrived));
                let chunk = &arrived.chunk;
                let decoded = self
                    .samples
                    .decode(self.tenant, sender, chunk, &mut keyframes)
                    .await;
                match decoded {
                    Ok(series) => add(&mut |count| series.iter().for_each(|one| count.add(one))),
                    Err(LoadError::Table(error)) => return Err(error.into()),
                    Err(error) => {
                        tracing::error!(tenant = %self.tenant, %sender, %error, "a chunk can't be read");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                add(&mut |count| count.senders += u64::from(is_active));
                return Ok(());
            }
        }
    }

    /// Those that arrived in the last whole minute.
    fn points_of(&self, arrived: &Arrived) -> u64 {
        let minute = |at: Timestamp| at.as_second().div_euclid(MINUTE_SECS);
        let is_last = minute(arrived.chunk.arrived_at) == minute(self.now) - 1;
        if is_last { arrived.points } else { 0 }
    }
}

impl Count {
    fn add(&mut self, series: &Series) {
        if self.series.len() >= MOST_SERIES || !self.series.insert(key_of(series.id())) {
            return;
        }
        self.most_labels = self.most_labels.max(series.labels.iter().count());
        for (name, value) in series.labels.iter() {
            self.longest_name = self.longest_name.max(name.len());
            self.longest_value = self.longest_value.max(value.len());
        }
    }

    pub(crate) fn usage(&self, quotas_version: u64, now: Timestamp) -> Usage {
        Usage {
            // Without a fraction, so that times compare as texts.
            measured_at: Timestamp::from_second(now.as_second()).unwrap_or(now),
            quotas_version,
            active_series: self.series.len() as u64,
            samples_per_sec: self.points.div_ceil(MINUTE_SECS.cast_unsigned()),
            senders: self.senders,
            labels_per_series: self.most_labels as u64,
            label_name_bytes: self.longest_name as u64,
            label_value_bytes: self.longest_value as u64,
            established_parts: 0,
        }
    }

    pub(crate) fn into_keys(self) -> Vec<u64> {
        self.series.into_iter().collect()
    }
}
