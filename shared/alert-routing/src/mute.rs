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

/// What keeps alerts from everybody, wherever they are routed: causes that fire, and silences.
#[derive(Debug)]
pub struct Suppressors<'p> {
    plan: &'p Plan,
    silences: Vec<Silence>,
    causes: BTreeMap<GroupId, Vec<Labels>>,
}

impl<'p> Suppressors<'p> {
    /// Of these silences, those that last; of these alerts, those that are causes of others.
    #[must_use]
    pub fn among<'a>(
        plan: &'p Plan,
        mut silences: Vec<Silence>,
        firing: impl IntoIterator<Item = &'a Labels>,
        now: Timestamp,
    ) -> Self {
        silences.retain(|silence| silence.state(now) == SilenceState::Active);
        let mut causes: BTreeMap<GroupId, Vec<Labels>> = BTreeMap::new();
        for labels in firing {
            for id in plan.causes(labels) {
                causes.entry(id).or_default().push(labels.clone());
            }
        }
        Self {
            plan,
            silences,
            causes,
        }
    }

    /// The cause that mutes an alert of these labels.
    #[must_use]
    pub fn inhibitor(&self, labels: &Labels) -> Option<&Labels> {
        let rules = self.plan.caused_by(labels);
        rules.into_iter().find_map(|(id, rule)| {
            let mut causes = self.causes.get(&id)?.iter();
            causes.find(|cause| inhibits(rule, cause, labels))
        })
    }

    /// The silences that are about these labels, by id.
    #[must_use]
    pub fn silencers(&self, labels: &Labels) -> Vec<String> {
        let silences = self.silences.iter();
        let mut ids: Vec<String> = silences
            .filter(|silence| silence.accepts(labels))
            .map(|silence| silence.id.clone())
            .collect();
        ids.sort();
        ids
    }
}

/// Everything that may mute the alerts of one group, read once.
pub(crate) struct Mutes<'p> {
    suppressors: Suppressors<'p>,
    by_time: Option<Muted>,
    time_ends: Option<Timestamp>,
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
        let silences = desk.silences().await;
        let mut suppressors = Suppressors::among(plan, silences, [], now);
        for (id, _) in alerts.flat_map(|labels| plan.caused_by(labels)) {
            if let Entry::Vacant(unread) = suppressors.causes.entry(id.clone()) {
                unread.insert(Members::causing(desk, &id, now).await);
            }
        }
        Self {
            suppressors,
            by_time: plan.muted_by_time(placement, now),
            time_ends: plan.time_ends(placement, now),
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
                let (seen, needed) = self
                    .suppressors
                    .plan
                    .too_few(stored)
                    .filter(|_| is_firing)?;
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
                let silences = self.suppressors.silences.iter();
                let silences = silences.filter(|silence| by.contains(&silence.id));
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
        let notice = self.suppressors.plan.silence_notice?;
        let silences = self
            .suppressors
            .silences
            .iter()
            .filter(|one| by.contains(&one.id));
        let last = silences.max_by_key(|silence| silence.ends_at)?;
        Some(Ending {
            silence: last.id.clone(),
            from: last.ends_at.checked_sub(notice).unwrap_or(Timestamp::MIN),
        })
    }

    fn inhibited(&self, labels: &Labels) -> Option<Muted> {
        let by = self.suppressors.inhibitor(labels)?.series_id();
        Some(Muted::Inhibited { by })
    }

    fn silenced(&self, labels: &Labels) -> Option<Muted> {
        let by = self.suppressors.silencers(labels);
        (!by.is_empty()).then_some(Muted::Silenced { by })
    }
}

/// Whether a cause mutes an alert that the rule is about. Of alerts that are both, none mutes another.
///
/// Source: Alertmanager, `inhibit.InhibitRule.hasEqual`.
fn inhibits(rule: &InhibitRule, cause: &Labels, target: &Labels) -> bool {
    !(rule.is_source(target) && rule.is_target(cause))
}
