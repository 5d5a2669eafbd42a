//! What happens when the reasons change: a configuration, a silence that is ended, an acknowledgement.

use jiff::Timestamp;

use crate::script::Desk;
use crate::stored::{Ask, GroupId, Written};

/// So often a group is read anew when somebody else wrote it in between.
const TRIES: usize = 8;

/// Lets a group be looked at now, where anybody is in it. Returns false where others wrote it each time in between.
pub async fn recheck(desk: &Desk<Ask>, id: &GroupId, now: Timestamp) -> bool {
    for _ in 0..TRIES {
        let Some(mut group) = desk.group(id).await else {
            return true;
        };
        let Some(phase) = group.phase.hurried(now) else {
            return true;
        };
        group.phase = phase;
        group.version += 1;
        if desk.put_group(group).await == Written::Yes {
            desk.wake(id, now).await;
            return true;
        }
    }
    false
}
