//! How one sending ended, and what follows. Pure.

use jiff::{SignedDuration, Timestamp};
use state_table::notifications::{Notification, Settlement};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How one sending ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Accepted {
        /// Its answer's status, where it has one.
        status_code: Option<u16>,
    },
    /// It may pass later.
    TryAgain {
        /// Its answer's status, where it answered.
        status_code: Option<u16>,
        /// In words.
        detail: String,
        /// The receiver asked not to be tried before.
        not_before: Option<Timestamp>,
    },
    /// It will never pass.
    Rejected {
        /// Its answer's status, where it answered.
        status_code: Option<u16>,
        /// In words, and what to change.
        detail: String,
    },
}

impl Outcome {
    /// A failure that may pass, without an answer.
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self::TryAgain {
            status_code: None,
            detail: detail.into(),
            not_before: None,
        }
    }

    /// A failure for good, without an answer.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self::Rejected {
            status_code: None,
            detail: detail.into(),
        }
    }

    /// An HTTP status that passes later.
    #[must_use]
    pub fn passing(status: u16, not_before: Option<Timestamp>) -> Self {
        Self::TryAgain {
            status_code: Some(status),
            detail: format!("the receiver answered {status}"),
            not_before,
        }
    }

    /// What an HTTP status says.
    #[must_use]
    pub fn of_status(status: u16, not_before: Option<Timestamp>) -> Self {
        let status_code = Some(status);
        match status {
            200..=299 => Self::Accepted { status_code },
            408 | 425 | 429 | 500..=599 => Self::passing(status, not_before),
            300..=399 => Self::Rejected {
                status_code,
                detail: format!("the receiver answered {status}; redirects are not followed"),
            },
            _ => Self::Rejected {
                status_code,
                detail: format!("the receiver refused it with {status}"),
            },
        }
    }

    /// For the list of attempts.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Accepted { .. } => "delivered",
            Self::TryAgain { detail, .. } | Self::Rejected { detail, .. } => detail,
        }
    }

    /// The receiver's status, where it answered.
    #[must_use]
    pub const fn status_code(&self) -> Option<u16> {
        match self {
            Self::Accepted { status_code }
            | Self::TryAgain { status_code, .. }
            | Self::Rejected { status_code, .. } => *status_code,
        }
    }
}

/// How long and how often a receiver is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryLimits {
    /// Wait after the first failure; doubles with each further one.
    pub first_wait: SignedDuration,
    /// The longest wait that is our choice.
    pub longest_wait: SignedDuration,
    /// The longest wait that a receiver may ask for.
    pub longest_asked_wait: SignedDuration,
    /// The most sendings.
    pub max_attempts: u32,
    /// Nobody wants to read it when it is older.
    pub max_age: SignedDuration,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            first_wait: SignedDuration::from_secs(2),
            longest_wait: SignedDuration::from_mins(10),
            longest_asked_wait: SignedDuration::from_hours(1),
            max_attempts: 40,
            max_age: SignedDuration::from_hours(6),
        }
    }
}

impl RetryLimits {
    /// What follows from the outcome of the attempt that `notification` was claimed for.
    #[must_use]
    pub fn settlement(
        &self,
        outcome: &Outcome,
        notification: &Notification,
        now: Timestamp,
    ) -> Settlement {
        let (detail, asked) = match outcome {
            Outcome::Accepted { .. } => return Settlement::Delivered,
            Outcome::Rejected { detail, .. } => return Settlement::Failed(detail.clone()),
            Outcome::TryAgain {
                detail, not_before, ..
            } => (detail, *not_before),
        };
        let attempts = notification.attempts_made;
        if attempts >= self.max_attempts {
            return Settlement::Failed(format!("given up after {attempts} attempts: {detail}"));
        }
        let ours = now + self.wait(notification.id.as_str(), attempts);
        let asked = asked.map_or(ours, |at| at.min(now + self.longest_asked_wait));
        let next_at = ours.max(asked);
        if next_at.duration_since(notification.created_at) > self.max_age {
            return Settlement::Failed(format!("given up after {:#}: {detail}", self.max_age));
        }
        Settlement::RetryAt(next_at)
    }

    /// Doubles from attempt to attempt; between three and five quarters of that, by notification, so
    /// that what failed together does not come again together.
    fn wait(&self, id: &str, attempts: u32) -> SignedDuration {
        let doubled = 2_i32
            .checked_pow(attempts.saturating_sub(1))
            .unwrap_or(i32::MAX);
        let wait = self
            .first_wait
            .checked_mul(doubled)
            .unwrap_or(SignedDuration::MAX);
        let wait_ms = wait.min(self.longest_wait).as_millis();
        let share = i128::from(xxh3_64_with_seed(id.as_bytes(), u64::from(attempts)) % 1000);
        let jittered_ms = wait_ms * (750 + share / 2) / 1000;
        SignedDuration::from_millis(i64::try_from(jittered_ms).unwrap_or(i64::MAX))
    }
}

/// When the header `Retry-After` allows another try: seconds, or a date (RFC 9110, 10.2.3).
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Longer than any limit of ours is as good as the limit.
        let secs = value.parse::<i64>().unwrap_or(i64::MAX).min(86_400 * 365);
        return now.checked_add(SignedDuration::from_secs(secs)).ok();
    }
    jiff::fmt::rfc2822::parse(value)
        .ok()
        .map(|date| date.timestamp())
}

#[cfg(test)]
mod tests;
