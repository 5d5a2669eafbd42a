use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Attempt, Notification, Status};

/// So many attempts are kept in the list; all are counted.
const KEPT_ATTEMPTS: usize = 12;

/// How one sending ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptResult {
    /// In words.
    pub outcome: String,
    /// The receiver's status, where it answered.
    #[serde(default)]
    pub status_code: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
}

/// What follows from an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The receiver has it.
    Delivered,
    /// Again at this time.
    RetryAt(Timestamp),
    /// Not again.
    Failed(String),
}

/// Whether a notification may be sent now.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Yes, once this revision is stored.
    Claimed(Box<Notification>),
    /// Not before this time.
    NotBefore(Timestamp),
    /// Somebody else is sending it.
    Taken {
        /// Until when their claim holds.
        until: Timestamp,
    },
    /// There is nothing left to do.
    Settled,
}

impl Notification {
    /// Whether it may be sent at `now`; the claim holds for `lease`.
    #[must_use]
    pub fn claim(&self, now: Timestamp, lease: SignedDuration) -> Claim {
        match &self.status {
            Status::Delivered { .. } | Status::Failed { .. } | Status::NotSent => Claim::Settled,
            Status::Retrying { next_at } if now < *next_at => Claim::NotBefore(*next_at),
            Status::Delivering { lease_until } if now < *lease_until => Claim::Taken {
                until: *lease_until,
            },
            Status::Pending | Status::Retrying { .. } | Status::Delivering { .. } => {
                let mut next = self.next_revision();
                next.attempts_made += 1;
                next.attempts.push(Attempt {
                    number: next.attempts_made,
                    at: now,
                    result: None,
                });
                let too_many = next.attempts.len().saturating_sub(KEPT_ATTEMPTS);
                next.attempts.drain(..too_many);
                next.status = Status::Delivering {
                    lease_until: now + lease,
                };
                Claim::Claimed(Box::new(next))
            }
        }
    }

    /// What it is after the attempt that it was claimed for.
    #[must_use]
    pub fn settled(&self, result: AttemptResult, settlement: Settlement, now: Timestamp) -> Self {
        let mut next = self.next_revision();
        if let Some(attempt) = next.attempts.last_mut() {
            attempt.result = Some(result);
        }
        next.status = match settlement {
            Settlement::Delivered => Status::Delivered { at: now },
            Settlement::RetryAt(next_at) => Status::Retrying { next_at },
            Settlement::Failed(reason) => Status::Failed { at: now, reason },
        };
        next
    }

    /// Given up without another attempt.
    #[must_use]
    pub fn given_up(&self, reason: String, now: Timestamp) -> Self {
        let mut next = self.next_revision();
        next.status = Status::Failed { at: now, reason };
        next
    }

    /// Put off without an attempt, because the receiver has to hear another one before.
    #[must_use]
    pub fn put_off(&self, next_at: Timestamp) -> Self {
        let mut next = self.next_revision();
        next.status = Status::Retrying { next_at };
        next
    }

    /// Whether nothing will happen to it any more.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(
            self.status,
            Status::Delivered { .. } | Status::Failed { .. } | Status::NotSent
        )
    }

    fn next_revision(&self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self.clone()
        }
    }
}
