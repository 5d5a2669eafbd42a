//! Why is an alert not told of?

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use alertmanager_config::InhibitRule;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::{Labels, SeriesId};

use crate::flush::Ending;
use crate::members::Members;
use crate::plan::{Placement, Plan};
use crate::script::Desk;
use crate::silence::{Silence, SilenceState};
use crate::stored::{Acknowledgement, Ask, GroupId, StoredAlert};

/// Why an alert that fires, or ended, is kept from a receiver. In the order in which it is asked, which is
/// Alertmanager's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Muted {
    /// A cause of it fires.
    Inhibited {
        /// Which alert.
        by: SeriesId,
    },
    /// The route is not active now.
    OutsideActiveTime,
    /// The route is muted now.
    InMuteTime {
        /// By which interval.
        interval: String,
    },
    /// Somebody silenced it.
    Silenced {
        /// By these silences.
        by: Vec<String>,
    },
    /// It fired too seldom.
    TooFew {
        /// So often it did.
        seen: usize,
        /// So often it must.
        needed: usize,
    },
    /// Somebody works on it.
    Acknowledged {
        /// Who.
        by: String,
        /// Until when; without, until it ends.
        until: Option<Timestamp>,
    },
}

/// Everything that may mute the alerts of one group, read once.
pub(crate) struct Mutes<'p> {
    plan: &'p Plan,
    by_time: Option<Muted>,
    time_ends: Option<Timestamp>,
    silences: Vec<Silence>,
    causes: BTreeMap<GroupId, Vec<Labels>>,
    now: Timestamp,
}

impl<'p> Mutes<'p> {
    /// Reads what may mute these alerts. Causes that ended are put away.
    pub(crate) async fn of(
        desk: &Desk<Ask>,
        plan: &'p Plan,
        placement: &Placement,
        alerts: impl Iterator<Item = &Labels>,
        now: Timestamp,
    ) -> Self {
        let mut silences = desk.silences().await;
        silences.retain(|silence| silence.state(now) == SilenceState::Active);
        let mut causes = BTreeMap::new();
        for (id, _) in alerts.flat_map(|labels| plan.caused_by(labels)) {
            if let Entry::Vacant(unread) = causes.entry(id.clone()) {
                unread.insert(Members::causing(desk, &id, now).await);
            }
        }
        Self {
            plan,
            by_time: plan.muted_by_time(placement, now),
            time_ends: plan.time_ends(placement, now),
            silences,
            causes,
            now,
        }
    }

    /// What mutes an alert first.
    pub(crate) fn of_alert(&self, stored: &StoredAlert) -> Option<Muted> {
        let labels = &stored.alert.labels;
        let is_firing = !stored.alert.is_resolved(self.now);
        let acknowledged = || {
            let holds =
                |ack: &&Acknowledgement| is_firing && ack.holds(stored.alert.starts_at, self.now);
            stored
                .acknowledged
                .as_ref()
                .filter(holds)
                .map(Acknowledgement::mutes)
        };
        self.inhibited(labels)
            .or_else(|| self.by_time.clone())
            .or_else(|| self.silenced(labels))
            .or_else(|| {
                let (seen, needed) = self.plan.too_few(stored).filter(|_| is_firing)?;
                Some(Muted::TooFew { seen, needed })
            })
            .or_else(acknowledged)
    }

    /// When something stops to mute, where that is known.
    pub(crate) fn until(&self, muted: &Muted) -> Option<Timestamp> {
        match muted {
            Muted::Inhibited { .. } | Muted::TooFew { .. } => None,
            Muted::OutsideActiveTime | Muted::InMuteTime { .. } => self.time_ends,
            Muted::Silenced { by } => {
                let silences = self
                    .silences
                    .iter()
                    .filter(|silence| by.contains(&silence.id));
                silences.map(|silence| silence.ends_at).max()
            }
            Muted::Acknowledged { until, .. } => *until,
        }
    }

    /// The last of the silences that mute an alert, where receivers are to be told before it ends.
    pub(crate) fn ending(&self, muted: &Muted) -> Option<Ending> {
        let Muted::Silenced { by } = muted else {
            return None;
        };
        let notice = self.plan.silence_notice?;
        let silences = self.silences.iter().filter(|one| by.contains(&one.id));
        let last = silences.max_by_key(|silence| silence.ends_at)?;
        Some(Ending {
            silence: last.id.clone(),
            from: last.ends_at.checked_sub(notice).unwrap_or(Timestamp::MIN),
        })
    }

    fn inhibited(&self, labels: &Labels) -> Option<Muted> {
        let rules = self.plan.caused_by(labels);
        let by = rules.into_iter().find_map(|(id, rule)| {
            let mut causes = self.causes.get(&id)?.iter();
            causes.find(|cause| inhibits(rule, cause, labels))
        })?;
        Some(Muted::Inhibited { by: by.series_id() })
    }

    fn silenced(&self, labels: &Labels) -> Option<Muted> {
        let by: Vec<String> = self
            .silences
            .iter()
            .filter(|silence| silence.accepts(labels))
            .map(|silence| silence.id.clone())
            .collect();
        (!by.is_empty()).then_some(Muted::Silenced { by })
    }
}

/// Whether a cause mutes an alert that the rule is about. Of alerts that are both, none mutes another.
///
/// Source: Alertmanager, `inhibit.InhibitRule.hasEqual`.
fn inhibits(rule: &InhibitRule, cause: &Labels, target: &Labels) -> bool {
    !(rule.is_source(target) && rule.is_target(cause))
}
