//! What leaves after a look at a group, and what is written down of what does not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use series::Labels;

use crate::alert::Alert;
use crate::flush::{Decision, Flush, Integration, Member};
use crate::mute::Muted;
use crate::plan::Placement;
use crate::stored::{GroupId, StoredGroup};
use crate::told::{NotifyReason, QuietReason, Told};

/// Why a receiver is told, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Why {
    /// It is told.
    Told(NotifyReason),
    /// There is nothing to say.
    Quiet(QuietReason),
    /// Everything there is to say is muted.
    Muted(AllMuted),
}

/// Everything there is to say is muted; each alert says by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllMuted {
    /// The one value.
    AllMuted,
}

/// One decision for one way to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Of which group.
    pub group: GroupId,
    /// The group's version that this decision made.
    pub version: u64,
    /// The group as Alertmanager writes it.
    pub key: String,
    /// What its alerts have in common.
    pub labels: Labels,
    /// Who is told.
    pub receiver: String,
    /// Which way.
    pub integration: Integration,
    /// Why, or why not.
    pub why: Why,
    /// What this way was told before: it must hear that first.
    pub after: Option<(Timestamp, u64)>,
    /// Of what, in reading order; each with what mutes it.
    pub alerts: Vec<(Alert, Option<Muted>)>,
    /// When it was decided.
    pub at: Timestamp,
}

/// What a look leaves for receivers and for those who ask later. That nothing is said for the same reason as the last
/// time is not written down again.
pub(crate) fn notices(
    group: &mut StoredGroup,
    placement: &Placement,
    (flush, told): (&Flush, &BTreeMap<Integration, Told>),
    seen: &[Member],
    at: Timestamp,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    let before = std::mem::take(&mut group.silent);
    let nobody = [(String::new(), Decision::Quiet(QuietReason::NoReceiver))];
    let decisions = match flush.decisions.as_slice() {
        [] => nobody.as_slice(),
        decisions => decisions,
    };
    for (integration, decision) in decisions {
        let (why, members) = match decision {
            Decision::Notify { reason, members } => (Why::Told(*reason), members.clone()),
            Decision::Quiet(reason) => (Why::Quiet(*reason), (0..seen.len()).collect()),
            Decision::AllMuted => (Why::Muted(AllMuted::AllMuted), (0..seen.len()).collect()),
        };
        if !matches!(why, Why::Told(_)) {
            group.silent.insert(integration.clone(), why);
        }
        let is_known =
            why == Why::Quiet(QuietReason::AlreadyTold) || before.get(integration) == Some(&why);
        if is_known {
            continue;
        }
        let alert = |at: usize| (seen[at].alert.clone(), seen[at].muted.clone());
        notices.push(Notice {
            group: group.id.clone(),
            version: group.version,
            key: group.key.clone(),
            labels: group.labels.clone(),
            receiver: placement.receiver.clone(),
            integration: integration.clone(),
            why,
            after: told.get(integration).map(|told| (told.at, told.version)),
            alerts: members.into_iter().map(alert).collect(),
            at,
        });
    }
    notices
}
